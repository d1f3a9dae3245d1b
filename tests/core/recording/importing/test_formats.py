"""Which importer a document is for; and real cassettes, against what they hold."""

import base64
import gzip
import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.core.recording.events import sse_bytes
from aigw_dev.core.recording.fixture import Attempt, FixtureError, Interaction, Request
from aigw_dev.core.recording.importing import IMPORTERS, guess
from aigw_dev.core.recording.reading import read_fixture
from aigw_dev.core.recording.writing import write_fixture
from aigw_dev.core.streams.sse import Decoder
from aigw_dev.fixture_files.yaml_reading import read_yaml
from tests.core.recording.importing.recorded import ASKED, CHAT_URL, STREAM, Shelf

GO: Final = {"request": {"url": "u"}, "response": {"code": 200}}


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"log": {"entries": []}}, "har"),
        ({"fixtures": []}, "aimock"),
        ({"interactions": [GO]}, "go-vcr"),
        ({"interactions": [{"direction": "sent"}, GO]}, "go-vcr"),
        ({"interactions": [{"request": {"uri": "u"}, "response": {"status": {"code": 200}}}]}, "vcrpy"),
        ({"interactions": []}, "vcrpy"),
    ],
)
def test_a_document_is_known_by_its_shape(document: Any, name: str) -> None:
    assert guess(document) == name
    assert name in IMPORTERS


@pytest.mark.parametrize(
    "document", [None, [], "text", {}, {"log": {}}, {"interactions": {}}, {"fixtures": 1}]
)
def test_what_is_no_recording_ends_in_an_error(document: Any) -> None:
    with pytest.raises(FixtureError, match="no recording that can be imported"):
        guess(document)


SOURCES: Final = (
    # folder, cassettes at least, interactions at least, the reasons that calls of it are left out
    ("envoy-ai-gateway", 43, 41, {"its form is not in the recording"}),
    ("simonw-llm", 12, 26, set[str]()),
    ("simonw-llm-anthropic", 23, 27, {"no provider's address"}),
    ("simonw-llm-gemini", 17, 20, {"the gateway tells of its own models"}),
    ("pydantic-ai/cassettes", 26, 27, set[str]()),
    ("pydantic-ai/models", 200, 330, {"no provider's address", "gRPC calls"}),
    ("pydantic-ai/realtime", 15, 2, {"messages of a WebSocket"}),
)


@pytest.mark.vectors
@pytest.mark.parametrize(
    ("folder", "cassettes", "interactions", "reasons"), SOURCES, ids=[one[0] for one in SOURCES]
)
def test_real_cassettes_are_imported_equal_to_their_source(
    vectors: Path, folder: str, cassettes: int, interactions: int, reasons: set[str]
) -> None:
    seen: Counter[str] = Counter()
    for path in sorted((vectors / folder).rglob("*.yaml")):
        document = read_yaml(path.read_bytes())
        shelf = Shelf()
        found = IMPORTERS[guess(document)](document, name=path.stem, store=shelf.store)
        seen["cassettes"] += 1
        left_out = {_number(line) for line in found.skipped}
        for line in found.skipped:
            assert any(f": {reason}" in line for reason in reasons), f"{path}: {line}"
        written = [write_fixture(fixture, store=shelf.store) for fixture in found.fixtures]
        made = [one for content in written for one in read_fixture(content, blob=shelf.read).interactions]
        for source, interaction in zip(_pairs(document, left_out), made, strict=True):
            seen["interactions"] += 1
            _check_request(source["request"], interaction)
            _check_response(source["response"], interaction, shelf)
    assert seen["cassettes"] >= cassettes
    assert seen["interactions"] >= interactions


def _number(line: str) -> int:
    return int(line.partition("[")[2].partition("]")[0])


def _pairs(document: Any, left_out: set[int]) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(document["interactions"]):
        if number not in left_out and "request" in one:
            yield one


def _content(message: dict[str, Any]) -> bytes:
    """What a message of a cassette held, found without the importer."""
    if "parsed_body" in message:
        return json.dumps(message["parsed_body"]).encode()
    body: Any = message.get("body")
    if isinstance(body, dict):
        body = cast("dict[str, Any]", body)["string"]
    content: bytes = body.encode() if isinstance(body, str) else body or b""
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _check_request(source: dict[str, Any], interaction: Interaction) -> None:
    """The attempt sends what the cassette's client sent, under the provider's own name of the model."""
    [attempt] = interaction.attempts
    request = interaction.request
    if request.form is not None:
        text = _content(source)
        assert all(str(value).encode() in text for value in request.form.values())
        return
    content = _content(source)
    if not content:
        assert request.body is msgspec.UNSET
        return
    sent = _sent(attempt, request)
    assert sent == (json.loads(content) if isinstance(sent, dict | list) else content.decode())


def _sent(attempt: Attempt, request: Request) -> Any:
    body: Any = attempt.request.body if isinstance(attempt.request, Request) else request.body
    if request.op != "raw" and isinstance(body, dict) and "model" in body:
        return cast("dict[str, Any]", body) | {"model": attempt.upstream.partition("/")[2]}
    return cast("Any", body)


def _check_response(source: dict[str, Any], interaction: Interaction, shelf: Shelf) -> None:
    response = interaction.attempts[0].response
    assert response is not None
    status = source["response"]["status"] if "response" in source else source.get("code", source["status"])
    assert response.status == (status["code"] if isinstance(status, dict) else status)
    content = _content(source)
    if response.events is not None:
        replayed = b"".join(map(sse_bytes, response.events))
        assert _events(replayed) == _events(content)
        assert len(response.dt_ms) == len(response.events)
    elif response.raw is not None:
        assert b"".join(piece for _, piece in response.raw) == content
    elif response.blob is not None:
        assert shelf.read(response.blob) == content
    elif response.text is not None:
        assert response.text.encode() == content
    elif response.body is not msgspec.UNSET:
        assert _same(response.body, json.loads(content))
    else:
        assert content in {b"", b"null"}


def _events(content: bytes) -> list[tuple[str, Any]]:
    """The events of a stream; JSON by its value, without OpenAI's random padding."""
    decoder = Decoder()
    found: list[tuple[str, Any]] = []
    for event in [*decoder.feed(content), *decoder.close()]:
        if event.is_comment:
            continue
        data: Any = event.data.decode()
        if data != "[DONE]" and data[:1] in {"{", "["}:
            data = json.loads(data)
            if isinstance(data, dict):
                cast("dict[str, Any]", data).pop("obfuscation", None)
        found.append((event.event, cast("Any", data)))
    return found


def _same(one: Any, other: Any) -> bool:
    """Equal JSON, numbers and texts exactly."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return type(one) is type(other) and one == other


def test_base64_of_bytes_is_not_guessed() -> None:
    """A body that is a text stays one, whatever it looks like: cassettes say what is base64."""
    text = base64.b64encode(b"RIFF").decode()
    one: dict[str, Any] = {
        "request": {
            "method": "GET",
            "uri": "https://api.openai.com/v1/files/f/content",
            "headers": {},
            "body": None,
        },
        "response": {
            "status": {"code": 200},
            "headers": {"content-type": ["text/plain"]},
            "body": {"string": text},
        },
    }
    found = IMPORTERS["vcrpy"]({"interactions": [one]}, name="t", store=Shelf().store)
    [interaction] = found.fixtures[0].interactions
    response = interaction.attempts[0].response
    assert response is not None
    assert response.text == text


_VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_WHOLE: Final[dict[str, Any]] = {
    "vcrpy": {
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "uri": CHAT_URL,
                    "headers": {"a": ["b"]},
                    "body": json.dumps(ASKED),
                },
                "response": {
                    "status": {"code": 200},
                    "headers": {"content-type": ["text/event-stream"], "content-encoding": ["gzip"]},
                    "body": {"string": STREAM},
                },
                "recorded_at": "2026-01-01",
            }
        ]
    },
    "go-vcr": {
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "url": CHAT_URL,
                    "headers": {"a": ["b"]},
                    "body": json.dumps(ASKED),
                    "form": {},
                },
                "response": {"code": 200, "headers": {}, "body": STREAM, "duration": "1s"},
            }
        ]
    },
    "har": {
        "log": {
            "entries": [
                {
                    "startedDateTime": "2026-01-01T00:00:00Z",
                    "time": 1.5,
                    "timings": {"wait": 1},
                    "request": {
                        "method": "POST",
                        "url": CHAT_URL,
                        "headers": [{"name": "a", "value": "b"}],
                        "postData": {"text": json.dumps(ASKED), "params": []},
                    },
                    "response": {"status": 200, "headers": [], "content": {}},
                    "_eventSourceMessages": [{"time": 1, "data": "{}", "eventName": "x", "eventId": "1"}],
                }
            ]
        }
    },
    "aimock": {
        "fixtures": [
            {
                "match": {"userMessage": "hi", "systemMessage": ["a"], "model": "m", "turnIndex": 1},
                "response": {
                    "content": "x",
                    "toolCalls": [{"name": "f", "arguments": {}}],
                    "usage": {"input_tokens": 1},
                },
                "latency": 5,
                "streamingProfile": {"ttft": 1, "tps": 2},
                "metadata": {"systemHash": "x"},
            }
        ]
    },
}


def _changed(value: Any, draw: st.DrawFn) -> Any:
    """`value` with something else at one place in it."""
    inside = cast("dict[str, Any]", value) if isinstance(value, dict) else None
    if inside and draw(st.integers(0, 7)):
        name = draw(st.sampled_from(sorted(inside)))
        return inside | {name: _changed(inside[name], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 7)):
        return [_changed(one, draw) for one in cast("list[Any]", value)]
    return draw(_VALUES)


@st.composite
def _documents(draw: st.DrawFn, name: str) -> Any:
    return _changed(_WHOLE[name], draw)


@pytest.mark.parametrize("name", list(IMPORTERS))
def test_whatever_a_document_holds_it_is_imported_or_refused(name: str) -> None:
    @given(document=_documents(name))
    @settings(max_examples=300)
    def check(document: Any) -> None:
        shelf = Shelf()
        try:
            found = IMPORTERS[name](document, name="t", store=shelf.store)
        except FixtureError:  # any other exception is a fault of the importer's
            return
        for fixture in found.fixtures:
            assert read_fixture(write_fixture(fixture, store=shelf.store), blob=shelf.read)

    check()


def test_the_whole_documents_of_that_property_are_imported() -> None:
    for name, document in _WHOLE.items():
        assert guess(document) == name
        assert IMPORTERS[name](document, name="t", store=Shelf().store).fixtures

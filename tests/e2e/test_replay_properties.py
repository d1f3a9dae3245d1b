"""What holds for any cut of any stream and for any field of a request, seen through one running replay."""

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigw_dev.core.recording.events import sse_bytes
from aigw_dev.core.recording.fixture import Interaction
from aigw_dev.fixture_files.library import Library
from tests.conftest import REPOSITORY
from tests.e2e.replaying import ReplayProcess, recording
from tests.scripted import LAST_CHUNK, Request, Reset, Script, ScriptedUpstream, Send, chunk, stream_head

Change = Callable[[dict[str, Any]], None]
_PATHS: Final = {
    "openai.chat.completions": "/openai/v1/chat/completions",
    "openai.responses": "/openai/v1/responses",
    "anthropic.messages": "/anthropic/v1/messages",
    "gemini.stream_generate_content": "/gemini/v1beta/{path}:streamGenerateContent?alt=sse",
}
_PROPERTY: Final = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# streams, cut anywhere


def _streams() -> list[Interaction]:
    """Every whole stream of the library."""
    library = Library(REPOSITORY / "fixtures" / "library")
    found = [one for name in library.names() for one in library.read(name).interactions]
    return [one for one in found if (last := one.attempts[-1].response) and last.events and last.end == "eof"]


STREAMS: Final = _streams()


def _wire(one: Interaction) -> bytes:
    """What the provider sent, in one piece."""
    response = one.attempts[-1].response
    assert response is not None
    return b"".join(sse_bytes(row) for row in response.events or ())


class Cutter:
    """An upstream that sends the stream it is told to, cut where it is told to; `x-cut` of the caller says both."""

    def __init__(self) -> None:
        self.next: tuple[int, list[int]] = (0, [])
        self.breaks_at: int | None = None
        """Bytes after which the connection is reset."""

    def __call__(self, request: Request) -> Script:
        number, cuts = self.next
        whole = _wire(STREAMS[number])
        if self.breaks_at is not None:
            return [Send(stream_head()), Send(chunk(whole[: self.breaks_at])), Reset()]
        places = [0, *sorted({at % len(whole) for at in cuts} - {0}), len(whole)]
        pieces = [whole[start:end] for start, end in itertools.pairwise(places)]
        return [Send(stream_head()), *(Send(chunk(piece)) for piece in pieces), Send(LAST_CHUNK)]


def _ask(base: str, one: Interaction, headers: dict[str, str]) -> httpx.Response:
    path = _PATHS[one.request.op].format(path=one.request.path)
    return httpx.post(
        f"{base}{path}", json=one.request.body, headers={**one.request.headers, **headers}, timeout=30
    )


def _events(text: str) -> list[tuple[str, Any]]:
    """Name and data of each event, as a reader of its own takes them."""
    found: list[tuple[str, Any]] = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line.partition(":") for line in block.split("\n") if line and not line.startswith(":")]
        if not lines:
            continue
        name = "".join(value.strip() for field, _, value in lines if field == "event")
        data = "\n".join(value.removeprefix(" ") for field, _, value in lines if field == "data")
        found.append((name, json.loads(data) if data.startswith("{") else data))
    return found


def _config(url: str) -> str:
    kinds = (("openai", f"{url}/v1"), ("anthropic", url), ("gemini", url))
    rows = "".join(
        f'  {kind}: {{kind: {kind}, base_url: "{base}", keys: ["env:UP_KEY"]}}\n' for kind, base in kinds
    )
    return f"version: 1\ngateway: {{name: cuts}}\nproviders:\n{rows}"


def _credentials(key: str) -> dict[str, str]:
    """The gateway's token wherever an SDK of any dialect puts it."""
    return {"authorization": f"Bearer {key}", "x-api-key": key, "x-goog-api-key": key}


def test_a_stream_cut_at_any_bytes_is_replayed_event_for_event(tmp_path: Path) -> None:
    cases: list[tuple[int, list[int]]] = []
    cutter = Cutter()
    with ScriptedUpstream(cutter) as upstream, recording(tmp_path, _config(upstream.url)) as gateway:
        headers = _credentials(gateway.token)

        def record(number: int, cuts: list[int]) -> None:
            cutter.next = (number, cuts)
            live = _ask(f"{gateway.url}/t/cut{len(cases)}", STREAMS[number], headers)
            cases.append((number, cuts))
            assert live.content == _wire(STREAMS[number]), "the relay itself is byte for byte"

        for each in range(len(STREAMS)):
            record(each, list(range(len(_wire(STREAMS[each])))))  # every byte by itself
        numbers, cuts = st.integers(0, len(STREAMS) - 1), st.lists(st.integers(0, 1 << 16), max_size=30)
        _PROPERTY(given(numbers, cuts)(record))()
    with ReplayProcess(tmp_path / "fx", cwd=tmp_path / "fx") as replay:
        for at, (number, cuts) in enumerate(cases):
            again = _ask(f"{replay.url}/t/cut{at}", STREAMS[number], {})
            assert again.status_code == 200, again.text
            assert _events(again.text) == _events(_wire(STREAMS[number]).decode()), cuts


def test_a_stream_broken_off_at_any_byte_is_replayed_up_to_there_and_breaks_again(tmp_path: Path) -> None:
    cases: list[tuple[int, int, int]] = []
    cutter = Cutter()
    with ScriptedUpstream(cutter) as upstream, recording(tmp_path, _config(upstream.url)) as gateway:
        headers = _credentials(gateway.token)

        def record(number: int, share: float) -> None:
            whole = _wire(STREAMS[number])
            end = whole.rstrip().rfind(
                b"\n\n"
            )  # the last event says that it is the last: behind it nothing is missing
            at = 1 + int(share * (end - 1))
            if whole[at : at + 1] == b"\n":  # an event that lacks its blank line only is kept as whole
                at = max(1, at - 3)
            cutter.next, cutter.breaks_at = (number, []), at
            live = _ask(f"{gateway.url}/t/cut{len(cases)}", STREAMS[number], headers)
            cases.append((number, at, live.status_code))

        numbers, shares = st.integers(0, len(STREAMS) - 1), st.floats(0, 1, exclude_max=True)
        _PROPERTY(given(numbers, shares)(record))()
    with ReplayProcess(tmp_path / "fx", cwd=tmp_path / "fx") as replay:
        for at, (number, broken_at, status) in enumerate(cases):
            again = _ask(f"{replay.url}/t/cut{at}", STREAMS[number], {})
            whole_ones, _, _ = _wire(STREAMS[number])[:broken_at].rpartition(b"\n\n")
            assert again.status_code == status, f"{STREAMS[number].request.op} broken at {broken_at}"
            streamed = again.text if status == 200 else ""
            seen = [one for one in _events(streamed) if "upstream_reset" not in str(one)]
            assert seen == _events(whole_ones.decode()), (
                f"{STREAMS[number].request.op} broken at {broken_at}: {again.text[-300:]}"
            )
            row = replay.admin(f"/tests/cut{at}")["calls"][0]
            assert (row["from"], row["ended_by"]) == ("fixture", "error"), row


# fields that count, and fields that do not

PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
OTHER: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def _tool(name: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {
        "type": "function",
        "function": {"name": name, "description": f"Does {name}", "parameters": schema},
    }


def _call(ident: str, city: str) -> dict[str, Any]:
    return {
        "id": ident,
        "type": "function",
        "function": {"name": "get_weather", "arguments": json.dumps({"city": city})},
    }


BODY: Final[dict[str, Any]] = {
    "model": "gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "You are terse."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Which is warmer?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [_call("call_one", "Oslo"), _call("call_two", "Rome")],
        },
        {"role": "tool", "tool_call_id": "call_one", "content": "4"},
        {"role": "tool", "tool_call_id": "call_two", "content": "17"},
    ],
    "tools": [_tool("get_weather"), _tool("get_time")],
    "tool_choice": "auto",
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
    "temperature": 1.0,
    "top_p": 0.5,
    "max_tokens": 64,
    "seed": 7,
    "stop": ["END"],
    "n": 1,
    "reasoning_effort": "low",
    "service_tier": "default",
    "stream_options": {"include_usage": True},
    "stream": True,
}


def _put(path: str, value: Any) -> Change:
    """Sets a field; a number in the path is an index."""

    def change(body: dict[str, Any]) -> None:
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: Any = body
        for part in parents:
            place = place[part]
        place[last] = value

    return change


def _drop(name: str) -> Change:
    return lambda body: body.pop(name)


def _swap(path: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        place: Any = body
        for part in path.split("."):
            place = place[int(part) if part.isdigit() else part]
        place[0], place[1] = place[1], place[0]

    return change


def _relinked(body: dict[str, Any]) -> None:
    """Each result answers the other call."""
    body["messages"][3]["tool_call_id"], body["messages"][4]["tool_call_id"] = "call_two", "call_one"


def _renamed_ids(body: dict[str, Any]) -> None:
    """Other ids, the same links."""
    renamed = json.dumps(body["messages"]).replace("call_one", "call_9f").replace("call_two", "call_3a")
    body["messages"] = json.loads(renamed)


def _reversed_keys(body: dict[str, Any]) -> None:
    """The same object, its fields in another order."""
    for name in reversed(list(body)):
        body[name] = body.pop(name)


KEPT: Final[dict[str, Change]] = {
    "model": _put("model", "gpt-4o"),
    "system text": _put("messages.0.content", "You are terse"),
    "case of a text": _put("messages.0.content", "you are terse."),
    "user text": _put("messages.1.content.0.text", "Which is warmer? "),
    "role": _put("messages.0.role", "developer"),
    "media bytes": _put("messages.1.content.1.image_url.url", f"data:image/png;base64,{OTHER}"),
    "media type": _put("messages.1.content.1.image_url.url", f"data:image/gif;base64,{PIXEL}"),
    "one more message": lambda body: body["messages"].append({"role": "user", "content": "?"}),
    "one message less": lambda body: body["messages"].pop(),
    "order of messages": lambda body: body["messages"].insert(0, body["messages"].pop(1)),
    "tool arguments": _put("messages.2.tool_calls.0.function.arguments", '{"city": "Bergen"}'),
    "tool result": _put("messages.3.content", "5"),
    "link of a result": _relinked,
    "a tool's name": _put("tools.1.function.name", "get_date"),
    "a tool's schema": _put("tools.1.function.parameters.required", []),
    "order of tools": _swap("tools"),
    "one tool less": lambda body: body["tools"].pop(),
    "tool_choice": _put("tool_choice", "required"),
    "schema of the answer": _put("response_format.json_schema.schema.type", "array"),
    "temperature": _put("temperature", 0.9),
    "no temperature": _drop("temperature"),
    "top_p": _put("top_p", 0.50001),
    "max_tokens": _put("max_tokens", 65),
    "max_completion_tokens": _put("max_completion_tokens", 64),
    "seed": _put("seed", 8),
    "stop": _put("stop", ["end"]),
    "n": _put("n", 2),
    "reasoning": _put("reasoning_effort", "high"),
    "service_tier": _put("service_tier", "flex"),
    "stream": _put("stream", False),
    "include_usage": _put("stream_options.include_usage", False),
    "a field nobody knows": _put("new_parameter", 1),
}
IGNORED: Final[dict[str, Change]] = {
    "user": _put("user", "u-1"),
    "metadata": _put("metadata", {"run": "17"}),
    "store": _put("store", True),
    "safety_identifier": _put("safety_identifier", "abc"),
    "prompt_cache_key": _put("prompt_cache_key", "abc"),
    "obfuscation": _put("stream_options.include_obfuscation", False),
    "null": _put("logit_bias", None),
    "1 for 1.0": _put("temperature", 1),
    "1.0 for 1": _put("n", 1.0),
    "values of ids": _renamed_ids,
    "order of keys": _reversed_keys,
}
IGNORED_HEADERS: Final = (
    ("user-agent", "curl/8"),
    ("x-stainless-lang", "js"),
    ("x-stainless-retry-count", "2"),
    ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ("idempotency-key", "k-17"),
    ("authorization", "Bearer sk-other"),
    ("accept-language", "no"),
)
KEPT_HEADERS: Final = (
    ("openai-beta", "assistants=v2"),
    ("anthropic-version", "2024-01-01"),
    ("anthropic-beta", "x"),
)
_SYNTH: Final = {"text": "Rome."}
_FORM: Final = {"model": "whisper-1", "language": "en", "prompt": "names"}


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayProcess]:
    """One process that knows one chat request, and answers it as often as it is asked."""
    folder = tmp_path_factory.mktemp("properties")
    asked = {"op": "openai.chat.completions", "body": BODY}
    row = {"request": asked, "attempts": [{"upstream": "openai/gpt-4o-mini", "response": {"synth": _SYNTH}}]}
    document = {"aigw_fixture": 1, "interactions": [{**row, "repeat": "last"}]}
    (folder / "asked.aigw.json").write_text(json.dumps(document), "utf-8")
    with ReplayProcess(folder, cwd=folder) as process:
        yield process


def _send(
    replay: ReplayProcess, body: dict[str, Any], headers: dict[str, str], *, indent: int | None = None
) -> httpx.Response:
    return httpx.post(
        f"{replay.url}/t/asked/openai/v1/chat/completions",
        content=json.dumps(body, indent=indent, ensure_ascii=indent is None).encode(),
        headers={"content-type": "application/json", **headers},
        timeout=30,
    )


def test_the_request_as_it_was_recorded_hits(replay: ReplayProcess) -> None:
    assert _send(replay, BODY, {}).status_code == 200


@_PROPERTY
@given(st.lists(st.sampled_from(sorted(IGNORED)), unique=True), st.lists(st.sampled_from(IGNORED_HEADERS), unique=True), st.sampled_from((None, 1, 4)))  # fmt: skip
def test_what_is_ignored_hits_in_any_combination(
    replay: ReplayProcess, names: list[str], headers: list[tuple[str, str]], indent: int | None
) -> None:
    body = copy.deepcopy(BODY)
    for name in names:
        IGNORED[name](body)
    answer = _send(replay, body, dict(headers), indent=indent)
    assert answer.status_code == 200, answer.text
    objects: list[dict[str, Any]] = [data for _, data in _events(answer.text) if isinstance(data, dict)]
    choices: list[dict[str, Any]] = [choice for one in objects for choice in one["choices"]]
    assert "".join(str(choice["delta"].get("content") or "") for choice in choices) == "Rome."


@pytest.mark.parametrize("name", sorted(KEPT))
def test_a_field_that_counts_misses_and_is_named(replay: ReplayProcess, name: str) -> None:
    body = copy.deepcopy(BODY)
    KEPT[name](body)
    answer = _send(replay, body, {})
    assert answer.status_code == 424, name
    error = answer.json()["error"]
    assert error["code"] == "fixture_miss"
    assert "nearest  interaction 1" in error["message"]


@_PROPERTY
@given(st.sampled_from(sorted(KEPT)), st.lists(st.sampled_from(sorted(set(IGNORED) - {"order of keys"})), unique=True))  # fmt: skip
def test_a_field_that_counts_misses_whatever_else_is_ignored(
    replay: ReplayProcess, name: str, ignored: list[str]
) -> None:
    body = copy.deepcopy(BODY)
    for each in ignored:
        if not {each, name} & {"obfuscation", "values of ids", "1 for 1.0", "1.0 for 1"}:
            IGNORED[each](body)
    KEPT[name](body)
    assert _send(replay, body, {}).status_code == 424


@pytest.mark.parametrize(("name", "value"), KEPT_HEADERS)
def test_a_header_that_counts_misses(replay: ReplayProcess, name: str, value: str) -> None:
    assert _send(replay, BODY, {name: value}).status_code == 424
    assert _send(replay, BODY, {}).status_code == 200, "the next one is answered all the same"


@_PROPERTY
@given(st.recursive(st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=5))  # fmt: skip
def test_any_new_value_of_an_unknown_field_misses_unless_it_is_null(
    replay: ReplayProcess, value: Any
) -> None:
    answer = _send(replay, {**BODY, "provider_extension": value}, {})
    assert answer.status_code == (200 if value is None else 424)

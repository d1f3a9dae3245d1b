"""Malformed requests of every dialect: refused in the shape that the dialect's SDK reads, and nobody upstream sees half.

The providers speak other dialects than the caller, so each request would have to be translated. Whatever is asked, the
caller gets a 4xx, or the provider gets one whole request that its own SDK's types accept.
"""

import copy
import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, Final, cast

import hypothesis
import hypothesis.strategies as st
import pytest

from tests.e2e.translating import FOREIGN, PATHS, READ, Stage, staged
from tests.sdk_types import ANTHROPIC, CHAT, GEMINI, RESPONSES

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """One loop is enough: the server's own tests run on both."""
    return "asyncio"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with staged(tmp_path) as made:
        yield made


PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
VALID: Final[dict[str, dict[str, Any]]] = {
    CHAT: {
        "model": "M",
        "messages": [
            {"role": "system", "content": "be kind"},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "hi"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":"1"}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "ok"},
            {"role": "user", "content": "go on"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}}],
        "tool_choice": "auto",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
        "temperature": 0.5,
        "stop": ["END"],
        "max_completion_tokens": 2000,
    },
    RESPONSES: {
        "model": "M",
        "instructions": "be kind",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "hi"},
                    {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"},
                ],
            },
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a":"1"}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "ok"},
            {"role": "user", "content": "go on"},
        ],
        "tools": [
            {"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": True}
        ],
        "tool_choice": "auto",
        "text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}},
        "temperature": 0.5,
        "max_output_tokens": 2000,
        "store": False,
    },
    ANTHROPIC: {
        "model": "M",
        "max_tokens": 2000,
        "system": [{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "hi"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": "1"}}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"},
                    {"type": "text", "text": "go on"},
                ],
            },
        ],
        "tools": [{"name": "f", "description": "d", "input_schema": SCHEMA}],
        "tool_choice": {"type": "auto"},
        "temperature": 0.5,
        "stop_sequences": ["END"],
    },
    GEMINI: {
        "systemInstruction": {"parts": [{"text": "be kind"}]},
        "contents": [
            {
                "role": "user",
                "parts": [{"text": "hi"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}}],
            },
            {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "f", "args": {"a": "1"}}}]},
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"id": "c1", "name": "f", "response": {"output": "ok"}}},
                    {"text": "go on"},
                ],
            },
        ],
        "tools": [
            {"functionDeclarations": [{"name": "f", "description": "d", "parametersJsonSchema": SCHEMA}]}
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        "generationConfig": {"temperature": 0.5, "maxOutputTokens": 2000, "stopSequences": ["END"]},
    },
}
"""A good request of each dialect, the stem of every bad one."""

Place = tuple[str | int, ...]


def changed(dialect: str, place: Place, value: Any) -> bytes:
    """The good request with another value at a place."""
    whole: Any = copy.deepcopy(VALID[dialect])
    inner = whole
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return json.dumps(whole).encode()


def without(dialect: str, place: Place) -> bytes:
    """The good request with nothing at a place."""
    whole: Any = copy.deepcopy(VALID[dialect])
    inner = whole
    for step in place[:-1]:
        inner = inner[step]
    del inner[place[-1]]
    return json.dumps(whole).encode()


def spliced(dialect: str, json_text: bytes) -> bytes:
    """The good request with raw JSON text at its end: what `json.dumps` would never write."""
    return json.dumps(VALID[dialect]).encode()[:-1] + b"," + json_text + b"}"


def listed(dialect: str) -> str:
    """The field that holds the conversation."""
    return {CHAT: "messages", RESPONSES: "input", ANTHROPIC: "messages", GEMINI: "contents"}[dialect]


def no_json(dialect: str) -> Iterator[tuple[str, bytes]]:
    """Bodies that are no JSON object at all, or none that may be read: the same for every dialect."""
    good = json.dumps(VALID[dialect]).encode()
    yield "nothing", b""
    yield "a blank", b"  \n"
    yield "null", b"null"
    yield "a number", b"7"
    yield "an array", b"[" + good + b"]"
    yield "a string", json.dumps(good.decode()).encode()
    yield "a form", b"model=M&messages=hi"
    yield "cut off", good[:-1]
    yield "two of them", good + good
    yield "a comma too many", good[:-1] + b",}"
    yield "single quotes", good.replace(b'"', b"'")
    yield "a byte order mark", b"\xef\xbb\xbf" + good
    yield "UTF-16", good.decode().encode("utf-16")
    yield "a comment", b"/* hi */" + good
    yield "NaN", spliced(dialect, b'"x":NaN')
    yield "an infinity", spliced(dialect, b'"x":-Infinity')
    yield "a number of 5,000 digits", spliced(dialect, b'"x":' + b"7" * 5000)
    yield "10,000 arrays", spliced(dialect, b'"x":' + b"[" * 10_000 + b"]" * 10_000)
    yield "10,000 objects", spliced(dialect, b'"x":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000)
    yield "10,000 brackets that nothing closes", good[:-1] + b',"x":' + b"[" * 10_000
    yield "a control character", spliced(dialect, b'"x":"a\x01b"')
    yield "bytes that are no UTF-8", spliced(dialect, b'"x":"\xff\xfe"')
    yield "half a surrogate pair as bytes", spliced(dialect, b'"x":"\xed\xa0\x80"')
    yield "a key twice, the second one wrong", spliced(dialect, b'"%s":5' % listed(dialect).encode())


WRONG_KIND: Final[dict[str, tuple[Place, ...]]] = {
    CHAT: (
        ("messages",), ("messages", 1), ("messages", 1, "content", 0), ("messages", 1, "content", 1, "image_url"),
        ("messages", 2, "tool_calls"), ("messages", 2, "tool_calls", 0, "function"), ("tools",), ("tools", 0),
        ("tools", 0, "function"), ("temperature",), ("max_completion_tokens",), ("stop",), ("response_format",),
        ("tool_choice",),
    ),
    RESPONSES: (
        ("input",), ("input", 0), ("input", 0, "content", 0), ("input", 1, "name"), ("tools",), ("tools", 0), ("temperature",),
        ("max_output_tokens",), ("text",), ("text", "format"), ("tool_choice",), ("instructions",),
    ),
    ANTHROPIC: (
        ("messages",), ("messages", 0), ("messages", 0, "content"), ("messages", 0, "content", 0),
        ("messages", 0, "content", 1, "source"), ("messages", 1, "content", 0, "input"), ("system",), ("system", 0),
        ("tools",), ("tools", 0), ("tool_choice",), ("temperature",), ("max_tokens",), ("stop_sequences",),
    ),
    GEMINI: (
        ("contents",), ("contents", 0), ("contents", 0, "parts"), ("contents", 0, "parts", 0), ("contents", 0, "parts", 1, "inlineData"),
        ("contents", 1, "parts", 0, "functionCall"), ("contents", 2, "parts", 0, "functionResponse"), ("systemInstruction",), ("tools",),
        ("tools", 0), ("toolConfig",), ("generationConfig",), ("generationConfig", "temperature"), ("generationConfig", "maxOutputTokens"),
    ),
}  # fmt: skip
"""Places whose value is neither a boolean nor the array of an empty array: both are tried there."""
WRONG: Final[dict[str, tuple[tuple[str, Place, Any], ...]]] = {
    CHAT: (
        ("no messages", ("messages",), []),
        ("an unknown role", ("messages", 0, "role"), "king"),
        ("no role", ("messages", 0, "role"), None),
        ("an image that is no base64", ("messages", 1, "content", 1, "image_url", "url"), "data:image/png;base64,!!!"),
        ("an image without an address", ("messages", 1, "content", 1, "image_url", "url"), ""),
        ("a result without an id", ("messages", 3, "tool_call_id"), None),
        ("a tool without a name", ("tools", 0, "function", "name"), ""),
        ("a tool of an unknown kind", ("tools", 0, "type"), 5),
        ("a choice of a tool that is not there", ("tool_choice",), {"type": "function", "function": {}}),
        ("a stream of maybe", ("stream",), "maybe"),
        ("no model", ("model",), None),
        ("a model of 7", ("model",), 7),
    ),
    RESPONSES: (
        ("an unknown role", ("input", 0, "role"), "king"),
        ("an unknown kind of item", ("input", 0), {"type": 5}),
        ("an unknown kind of part", ("input", 0, "content", 0, "type"), 5),
        ("an image that is no base64", ("input", 0, "content", 1, "image_url"), "data:image/png;base64,!!!"),
        ("a call without an id", ("input", 1, "call_id"), None),
        ("a call without a name", ("input", 1, "name"), ""),
        ("a tool without a name", ("tools", 0, "name"), ""),
        ("a reference to nothing", ("input", 0), {"type": "item_reference", "id": "msg_9"}),
        ("a response that nobody gave", ("previous_response_id",), "resp_9"),
        ("a stream of maybe", ("stream",), "maybe"),
        ("no model", ("model",), None),
    ),
    ANTHROPIC: (
        ("no messages", ("messages",), []),
        ("an unknown role", ("messages", 0, "role"), "king"),
        ("an unknown kind of block", ("messages", 0, "content", 0, "type"), 5),
        ("a block without a type", ("messages", 0, "content", 0), {"text": "hi"}),
        ("an image that is no base64", ("messages", 0, "content", 1, "source", "data"), "!!!"),
        ("an image of no type", ("messages", 0, "content", 1, "source", "type"), "carrier pigeon"),
        ("a tool without a name", ("tools", 0, "name"), ""),
        ("a tool without a schema", ("tools", 0, "input_schema"), None),
        ("no limit", ("max_tokens",), None),
        ("half a token", ("max_tokens",), 0.5),
        ("an unknown choice", ("tool_choice", "type"), "perhaps"),
        ("a stream of maybe", ("stream",), "maybe"),
        ("no model", ("model",), None),
    ),
    GEMINI: (
        ("no contents", ("contents",), []),
        ("an unknown role", ("contents", 0, "role"), "king"),
        ("data that is no base64", ("contents", 0, "parts", 1, "inlineData", "data"), "!!!"),
        ("a call without a name", ("contents", 1, "parts", 0, "functionCall", "name"), ""),
        ("arguments that are no object", ("contents", 1, "parts", 0, "functionCall", "args"), [1]),
        ("a tool without a name", ("tools", 0, "functionDeclarations", 0, "name"), ""),
        ("half a token", ("generationConfig", "maxOutputTokens"), 0.5),
        ("an unknown mode", ("toolConfig", "functionCallingConfig", "mode"), "PERHAPS"),
    ),
}  # fmt: skip

ODD: Final[dict[str, tuple[tuple[str, Place, Any], ...]]] = {
    CHAT: (
        ("an unknown kind of part", ("messages", 1, "content", 0, "type"), "telepathy"),
        ("a part without a type", ("messages", 1, "content", 0), {"text": "hi"}),
        ("a result that answers no call", ("messages", 3, "tool_call_id"), "call_9"),
        ("an image in a file", ("messages", 1, "content", 1, "image_url", "url"), "file:///etc/passwd"),
        ("a name of five kilobytes", ("tools", 0, "function", "name"), "f" * 5000),
        ("a name with a line end", ("tools", 0, "function", "name"), "f\r\nx-evil: 1"),
        ("a megabyte of words", ("messages", 4, "content"), "w " * 500_000),
        ("nothing said", ("messages", 4, "content"), ""),
        ("no parts", ("messages", 1, "content"), []),
        ("a number beyond 64 bits", ("seed",), 2**70),
    ),
    RESPONSES: (
        ("a result that answers no call", ("input", 2, "call_id"), "call_9"),
        ("an item of another time", ("input", 0), {"type": "telepathy", "id": "t_1"}),
        ("a name with a line end", ("tools", 0, "name"), "f\r\nx-evil: 1"),
        ("a hosted tool with a line end", ("tools", 0, "type"), "f\r\nx-evil: 1"),
        ("an empty conversation", ("input",), []),
        ("no parts", ("input", 0, "content"), []),
    ),
    ANTHROPIC: (
        ("a result that answers no call", ("messages", 2, "content", 0, "tool_use_id"), "toolu_9"),
        ("a limit of nothing", ("max_tokens",), 0),
        ("an unknown kind of block", ("messages", 0, "content", 0, "type"), "telepathy"),
        ("a name with a line end", ("tools", 0, "name"), "f\r\nx-evil: 1"),
        ("an id of control characters", ("messages", 1, "content", 0, "id"), "\x00\x1b[2J\r\n"),
        ("no blocks", ("messages", 0, "content"), []),
    ),
    GEMINI: (
        ("an empty part", ("contents", 0, "parts", 0), {}),
        ("no parts", ("contents", 0, "parts"), None),
        ("a result that answers no call", ("contents", 2, "parts", 0, "functionResponse", "name"), "g"),
        ("a name with a line end", ("tools", 0, "functionDeclarations", 0, "name"), "f\r\nx-evil: 1"),
        ("a field of another time", ("contents", 0, "parts", 0, "a\r\nb"), True),
    ),
}  # fmt: skip
"""What some provider may take: refused, or sent on whole."""


def bad(dialect: str) -> Iterator[tuple[str, bytes]]:
    """Every bad request of a dialect."""
    yield from no_json(dialect)
    for place in WRONG_KIND[dialect]:
        yield f"true at {place}", changed(dialect, place, value=True)
        yield f"a number with a point at {place}", changed(dialect, place, [[]])
    for name, place, value in WRONG[dialect]:
        yield name, changed(dialect, place, value)
    if dialect != RESPONSES:  # a stored prompt may stand for its input
        yield "none of what must be there", without(dialect, (listed(dialect),))


@pytest.mark.parametrize("dialect", PATHS)
async def test_a_good_request_arrives_whole(stage: Stage, dialect: str) -> None:
    for provider in FOREIGN[dialect]:
        answer = await stage.send(dialect, provider, json.dumps(VALID[dialect]).encode())
        assert answer.status_code == 200, answer.text
    assert stage.check_upstream() == len(FOREIGN[dialect])


@pytest.mark.parametrize("dialect", PATHS)
async def test_a_bad_request_is_refused_in_words_its_sdk_reads_and_reaches_nobody(
    stage: Stage, dialect: str
) -> None:
    wrong: dict[str, tuple[int, list[bytes]]] = {}
    for number, (name, body) in enumerate(bad(dialect)):
        provider = FOREIGN[dialect][number % len(FOREIGN[dialect])]
        answer = await stage.send(dialect, provider, body)
        if answer.status_code not in {400, 404, 413} or stage.upstream.requests:
            wrong[name] = answer.status_code, [one.body[:2000] for one in stage.upstream.requests]
            stage.upstream.requests.clear()
            continue
        assert "aigw-dev logs show" in READ[dialect](answer)
    assert not wrong


@pytest.mark.parametrize("dialect", PATHS)
async def test_an_odd_request_is_refused_or_arrives_whole(stage: Stage, dialect: str) -> None:
    for name, place, value in ODD[dialect]:
        body = changed(dialect, place, value)
        for provider in FOREIGN[dialect]:
            answer = await stage.send(dialect, provider, body)
            assert answer.status_code in {200, 400}, (name, answer.text)
            assert stage.check_upstream() == (answer.status_code == 200), name
            assert "x-evil" not in answer.headers
            assert answer.headers.get("x-aigw-translation", "").isprintable()
            stage.upstream.requests.clear()


async def test_a_request_beyond_the_limit_reaches_nobody(stage: Stage) -> None:
    for dialect in PATHS:
        answer = await stage.send(dialect, "up", changed(dialect, (listed(dialect),), "w" * (33 << 20)))
        assert answer.status_code == 413
        assert READ[dialect](answer)
    assert stage.check_upstream() == 0


ANYTHING: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.sampled_from(["text", "tool_use", "function", "user", "type", f"data:image/png;base64,{PIXEL}", "call_1", "https://x.test/a.png"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "role", "content", "name", "a\r\nb", "é"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, before: Place = ()) -> Iterator[Place]:
    """Every place in a JSON value but the whole."""
    steps: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        steps += cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        steps += enumerate(cast("list[Any]", value))
    for step, inner in steps:
        yield (*before, step)
        yield from places(inner, (*before, step))


EVERYWHERE: Final = tuple((dialect, place) for dialect in PATHS for place in places(VALID[dialect]))


@hypothesis.settings(
    max_examples=200, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], derandomize=True
)
@hypothesis.given(where=st.sampled_from(EVERYWHERE), value=ANYTHING, number=st.integers(0, 5))
async def test_whatever_one_place_holds_nothing_arrives_in_part(
    stage: Stage, where: tuple[str, Place], value: Any, number: int
) -> None:
    dialect, place = where
    provider = FOREIGN[dialect][number % len(FOREIGN[dialect])]
    stage.upstream.requests.clear()
    answer = await stage.send(dialect, provider, changed(dialect, place, value))
    if answer.status_code != 200:
        assert answer.status_code in {400, 404}, answer.text
        assert READ[dialect](answer)
    assert len(stage.upstream.requests) == (answer.status_code == 200)
    for request in stage.upstream.requests:
        assert isinstance(request.json(), dict)
    assert answer.headers.get("x-aigw-translation", "").isprintable()

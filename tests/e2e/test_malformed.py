"""Malformed requests of every dialect: refused in the shape that the dialect's SDK reads, and nobody upstream sees half.

The providers speak other dialects than the caller, so each request would have to be translated. Whatever is asked, the
caller gets a 4xx, or the provider gets one whole request that its own SDK's types accept.
"""

import copy
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import anthropic
import httpx
import hypothesis
import hypothesis.strategies as st
import openai
import pytest
from google.genai import errors as google_errors

from tests.scripted import Request, Script, ScriptedUpstream, json_reply
from tests.sdk_types import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES, check_request
from tests.server.house import House, house
from tests.server.providers import KEYS, REPLY

pytestmark = pytest.mark.anyio

PATHS: Final = {
    CHAT: "/v1/chat/completions",
    RESPONSES: "/v1/responses",
    ANTHROPIC: "/v1/messages",
    GEMINI: "/v1beta/models/{model}:generateContent",
}
FOREIGN: Final = {
    CHAT: ("claude", "gem", "bed"),
    RESPONSES: ("up", "claude"),
    ANTHROPIC: ("up", "gem"),
    GEMINI: ("up", "claude"),
}
"""Providers that speak another dialect than the caller."""
SPOKEN: Final = {"/chat/completions": CHAT, "/messages": ANTHROPIC, ":generateContent": GEMINI, "/converse": BEDROCK}
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
        "tools": [{"type": "function", "name": "f", "description": "d", "parameters": SCHEMA, "strict": True}],
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
        "tools": [{"functionDeclarations": [{"name": "f", "description": "d", "parametersJsonSchema": SCHEMA}]}],
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
SINGLE: Final[dict[str, tuple[tuple[str, Place, Any], ...]]] = {
    CHAT: (
        ("no messages", ("messages",), []),
        ("an unknown role", ("messages", 0, "role"), "king"),
        ("no role", ("messages", 0, "role"), None),
        ("an unknown kind of part", ("messages", 1, "content", 0, "type"), "telepathy"),
        ("a part without a type", ("messages", 1, "content", 0), {"text": "hi"}),
        ("an image that is no base64", ("messages", 1, "content", 1, "image_url", "url"), "data:image/png;base64,!!!"),
        ("an image without an address", ("messages", 1, "content", 1, "image_url", "url"), ""),
        ("an image in a file of ours", ("messages", 1, "content", 1, "image_url", "url"), "file:///etc/passwd"),
        ("a result that answers no call", ("messages", 3, "tool_call_id"), "call_9"),
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
        ("a result that answers no call", ("input", 2, "call_id"), "call_9"),
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
        ("a result that answers no call", ("messages", 2, "content", 0, "tool_use_id"), "toolu_9"),
        ("a tool without a name", ("tools", 0, "name"), ""),
        ("a tool without a schema", ("tools", 0, "input_schema"), None),
        ("no limit", ("max_tokens",), None),
        ("a limit of nothing", ("max_tokens",), 0),
        ("half a token", ("max_tokens",), 0.5),
        ("an unknown choice", ("tool_choice", "type"), "perhaps"),
        ("a stream of maybe", ("stream",), "maybe"),
        ("no model", ("model",), None),
    ),
    GEMINI: (
        ("no contents", ("contents",), []),
        ("an unknown role", ("contents", 0, "role"), "king"),
        ("an empty part", ("contents", 0, "parts", 0), {}),
        ("no parts", ("contents", 0, "parts"), None),
        ("data that is no base64", ("contents", 0, "parts", 1, "inlineData", "data"), "!!!"),
        ("a call without a name", ("contents", 1, "parts", 0, "functionCall", "name"), ""),
        ("arguments that are no object", ("contents", 1, "parts", 0, "functionCall", "args"), [1]),
        ("a tool without a name", ("tools", 0, "functionDeclarations", 0, "name"), ""),
        ("half a token", ("generationConfig", "maxOutputTokens"), 0.5),
        ("an unknown mode", ("toolConfig", "functionCallingConfig", "mode"), "PERHAPS"),
    ),
}  # fmt: skip


def bad(dialect: str) -> Iterator[tuple[str, bytes]]:
    """Every bad request of a dialect."""
    yield from no_json(dialect)
    for place in WRONG_KIND[dialect]:
        yield f"true at {place}", changed(dialect, place, value=True)
        yield f"a number with a point at {place}", changed(dialect, place, [[]])
    for name, place, value in SINGLE[dialect]:
        yield name, changed(dialect, place, value)
    yield "none of what must be there", without(dialect, (listed(dialect),))


# --- the gateway, and providers that remember


def answering(request: Request) -> Script:
    """What a provider says to a request it accepts."""
    path = request.target.partition("?")[0]
    return [json_reply(next(reply for end, reply in REPLIES.items() if path.endswith(end)))]


REPLIES: Final[dict[str, Any]] = {
    "/chat/completions": REPLY,
    "/messages": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [{"type": "text", "text": "Bonjour"}], "stop_reason": "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 3},
    },
    ":generateContent": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Ciao"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 3},
    },
    "/converse": {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hola"}]}}, "stopReason": "end_turn",
        "usage": {"inputTokens": 2, "outputTokens": 3, "totalTokens": 5},
    },
}  # fmt: skip
KINDS: Final = {"up": "openai-compatible", "claude": "anthropic", "gem": "gemini", "bed": "bedrock"}
MODELS: Final = {
    "up": "m",
    "claude": "claude-sonnet-4-5",
    "gem": "gemini-2.5-flash",
    "bed": "anthropic.claude-sonnet-4-5-20250929-v1:0",
}


@pytest.fixture
def anyio_backend() -> str:
    """One loop is enough: the server's own tests run on both."""
    return "asyncio"


class Stage:
    """A gateway in this process in front of one upstream that plays every provider."""

    def __init__(self, one: House, upstream: ScriptedUpstream) -> None:
        self.one = one
        self.upstream = upstream

    async def send(self, dialect: str, provider: str, body: bytes) -> httpx.Response:
        """A body as it is, to a provider; the model's name is put in where the good request has one."""
        model = f"{provider}/{MODELS[provider]}"
        path = PATHS[dialect].replace("{model}", model)
        raw = body.replace(b'"model": "M"', b'"model": "%s"' % model.encode())
        return await self.one.http.post(
            path, content=raw, headers=self.one.token() | {"content-type": "application/json"}
        )

    def check_upstream(self) -> int:
        """How many requests came, each whole: its provider's SDK accepts it."""
        for request in self.upstream.requests:
            path = request.target.partition("?")[0]
            spoken = next(dialect for end, dialect in SPOKEN.items() if path.endswith(end))
            if spoken == BEDROCK:
                path = "/model/{model}/converse"
            check_request(spoken, request.body, path=path)
        return len(self.upstream.requests)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    with ScriptedUpstream(answering) as upstream:
        rows = "".join(
            f'  {name}: {{kind: {kind}, base_url: "{upstream.url}", keys: ["env:FIRST"]}}\n'
            for name, kind in KINDS.items()
        )
        config = f"version: 1\ngateway: {{name: test}}\nproviders:\n{rows}"
        async with house(tmp_path, config, env=KEYS) as one:
            yield Stage(one, upstream)


# --- what each SDK makes of an error


def read_openai(answer: httpx.Response) -> str:
    client = openai.OpenAI(api_key="k", base_url="http://127.0.0.1")
    error = client._make_status_error_from_response(answer)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportArgumentType] - the SDK's own reading of an error
    assert isinstance(error, openai.APIStatusError)
    assert isinstance(error.body, dict)
    assert error.type
    assert error.code
    return error.message


def read_anthropic(answer: httpx.Response) -> str:
    client = anthropic.Anthropic(api_key="k", base_url="http://127.0.0.1")
    error = client._make_status_error_from_response(answer)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportArgumentType] - the SDK's own reading of an error
    body: Any = error.body
    assert body["type"] == "error"
    assert body["error"]["type"] in {"invalid_request_error", "not_found_error", "request_too_large"}
    return body["error"]["message"]


def read_google(answer: httpx.Response) -> str:
    with pytest.raises(google_errors.ClientError) as caught:
        google_errors.APIError.raise_for_response(answer)
    assert caught.value.code == answer.status_code
    assert caught.value.status in {"INVALID_ARGUMENT", "NOT_FOUND"}
    assert caught.value.message
    return caught.value.message


READ: Final[dict[str, Callable[[httpx.Response], str]]] = {
    CHAT: read_openai,
    RESPONSES: read_openai,
    ANTHROPIC: read_anthropic,
    GEMINI: read_google,
}


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
    print('WRONG',dialect,[(k,v[0],v[1][0][:0] if v[1] else None) for k,v in wrong.items()])
    assert not wrong

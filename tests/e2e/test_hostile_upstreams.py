"""Providers that answer garbage to translated requests: the caller gets a legal reply of its dialect, or its error.

Never a 500 of ours, never an end that the provider did not say, every exchange recorded, no connection left open.
"""

import json
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from aigw_dev.core.streams import event_stream
from aigw_dev.core.streams.lint import lint
from tests import vectors_anthropic, vectors_openai
from tests.e2e.translating import FOREIGN, PATHS, READ_ANY, REPLIES, Stage, staged
from tests.scripted import (
    LAST_CHUNK,
    Close,
    Reset,
    Script,
    Stall,
    chunk,
    json_reply,
    reply,
    stream_head,
)
from tests.sdk_types import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES, StreamFailed, said, said_in
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio

ASK: Final[dict[str, dict[str, Any]]] = {
    CHAT: {"model": "M", "messages": [{"role": "user", "content": "hi"}]},
    RESPONSES: {"model": "M", "input": "hi", "store": False},
    ANTHROPIC: {"model": "M", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]},
    GEMINI: {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}
SPEAKS: Final = {"up": CHAT, "claude": ANTHROPIC, "gem": GEMINI, "bed": BEDROCK}
PAIRS: Final = tuple((caller, provider) for caller in PATHS for provider in FOREIGN[caller])
WORDS: Final = "Hel", "lo\u2028\u0085!"
FAKE_ENDS: Final = {
    CHAT: ("[DONE]", '"finish_reason":"'),
    RESPONSES: ("response.completed", "response.incomplete"),
    ANTHROPIC: ("message_stop", '"stop_reason":"'),
    GEMINI: ('"finishReason"',),
}
"""What a stream that was broken off must not hold."""
LINT_IS_STRICTER: Final = "response.failed follows the end of the response"
"""OpenAI itself sends `error` and then `response.failed`; the linter takes the first for the end."""


@pytest.fixture
def anyio_backend() -> str:
    """One loop is enough: the server's own tests run on both."""
    return "asyncio"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with staged(tmp_path) as made:
        yield made


# --- what each dialect's provider streams


def frames(dialect: str) -> list[bytes]:
    """A good stream: two words, then its end, event by event."""
    return [frame(dialect, one) for one in EVENTS[dialect]]


def frame(dialect: str, one: Any) -> bytes:
    if dialect == BEDROCK:
        return event_stream.encode(json.dumps(one[1]).encode(), event=one[0])
    if isinstance(one, str):
        return f"data: {one}\n\n".encode()
    name = f"event: {one['type']}\n" if dialect == ANTHROPIC else ""
    return f"{name}data: {json.dumps(one, ensure_ascii=False)}\n\n".encode()


def _piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }  # fmt: skip


def _candidate(text: str, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, **more}]}


EVENTS: Final[dict[str, list[Any]]] = {
    CHAT: [
        _piece({"role": "assistant", "content": ""}),
        *(_piece({"content": word}) for word in WORDS),
        _piece({}, "stop") | {"usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}},
        "[DONE]",
    ],
    ANTHROPIC: [
        {"type": "message_start", "message": REPLIES["/messages"] | {"content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}} for word in WORDS),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ],
    GEMINI: [
        *(_candidate(word) for word in WORDS),
        _candidate("", finishReason="STOP") | {"usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 3}},
    ],
    BEDROCK: [
        ("messageStart", {"role": "assistant"}),
        *(("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}}) for word in WORDS),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": {"inputTokens": 5, "outputTokens": 3, "totalTokens": 8}, "metrics": {"latencyMs": 5}}),
    ],
}  # fmt: skip
STREAM_TYPES: Final = {BEDROCK: "application/vnd.amazon.eventstream"}
FIRST_END: Final = {CHAT: 3, ANTHROPIC: 5, GEMINI: 2, BEDROCK: 4}
"""The first event that says that the reply ends: a stream cut before it is broken off."""


def head(dialect: str) -> bytes:
    return stream_head(headers=[("Content-Type", STREAM_TYPES.get(dialect, "text/event-stream"))])


def streamed(dialect: str, *pieces: bytes, end: tuple[Any, ...] = (LAST_CHUNK,)) -> Script:
    return [head(dialect), *(chunk(piece) for piece in pieces if piece), *end]


def errors(dialect: str) -> bytes:
    """The dialect's error inside a stream."""
    if dialect == BEDROCK:
        return event_stream.encode_exception(b'{"message":"boom"}', type="modelStreamErrorException")
    body: dict[str, Any] = {
        "error": {"message": "boom", "code": 500, "type": "api_error", "status": "INTERNAL"}
    }
    return frame(dialect, {"type": "error"} | body)


# --- calls, and what must hold for each


async def ask(stage: Stage, caller: str, provider: str, *, is_stream: bool) -> tuple[int, str]:
    """A call; its status and text. Checked: no fault of ours, recorded, and an error in the caller's shape."""
    answer = await stage.ask(caller, provider, ASK[caller], is_stream=is_stream)
    exchange = logged(stage.one)
    assert exchange.status == answer.status_code
    assert exchange.error != "internal_error", exchange.error_text
    if answer.status_code != 200:
        assert exchange.error
        assert READ_ANY[caller](answer)
    return answer.status_code, answer.text


def check_stream(caller: str, text: str, *, is_whole: bool) -> None:
    """The caller's stream keeps its dialect's rules, and says that it is whole only where it is."""
    found = [one for one in lint(caller, [text.encode()]) if one != LINT_IS_STRICTER]
    assert not found, text
    if is_whole:
        assert said_in(caller, text.encode())[0].text == "".join(WORDS)
        return
    assert "error" in text
    assert not [end for end in FAKE_ENDS[caller] if end in text], text
    with pytest.raises(StreamFailed):
        said_in(caller, text.encode())


async def closed(stage: Stage) -> None:
    await stage.upstream.until(lambda: stage.upstream.open_connections == 0)


# --- whole replies


def garbage(dialect: str) -> Iterator[tuple[str, bytes, str]]:
    """Bodies of status 200 that are no reply of the dialect: name, body, content type."""
    own = json.dumps(good_reply(dialect)).encode()
    yield "a page", b"<!doctype html><title>Welcome</title>", "text/html"
    yield "a page that says it is JSON", b"<html>", "application/json"
    yield "nothing", b"", "application/json"
    yield "nothing of no type", b"", ""
    yield "null", b"null", "application/json"
    yield "an empty object", b"{}", "application/json"
    yield "an empty array", b"[]", "application/json"
    yield "a text", b'"hello"', "application/json"
    yield "half", own[: len(own) // 2], "application/json"
    yield "no UTF-8", b"\xff\xfe\x00", "application/octet-stream"
    yield "10,000 brackets", b"[" * 10_000, "application/json"
    yield "an error", b'{"error":{"message":"boom","code":429,"type":"e"}}', "application/json"
    yield "an error that is a text", b'{"error":"boom"}', "application/json"
    yield (
        "an error that is a list",
        b'[{"error":{"message":"boom","code":400,"status":"INVALID_ARGUMENT"}}]',
        "text/plain",
    )
    for other in SPEAKS.values():
        if other != dialect:
            yield f"a reply of {other}", json.dumps(good_reply(other)).encode(), "application/json"


def good_reply(dialect: str) -> Any:
    ends = {
        CHAT: "/chat/completions",
        ANTHROPIC: "/messages",
        GEMINI: ":generateContent",
        BEDROCK: "/converse",
    }
    return REPLIES[ends[dialect]]


@pytest.mark.parametrize("provider", SPEAKS)
async def test_a_200_that_is_no_reply_is_an_error(stage: Stage, provider: str) -> None:
    callers = [caller for caller, other in PAIRS if other == provider]
    for number, (name, body, kind) in enumerate(garbage(SPEAKS[provider])):
        for is_stream in (False, True):
            headers = [("Content-Type", kind)] if kind else []
            stage.upstream.enqueue([reply(body, headers=headers)])
            status, text = await ask(stage, callers[number % len(callers)], provider, is_stream=is_stream)
            assert status >= 400, (name, text)


ABSURD: Final[tuple[Any, ...]] = (-1, "7", 1e300, 2**70, None, [], True)


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
async def test_absurd_counts_and_ids_do_no_harm(stage: Stage, caller: str, provider: str) -> None:
    dialect = SPEAKS[provider]
    usages: tuple[Any, ...] = (None, [], "x", {}, -5, "counts")
    for usage in usages:
        for value in ABSURD:
            body = json.loads(json.dumps(good_reply(dialect)))
            key = "usageMetadata" if dialect == GEMINI else "usage"
            body[key] = dict.fromkeys(body[key], value) if usage == "counts" else usage
            for name in ("id", "model", "responseId", "modelVersion"):
                body[name] = "\r\nx-evil: 1\x00\x1b[2J"
            stage.upstream.enqueue([json_reply(body)])
            status, text = await ask(stage, caller, provider, is_stream=False)
            assert status == 200
            assert said(caller, text.encode())[0].text
            if usage != "counts":
                break
    assert logged(stage.one).cost is not None


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
async def test_a_tool_call_that_is_no_json_is_said_or_an_error(
    stage: Stage, caller: str, provider: str
) -> None:
    for arguments in ("", "{", '{"a":', "no", "[1]", '"{}"', "null", '{"a":NaN}', '{"a":"\\ud800"}', "{}{}"):
        for call_id in ("call_1", "", "\r\n\x00" * 50):
            body = json.loads(json.dumps(good_reply(SPEAKS[provider])))
            put_call(SPEAKS[provider], body, call_id, arguments)
            stage.upstream.enqueue([json_reply(body)])
            status, text = await ask(stage, caller, provider, is_stream=False)
            if status == 200:
                assert said(caller, text.encode())[0].calls


def put_call(dialect: str, body: Any, call_id: str, arguments: str) -> None:
    """Make a reply call a tool."""
    match dialect:
        case "openai-chat":
            call = {"id": call_id, "type": "function", "function": {"name": "f", "arguments": arguments}}
            body["choices"][0]["message"]["tool_calls"] = [call]
        case "anthropic-messages":
            body["content"] = [{"type": "tool_use", "id": call_id, "name": "f", "input": arguments}]
        case "gemini-generate-content":
            part = {"functionCall": {"id": call_id, "name": "f", "args": arguments}}
            body["candidates"][0]["content"]["parts"] = [part]
        case _:
            part = {"toolUse": {"toolUseId": call_id, "name": "f", "input": arguments}}
            body["output"]["message"]["content"] = [part]


ODD_BODIES: Final = (
    b"", b"nope", b"<h1>Bad gateway</h1>", b"null", b"[]", b"7", b"\xff", b"{}", b'{"error":null}', b'{"error":[]}',
    b'{"detail":"why"}', b'{"message":7}', b'{"error":{"message":{"a":1},"code":[],"type":{}}}', b"[" * 5000,
    b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}',
    b'{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED","details":[7,{"@type":"x"},{"retryDelay":"nan"}]}}',
    b'{"__type":"ThrottlingException","message":"slow"}',
)  # fmt: skip
RETRY_AFTERS: Final = (
    "",
    "7",
    "0",
    "-1",
    "1e9",
    "soon",
    "Fri, 31 Dec 2100 23:59:59 GMT",
    "Thu, 32 Foo 99",
    "9" * 400,
    "0.5",
)


@pytest.mark.parametrize("provider", SPEAKS)
async def test_errors_of_every_status_and_shape_keep_their_status(stage: Stage, provider: str) -> None:
    callers = [caller for caller, other in PAIRS if other == provider]
    for number, status in enumerate(range(400, 600)):
        after = RETRY_AFTERS[number % len(RETRY_AFTERS)]
        headers = [("Content-Type", ("application/json", "text/html", "a/b")[number % 3])]
        headers += [("retry-after", after)] if after else []
        stage.upstream.enqueue([reply(ODD_BODIES[number % len(ODD_BODIES)], status=status, headers=headers)])
        caller = callers[number % len(callers)]
        answer = await stage.ask(caller, provider, ASK[caller], is_stream=number % 2 == 1)
        assert answer.status_code == status
        assert answer.headers.get("retry-after", "") == after
        assert answer.headers["content-type"] == "application/json"
        assert READ_ANY[caller](answer)


# --- streams


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
async def test_a_good_stream_arrives_whole_and_clean(stage: Stage, caller: str, provider: str) -> None:
    dialect = SPEAKS[provider]
    body = b"".join(frames(dialect))
    stage.upstream.enqueue(streamed(dialect, *(body[at : at + 1] for at in range(len(body)))))
    status, text = await ask(stage, caller, provider, is_stream=True)
    assert status == 200
    check_stream(caller, text, is_whole=True)


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
async def test_a_stream_cut_off_anywhere_never_ends_well(stage: Stage, caller: str, provider: str) -> None:
    dialect = SPEAKS[provider]
    events = frames(dialect)
    until_end = b"".join(events[: FIRST_END[dialect]])
    first = len(b"".join(events[: FIRST_END[dialect] - 1]))
    cuts = [*range(0, first, 61), *range(first, len(until_end), 23)]
    for number, at in enumerate(cuts):
        end = ((LAST_CHUNK,), (Close(),), (Reset(),))[number % 3]
        stage.upstream.enqueue(streamed(dialect, until_end[:at], end=end))
        status, text = await ask(stage, caller, provider, is_stream=True)
        if status == 200:
            check_stream(caller, text, is_whole=False)
        else:
            assert status in {502, 503, 504}, text
    stage.upstream.enqueue(streamed(dialect, until_end, end=(Reset(),)))
    status, text = await ask(stage, caller, provider, is_stream=False)
    assert status == 502


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
async def test_an_error_at_any_place_ends_the_stream_at_once(
    stage: Stage, caller: str, provider: str
) -> None:
    dialect = SPEAKS[provider]
    events = frames(dialect)
    for at in range(FIRST_END[dialect] + 1):
        stage.upstream.enqueue(streamed(dialect, *events[:at], errors(dialect), end=(Stall(),)))
        status, text = await ask(stage, caller, provider, is_stream=True)
        assert "boom" in text
        if status == 200:
            check_stream(caller, text, is_whole=False)
        await closed(stage)


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
async def test_nothing_after_the_end_counts(stage: Stage, caller: str, provider: str) -> None:
    dialect = SPEAKS[provider]
    events = frames(dialect)
    last = events if dialect != GEMINI else events[:-1]
    if dialect in {CHAT, ANTHROPIC}:
        for more, end in ((events, (LAST_CHUNK,)), ([errors(dialect)], (LAST_CHUNK,)), ([], (Reset(),))):
            stage.upstream.enqueue(streamed(dialect, *last, *more, end=end))
            status, text = await ask(stage, caller, provider, is_stream=True)
            assert status == 200
            check_stream(caller, text, is_whole=True)
            assert logged(stage.one).error == ""


def mangled(dialect: str) -> Iterator[tuple[str, list[bytes]]]:
    """Streams out of order, doubled, with foreign events between."""
    events = frames(dialect)
    for at in range(len(events) - 1):
        yield f"{at} twice", [*events[:at], events[at], *events[at:]]
        yield f"{at} left out", events[:at] + events[at + 1 :]
        yield f"{at} and the next changed", [*events[:at], events[at + 1], events[at], *events[at + 2 :]]
    if dialect == BEDROCK:
        return
    for number, strange in enumerate(STRANGE):
        yield f"{strange[:20]!r}", [*events[: number % len(events)], strange, *events[number % len(events) :]]


STRANGE: Final = (
    b": ping\n\n", b"data:\n\n", b"event: ping\n\n", b"data: null\n\n", b"data: []\n\n", b"data: 7\n\n", b"data: <html>\n\n",
    b"data: {}\n\n", b"data: [DONE]\n\n", b'data: {"a":"\xff"}\n\n', b"\xff\xfe\xfd\n\n", b"retry: 1\nid: \x00\n\n",
    b'data: {"choices":[{"index":7,"delta":{"content":"x"}}]}\n\n', b'data: {"type":"content_block_delta","index":9,"delta":{}}\n\n',
    b'data: {"candidates":[{"index":-1,"content":{"parts":[{"text":"x"}]}}]}\n\n',
)  # fmt: skip


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
async def test_a_stream_out_of_order_is_still_legal_for_the_caller(
    stage: Stage, caller: str, provider: str
) -> None:
    dialect = SPEAKS[provider]
    for name, pieces in mangled(dialect):
        stage.upstream.enqueue(streamed(dialect, b"".join(pieces)))
        status, text = await ask(stage, caller, provider, is_stream=True)
        if status == 200:
            found = [one for one in lint(caller, [text.encode()]) if one != LINT_IS_STRICTER]
            assert not found, (name, text)


@pytest.mark.parametrize("provider", SPEAKS)
async def test_a_stream_that_breaks_its_framing_is_an_error(stage: Stage, provider: str) -> None:
    dialect = SPEAKS[provider]
    callers = [caller for caller, other in PAIRS if other == provider]
    good = frames(dialect)
    if dialect == BEDROCK:
        body = b"".join(good[:3])
        broken = [
            body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :] for at in range(len(good[0]), len(body), 17)
        ]
    else:
        broken = [b"".join(good[:3]) + b'data: {"a":"' + b"x" * (16 << 20) + b'"}\n\n']
    for number, each in enumerate(broken):
        pieces = [each[at : at + (1 << 20)] for at in range(0, len(each), 1 << 20)]
        stage.upstream.enqueue(streamed(dialect, *pieces, end=(Stall(),)))
        caller = callers[number % len(callers)]
        status, text = await ask(stage, caller, provider, is_stream=True)
        if status == 200:
            check_stream(caller, text, is_whole=False)
        else:
            assert status == 502
        await closed(stage)


@pytest.mark.parametrize(("caller", "provider"), PAIRS)
async def test_pings_without_end_are_not_gathered(stage: Stage, caller: str, provider: str) -> None:
    dialect = SPEAKS[provider]
    if dialect == BEDROCK:
        return  # its streams have no pings
    ping = b'event: ping\ndata: {"type":"ping"}\n\n' if dialect == ANTHROPIC else b": ping\n\n"
    first, *rest = frames(dialect)
    stage.upstream.enqueue(streamed(dialect, first, *[ping * 5000] * 4, *rest))
    status, text = await ask(stage, caller, provider, is_stream=True)
    assert status == 200
    check_stream(caller, text, is_whole=True)
    if dialect != GEMINI:  # whose first event has words: pings after those pass
        assert len(text) < 20_000


# --- every recording


@pytest.mark.parametrize("caller", [RESPONSES, ANTHROPIC, GEMINI])
async def test_every_recorded_chat_stream_is_clean_for_every_caller(
    stage: Stage, vectors: Path, caller: str
) -> None:
    recordings = [
        one
        for one in vectors_openai.streams(vectors)
        if one.path == "/chat/completions" and one.status == 200
    ]
    assert recordings
    await replayed(stage, caller, "up", [(one.id, one.body) for one in recordings])


@pytest.mark.parametrize("caller", [CHAT, RESPONSES, GEMINI])
async def test_every_recorded_message_stream_is_clean_for_every_caller(
    stage: Stage, vectors: Path, caller: str
) -> None:
    await replayed(
        stage, caller, "claude", [(one.id, one.body) for one in vectors_anthropic.streams(vectors)]
    )


async def replayed(stage: Stage, caller: str, provider: str, recordings: list[tuple[str, bytes]]) -> None:
    """What the caller gets of each recording keeps its dialect's rules."""
    wrong: dict[str, object] = {}
    for name, body in recordings:
        stage.upstream.enqueue(streamed(SPEAKS[provider], body))
        status, text = await ask(stage, caller, provider, is_stream=True)
        found = lint(caller, [text.encode()]) if status == 200 else ()
        if real := [one for one in found if one != LINT_IS_STRICTER]:
            wrong[name] = real
    assert not wrong


def test_the_oracle_finds_what_is_wrong() -> None:
    assert lint(CHAT, [b'data: {"choices":[]}\n\n'])
    assert lint(ANTHROPIC, [frames(ANTHROPIC)[2]])

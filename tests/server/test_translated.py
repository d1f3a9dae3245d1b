"""A caller of one dialect, a provider of another, on real sockets: requests, replies, streams, errors, losses."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scripted import (
    LAST_CHUNK,
    Close,
    Reset,
    ScriptedUpstream,
    Stall,
    chunk,
    json_reply,
    reply,
    sse_reply,
    stream_head,
)
from tests.server.house import House, house
from tests.server.providers import KEYS, failing, piece, whole
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio

MESSAGE: dict[str, Any] = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
    "content": [{"type": "text", "text": "Bonjour"}], "stop_reason": "end_turn", "stop_sequence": None,
    "usage": {"input_tokens": 5, "cache_read_input_tokens": 4, "output_tokens": 3},
}  # fmt: skip


def named(*events: dict[str, Any]) -> list[bytes]:
    frames = [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events]
    return [stream_head(), *(chunk(frame) for frame in frames), LAST_CHUNK]


def spoken(*texts: str) -> list[dict[str, Any]]:
    return [
        {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
            for text in texts
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]


def config(more: str = "", /, **kinds: tuple[str, ScriptedUpstream]) -> str:
    rows = "".join(
        f'  {name}: {{kind: {kind}, base_url: "{one.url}", keys: ["env:FIRST"]}}\n'
        for name, (kind, one) in kinds.items()
    )
    return f"version: 1\ngateway: {{name: test}}\nproviders:\n{rows}{more}"


async def messages(one: House, model: str, *, path: str = "/v1/messages", **more: object) -> httpx.Response:
    body = {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}], **more}
    return await one.http.post(path, json=body, headers=one.token())


async def test_an_openai_caller_reaches_anthropic(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply(MESSAGE, headers=[("request-id", "req_9"), ("anthropic-ratelimit-x", "1")])])
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        answer = await one.chat("claude/claude-sonnet-4-5", temperature=1.5, logit_bias={"1": 2})
        said = answer.json()
        assert said["choices"][0]["message"]["content"] == "Bonjour"
        assert said["choices"][0]["finish_reason"] == "stop"
        assert said["usage"]["prompt_tokens"] == 9
        assert said["usage"]["prompt_tokens_details"]["cached_tokens"] == 4
        sent = scripted.requests[0]
        assert sent.target == "/v1/messages"
        assert sent.header(b"x-api-key") == KEYS["FIRST"].encode()
        assert sent.header(b"authorization") == b""
        assert sent.header(b"anthropic-version") == b"2023-06-01"
        assert (sent.json()["model"], sent.json()["temperature"]) == ("claude-sonnet-4-5", 1)
        assert sent.json()["max_tokens"] > 0
        header = answer.headers["x-aigw-translation"]
        assert header.startswith("openai-chat>anthropic-messages; ")
        assert "logit_bias" in header
        assert answer.headers["x-aigw-upstream"] == "claude/claude-sonnet-4-5"
        assert answer.headers["anthropic-ratelimit-x"] == "1"
        exchange = logged(one)
        assert exchange.usage is not None
        assert (exchange.usage.input, exchange.usage.cached_input, exchange.usage.output) == (9, 4, 3)
        assert exchange.assembled is not None
        assert exchange.assembled.text == "Bonjour"
        fates = {item["field"]: item["fate"] for item in json.loads(exchange.ledger)["entries"]}
        assert fates["logit_bias"] == "dropped"
        assert fates["temperature"] == "approximated"
        assert fates["max_tokens"] == "invented"


async def test_a_stream_is_translated_event_by_event(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(named(*spoken("Bon", "jour\u2028!")))
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        answer = await one.chat("claude/c", stream=True, stream_options={"include_usage": True})
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-cache"
        lines = [line[6:] for line in answer.text.split("\n") if line.startswith("data: ")]
        assert lines[-1] == "[DONE]"
        chunks = [json.loads(line) for line in lines[:-1]]
        assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
        text = "".join(one["choices"][0]["delta"].get("content") or "" for one in chunks if one["choices"])
        assert text == "Bonjour\u2028!"
        assert chunks[-1]["usage"]["completion_tokens"] == 7
        exchange = logged(one)
        assert exchange.usage is not None
        assert (exchange.usage.input, exchange.usage.output) == (9, 7)
        assert exchange.violations == []
        assert exchange.ttft_s is not None


async def test_an_anthropic_caller_reaches_a_chat_provider(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config(up=("openai-compatible", scripted)), env=KEYS) as one:
        answer = await messages(one, "up/m", system="be kind", top_k=3)
        said = answer.json()
        assert (said["type"], said["content"][0]["text"], said["stop_reason"]) == (
            "message",
            "Hello",
            "end_turn",
        )
        assert said["usage"]["input_tokens"] == 9
        assert answer.headers["request-id"]
        assert "top_k" in answer.headers["x-aigw-translation"]
        sent = scripted.requests[0]
        assert sent.target == "/v1/chat/completions"
        assert sent.json()["messages"][0] == {"role": "system", "content": "be kind"}
        assert sent.header(b"anthropic-version") == b""


async def test_the_same_dialect_passes_byte_for_byte(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    body = b'{"id":"msg_1", "type":"message","unknown" : 12345678901234567890, "content":[]}'
    scripted.enqueue([reply(body, headers=[("Content-Type", "application/json")])])
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        raw = b'{"model":"claude/x", "max_tokens": 1.0, "messages":[], "new_field":[1e3]}'
        headers = one.token() | {
            "content-type": "application/json",
            "anthropic-version": "2026-10-21",
            "anthropic-beta": "b",
        }
        answer = await one.http.post("/v1/messages?beta=true", content=raw, headers=headers)
        assert answer.content == body
        assert "x-aigw-translation" not in answer.headers
        sent = scripted.requests[0]
        assert sent.body == raw.replace(b"claude/x", b"x")
        assert sent.target == "/v1/messages?beta=true"
        assert sent.header(b"anthropic-version") == b"2026-10-21"
        assert sent.header(b"anthropic-beta") == b"b"


@pytest.mark.parametrize(
    ("path", "body", "shape"),
    [
        (
            "/v1/messages",
            {"messages": [{"role": "king", "content": "x"}], "max_tokens": 1},
            ("error", "type"),
        ),
        ("/v1/responses", {"input": 7}, ("error", "code")),
        ("/v1/chat/completions", {"messages": "no"}, ("error", "code")),
        ("/v1beta/models/{m}:generateContent", {"contents": 3}, ("error", "status")),
    ],
)
async def test_a_malformed_request_is_refused_in_its_dialect_and_reaches_nobody(
    tmp_path: Path, scripted: ScriptedUpstream, path: str, body: dict[str, Any], shape: tuple[str, str]
) -> None:
    other = "anthropic" if "chat" in path else "openai-compatible"
    async with house(tmp_path, config(up=(other, scripted)), env=KEYS) as one:
        answer = await one.http.post(
            path.replace("{m}", "up/m"), json=body | {"model": "up/m"}, headers=one.token()
        )
        assert answer.status_code == 400
        assert answer.json()[shape[0]][shape[1]]
        assert scripted.requests == []
        assert logged(one).error == "invalid_request"


async def test_an_upstream_error_is_worded_in_the_callers_dialect(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    overloaded = {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"},
        "request_id": "r",
    }
    scripted.enqueue([json_reply(overloaded, status=529, headers=[("retry-after", "7")])])
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        answer = await one.chat("claude/c")
        assert answer.status_code == 529
        assert answer.headers["retry-after"] == "7"
        error = answer.json()["error"]
        assert "Overloaded" in error["message"]
        assert set(error) >= {"message", "type", "code", "param"}
        assert "type" not in answer.json()


async def test_a_chat_error_becomes_anthropics(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(failing(429, "slow down", **{"retry-after": "3"}))
    async with house(tmp_path, config(up=("openai-compatible", scripted)), env=KEYS) as one:
        answer = await messages(one, "up/m")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
        assert answer.json()["type"] == "error"
        assert answer.json()["error"]["type"] == "rate_limit_error"
        assert "slow down" in answer.json()["error"]["message"]


async def test_an_error_first_in_a_stream_is_a_status_and_falls_back(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    broken = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    route = "routes:\n  r: {flow: {send: claude/c, fallback: [mock/echo]}}\n"
    scripted.enqueue(named(spoken()[0], broken), named(spoken()[0], broken))
    async with house(tmp_path, config(route, claude=("anthropic", scripted)), env=KEYS) as one:
        alone = await one.chat("claude/c", stream=True)
        assert alone.status_code >= 500
        assert "Overloaded" in alone.json()["error"]["message"]
        saved = await one.chat("dynamic/r", "still here", stream=True)
        assert saved.status_code == 200
        assert "still" in saved.text
        assert [each.error for each in logged(one).attempts] == ["upstream_in_band", ""]


@pytest.mark.parametrize("end", [Reset(), Close()])
async def test_a_stream_cut_off_ends_in_an_error_and_no_finish(
    tmp_path: Path, scripted: ScriptedUpstream, end: Any
) -> None:
    scripted.enqueue([*named(*spoken("Bon"))[:4], end])
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        answer = await one.chat("claude/c", stream=True)
        assert answer.status_code == 200
        assert "Bon" in answer.text
        assert '"error"' in answer.text
        assert "[DONE]" not in answer.text
        assert '"finish_reason":"stop"' not in answer.text
        exchange = logged(one)
        assert "broken" in exchange.marks


async def test_an_in_band_error_after_words_stays_in_band(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(sse_reply(piece("Hel"), {"error": {"message": "boom", "code": 500}}))
    async with house(tmp_path, config(up=("openai-compatible", scripted)), env=KEYS) as one:
        answer = await messages(one, "up/m", stream=True)
        assert "event: error\n" in answer.text
        assert "boom" in answer.text
        assert "message_stop" not in answer.text
        assert logged(one).error == "upstream_in_band"


async def test_a_caller_that_wants_a_stream_gets_one_from_a_provider_that_sends_none(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config(up=("openai-compatible", scripted)), env=KEYS) as one:
        answer = await messages(one, "up/m", stream=True)
        assert answer.text.count("event: message_stop") == 1
        assert "Hello" in answer.text


async def test_a_provider_that_streams_unasked_is_put_together(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    end: dict[str, Any] = {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    scripted.enqueue(sse_reply(piece("Hel"), piece("lo"), end))
    async with house(tmp_path, config(up=("openai-compatible", scripted)), env=KEYS) as one:
        answer = await messages(one, "up/m")
        assert answer.json()["content"][0]["text"] == "Hello"


async def test_a_200_that_is_no_reply_is_a_502(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b"<html>welcome</html>", headers=[("Content-Type", "text/html")])])
    async with house(tmp_path, config(up=("openai-compatible", scripted)), env=KEYS) as one:
        answer = await messages(one, "up/m")
        assert answer.status_code == 502
        assert answer.json()["type"] == "error"


@pytest.mark.parametrize(("on_loss", "status"), [("allow", 200), ("warn", 200), ("reject", 400)])
async def test_a_route_says_what_a_loss_does(
    tmp_path: Path, scripted: ScriptedUpstream, on_loss: str, status: int
) -> None:
    route = f"routes:\n  r: {{flow: {{send: claude/c}}, on_loss: {on_loss}}}\n"
    scripted.enqueue([json_reply(MESSAGE)])
    async with house(tmp_path, config(route, claude=("anthropic", scripted)), env=KEYS) as one:
        answer = await one.chat("dynamic/r", logit_bias={"1": 1})
        assert answer.status_code == status
        assert ("warning" in answer.headers) == (on_loss == "warn")
        assert len(scripted.requests) == (status == 200)
        if status == 400:
            assert answer.json()["error"]["code"] == "translation_loss"
            assert "logit_bias" in answer.json()["error"]["message"]
            assert json.loads(logged(one).ledger)["entries"]


async def test_a_leafs_parameters_reach_the_translated_request(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    leaf = "{send: claude/claude-sonnet-4-5, params: {temperature: 0.25, max_tokens: 77, container: box}}"
    scripted.enqueue([json_reply(MESSAGE)])
    more = f"routes:\n  r: {{flow: {leaf}}}\n"
    async with house(tmp_path, config(more, claude=("anthropic", scripted)), env=KEYS) as one:
        assert (await one.chat("dynamic/r", temperature=1)).status_code == 200
        sent = scripted.requests[0].json()
        assert (sent["temperature"], sent["max_tokens"], sent["container"]) == (0.25, 77, "box")


async def test_tokens_are_counted_by_whoever_can_and_else_estimated(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(
        [json_reply({"input_tokens": 41})], [json_reply({"totalTokens": 42})], failing(404, "what path")
    )
    kinds = {
        "claude": ("anthropic", scripted),
        "gem": ("gemini", scripted),
        "up": ("openai-compatible", scripted),
    }
    async with house(tmp_path, config("", **kinds), env=KEYS) as one:
        path = "/v1/messages/count_tokens"
        own = await messages(one, "claude/c", path=path)
        assert (own.json(), scripted.requests[0].target) == (
            {"input_tokens": 41},
            "/v1/messages/count_tokens",
        )
        other = await messages(one, "gem/g", path=path)
        assert (other.json(), scripted.requests[1].target) == (
            {"input_tokens": 42},
            "/v1beta/models/g:countTokens",
        )
        cannot = await messages(one, "up/m", path=path)
        assert cannot.json()["input_tokens"] > 0
        assert "approximated=input_tokens" in cannot.headers["x-aigw-translation"]
        assert len(scripted.requests) == 2
        gone = await messages(one, "claude/c", path=path)
        assert gone.status_code == 200
        assert "estimate" in gone.headers["x-aigw-translation"]


async def test_gemini_is_called_in_its_own_dialect(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    candidate = {"content": {"role": "model", "parts": [{"text": "Ciao"}]}, "finishReason": "STOP"}
    said = {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 3}}
    frame = b"data: " + json.dumps(said).encode() + b"\r\n\r\n"
    scripted.enqueue([json_reply(said)], [stream_head(), chunk(frame), LAST_CHUNK])
    async with house(tmp_path, config(gem=("gemini", scripted)), env=KEYS) as one:
        answer = await one.chat("gem/gemini-2.5-flash")
        assert answer.json()["choices"][0]["message"]["content"] == "Ciao"
        sent = scripted.requests[0]
        assert sent.target == "/v1beta/models/gemini-2.5-flash:generateContent"
        assert sent.header(b"x-goog-api-key") == KEYS["FIRST"].encode()
        streamed = await one.chat("gem/gemini-2.5-flash", stream=True)
        assert "Ciao" in streamed.text
        assert scripted.requests[1].target == "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"


async def test_a_gemini_caller_gets_an_array_or_events(tmp_path: Path) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "one two"}]}]}
    async with house(tmp_path) as one:
        path = "/v1beta/models/mock%2Fecho:streamGenerateContent"
        array = await one.http.post(path, json=body)
        assert array.headers["content-type"] == "application/json"
        pieces = [part["text"] for each in array.json() for part in each["candidates"][0]["content"]["parts"]]
        assert "".join(pieces) == "one two"
        events = await one.http.post(path + "?alt=sse", json=body)
        assert events.headers["content-type"].startswith("text/event-stream")


async def test_what_a_caller_names_cannot_tear_the_header(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply(MESSAGE)])
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        more: dict[str, Any] = {"a\r\nx-evil: 1\u20ac": 1}
        answer = await one.chat("claude/c", **more)
        assert answer.status_code == 200
        header = answer.headers["x-aigw-translation"]
        assert "%0D%0Ax-evil:%201%E2%82%AC" in header
        assert "x-evil" not in answer.headers


async def test_a_reset_after_the_last_word_changes_nothing(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([*named(*spoken("Bon"))[:-1], Reset()])
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        answer = await one.chat("claude/c", stream=True)
        assert answer.text.rstrip().endswith("data: [DONE]")
        assert answer.text.count('"finish_reason":"stop"') == 1
        assert '"error"' not in answer.text
        assert logged(one).marks == set()


async def test_an_in_band_error_ends_the_call_though_the_provider_stays(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    broken = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    scripted.enqueue([*named(*spoken("Bon")[:3], broken)[:-1], Stall()])
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        answer = await one.chat("claude/c", stream=True)
        assert "Overloaded" in answer.text
        await scripted.until(lambda: scripted.open_connections == 0)


@pytest.mark.parametrize(
    ("query", "is_array"), [("", True), ("?alt=json", True), ("?xalt=sse", True), ("?a=1&alt=sse", False)]
)
async def test_only_alt_sse_asks_for_events(tmp_path: Path, query: str, is_array: bool) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "one two"}]}]}
    async with house(tmp_path) as one:
        answer = await one.http.post(f"/v1beta/models/mock%2Fecho:streamGenerateContent{query}", json=body)
        assert answer.text.startswith("[") == is_array


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_chat_client_that_echoes_nothing_still_sends_the_signed_thought_back(
    tmp_path: Path, scripted: ScriptedUpstream, is_stream: bool
) -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "EqQB"}
    call: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {**thought, "thinking": "", "signature": ""},
        },
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "signature_delta", "signature": "EqQB"},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": call},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    whole_reply = [json_reply({**MESSAGE, "content": [thought, call], "stop_reason": "tool_use"})]
    scripted.enqueue(named(*events) if is_stream else whole_reply, [json_reply(MESSAGE)])
    tool: dict[str, Any] = {
        "type": "function",
        "function": {"name": "look", "parameters": {"type": "object", "properties": {}}},
    }
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        asked: dict[str, Any] = {"tools": [tool], "reasoning_effort": "low", "max_tokens": 5000}
        await one.chat("claude/claude-sonnet-4-5", stream=is_stream, **asked)
        turns = [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "tool_calls": [{"id": "toolu_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "toolu_1", "content": "nothing there"},
        ]  # fmt: skip
        body = {"model": "claude/claude-sonnet-4-5", "messages": turns, **asked}
        answer = await one.http.post("/v1/chat/completions", json=body, headers=one.token())
        assert answer.status_code == 200
        assert "messages[1].thinking" in answer.headers["x-aigw-translation"]
        sent = scripted.requests[1].json()["messages"]
        assert sent[1]["content"] == [thought, call]


async def test_a_deadline_ends_a_json_array_as_json(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    word = chunk(f"data: {json.dumps(piece('Hel'))}\n\n".encode())
    scripted.enqueue([stream_head(), word, Stall()])
    row = f'  up: {{kind: openai-compatible, base_url: "{scripted.url}/v1", keys: ["env:FIRST"], idle_timeout_ms: 100}}\n'
    async with house(tmp_path, f"version: 1\nproviders:\n{row}", env=KEYS) as one:
        body = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
        path = "/v1beta/models/up/m:streamGenerateContent"
        answer = await one.http.post(path, json=body, headers=one.token())
        first, last = json.loads(answer.text)
        assert first["candidates"][0]["content"]["parts"] == [{"text": "Hel"}]
        assert last["error"]["code"] == 504
        assert last["error"]["message"].endswith(f"see: aigw-dev logs show {logged(one).id}")


async def test_what_an_earlier_attempt_would_have_lost_is_not_in_the_ledger(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    with ScriptedUpstream() as second:
        scripted.enqueue(failing(529))
        second.enqueue(whole())
        more = f"""  up: {{kind: openai-compatible, base_url: "{second.url}/v1", keys: ["env:FIRST"]}}
routes:
  r: {{flow: {{send: claude/c, fallback: [up/m]}}}}
"""
        async with house(tmp_path, config(more, claude=("anthropic", scripted)), env=KEYS) as one:
            answer = await one.chat("dynamic/r", logit_bias={"1": 2})
            assert answer.status_code == 200
            assert "x-aigw-translation" not in answer.headers
            assert logged(one).ledger == b""


async def test_a_turn_of_which_nothing_can_be_said_is_refused(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    async with house(tmp_path, config(up=("openai-compatible", scripted)), env=KEYS) as one:
        turns = [{"role": "user", "content": [{"type": "imge", "source": "x"}]}]
        answer = await one.http.post(
            "/v1/messages", json={"model": "up/m", "max_tokens": 5, "messages": turns}, headers=one.token()
        )
        assert answer.status_code == 400
        assert "imge" in answer.json()["error"]["message"]
        assert scripted.requests == []


async def test_a_target_that_would_lose_something_is_passed_over_for_one_that_does_not(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    more = "routes:\n  r: {flow: {send: claude/c, fallback: [up/m]}, on_loss: reject}\n"
    scripted.enqueue(whole())
    kinds = {"claude": ("anthropic", scripted), "up": ("openai-compatible", scripted)}
    async with house(tmp_path, config(more, **kinds), env=KEYS) as one:
        answer = await one.chat("dynamic/r", logit_bias={"1": 1})
        assert answer.status_code == 200
        assert answer.headers["x-aigw-upstream"] == "up/m"
        assert scripted.requests[0].json()["logit_bias"] == {"1": 1}


async def test_an_answer_without_a_count_is_estimated(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply({"total": 3})])
    async with house(tmp_path, config(gem=("gemini", scripted)), env=KEYS) as one:
        answer = await messages(one, "gem/g", path="/v1/messages/count_tokens")
        assert answer.status_code == 200
        assert "estimate" in answer.headers["x-aigw-translation"]


async def test_a_stream_that_was_cut_off_is_not_priced_as_if_it_were_whole(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([*named(*spoken("a good many words were said before the end came"))[:4], Reset()])
    async with house(tmp_path, config(claude=("anthropic", scripted)), env=KEYS) as one:
        await one.chat("claude/claude-sonnet-4-5", stream=True)
        usage = logged(one).usage
        assert usage is not None
        assert usage.estimated
        assert usage.output > 5
        assert logged(one).cost.status in {"estimated", "unknown"}

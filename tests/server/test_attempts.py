"""One attempt after another: what is tried, with which key, and what the caller gets in the end."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import (
    LAST_CHUNK,
    Close,
    Reset,
    ScriptedUpstream,
    chunk,
    event,
    json_reply,
    refusing_port,
    reply,
    sse_reply,
    stream_head,
)
from tests.server.house import House, house
from tests.server.providers import KEYS, REPLY, config_of, failing, piece, said, whole
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio


def steps(one: House) -> list[tuple[str, str, str]]:
    """Provider, reason and key of each attempt of the newest exchange."""
    return [(each.provider, each.reason, each.key_name) for each in logged(one).attempts]


async def test_a_direct_call_is_one_attempt_with_the_first_key(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.chat("up/gpt-9", temperature=0.5, headers=one.token() | {"x-api-key": "mine"})
        assert answer.json() == REPLY
        assert answer.headers["x-aigw-upstream"] == "up/gpt-9"
        assert answer.headers["x-aigw-attempts"] == "1"
        sent = scripted.requests[0]
        assert sent.target == "/v1/chat/completions"
        assert sent.json()["model"] == "gpt-9"
        assert sent.json()["temperature"] == 0.5
        assert sent.header(b"authorization") == f"Bearer {KEYS['FIRST']}".encode()
        assert sent.header(b"x-api-key") == b""
        assert sent.header(b"accept-encoding") == b"identity"
        assert steps(one) == [("up", "first", "env:FIRST")]


async def test_a_failure_without_a_route_is_the_callers_at_once(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(failing(500, "overloaded", **{"retry-after": "7"}))
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.chat("up/m")
        assert answer.status_code == 500
        assert answer.headers["retry-after"] == "7"
        assert logged(one).attempts[0].retry_after_s == 7
        assert len(scripted.requests) == 1


async def test_a_target_is_retried_then_the_next_one_answers(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    flow = "{send: up/m, retry: {attempts: 1, backoff_ms: 1}, fallback: [mock/echo]}"
    config = config_of(up=scripted, more=f"routes:\n  r: {{flow: {flow}}}\n")
    scripted.enqueue([*failing(503), Close()], [Reset()])
    async with house(tmp_path, config, env=KEYS) as one:
        answer = await one.chat("dynamic/r", "still here")
        assert answer.json()["choices"][0]["message"]["content"] == "still here"
        assert answer.headers["x-aigw-attempts"] == "3"
        assert answer.headers["x-aigw-upstream"] == "mock/echo"
        assert steps(one) == [
            ("up", "first", "env:FIRST"),
            ("up", "retry", "env:FIRST"),
            ("mock", "fallback", ""),
        ]
        exchange = logged(one)
        assert exchange.marks >= {"retried", "fallback"}
        assert [each.error for each in exchange.attempts] == ["upstream_status", "upstream_reset", ""]
        assert exchange.key_name == "", "the attempt that answered took no key"
        assert exchange.cost.status == "free"


async def test_what_the_caller_did_wrong_is_not_tried_elsewhere(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    config = config_of(up=scripted, more="routes:\n  r: {flow: {send: up/m, fallback: [mock/echo]}}\n")
    scripted.enqueue(failing(400, "bad temperature"))
    async with house(tmp_path, config, env=KEYS) as one:
        answer = await one.chat("dynamic/r")
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "bad temperature"


async def test_a_leaf_names_the_key_of_its_target(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    flow = "{send: up/m, key: 'env:FIRST', fallback: [{send: up/m, key: 'env:SPARE', params: {user: u1}}]}"
    config = config_of(up=scripted, more=f"routes:\n  r: {{flow: {flow}}}\n")
    scripted.enqueue(failing(429), whole())
    async with house(tmp_path, config, env=KEYS) as one:
        assert (await one.chat("dynamic/r")).status_code == 200
        shown = [request.header(b"authorization") for request in scripted.requests]
        assert shown == [f"Bearer {value}".encode() for value in KEYS.values()]
        assert scripted.requests[1].json()["user"] == "u1"
        assert steps(one) == [("up", "first", "env:FIRST"), ("up", "fallback", "env:SPARE")]


async def test_a_target_whose_key_is_missing_is_passed_over(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    flow = "{send: up/m, key: 'env:FIRST', fallback: [{send: up/m, key: 'env:SPARE'}]}"
    config = config_of(up=scripted, more=f"routes:\n  r: {{flow: {flow}}}\n")
    scripted.enqueue(whole())
    async with house(tmp_path, config, env={"SPARE": KEYS["SPARE"]}) as one:
        assert (await one.chat("dynamic/r")).status_code == 200
        assert logged(one).attempts[0].error == "key_missing"
        assert "FIRST" in logged(one).attempts[0].error_text
        assert len(scripted.requests) == 1


async def test_without_any_key_nothing_is_sent(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    async with house(tmp_path, config_of(up=scripted)) as one:
        answer = await one.chat("up/m")
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "key_missing"
        assert "FIRST" in answer.json()["error"]["message"]
        assert scripted.requests == []


async def test_an_unidentified_caller_spends_no_key_and_reaches_the_rest(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    config = config_of(up=scripted, more="routes:\n  r: {flow: {send: up/m, fallback: [mock/echo]}}\n")
    async with house(tmp_path, config, env=KEYS) as one:
        nobody = {"authorization": "Bearer not-ours"}
        for model in ("up/m", "dynamic/r"):
            answer = await one.chat(model, headers=nobody)
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "gateway_token_required"
            assert "Nothing was sent" in answer.json()["error"]["message"]
        assert (await one.chat("mock/echo", headers=nobody)).status_code == 200
        assert scripted.requests == []


async def test_a_local_server_takes_nobodys_calls_without_its_key(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    config = f"version: 1\nproviders:\n  local: {{kind: ollama, base_url: '{scripted.url}/v1'}}\n"
    scripted.enqueue(whole())
    async with house(tmp_path, config) as one:
        assert (await one.chat("local/llama", headers={"x-nothing": "1"})).status_code == 200
        assert scripted.requests[0].header(b"authorization") == b""


async def test_an_untrusted_provider_is_off_and_its_route_goes_on(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    config = config_of(up=scripted, more="routes:\n  r: {flow: {send: up/m, fallback: [mock/echo]}}\n")
    async with house(tmp_path, config, env=KEYS, is_trusted=False) as one:
        answer = await one.chat("up/m")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_trusted")
        assert (await one.chat("dynamic/r")).headers["x-aigw-upstream"] == "mock/echo"
        assert scripted.accepted == 0


async def test_pings_before_the_first_event_still_let_another_target_take_over(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    config = config_of(up=scripted, more="routes:\n  r: {flow: {send: up/a, fallback: [up/b]}}\n")
    scripted.enqueue([stream_head(), chunk(b": ping\n\n"), Reset()], sse_reply(piece("good")))
    async with house(tmp_path, config, env=KEYS) as one:
        answer = await one.chat("dynamic/r", stream=True)
        assert said(answer.text) == "good"
        assert "ping" not in answer.text
        assert answer.headers["x-aigw-upstream"] == "up/b"
        exchange = logged(one)
        assert exchange.attempts[0].first_byte_s is None
        assert exchange.attempts[1].first_byte_s is not None


async def test_after_the_first_event_the_end_is_in_band_and_final(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    config = config_of(up=scripted, more="routes:\n  r: {flow: {send: up/a, fallback: [mock/echo]}}\n")
    scripted.enqueue([stream_head(), chunk(event(piece("half"))), Reset()])
    async with house(tmp_path, config, env=KEYS) as one:
        answer = await one.chat("dynamic/r", "other words", stream=True)
        assert answer.status_code == 200
        assert said(answer.text) == "half"
        error: dict[str, Any] = json.loads(answer.text.strip().splitlines()[-1].removeprefix("data: "))
        assert error["error"]["code"] == "upstream_reset"
        assert "[DONE]" not in answer.text
        exchange = logged(one)
        assert len(exchange.attempts) == 1
        assert "broken" in exchange.marks


async def test_a_redirect_is_502_and_never_followed(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(status=302, headers=[("Location", f"{scripted.url}/elsewhere?key=secret")])])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.chat("up/m")
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (502, "upstream_redirect")
        assert "/elsewhere" in error["message"]
        assert "secret" not in error["message"]
        assert len(scripted.requests) == 1


async def test_an_encoded_reply_is_502(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply(REPLY, headers=[("Content-Encoding", "gzip")])])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.chat("up/m")
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "upstream_encoded")


async def test_a_provider_that_is_not_there_is_502_and_named(tmp_path: Path) -> None:
    with refusing_port() as port:
        config = f"version: 1\nproviders:\n  gone: {{kind: ollama, base_url: 'http://127.0.0.1:{port}/v1'}}\n"
        async with house(tmp_path, config) as one:
            answer = await one.chat("gone/m")
            assert (answer.status_code, answer.json()["error"]["code"]) == (502, "connect_failed")
            assert "gone/m" in answer.json()["error"]["message"]


async def test_an_error_in_the_dialects_own_shape_passes_byte_for_byte(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    text = b'{ "error" : {"message":"No \xc3\xa9","type":"x","param":null,"code":"y"},  "more": 1 }\n'
    headers = [
        ("Content-Type", "application/json; charset=utf-8"),
        ("X-Request-Id", "req-7"),
        ("Set-Cookie", "a=b"),
    ]
    scripted.enqueue([reply(text, status=422, headers=headers)])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.chat("up/m")
        assert (answer.status_code, answer.content) == (422, text)
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["x-request-id"] == "req-7"
        assert "set-cookie" not in answer.headers
        assert logged(one).attempts[0].upstream_request_id == "req-7"


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"<html><body>Bad gateway</body></html>", "Bad gateway"), (b'{"detail":"not here"}', "not here"), (b"", "404")],
)  # fmt: skip
async def test_any_other_error_is_wrapped_with_its_status_and_words(
    tmp_path: Path, scripted: ScriptedUpstream, body: bytes, words: str
) -> None:
    scripted.enqueue([reply(body, status=404, headers=[("Content-Type", "text/html")])])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.chat("up/m")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/json"
        error = answer.json()["error"]
        assert words in error["message"]
        assert error["message"].endswith(f"logs show {logged(one).id}")


async def test_a_stream_without_usage_is_asked_for_it_and_the_caller_sees_nothing_of_it(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    config = f"version: 1\nproviders:\n  up: {{kind: openai, base_url: '{scripted.url}/v1', keys: ['env:FIRST'], usage: inject}}\n"
    events = [stream_head(), chunk(event(piece("hi"))), chunk(event(piece("", choices=[], usage=usage))),
              chunk(event("[DONE]")), LAST_CHUNK]  # fmt: skip
    scripted.enqueue(events, events)
    async with house(tmp_path, config, env=KEYS) as one:
        answer = await one.chat("up/m", stream=True)
        assert scripted.requests[0].json()["stream_options"]["include_usage"] is True
        assert "prompt_tokens" not in answer.text
        exchange = logged(one)
        assert exchange.usage is not None
        assert (exchange.usage.input, exchange.usage.output, exchange.usage.estimated) == (5, 2, False)
        asked = await one.chat("up/m", stream=True, stream_options={"include_usage": True})
        assert "prompt_tokens" in asked.text


async def test_the_providers_own_headers_stand_before_the_callers(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    settings = ", headers: {openai-organization: ours}, forward_headers: [x-team]"
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(up=scripted, settings=settings), env=KEYS) as one:
        more = {"openai-organization": "theirs", "x-team": "red", "x-other": "no"}
        await one.chat("up/m", headers=one.token() | more)
        sent = scripted.requests[0]
        assert sent.header(b"openai-organization") == b"ours"
        assert sent.header(b"x-team") == b"red"
        assert sent.header(b"x-other") == b""

"""Failover on real sockets: who is asked next, who is not, and what the caller and the log see of it."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final

import openai
import pytest

from tests.e2e.stage import KEYS, REPLY, Stage, piece
from tests.scripted import (
    Close,
    Reset,
    Script,
    Stall,
    chunk,
    event,
    json_reply,
    refusing_port,
    reply,
    sse_reply,
    stream_head,
)

ROUTES: Final = """  down: {kind: openai-compatible, base_url: "http://127.0.0.1:%d/v1", auth: none}
routes:
  basic: {flow: {send: one/m1, fallback: [two/m2]}}
  refused: {flow: {send: down/m0, fallback: [two/m2]}}
  impatient: {flow: {send: one/m1, first_packet_timeout_ms: 150, fallback: [two/m2]}}
  three: {flow: {send: one/m1, fallback: [two/m2, three/m3]}}
  retrying: {flow: {send: one/m1, retry: {attempts: 2, backoff_ms: 1, max_wait_ms: 400}, fallback: [two/m2]}}
  stubborn: {flow: {send: one/m1, fallback_on: [400], fallback: [two/m2]}}
  keyed:
    flow:
      send: one/m1
      key: env:SPARE_KEY
      params: {temperature: 0.5, extra: {a: [1, null]}}
      fallback:
        - {send: two/m2, key: "env:SPARE_KEY", params: {max_tokens: 7}, first_packet_timeout_ms: 2000, timeout_ms: 5000}
  ladder:
    flow:
      if: metadata.tier == "pro"
      then: {send: one/m1, fallback: [two/m2]}
      else: {send: three/m3}
  offline: {flow: {send: one/m1, fallback: [mock/echo]}}
  free: {flow: {send: mock/echo}}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("failover")
    with (
        refusing_port() as port,
        Stage(folder, names=("one", "two", "three"), more=ROUTES % port, is_closing=True) as made,
    ):
        yield made


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> Generator[None]:
    yield
    stage.forget()


def error_reply(status: int, text: str = "no", **headers: str) -> Script:
    error = {"error": {"message": text, "type": "t", "param": None, "code": "c"}}
    return [json_reply(error, status=status, headers=[(k.replace("_", "-"), v) for k, v in headers.items()])]


def answer(stream: bool) -> Script:
    return sse_reply(piece("Hello")) if stream else [json_reply(REPLY)]


FAILURES: Final[dict[str, tuple[Script, str]]] = {
    "reset": ([Reset()], "upstream_reset"),
    "closed": ([Close()], "upstream_reset"),
    "reset after the head": ([stream_head(), Reset()], "upstream_reset"),
    "reset after comments": ([stream_head(), chunk(b": hold on\n\n"), Reset()], "upstream_reset"),
    "reset within the first event": ([stream_head(), chunk(b'data: {"choi'), Reset()], "upstream_reset"),
    "half a body": ([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", Close()], "upstream_reset"),
    "no HTTP": ([b"SSH-2.0-OpenSSH_9.9\r\n\r\n", Close()], "upstream_protocol"),
    "408": (error_reply(408), "upstream_status"),
    "409": (error_reply(409), "upstream_status"),
    "429": (error_reply(429, retry_after="30"), "upstream_status"),
    "500": (error_reply(500), "upstream_status"),
    "503 of a proxy": ([reply(b"<html><title>Busy</title></html>", status=503)], "upstream_status"),
    "redirect": ([reply(status=307, headers=[("Location", "http://127.0.0.1:1/")])], "upstream_redirect"),
    "compressed": ([reply(b"x", headers=[("Content-Encoding", "gzip")])], "upstream_encoded"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("failure", FAILURES)
def test_the_next_target_answers(stage: Stage, failure: str, stream: bool) -> None:
    script, error = FAILURES[failure]
    stage.script("one", script)
    stage.script("two", answer(stream))
    got = stage.chat("dynamic/basic", stream=stream)
    assert got.status_code == 200
    assert "Hello" in got.text
    assert "hold on" not in got.text
    assert got.headers["x-aigw-upstream"] == "two/m2"
    assert got.headers["x-aigw-route"] == "basic"
    assert got.headers["x-aigw-attempts"] == "2"
    assert stage.calls == {"one": 1, "two": 1, "three": 0}
    logged = stage.logged(got)
    first, second = logged["attempts"]
    assert (first["provider"], first["error"], first["reason"]) == ("one", error, "first")
    assert (second["provider"], second["error"], second["reason"]) == ("two", "", "fallback")
    assert second["status"] == 200
    if error == "upstream_status":
        assert first["status"] == int(failure[:3])
    assert logged["marks"] == ["fallback"]
    assert (logged["status"], logged["provider"], logged["route"]) == (200, "two", "basic")
    assert logged["assembled"]["text"] == "Hello"


def test_a_refused_connection_moves_on(stage: Stage) -> None:
    stage.script("two", answer(stream=False))
    got = stage.chat("dynamic/refused")
    assert got.status_code == 200
    first, second = stage.logged(got)["attempts"]
    assert (first["provider"], first["error"], first["status"]) == ("down", "connect_failed", None)
    assert second["status"] == 200


def test_a_stream_stalled_past_its_first_packet_moves_on(stage: Stage) -> None:
    stage.script("one", [stream_head(), chunk(b": thinking\n\n"), Stall()])
    stage.script("two", answer(stream=True))
    got = stage.chat("dynamic/impatient", stream=True)
    assert "Hello" in got.text
    stage["one"].wait_until(lambda: stage["one"].peers[-1].closed_s is not None)
    first, _ = stage.logged(got)["attempts"]
    assert (first["error"], first["status"]) == ("first_packet_timeout", 200)
    assert 0.15 <= first["ended_s"] - first["started_s"] < 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_the_next_target_would_refuse_too_is_passed_on_byte_for_byte(stage: Stage, status: int) -> None:
    body = (
        b'{ "error" : {"message":"n\\u00f6","type":"t","param":null,"code":1.10} , "x": 12345678901234567890}'
    )
    head = [("Content-Type", "application/json; charset=utf-8"), ("X-Request-Id", "req_up")]
    stage.script("one", [reply(body, status=status, headers=head)])
    got = stage.chat("dynamic/basic")
    assert (got.status_code, got.content) == (status, body)
    assert got.headers["content-type"] == "application/json; charset=utf-8"
    assert got.headers["x-request-id"] == "req_up"
    assert stage.calls == {"one": 1, "two": 0, "three": 0}
    logged = stage.logged(got)
    assert (logged["status"], logged["error"], logged["marks"]) == (status, "upstream_status", [])


def test_a_route_may_say_that_a_400_moves_on(stage: Stage) -> None:
    stage.script("one", error_reply(400))
    stage.script("two", answer(stream=False))
    assert stage.chat("dynamic/stubborn").headers["x-aigw-upstream"] == "two/m2"


def test_a_direct_call_is_one_attempt(stage: Stage) -> None:
    stage.script("one", error_reply(500, "busy"))
    got = stage.chat("one/m1")
    assert (got.status_code, got.json()["error"]["message"]) == (500, "busy")
    assert stage.calls == {"one": 1, "two": 0, "three": 0}


def test_when_all_fail_the_last_provider_s_own_words_come_down(stage: Stage) -> None:
    stage.script("one", [Reset()])
    stage.script("two", error_reply(500, "two is down"))
    stage.script("three", error_reply(429, "three is busy", retry_after="9"))
    got = stage.chat("dynamic/three")
    assert (got.status_code, got.json()["error"]["message"]) == (429, "three is busy")
    assert got.headers["retry-after"] == "9"
    logged = stage.logged(got)
    assert [each["status"] for each in logged["attempts"]] == [None, 500, 429]
    assert [each["error"] for each in logged["attempts"]] == ["upstream_reset", *["upstream_status"] * 2]


def test_a_short_retry_after_is_waited_for(stage: Stage) -> None:
    stage.script("one", error_reply(429, retry_after_ms="200"), answer(stream=False))
    got = stage.chat("dynamic/retrying")
    assert got.headers["x-aigw-upstream"] == "one/m1"
    first, second = stage["one"].requests
    assert second.at_s - first.at_s >= 0.2
    logged = stage.logged(got)
    assert [each["reason"] for each in logged["attempts"]] == ["first", "retry"]
    assert logged["attempts"][0]["retry_after_s"] == pytest.approx(0.2)
    assert logged["marks"] == ["retried"]


def test_a_longer_retry_after_moves_on(stage: Stage) -> None:
    stage.script("one", error_reply(429, retry_after="1"))
    stage.script("two", answer(stream=False))
    got = stage.chat("dynamic/retrying")
    assert got.headers["x-aigw-upstream"] == "two/m2"
    assert stage.calls["one"] == 1
    assert stage.logged(got)["duration_s"] < 0.9


def test_a_wait_named_only_in_the_body_counts_and_is_told(stage: Stage) -> None:
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48s"}
    body = [{"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": [detail]}}]
    stage.script("one", [json_reply(body, status=429)])
    stage.script("two", [json_reply(body, status=429)])
    got = stage.chat("dynamic/retrying")
    assert stage.calls == {"one": 1, "two": 1, "three": 0}
    assert (got.status_code, got.headers["retry-after"]) == (429, "48")
    assert "quota" in got.json()["error"]["message"]
    assert stage.logged(got)["attempts"][0]["retry_after_s"] == pytest.approx(48)


def test_retries_end_and_the_next_target_is_asked(stage: Stage) -> None:
    stage.script("one", *[error_reply(500)] * 3)
    stage.script("two", answer(stream=False))
    got = stage.chat("dynamic/retrying")
    assert stage.calls == {"one": 3, "two": 1, "three": 0}
    logged = stage.logged(got)
    assert logged["marks"] == ["fallback", "retried"]
    assert [each["reason"] for each in logged["attempts"]] == ["first", "retry", "retry", "fallback"]


@pytest.mark.parametrize(
    "end", [Reset(), Close(), chunk(b'data: {"half')], ids=["reset", "closed", "stalled"]
)
def test_broken_after_the_first_byte_is_an_error_in_band(stage: Stage, end: Any) -> None:
    steps = [
        stream_head(),
        chunk(event(piece("Hel"))),
        end,
        *([] if end in (Reset(), Close()) else [Reset()]),
    ]
    stage.script("one", steps)
    told: list[str] = []
    with (
        openai.OpenAI(base_url=f"{stage.url}/v1", api_key=stage.token, max_retries=0) as client,
        client.chat.completions.with_streaming_response.create(
            model="dynamic/basic", messages=[{"role": "user", "content": "hi"}], stream=True
        ) as raw,
    ):
        words = (one.choices[0].delta.content or "" for one in raw.parse())
        with pytest.raises(openai.APIError, match=r"one/m1.*logs show") as caught:
            told.extend(words)
        assert not isinstance(caught.value, openai.APIStatusError | openai.APIConnectionError)
        assert caught.value.code == "upstream_reset"
        name = raw.headers["x-aigw-request-id"]
    assert told == ["Hel"]
    assert stage.calls == {"one": 1, "two": 0, "three": 0}
    logged = stage.gateway.exchange(name)
    assert logged["marks"] == ["broken"]
    assert (logged["status"], logged["error"], logged["outcome"]) == (200, "upstream_reset", "failed")
    assert logged["assembled"]["text"] == "Hel"
    assert "[DONE]" not in logged["response_body"]
    assert logged["response_body"].startswith(event(piece("Hel")).decode())


def test_an_error_that_the_provider_reports_in_band_passes_and_is_logged_as_broken(stage: Stage) -> None:
    error = {"error": {"message": "tool failed", "type": "t", "code": "c", "status_code": 400}}
    stage.script("one", [stream_head(), chunk(event(piece("Hel"))), chunk(event(error)), b"0\r\n\r\n"])
    got = stage.chat("dynamic/basic", stream=True)
    assert got.content == event(piece("Hel")) + event(error)
    logged = stage.logged(got)
    assert (logged["marks"], logged["error"]) == (["broken"], "upstream_in_band")
    assert "tool failed" in logged["error_text"]


def test_what_the_failed_target_sent_is_not_counted_to_the_one_that_answered(stage: Stage) -> None:
    stage.script("one", [stream_head(), chunk(b": wait\n\n"), Reset()])
    stage.script("two", [json_reply(REPLY)])
    got = stage.chat("dynamic/basic", stream=True)
    assert got.json() == REPLY
    logged = stage.logged(got)
    assert (logged["usage"]["input"], logged["usage"].get("estimated", False)) == (9, False)
    assert logged["response_model"] == REPLY["model"]
    assert logged["assembled"]["text"] == "Hello"


def test_the_key_named_is_the_key_used_and_logged(stage: Stage) -> None:
    stage.script("one", answer(stream=False))
    got = stage.chat("dynamic/keyed", temperature=1)
    sent = stage["one"].requests[0]
    assert sent.header(b"authorization") == f"Bearer {KEYS['SPARE_KEY']}".encode()
    assert sent.json()["temperature"] == 0.5
    assert sent.json()["extra"] == {"a": [1, None]}
    assert sent.json()["model"] == "m1"
    logged = stage.logged(got)
    assert logged["key_name"] == logged["attempts"][0]["key_name"] == "env:SPARE_KEY"


def test_each_fallback_has_its_own_key_and_params(stage: Stage) -> None:
    stage.script("one", [Reset()])
    stage.script("two", answer(stream=False))
    got = stage.chat("dynamic/keyed", max_tokens=99)
    sent = stage["two"].requests[0]
    assert sent.header(b"authorization") == f"Bearer {KEYS['SPARE_KEY']}".encode()
    assert sent.json() == {"model": "m2", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 7}
    assert [each["key_name"] for each in stage.logged(got)["attempts"]] == ["env:SPARE_KEY"] * 2


def test_without_a_key_named_the_first_is_used(stage: Stage) -> None:
    stage.script("one", answer(stream=False))
    stage.chat("dynamic/basic")
    assert stage["one"].requests[0].header(b"authorization") == f"Bearer {KEYS['FIRST_KEY']}".encode()


def test_the_decision_is_kept_with_the_values_that_decided(stage: Stage) -> None:
    stage.script("one", error_reply(500))
    stage.script("two", answer(stream=False))
    got = stage.chat("dynamic/ladder", headers={"x-ai-route-metadata": '{"tier":"pro"}'})
    decision = stage.logged(got)["decision"]
    asked, sent = decision["trace"]
    assert (asked["type"], asked["result"], asked["condition"]) == ("if", True, 'metadata.tier == "pro"')
    assert "pro" in str(asked["observations"])
    assert "three/m3" in asked["not_taken"]
    assert (sent["type"], sent["node"]) == ("send", "flow.then")
    assert [target["provider"] for target in decision["targets"]] == ["one", "two"]
    nodes = [each["node"] for each in stage.logged(got)["attempts"]]
    assert nodes == ["flow.then", "flow.then.fallback.0"]


@pytest.mark.parametrize("route", ["basic", "offline"])
def test_an_unidentified_caller_spends_no_key_by_way_of_a_route(stage: Stage, route: str) -> None:
    got = stage.chat(f"dynamic/{route}", token="")
    assert got.status_code == 401
    assert got.json()["error"]["code"] == "gateway_token_required"
    assert "Nothing was sent" in got.json()["error"]["message"]
    assert stage.calls == {"one": 0, "two": 0, "three": 0}


def test_an_unidentified_caller_may_use_a_route_that_spends_nothing(stage: Stage) -> None:
    got = stage.chat("dynamic/free", token="")
    assert got.json()["choices"][0]["message"]["content"] == "hi"

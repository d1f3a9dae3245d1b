"""Deadlines of upstream calls on real sockets: connect, first packet, idle, total; each with its code and status.

Upstreams wait in their scripts; the tests themselves never sleep.
"""

import json
from collections.abc import Callable, Generator, Iterator
from typing import Final

import httpx
import pytest

from tests.e2e.stage import REPLY, Stage, piece, read_reply
from tests.scripted import (
    LAST_CHUNK,
    Script,
    Stall,
    Wait,
    chunk,
    event,
    json_reply,
    stream_head,
    unanswering_port,
)

MORE: Final = """  hanging: {kind: openai-compatible, base_url: "http://127.0.0.1:%d/v1", auth: none, connect_timeout_ms: 150}
  impatient: {kind: openai-compatible, base_url: "{one}/v1", keys: ["env:FIRST_KEY"], first_packet_timeout_ms: 150}
  lively: {kind: openai-compatible, base_url: "{one}/v1", keys: ["env:FIRST_KEY"], idle_timeout_ms: 200}
  brief: {kind: openai-compatible, base_url: "{one}/v1", keys: ["env:FIRST_KEY"], timeout_ms: 250}
routes:
  hanging: {flow: {send: hanging/m, connect_timeout_ms: 100}}
  patient: {flow: {send: impatient/m, first_packet_timeout_ms: 0}}
  strict: {flow: {send: one/m, first_packet_timeout_ms: 150}}
  untimed: {flow: {send: brief/m, timeout_ms: 0}}
  lasting: {flow: {send: lively/m, idle_timeout_ms: 0}}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with (
        unanswering_port() as port,
        Stage(tmp_path_factory.mktemp("timeouts"), more=MORE.replace("%d", str(port))) as made,
    ):
        yield made


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> Generator[None]:
    yield
    stage.forget()


def refused(stage: Stage, got: httpx.Response, code: str) -> dict[str, object]:
    """The exchange of a 504 with this code, checked."""
    error = got.json()["error"]
    assert (got.status_code, error["code"], error["type"]) == (504, code, "timeout_error")
    assert "aigw-dev logs show " + got.headers["x-aigw-request-id"] in error["message"]
    logged = stage.logged(got)
    assert (logged["status"], logged["error"], logged["attempts"][-1]["error"]) == (504, code, code)
    return logged


def in_band(stage: Stage, got: httpx.Response, code: str) -> None:
    """A stream that broke off with this code."""
    assert got.status_code == 200
    first, last = got.content.rstrip(b"\n").split(b"\n\n")[0], got.content.rstrip(b"\n").split(b"\n\n")[-1]
    assert first == event(piece("Hel")).rstrip(b"\n")
    error = json.loads(last.removeprefix(b"data: "))["error"]
    assert error["code"] == code
    logged = stage.logged(got)
    assert (logged["marks"], logged["error"], logged["status"]) == (["broken"], code, 200)
    closed(stage)


def closed(stage: Stage) -> None:
    """The provider's connection is closed."""
    stage["one"].wait_until(lambda: stage["one"].peers[-1].closed_s is not None)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", ["hanging/m", "dynamic/hanging"])
def test_connecting_takes_no_longer_than_allowed(stage: Stage, model: str, stream: bool) -> None:
    logged = refused(stage, stage.chat(model, stream=stream), "connect_timeout")
    assert 0.09 <= float(str(logged["duration_s"])) < 2  # two clocks


@pytest.mark.parametrize("model", ["impatient/m", "dynamic/strict"])
@pytest.mark.parametrize("head", [[], [stream_head()]], ids=["no head", "head only"])
def test_a_stream_without_a_first_packet_is_given_up(stage: Stage, model: str, head: list[bytes]) -> None:
    stage.script("one", [*head, Stall()])
    logged = refused(stage, stage.chat(model, stream=True), "first_packet_timeout")
    assert 0.15 <= float(str(logged["duration_s"])) < 2
    closed(stage)


@pytest.mark.parametrize("sign", [b": ping\n\n", b"event: ping\n\n", b"\n", b"retry: 10\n\n"])
def test_what_is_no_data_is_no_first_packet(stage: Stage, sign: bytes) -> None:
    def signs() -> Generator[bytes | Wait]:
        yield stream_head()
        while True:
            yield chunk(sign)
            yield Wait(0.03)

    stage.script("one", signs())
    refused(stage, stage.chat("impatient/m", stream=True), "first_packet_timeout")
    closed(stage)


def test_comments_before_the_first_packet_are_kept_for_the_caller(stage: Stage) -> None:
    stage.script(
        "one", [stream_head(), chunk(b": wait\n\n"), Wait(0.05), chunk(event(piece("Hel"))), LAST_CHUNK]
    )
    got = stage.chat("impatient/m", stream=True)
    assert got.content == b": wait\n\n" + event(piece("Hel"))


def test_first_packet_time_holds_for_streams_only(stage: Stage) -> None:
    stage.script("one", [Wait(0.3), json_reply(REPLY)])
    assert stage.chat("impatient/m").json() == REPLY


def test_zero_switches_first_packet_time_off(stage: Stage) -> None:
    stage.script("one", [Wait(0.3), stream_head(), chunk(event(piece("Hel"))), LAST_CHUNK])
    assert stage.chat("dynamic/patient", stream=True).content == event(piece("Hel"))


def test_the_first_packet_of_a_reply_that_is_no_stream_is_its_first_byte(stage: Stage) -> None:
    whole = json_reply(REPLY)
    stage.script("one", [whole[:-20], Wait(0.3), whole[-20:]])
    assert stage.chat("impatient/m", stream=True).json() == REPLY


def test_after_the_first_packet_its_deadline_is_over(stage: Stage) -> None:
    stage.script(
        "one", [stream_head(), chunk(event(piece("Hel"))), Wait(0.3), chunk(event(piece("lo"))), LAST_CHUNK]
    )
    assert stage.chat("impatient/m", stream=True).content == event(piece("Hel")) + event(piece("lo"))


def test_a_stream_that_falls_silent_breaks_in_band(stage: Stage) -> None:
    stage.script("one", [stream_head(), chunk(event(piece("Hel"))), Stall()])
    in_band(stage, stage.chat("lively/m", stream=True), "idle_timeout")


def test_a_reply_that_falls_silent_is_a_504(stage: Stage) -> None:
    stage.script("one", [json_reply(REPLY)[:-20], Stall()])
    refused(stage, stage.chat("lively/m"), "idle_timeout")
    closed(stage)


def test_an_error_that_falls_silent_is_a_504_too(stage: Stage) -> None:
    stage.script("one", [json_reply({"error": {"message": "no"}}, status=400)[:-5], Stall()])
    refused(stage, stage.chat("lively/m"), "idle_timeout")
    closed(stage)


def test_idle_time_begins_with_the_first_byte(stage: Stage) -> None:
    stage.script("one", [Wait(0.4), json_reply(REPLY)])
    assert stage.chat("lively/m").json() == REPLY


def test_pings_keep_a_stream_alive(stage: Stage) -> None:
    pings = [step for _ in range(6) for step in (Wait(0.08), chunk(b": ping\n\n"))]
    stage.script(
        "one", [stream_head(), chunk(event(piece("Hel"))), *pings, chunk(event(piece("lo"))), LAST_CHUNK]
    )
    assert stage.chat("lively/m", stream=True).content.endswith(event(piece("lo")))


def test_zero_switches_idle_time_off(stage: Stage) -> None:
    stage.script(
        "one", [stream_head(), chunk(event(piece("Hel"))), Wait(0.4), chunk(event(piece("lo"))), LAST_CHUNK]
    )
    assert stage.chat("dynamic/lasting", stream=True).content.endswith(event(piece("lo")))


def test_a_caller_that_reads_slowly_does_not_make_the_provider_idle(
    stage: Stage, until: Callable[..., None]
) -> None:
    pieces = 1500
    big = chunk(event(piece("x" * 16_000)))
    stage.script("one", [stream_head(), *[big] * pieces, LAST_CHUNK])
    body = json.dumps({"model": "lively/m", "messages": [], "stream": True}).encode()
    peers = stage["one"].peers
    with stage.connection(receive_bytes=4096) as caller:
        caller.sendall(stage.request(body))
        stuck: list[float] = []

        def is_stuck() -> bool:
            """Nothing has moved for longer than the idle timeout."""
            stuck.append(peers[-1].sent_bytes if stage["one"].requests else -len(stuck))
            return len(stuck) > 60 and stuck[-60] == stuck[-1] > 0

        until(is_stuck, what="back-pressure")
        assert stuck[-1] < pieces * len(big) * 0.9
        got = read_reply(caller)
    assert got.is_whole
    assert got.body.count(b"data: ") == pieces
    assert b"idle_timeout" not in got.body
    assert stage.logged(got)["marks"] == []


def drip() -> Script:
    yield stream_head()
    yield chunk(event(piece("Hel")))
    while True:
        yield Wait(0.03)
        yield chunk(event(piece("lo")))


def test_a_stream_that_never_ends_breaks_in_band(stage: Stage) -> None:
    stage.script("one", drip())
    in_band(stage, stage.chat("brief/m", stream=True), "total_timeout")


@pytest.mark.parametrize("steps", [[], [json_reply(REPLY)[:-20]]], ids=["nothing", "half"])
def test_a_call_takes_no_longer_than_allowed(stage: Stage, steps: list[bytes]) -> None:
    stage.script("one", [*steps, Stall()])
    logged = refused(stage, stage.chat("brief/m"), "total_timeout")
    assert 0.25 <= float(str(logged["duration_s"])) < 2
    closed(stage)


def test_zero_switches_total_time_off(stage: Stage) -> None:
    stage.script("one", [Wait(0.4), json_reply(REPLY)])
    assert stage.chat("dynamic/untimed").json() == REPLY

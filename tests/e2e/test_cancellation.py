"""A caller that leaves ends the upstream call at once, in every window; the log keeps what was heard until then.

Both ends are in this process, so one clock says how long it took. The machine may be busy: of three tries the best counts.
"""

import json
import socket
import struct
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

import pytest

from tests.e2e.stage import REPLY, Stage, piece
from tests.scripted import Script, Stall, chunk, event, json_reply, stream_head, unanswering_port

PROMPT_S: Final = 0.1
"""Within which the provider's connection is closed."""
TRIES: Final = 3
MORE: Final = """  hanging: {kind: openai-compatible, base_url: "http://127.0.0.1:%d/v1", auth: none}
routes:
  waiting: {flow: {send: one/m, retry: {attempts: 1, backoff_ms: 8000, max_wait_ms: 9000}}}
  second: {flow: {send: one/m, fallback: [two/m]}}
"""
Until = Callable[..., None]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("cancellation")
    with unanswering_port() as port, Stage(folder, names=("one", "two"), more=MORE % port) as made:
        yield made


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> Generator[None]:
    yield
    stage.forget()


class Sessions:
    """Names of sessions, to find an exchange whose caller saw no reply."""

    count = 0

    @classmethod
    def new(cls) -> str:
        cls.count += 1
        return f"cancelled-{cls.count}"


def ask(stage: Stage, caller: socket.socket, model: str, *, stream: bool) -> str:
    """Send a chat on a connection; the session's name."""
    session = Sessions.new()
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hi"}], "stream": stream})
    caller.sendall(stage.request(body.encode(), f"x-session-id: {session}"))
    return session


def leave(caller: socket.socket, how: str) -> float:
    """Close by FIN or by RST; when, on the monotonic clock."""
    if how == "reset":
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    left_s = time.monotonic()
    caller.close()
    return left_s


def closed_after(stage: Stage, name: str, left_s: float) -> float:
    """Seconds from the caller's leaving to the end of the provider's connection."""
    peer = stage[name].peers[stage[name].requests[-1].connection - 1]
    stage[name].wait_until(lambda: peer.closed_s is not None)
    assert peer.closed_s is not None
    return peer.closed_s - left_s


def cancelled(stage: Stage, session: str, *, status: int = 499) -> dict[str, Any]:
    """The exchange, checked: marked as cancelled, with the status the caller got."""
    logged = stage.newest(session=session)
    assert (logged["marks"], logged["outcome"], logged["status"]) == (["cancelled"], "cancelled", status)
    assert logged["attempts"][-1]["error"] == "cancelled"
    assert logged["attempts"][-1]["ended_s"] is not None
    return logged


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("steps", [[], [b": not yet\n\n"]], ids=["no head", "only comments"])
def test_before_the_first_byte(stage: Stage, how: str, stream: bool, steps: list[bytes]) -> None:
    head = [stream_head(), *map(chunk, steps)] if steps else []
    took: list[float] = []
    session = ""
    for _ in range(TRIES):
        stage.script("one", [*head, Stall()])
        seen = len(stage["one"].requests)
        with stage.connection() as caller:
            session = ask(stage, caller, "one/m", stream=stream)
            stage["one"].wait_until(lambda seen=seen: len(stage["one"].requests) > seen)
            left_s = leave(caller, how)
        took.append(closed_after(stage, "one", left_s))
    assert min(took) < PROMPT_S
    logged = cancelled(stage, session)
    assert logged["response_bytes"] == 0
    assert logged["usage"] is None


def test_a_reply_that_is_half_here(stage: Stage) -> None:
    def written() -> int:
        return sum(peer.sent_bytes for peer in stage["one"].peers)

    whole = json_reply(REPLY)
    took: list[float] = []
    session = ""
    for _ in range(TRIES):
        before = written()
        stage.script("one", [whole[:-20], Stall()])
        with stage.connection() as caller:
            session = ask(stage, caller, "one/m", stream=False)
            wanted = before + len(whole) - 20
            stage["one"].wait_until(lambda wanted=wanted: written() == wanted)
            left_s = leave(caller, "closed")
        took.append(closed_after(stage, "one", left_s))
    assert min(took) < PROMPT_S
    cancelled(stage, session)


def test_while_connecting(stage: Stage, until: Until) -> None:
    took: list[float] = []
    for _ in range(TRIES):
        with stage.connection() as caller:
            session = ask(stage, caller, "hanging/m", stream=False)
            until(lambda: stage.gateway.admin("/status")["running"] == 1, what="the exchange")
            left_at = time.time()
            leave(caller, "closed")
        logged = cancelled(stage, session)
        took.append(logged["ended_at"] - left_at)
        assert logged["attempts"][0]["status"] is None
    assert min(took) < PROMPT_S


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_in_the_middle_of_a_stream(stage: Stage, how: str) -> None:
    took: list[float] = []
    session = ""
    for _ in range(TRIES):
        stage.script("one", [stream_head(), chunk(event(piece("Hel"))), chunk(event(piece("lo"))), Stall()])
        with stage.connection() as caller:
            session = ask(stage, caller, "one/m", stream=True)
            heard = b""
            while b'"lo"' not in heard:
                heard += caller.recv(65536)
            left_s = leave(caller, how)
        took.append(closed_after(stage, "one", left_s))
    assert min(took) < PROMPT_S
    logged = cancelled(stage, session, status=200)
    assert logged["assembled"]["text"] == "Hello"
    assert logged["usage"]["estimated"]
    assert logged["ttft_s"] is not None
    assert logged["response_body"] == (event(piece("Hel")) + event(piece("lo"))).decode()


def test_a_caller_that_half_closes_has_left(stage: Stage) -> None:
    stage.script("one", [Stall()])
    with stage.connection() as caller:
        session = ask(stage, caller, "one/m", stream=False)
        stage["one"].wait_until(lambda: stage["one"].requests)
        left_s = time.monotonic()
        caller.shutdown(socket.SHUT_WR)
        assert closed_after(stage, "one", left_s) < TRIES * PROMPT_S
    cancelled(stage, session)


def endless() -> Script:
    yield stream_head()
    while True:
        yield chunk(event(piece("x" * 60_000)))


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_while_it_does_not_read(stage: Stage, until: Until, how: str) -> None:
    took: list[float] = []
    session = ""
    for _ in range(TRIES):
        stage.script("one", endless())
        seen = len(stage["one"].requests)
        with stage.connection(receive_bytes=4096) as caller:
            session = ask(stage, caller, "one/m", stream=True)
            stage["one"].wait_until(lambda seen=seen: len(stage["one"].requests) > seen)
            peer = stage["one"].peers[stage["one"].requests[-1].connection - 1]
            sizes: list[int] = []

            def is_stuck(sizes: list[int] = sizes, peer: Any = peer) -> bool:
                sizes.append(peer.sent_bytes)
                return len(sizes) > 25 and sizes[-25] == sizes[-1] > 0

            until(is_stuck, what="back-pressure")
            assert sizes[-1] < 64 * 1024 * 1024
            left_s = leave(caller, how)
        took.append(closed_after(stage, "one", left_s))
    assert min(took) < PROMPT_S
    logged = cancelled(stage, session, status=200)
    assert logged["assembled"]["text"].startswith("xxx")


def test_while_waiting_to_try_again(stage: Stage, until: Until) -> None:
    stage.script("one", [json_reply({"error": {"message": "busy"}}, status=429)])
    with stage.connection() as caller:
        session = ask(stage, caller, "dynamic/waiting", stream=False)
        stage["one"].wait_until(lambda: stage["one"].requests)
        until(lambda: stage.gateway.admin("/status")["running"] == 1, what="the exchange")
        left_at = time.time()
        leave(caller, "closed")
    logged = stage.newest(session=session)
    assert (logged["marks"], logged["status"], len(logged["attempts"])) == (["cancelled"], 499, 1)
    assert logged["ended_at"] - left_at < 1
    assert stage.calls["one"] == 1


def test_nobody_else_is_tried_for_a_caller_that_left(stage: Stage) -> None:
    stage.script("one", [Stall()])
    with stage.connection() as caller:
        session = ask(stage, caller, "dynamic/second", stream=False)
        stage["one"].wait_until(lambda: stage["one"].requests)
        leave(caller, "closed")
    assert [each["provider"] for each in cancelled(stage, session)["attempts"]] == ["one"]
    assert stage.calls == {"one": 1, "two": 0}


def test_a_caller_that_leaves_before_its_request_is_whole_reaches_nobody(stage: Stage) -> None:
    with stage.connection() as caller:
        caller.sendall(stage.request(b'{"model":"one/m"}')[:-5])
        leave(caller, "closed")
    stage.script("one", [json_reply(REPLY)])
    assert stage.chat("one/m").status_code == 200
    assert stage.calls["one"] == 1


def test_the_gateway_serves_on_afterwards(stage: Stage) -> None:
    for number in range(5):
        stage.script("one", [Stall()])
        with stage.connection() as caller:
            ask(stage, caller, "one/m", stream=False)
            stage["one"].wait_until(lambda number=number: len(stage["one"].requests) > number)
    stage["one"].wait_until(lambda: stage["one"].open_connections == 0)
    stage.script("one", [json_reply(REPLY)])
    assert stage.chat("one/m").json() == REPLY
    assert stage.gateway.admin("/status")["running"] == 0

"""The scripted upstream does what it is told, as other tests rely on it."""

import json
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.scripted import (
    Close,
    HalfClose,
    Hold,
    Reset,
    ScriptedUpstream,
    Stall,
    StopReading,
    Wait,
    json_reply,
    refusing_port,
    reply,
    sse_reply,
    unanswering_port,
)

ASK = b"POST /v1?a=b HTTP/1.1\r\nHost: x\r\nX-A: b\r\nContent-Length: 2\r\n\r\n{}"


def connect(upstream: ScriptedUpstream) -> socket.socket:
    return socket.create_connection(("127.0.0.1", upstream.port), timeout=5)


def read_all(sock: socket.socket) -> bytes:
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


def test_it_writes_a_script_byte_for_byte_and_records_the_request() -> None:
    with ScriptedUpstream([b"any", b" bytes", Close()]) as upstream, connect(upstream) as caller:
        caller.sendall(ASK[:30])
        caller.sendall(ASK[30:])
        assert read_all(caller) == b"any bytes"
    (seen,) = upstream.requests
    assert (seen.method, seen.target, seen.body, seen.raw) == ("POST", "/v1?a=b", b"{}", ASK)
    assert seen.header(b"x-a") == b"b"
    assert seen.header(b"absent") == b""
    assert seen.json() == {}


def test_scripts_are_queued_then_chosen_by_the_request() -> None:
    with (
        ScriptedUpstream(lambda request: [reply(request.body * request.number)]) as upstream,
        connect(upstream) as caller,
    ):
        upstream.enqueue([reply(b"first")], [json_reply({"ok": True}, status=429)])
        answers: list[bytes] = []
        for _ in range(3):
            caller.sendall(ASK)
            answers.append(caller.recv(65536))
    assert answers[0].endswith(b"first")
    assert answers[1].startswith(b"HTTP/1.1 429 ")
    assert answers[2].endswith(b"{}{}{}")


def test_it_reads_chunked_requests() -> None:
    with ScriptedUpstream([reply()]) as upstream, connect(upstream) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
        upstream.wait_until(lambda: upstream.requests)
    assert upstream.requests[0].body == b"abc"


def test_it_resets() -> None:
    with ScriptedUpstream([b"a", Reset()]) as upstream, connect(upstream) as caller:
        caller.sendall(ASK)
        with pytest.raises(ConnectionResetError):
            read_all(caller)
    assert upstream.peers[0].how == "ours"


def test_it_half_closes_and_goes_on_reading() -> None:
    with ScriptedUpstream([b"a", HalfClose(), Stall()]) as upstream, connect(upstream) as caller:
        caller.sendall(ASK)
        assert read_all(caller) == b"a"
        caller.sendall(b"more")
        upstream.wait_until(lambda: upstream.peers[0].received.endswith(b"more"))
        assert upstream.open_connections == 1


def test_it_holds_and_waits() -> None:
    with (
        ScriptedUpstream([Hold("gate"), Wait(0.01), reply(b"late")]) as upstream,
        connect(upstream) as caller,
    ):
        caller.sendall(ASK)
        upstream.wait_until(lambda: upstream.requests)
        caller.setblocking(False)
        with pytest.raises(BlockingIOError):
            caller.recv(1)
        caller.settimeout(5)
        upstream.open("gate")
        assert caller.recv(65536).endswith(b"late")


def test_it_greets_before_any_request() -> None:
    with ScriptedUpstream(greeting=[b"SSH-2.0\r\n", Close()]) as upstream, connect(upstream) as caller:
        assert read_all(caller) == b"SSH-2.0\r\n"


def test_it_stops_reading() -> None:
    with ScriptedUpstream([StopReading(), Stall()], at_head=True) as upstream, connect(upstream) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n")
        upstream.wait_until(lambda: upstream.requests)
        caller.settimeout(0.2)
        with pytest.raises(TimeoutError):
            caller.sendall(b"x" * 100_000_000)


@pytest.mark.parametrize(("leave_by_reset", "how"), [(False, "eof"), (True, "reset")])
def test_it_knows_when_and_how_its_caller_left(leave_by_reset: bool, how: str) -> None:
    with ScriptedUpstream([Stall()]) as upstream:
        with connect(upstream) as caller:
            caller.sendall(ASK)
            upstream.wait_until(lambda: upstream.requests)
            assert upstream.open_connections == 1
            if leave_by_reset:
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        upstream.wait_until(lambda: upstream.open_connections == 0)
        peer = upstream.peers[0]
        assert peer.how == how
        assert peer.closed_s is not None
        assert peer.closed_s >= peer.opened_s
        assert upstream.accepted == 1


def test_waiting_for_what_never_comes_says_what_is_known() -> None:
    with (
        ScriptedUpstream() as upstream,
        pytest.raises(AssertionError, match="0 requests, 0 of 0 connections"),
    ):
        upstream.wait_until(lambda: False, timeout_s=0.01)


def test_ports_that_refuse_and_ports_that_do_not_answer() -> None:
    with refusing_port() as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    with unanswering_port() as port, pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", port), timeout=0.1)


def test_it_runs_as_a_process_of_its_own(tmp_path: Path, repository: Path) -> None:
    script = tmp_path / "replies.json"
    replies = [
        [{"json": {"n": 1}, "headers": {"X-A": "b"}}],
        [{"hold": "gate"}, {"send": sse_reply("hi")[0].decode()}, "close"],
    ]
    script.write_text(json.dumps(replies), encoding="utf-8")
    command = [sys.executable, "-m", "tests.scripted", "--script", str(script)]
    with subprocess.Popen(
        command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        word, _, url = process.stdout.readline().strip().partition(" ")
        assert word == "ready"
        with urllib.request.urlopen(f"{url}/a", data=b"{}", timeout=5) as answer:  # noqa: S310 -- loopback
            assert (json.load(answer), answer.headers["x-a"]) == ({"n": 1}, "b")
        with urllib.request.urlopen(f"{url}/scripted/open/gate", data=b"", timeout=5):  # noqa: S310 -- loopback
            pass
        with urllib.request.urlopen(f"{url}/b", timeout=5) as answer:  # noqa: S310 -- loopback
            assert answer.headers["content-type"] == "text/event-stream"
        with urllib.request.urlopen(f"{url}/scripted/state", timeout=5) as answer:  # noqa: S310 -- loopback
            state = json.load(answer)
        process.stdin.close()
        assert process.wait(10) == 0
    assert [request["target"] for request in state["requests"]] == ["/a", "/b"]
    assert state["accepted"] >= 3

"""Questions to a gateway that may be slow, rude or gone."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aigw_dev.pytest_plugin.control import Control, ControlError, path_of

Reply = tuple[int, bytes, bool]
"""Status, body, and whether the connection is closed after it without a word."""


class Scripted(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = []
        self.asked: list[tuple[str, str, Any, int]] = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object, **__: object) -> None: ...

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Scripted)
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        assert self.headers["authorization"] == "Bearer token"
        server.asked.append((self.command, self.path, json.loads(content or b"null"), self.client_address[1]))
        status, body, is_closed = server.replies.pop(0)
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = is_closed

    do_POST = do_GET  # noqa: N815 - the standard library's name


@pytest.fixture
def server() -> Iterator[Scripted]:
    made = Scripted()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def control(server: Scripted) -> Iterator[Control]:
    made = Control(f"http://127.0.0.1:{server.server_address[1]}", "token")
    yield made
    made.close()


def test_questions_share_a_connection_and_waits_have_their_own(server: Scripted, control: Control) -> None:
    server.replies += [(200, b'{"a": 1}', False), (200, b"", False), (200, b"{}", False)]
    assert control.ask("POST", "/x", {"b": "é"}) == {"a": 1}
    assert control.ask("GET", "/y") == {}
    control.wait("/z?calls=1", timeout_s=0.5)
    ports = [port for *_, port in server.asked]
    assert ports[0] == ports[1] != ports[2]
    assert server.asked[0][:3] == ("POST", "/x", {"b": "é"})
    assert server.asked[2][1] == "/z?calls=1&timeout_ms=500"


def test_a_connection_that_was_closed_meanwhile_is_opened_again(
    server: Scripted, control: Control, until: Callable[..., None]
) -> None:
    server.replies += [(200, b"{}", True), (200, b'{"again": true}', False)]
    control.ask("GET", "/a")
    assert control.ask("GET", "/b") == {"again": True}


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            404,
            b'{"error": {"message": "no such test", "hint": "begin it"}}',
            r"no such test begin it \(404\)",
        ),
        (400, b'{"detail": "malformed"}', r"malformed \(400\)"),
        (500, b"<html>", r"<html> \(500\)"),
        (500, b"[1]", r"\[1\] \(500\)"),
        (200, b"[]", "/a: an answer that is no JSON object"),
    ],
)
def test_a_refusal_is_told_in_the_gateways_words(
    server: Scripted, control: Control, status: int, body: bytes, words: str
) -> None:
    server.replies.append((status, body, False))
    with pytest.raises(ControlError, match=words):
        control.ask("GET", "/a")


def test_a_gateway_that_is_gone_is_told() -> None:
    control = Control("http://127.0.0.1:1", "token")
    with pytest.raises(ControlError, match="does not answer"):
        control.ask("GET", "/a")
    with pytest.raises(ControlError, match="does not answer"):
        control.wait("/a", timeout_s=0.1)


def test_ids_are_one_segment() -> None:
    assert path_of("a/b.py::t[x?]", "gates", "1") == "/admin/v1/tests/a%2Fb.py%3A%3At%5Bx%3F%5D/gates/1"

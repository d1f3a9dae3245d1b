"""The callers' side of the handshake; what needs a gateway stands in test_socket_calls."""

import asyncio
from typing import Any

import pytest

from aigw_dev.server.cycle import Scope
from aigw_dev.server.serving import Serving
from aigw_dev.server.socket_frames import Message
from aigw_dev.server.socket_protocol import CallerSocket, accept_key, handshake_fault
from tests.server.stage import Caller, Receive, Send, Stage, quiet, serving

pytestmark = pytest.mark.anyio

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (
    b"GET /a%20b/c?x=1 HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"X-Long: " + b"x" * 20_000 + b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + KEY + b"\r\n\r\n"
)  # fmt: skip
HELLO = b"\x81\x85\x00\x00\x00\x00hello"


def socket_of(scope: Scope) -> CallerSocket:
    return scope["extensions"]["aigw"]


class Sockets(Stage):
    """An app that opens every WebSocket and says the first message again."""

    def __init__(self) -> None:
        super().__init__()
        self.parts["/a b/c"] = self.echo
        self.may_open = asyncio.Event()
        self.may_open.set()

    async def echo(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.may_open.wait()
        frames = socket_of(scope).accept([(b"x-own", b"1")])
        got = await frames.receive()
        if isinstance(got, Message):
            await frames.send(got)


async def test_a_handshake_is_answered_as_the_standard_has_it() -> None:
    stage = Sockets()
    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.send(HANDSHAKE + HELLO)  # a caller that does not wait for the answer
        head = await caller.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in head  # RFC 6455 1.3
        assert b"x-own: 1\r\n" in head
        assert await caller.reader.readexactly(7) == b"\x81\x05hello"
        scope = stage.scopes[0]
        assert (scope["type"], scope["path"], scope["query_string"]) == ("websocket", "/a b/c", b"x=1")
        assert (b"x-long", b"x" * 20_000) in scope["headers"]


async def test_an_app_that_ends_closes_the_socket_and_the_connection() -> None:
    stage = Sockets()
    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.send(HANDSHAKE + HELLO)
        await caller.reader.readuntil(b"hello")
        assert (await caller.reader.readexactly(4))[:1] == b"\x88"
        caller.send(b"\x88\x82\x00\x00\x00\x00\x03\xe9")
        await caller.reader.read()
        caller.writer.close()
        await quiet(lambda: server.connection_count == 0 and server.request_count == 0)


@pytest.mark.parametrize("fault", [None, asyncio.CancelledError()])
async def test_an_app_that_answers_nothing_cuts_the_connection(fault: BaseException | None) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if fault is not None:
            raise fault

    stage = Sockets()
    stage.parts["/a b/c"] = app
    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.send(HANDSHAKE)
        assert await caller.is_closed()


async def test_an_app_that_fails_before_it_answers_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("a fault")

    stage = Sockets()
    stage.parts["/a b/c"] = app
    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.send(HANDSHAKE)
        response = await caller.response()
        assert (response.status, b"fault" in response.body) == (500, True)
    assert "a fault" in caplog.text


async def test_a_refusal_is_plain_http() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        socket = socket_of(scope)
        await socket.answer(
            {"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"9")]}
        )
        for body in (b"no", b"twice"):
            await socket.answer({"type": "http.response.body", "body": body})

    stage = Sockets()
    stage.parts["/a b/c"] = app
    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.send(HANDSHAKE)
        response = await caller.response()
        assert (response.status, response.body) == (404, b"no")
        assert await caller.is_closed()


async def test_a_caller_that_sends_too_much_before_the_answer_is_cut() -> None:
    stage = Sockets()
    stage.may_open.clear()
    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.send(HANDSHAKE)
        await quiet(lambda: stage.scopes)
        caller.send(b"x" * 100_000)
        assert await caller.is_closed()
        stage.may_open.set()


async def test_leaving_before_the_answer_is_told() -> None:
    left = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        socket_of(scope).link.on_disconnect = left.set
        await left.wait()
        frames = socket_of(scope).accept([])
        assert frames.closed is not None

    stage = Sockets()
    stage.parts["/a b/c"] = app
    async with serving(stage, websockets=CallerSocket) as server:
        async with await Caller.connect(server.port) as caller:
            caller.send(HANDSHAKE)
            await quiet(lambda: stage.scopes)
        async with asyncio.timeout(5):
            await left.wait()
        await quiet(lambda: server.connection_count == 0 and server.request_count == 0)


async def test_a_socket_that_opens_while_draining_is_closed_again() -> None:
    stage = Sockets()
    stage.may_open.clear()

    async def drain(server: Serving) -> None:
        await quiet(lambda: stage.scopes)
        server.begin_drain()
        stage.may_open.set()

    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.send(HANDSHAKE)
        await drain(server)
        await caller.reader.readuntil(b"\r\n\r\n")
        assert (await caller.reader.readexactly(4))[2:] == b"\x03\xe9"


@pytest.mark.parametrize(
    ("start", "extra"),
    [(b"POST", b""), (b"GET", b"Content-Length: 2\r\n"), (b"GET", b"Connection: close\r\n")],
)
async def test_what_is_no_upgrade_stays_http(start: bytes, extra: bytes) -> None:
    stage = Sockets()
    body = b"{}" if b"Length" in extra else b""
    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.send(HANDSHAKE.replace(b"GET /a%20b/c", start + b" /", 1)[:-2] + extra + b"\r\n" + body)
        response = await caller.response()
        assert response.json()["size"] == len(body)


async def test_an_upgrade_behind_an_unanswered_request_stays_http() -> None:
    stage = Sockets()
    may_answer = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await may_answer.wait()
        await stage.tell(scope, receive, send)

    stage.parts["/slow"] = slow
    async with serving(stage, websockets=CallerSocket) as server, await Caller.connect(server.port) as caller:
        caller.ask("/slow")
        caller.send(HANDSHAKE.replace(b"/a%20b/c", b"/plain", 1))
        may_answer.set()
        assert [(await caller.response()).json()["path"] for _ in range(2)] == ["/slow", "/plain"]


def test_the_heads_of_a_handshake_are_checked() -> None:
    good: list[tuple[bytes, bytes]] = [(b"sec-websocket-version", b"13"), (b"sec-websocket-key", KEY)]
    assert handshake_fault(good) is None
    bad: list[tuple[Any, int]] = [
        ([], 426),
        ([*good, (b"sec-websocket-key", KEY)], 0),
        ([good[0], (b"sec-websocket-key", b"AAAA")], 0),
        ([good[0], (b"sec-websocket-key", b"!" * 24)], 0),
        ([(b"sec-websocket-version", b"8"), good[1]], 426),
    ]
    for headers, status in bad:
        fault = handshake_fault(headers)
        assert fault is not None
        assert fault.status == status
    assert accept_key(KEY) == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

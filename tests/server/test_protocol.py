"""The callers' side of HTTP/1.1 on real sockets: limits, deadlines, refusals, and who left when."""

import asyncio
import inspect as introspection
import json

import pytest
import uvicorn
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

from aigw_dev.core.config import Limits
from aigw_dev.server.cycle import Scope
from aigw_dev.server.door_rules import DoorRules, Terms
from aigw_dev.server.protocol import DoorProtocol, protocol_class
from tests.server.stage import (
    Caller,
    Receive,
    Send,
    Stage,
    answer,
    called,
    link_of,
    passed,
    quiet,
    read_whole,
    serving,
)

pytestmark = pytest.mark.anyio

HEAD = b"POST /v1 HTTP/1.1\r\nHost: a\r\n"


# what the app gets


async def test_the_app_is_told_what_was_asked() -> None:
    stage = Stage()
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(
            b"POST /v1/a%20b%C3%A4?x=%20&y HTTP/1.1\r\nHost: A:1\r\nX-Name: v\xc3\xa4\r\nContent-Length: 2\r\n\r\n{}"
        )
        response = await caller.response()
    (scope,) = stage.scopes
    assert response.json() == {"path": "/v1/a b\u00e4", "size": 2}
    assert scope["type"] == "http"
    assert scope["method"] == "POST"
    assert scope["http_version"] == "1.1"
    assert scope["raw_path"] == b"/v1/a%20b%C3%A4"
    assert scope["query_string"] == b"x=%20&y"
    assert scope["headers"] == [(b"host", b"A:1"), (b"x-name", b"v\xc3\xa4"), (b"content-length", b"2")]
    assert scope["client"][0] == "127.0.0.1"
    assert scope["server"] == ("127.0.0.1", server.port)
    assert scope["scheme"] == "http"
    assert not link_of(scope).is_gone


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Content-Length: 11\r\n\r\nhello world",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x\r\n world\r\n0\r\n\r\n",
    ],
)
async def test_a_request_is_the_same_cut_anywhere(request_bytes: bytes) -> None:
    stage = Stage()
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        for cut in range(1, len(request_bytes)):
            caller.send(request_bytes[:cut])
            await caller.writer.drain()
            await asyncio.sleep(0)
            caller.send(request_bytes[cut:])
            assert (await caller.response()).status == 200
    assert set(stage.bodies) == {b"hello world"}


async def test_a_connection_serves_many_requests() -> None:
    stage = Stage()
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        for number in range(20):
            caller.ask(f"/{number}", b"x" * number)
            assert (await caller.response()).json() == {"path": f"/{number}", "size": number}
        assert server.connection_count == 1


async def test_pipelined_requests_are_answered_in_order() -> None:
    stage = Stage()
    first = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await first.wait()
        await stage.tell(scope, receive, send)

    stage.parts["/0"] = slow
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        for number in range(5):
            caller.ask(f"/{number}", b"x" * number)
        await caller.writer.drain()
        first.set()
        for number in range(5):
            assert (await caller.response()).json() == {"path": f"/{number}", "size": number}


async def test_too_many_pipelined_requests_end_the_connection_after_the_one_under_way() -> None:
    stage = Stage()
    first = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await first.wait()
        await stage.tell(scope, receive, send)

    stage.parts["/"] = slow
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
        await called(stage)
        first.set()
        assert (await caller.response()).status == 200
        assert await caller.is_closed()


# refusals


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 400),
        (b"GET http://evil/v1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
        (HEAD + b"a: b\r\n folded\r\n\r\n", 400),
        (HEAD + b"a: b\0\r\n\r\n", 400),
        (HEAD + b"a: b\rc\r\n\r\n", 400),
        (HEAD + b"Expect: the-moon\r\n\r\n", 417),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (HEAD + b"a: b\r\n" * 300 + b"\r\n", 431),
        (HEAD + b"a: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (HEAD + b"a: " + b"x" * 70_000, 431),
    ],
)
async def test_hostile_heads_are_refused_before_the_app_and_the_connection_ends(
    data: bytes, status: int
) -> None:
    stage = Stage()
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(data)
        response = await caller.response()
        assert response.status == status
        assert response.headers[b"connection"] == b"close"
        assert response.headers[b"content-type"] == b"application/json"
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}
        assert await caller.is_closed()
    assert not stage.scopes


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nhello\r\n",
        b"5\r\nhelloXX",
        b"fffffffffffffffff\r\n",
        b"0\r\na: " + b"x" * 100_000,
        b"1;" + b"e" * 100_000,
    ],
)
async def test_a_broken_body_is_refused_and_the_app_told(body: bytes) -> None:
    stage = Stage()
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + body)
        response = await caller.response()
        assert (response.status, response.code) == (400, "invalid_http")
        assert await caller.is_closed()
    link = link_of(stage.scopes[0])
    assert link.is_gone
    assert link.why == "invalid_http"


async def test_garbage_behind_a_request_does_not_spoil_its_answer() -> None:
    async with serving(Stage()) as server, await Caller.connect(server.port) as caller:
        caller.send(HEAD + b"Content-Length: 2\r\n\r\n{}\x16\x03garbage")
        assert (await caller.response()).status == 200
        assert await caller.is_closed()


async def test_a_refusal_speaks_the_dialect_of_its_path() -> None:
    def encode(status: int, code: str, message: str, path: str) -> tuple[bytes, bytes]:
        return b"application/json", json.dumps([status, code, path]).encode()

    async with serving(Stage(), encode=encode) as server, await Caller.connect(server.port) as caller:
        caller.send(b"POST /v1/messages?x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert (await caller.response()).json() == [400, "invalid_http", "/v1/messages"]


async def test_connections_beyond_the_limit_are_refused() -> None:
    async with serving(Stage(), limits=Limits(connections=2)) as server:
        async with await Caller.connect(server.port) as first, await Caller.connect(server.port) as second:
            first.ask()
            second.ask()
            assert (await first.response()).status == (await second.response()).status == 200
            async with await Caller.connect(server.port) as third:
                assert (await third.response()).code == "too_many_connections"
                assert await third.is_closed()
        await quiet(lambda: server.connection_count == 0)
        async with await Caller.connect(server.port) as fourth:
            fourth.ask()
            assert (await fourth.response()).status == 200


async def test_an_answer_before_the_body_ends_the_connection_without_swallowing_it() -> None:
    stage = Stage()

    async def reject(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"too large", status=413)

    stage.parts["/v1"] = reject
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        response = await caller.response()
        assert response.status == 413
        assert response.headers[b"connection"] == b"close"
        sent = 0
        with pytest.raises(ConnectionError):  # noqa: PT012 -- at which of the writes is not promised
            while sent < 100_000_000:
                caller.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536
                await caller.writer.drain()
                await asyncio.sleep(0)
        assert sent < 20_000_000


async def test_an_answer_before_a_small_body_is_read_by_a_caller_that_sends_on() -> None:
    stage = Stage()

    async def reject(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"no", status=401)

    stage.parts["/v1"] = reject
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.send(HEAD + b"Content-Length: 500000\r\n\r\n")
        await called(stage)
        for _ in range(10):
            caller.send(b"x" * 50_000)
            await asyncio.sleep(0)
        assert (await caller.response()).status == 401


# deadlines


async def test_a_head_that_drips_is_refused_after_its_deadline() -> None:
    async with (
        serving(Stage(), limits=Limits(header_s=0.2)) as server,
        await Caller.connect(server.port) as caller,
    ):
        caller.send(b"POST /v1 HT")
        response = await caller.response()
        assert (response.status, response.code) == (408, "request_timeout")
        assert "head" in response.json()["error"]["message"]
        assert await caller.is_closed()


async def test_blank_lines_before_a_head_do_not_keep_a_connection() -> None:
    async with (
        serving(Stage(), limits=Limits(header_s=0.2)) as server,
        await Caller.connect(server.port) as caller,
    ):
        caller.send(b"\r\n\r\n")
        assert (await caller.response()).status == 408


async def test_a_silent_connection_is_closed_without_a_word() -> None:
    async with (
        serving(Stage(), limits=Limits(idle_s=0.2)) as server,
        await Caller.connect(server.port) as caller,
    ):
        assert await caller.is_closed()


async def test_an_idle_connection_is_closed_after_its_last_response() -> None:
    async with (
        serving(Stage(), limits=Limits(idle_s=0.3)) as server,
        await Caller.connect(server.port) as caller,
    ):
        started = asyncio.get_running_loop().time()
        for _ in range(3):
            caller.ask()
            await caller.response()
        assert await caller.is_closed()
        assert asyncio.get_running_loop().time() - started >= 0.29


async def test_a_response_that_takes_long_is_not_idleness() -> None:
    stage = Stage()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await passed(0.5)
        await answer(send)

    stage.parts["/"] = slow
    limits = Limits(idle_s=0.1, header_s=0.1, json_s=0.1, upload_pause_s=0.1)
    async with serving(stage, limits=limits) as server, await Caller.connect(server.port) as caller:
        caller.ask()
        assert (await caller.response()).status == 200


async def test_a_json_body_has_a_deadline_as_a_whole() -> None:
    stage = Stage()
    async with (
        serving(stage, limits=Limits(json_s=0.4)) as server,
        await Caller.connect(server.port) as caller,
    ):
        caller.send(HEAD + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        dripping = asyncio.create_task(drip(caller, every_s=0.1))
        response = await caller.response()
        dripping.cancel()
        assert (response.status, response.code) == (408, "request_timeout")
    assert link_of(stage.scopes[0]).why == "request_timeout"


async def test_an_upload_may_take_long_but_not_pause() -> None:
    stage = Stage()
    limits = Limits(json_s=0.2, upload_pause_s=0.4)
    upload = HEAD + b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 8\r\n\r\n"
    async with serving(stage, limits=limits) as server, await Caller.connect(server.port) as caller:
        caller.send(upload)
        await drip(caller, every_s=0.1, count=8)
        assert (await caller.response()).json()["size"] == 8
        caller.send(upload + b"x")
        response = await caller.response()
        assert response.status == 408
        assert "paused" in response.json()["error"]["message"]


async def test_an_upload_the_app_keeps_waiting_is_not_the_callers_pause() -> None:
    stage = Stage()
    go_on = asyncio.Event()

    async def busy(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        stage.bodies.append(await read_whole(receive))
        await answer(send)

    stage.parts["/v1"] = busy
    limits = Limits(json_s=0.2, upload_pause_s=0.2)
    async with serving(stage, limits=limits) as server, await Caller.connect(server.port) as caller:
        size = 20_000_000
        caller.send(HEAD + b"Content-Length: %d\r\n\r\n" % size)
        caller.send(b"x" * size)
        await passed(0.6)
        unsent = caller.writer.transport.get_write_buffer_size()
        assert unsent > size / 2  # the app does not read, so neither does the server
        go_on.set()
        assert (await caller.response()).status == 200
    assert len(stage.bodies[0]) == size


async def test_a_closed_response_nobody_takes_is_cut() -> None:
    stage = Stage()

    async def flood(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        await send({"type": "http.response.body", "body": b"x" * 30_000_000})

    stage.parts["/"] = flood
    async with (
        serving(stage, limits=Limits(idle_s=0.2)) as server,
        await Caller.connect(server.port) as caller,
    ):
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport reads, says its class
        caller.ask()
        await called(stage)
        await quiet(lambda: server.connection_count == 0)


# who left when


async def leaving(stage: Stage, part: str) -> asyncio.Future[float]:
    """Have the app at `/` wait in a given window; the future is when it was told that the caller left."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[float] = loop.create_future()
    waiting = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        link = link_of(scope)
        link.on_disconnect = lambda: told.set_result(loop.time())
        if part != "before the body":
            await receive()
        if part in {"within the response", "while the caller does not read"}:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        waiting.set()
        while part == "while the caller does not read" and not link.is_gone:
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await receive()
        assert link.is_gone
        await send({"type": "http.response.body", "body": b"to nobody"})

    stage.parts["/"] = app
    return told


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize(
    "part",
    ["before the body", "before the response", "within the response", "while the caller does not read"],
)
async def test_the_app_is_called_at_once_when_its_caller_leaves(part: str, how: str) -> None:
    stage = Stage()
    told = await leaving(stage, part)
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        if part == "before the body":
            caller.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        else:
            caller.ask()
        await called(stage)
        if part == "while the caller does not read":
            caller.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport reads, says its class
            await passed(0.1)
        left = asyncio.get_running_loop().time()
        if how == "reset":
            caller.reset()
        else:
            caller.writer.close()
        assert await asyncio.wait_for(told, 5) - left < 0.1
        link = link_of(stage.scopes[0])
        assert link.is_gone
        assert link.why == "client_left"
        await quiet(lambda: server.request_count == 0)


async def test_a_caller_that_leaves_after_its_response_is_nobodys_business() -> None:
    stage = Stage()
    told: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        link_of(scope).on_disconnect = lambda: told.append("left")
        await receive()
        await answer(send)

    stage.parts["/"] = app
    async with serving(stage) as server:
        async with await Caller.connect(server.port) as caller:
            caller.ask()
            await caller.response()
        await quiet(lambda: server.connection_count == 0)
    assert not told
    assert not link_of(stage.scopes[0]).is_gone


# upgrades


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 100_000])
async def test_an_upgrade_that_is_not_spoken_is_ignored_and_the_body_kept(body: bytes) -> None:
    """Java's HTTP client offers h2c on every first request (RFC 9110 7.8 lets us go on in HTTP/1.1)."""
    stage = Stage()
    head = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        for _ in range(2):
            caller.send(HEAD + head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            assert (await caller.response()).json()["size"] == len(body)
        caller.ask(body=b"plain")
        assert (await caller.response()).json()["size"] == 5


async def test_a_websocket_is_handed_to_uvicorns_protocol_for_it() -> None:
    received = bytearray()

    class Sockets(asyncio.Protocol):
        def __init__(
            self, config: uvicorn.Config, server_state: ServerState, app_state: dict[str, object]
        ) -> None:
            pass

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, object)
            transport.write(b"welcome")  # type: ignore[attr-defined]  # a transport writes, says its class

        def data_received(self, data: bytes) -> None:
            received.extend(data)

    async with (
        serving(Stage(), websockets=Sockets, limits=Limits(header_s=0.2)) as server,
        await Caller.connect(server.port) as caller,
    ):
        caller.send(b"GET /rt?x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        assert await caller.reader.readexactly(7) == b"welcome"
        await passed(0.4)
        caller.send(b"frame")
        await quiet(lambda: received.endswith(b"frame"))
    assert received.startswith(b"GET /rt?x HTTP/1.1\r\n")
    assert b"upgrade: websocket\r\n" in received


# rules


async def test_new_rules_hold_for_new_connections() -> None:
    async with serving(Stage()) as server, await Caller.connect(server.port) as before:
        before.ask()
        await before.response()
        server.rules = DoorRules(limits=Limits(header_s=0.1))
        async with await Caller.connect(server.port) as after:
            after.send(b"GET")
            assert (await after.response()).status == 408
        before.ask()
        assert (await before.response()).status == 200


def test_servers_do_not_share_rules() -> None:
    one, two = protocol_class(Terms(DoorRules(limits=Limits(idle_s=1)))), protocol_class(Terms(DoorRules()))
    assert one.terms.rules.limits.idle_s == 1
    assert two.terms.rules.limits.idle_s == DoorProtocol.terms.rules.limits.idle_s == 30


def test_uvicorn_still_has_what_we_lean_on() -> None:
    """The canary: if this fails after an upgrade of uvicorn, read server/protocol.py against its httptools_impl."""
    parent = httptools_impl.HttpToolsProtocol
    parameters = list(introspection.signature(parent.__init__).parameters)
    assert parameters == ["self", "config", "server_state", "app_state", "_loop"]
    config = uvicorn.Config(Stage(), ws="none", lifespan="off", log_config=None, proxy_headers=False)
    made = parent(config, ServerState(), {}, asyncio.new_event_loop())
    made.loop.close()
    for name in ("app", "loop", "connections", "tasks", "transport", "flow", "server", "client", "scheme", "headers",
                 "scope", "app_state", "server_state"):  # fmt: skip
        assert hasattr(made, name), name
    for name in (
        "connection_made",
        "pause_writing",
        "resume_writing",
        "handle_websocket_upgrade",
        "_should_upgrade",
    ):
        assert name in vars(parent), name
    flow = vars(FlowControl)
    assert {"drain", "pause_reading", "resume_reading", "pause_writing", "resume_writing"} <= set(flow)
    state = ServerState()
    assert (state.total_requests, state.connections, state.tasks) == (0, set(), set())


# waiting


async def drip(caller: Caller, *, every_s: float, count: int = 1000) -> None:
    for _ in range(count):
        await passed(every_s)
        caller.send(b"x")

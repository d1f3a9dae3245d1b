"""The server as a whole: it answers, drains, stops, and leaves nothing behind."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable

import pytest

from aigw_dev.server.cycle import Message, Scope
from aigw_dev.server.door_rules import DoorRules
from aigw_dev.server.listen import PortTakenError, listen
from aigw_dev.server.serving import loop_factory, serve
from tests.server.stage import Caller, Receive, Send, Stage, answer, called, quiet, serving

pytestmark = pytest.mark.anyio


async def test_it_answers_on_both_loopbacks_without_delay() -> None:
    async with serving(Stage()) as server:
        assert server.hosts == ["127.0.0.1", "::1"]
        for host in server.hosts:
            reader, writer = await asyncio.open_connection(host, server.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200 OK\r\n")
            writer.close()


async def test_small_writes_are_not_held_back() -> None:
    stage = Stage()
    no_delay: list[int] = []
    async with serving(stage) as server, await Caller.connect(server.port) as caller:
        caller.ask()
        await caller.response()
        (connection,) = server._server.server_state.connections  # pyright: ignore[reportPrivateUsage] -- its socket
        sock: socket.socket = connection.transport.get_extra_info("socket")
        no_delay.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    assert no_delay[0]


async def test_a_taken_port_is_an_error() -> None:
    async with serving(Stage()) as server:
        with pytest.raises(PortTakenError):
            await serve(Stage(), rules=DoorRules(), port=server.port)


async def test_it_serves_on_sockets_it_is_given() -> None:
    sockets = listen("127.0.0.1", 0)
    async with serving(Stage(), sockets=sockets) as server, await Caller.connect(server.port) as caller:
        caller.ask()
        assert (await caller.response()).status == 200


async def test_signals_stay_with_whoever_owns_the_process() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with serving(Stage()):
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_nothing_polls_while_nobody_calls() -> None:
    before = asyncio.all_tasks()
    async with serving(Stage()):
        assert asyncio.all_tasks() == before


# draining


async def test_draining_closes_idle_connections_and_lets_busy_ones_finish() -> None:
    stage = Stage()
    go_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        await answer(send)

    stage.parts["/slow"] = slow
    async with serving(stage) as server:
        async with await Caller.connect(server.port) as idle, await Caller.connect(server.port) as busy:
            idle.ask("/idle")
            await idle.response()
            busy.ask("/slow")
            await quiet(lambda: len(stage.scopes) == 2)
            server.begin_drain()
            assert await idle.is_closed()
            with pytest.raises(ConnectionError):
                await Caller.connect(server.port)
            go_on.set()
            response = await busy.response()
            assert response.status == 200
            assert response.headers[b"connection"] == b"close"
            assert await busy.is_closed()
        await quiet(lambda: server.connection_count == 0)


async def test_stopping_waits_for_a_response_within_its_time() -> None:
    stage = Stage()
    go_on = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await go_on.wait()
        await answer(send)

    stage.parts["/"] = slow
    server = await serve(stage, rules=DoorRules())
    async with await Caller.connect(server.port) as caller:
        caller.ask()
        await called(stage)
        stopping = asyncio.ensure_future(server.stop(10))
        await asyncio.sleep(0)
        assert not stopping.done()
        go_on.set()
        assert (await caller.response()).status == 200
        await asyncio.wait_for(stopping, 5)


async def test_stopping_cancels_what_outlasts_its_time() -> None:
    stage = Stage()
    was_cancelled = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_cancelled.set()
            raise

    stage.parts["/"] = endless
    server = await serve(stage, rules=DoorRules())
    async with await Caller.connect(server.port) as caller:
        caller.ask()
        await called(stage)
        await asyncio.wait_for(server.stop(0.1), 5)
        assert was_cancelled.is_set()
        response = await caller.response()
        assert (response.status, response.code) == (503, "shutting_down")
    await quiet(lambda: server.connection_count == 0)


# the app's lifespan


def living(events: list[str], *, fails: bool = False) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    stage = Stage()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            assert scope["state"]["answer"] == 42
            await stage(scope, receive, send)
            return
        scope["state"]["answer"] = 42
        while True:
            message: Message = await receive()
            events.append(message["type"])
            is_start = message["type"] == "lifespan.startup"
            await send({"type": f"{message['type']}.{'failed' if fails else 'complete'}"})
            if not is_start or fails:
                return

    return app


async def test_the_apps_lifespan_surrounds_its_requests() -> None:
    events: list[str] = []
    server = await serve(living(events), rules=DoorRules(), lifespan=True)
    assert events == ["lifespan.startup"]
    async with await Caller.connect(server.port) as caller:
        caller.ask()
        assert (await caller.response()).status == 200
    await server.stop(1)
    assert events == ["lifespan.startup", "lifespan.shutdown"]


async def test_an_app_that_fails_to_start_frees_its_port() -> None:
    sockets = listen("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    with pytest.raises(RuntimeError, match="failed to start"):
        await serve(living([], fails=True), rules=DoorRules(), lifespan=True, sockets=sockets)
    for sock in listen("127.0.0.1", port):
        sock.close()


def test_the_loop_is_uvloops_where_there_is_one() -> None:
    uvloop = pytest.importorskip("uvloop")
    assert loop_factory() is uvloop.new_event_loop


@pytest.mark.slow
async def test_a_thousand_streams_at_once_all_complete() -> None:
    stage = Stage()
    everybody = asyncio.Event()
    begun = 0

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal begun
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        begun += 1
        if begun == 1000:
            everybody.set()
        await everybody.wait()
        await send({"type": "http.response.body", "body": b"second"})

    async def one(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        sent = await reader.read()
        writer.close()
        return sent

    stage.parts["/"] = stream
    async with serving(stage) as server, asyncio.timeout(60):
        responses = await asyncio.gather(*(one(server.port) for _ in range(1000)))
    assert all(sent.endswith(b"5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n") for sent in responses)

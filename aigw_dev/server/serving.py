"""Running the server: started by uvicorn, with our protocol; without its signal handlers and its polling.

The caller owns the event loop and the signals. `serve` returns when the port answers; `Serving.stop` drains and ends.
"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from uvicorn.server import Server

from aigw_dev.server.cycle import App
from aigw_dev.server.door_rules import DoorRules, Terms
from aigw_dev.server.listen import listen, port_of
from aigw_dev.server.protocol import protocol_class

_LAST_WORDS_S: Final = 1.0
"""How long a cancelled response and its connection may take to end."""


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop of uvloop where that is installed, else None (asyncio's own); for `asyncio.Runner(loop_factory=...)`."""
    if sys.platform == "win32":
        return None
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


class Serving:
    """A server that answers. Used from its loop only."""

    def __init__(self, server: Server, sockets: list[socket.socket], terms: Terms) -> None:
        """Made by `serve`."""
        self._server = server
        self._terms = terms
        self.port = port_of(sockets)
        self.hosts = [str(sock.getsockname()[0]) for sock in sockets]

    @property
    def rules(self) -> DoorRules:
        """What new connections are held to; assign to change it."""
        return self._terms.rules

    @rules.setter
    def rules(self, rules: DoorRules) -> None:
        self._terms.rules = rules

    @property
    def connection_count(self) -> int:
        """Callers' connections open now."""
        return len(self._server.server_state.connections)

    @property
    def request_count(self) -> int:
        """Requests whose app is running."""
        return len(self._server.server_state.tasks)

    def begin_drain(self) -> None:
        """Accept no more connections; close idle ones now and the others after the response under way."""
        for listener in self._server.servers:
            listener.close()
        for connection in list(self._server.server_state.connections):
            connection.shutdown()

    async def stop(self, drain_s: float) -> None:
        """Drain for at most `drain_s` seconds, cancel what still runs, end the app's lifespan.

        A cancelled app may say a last word (an in-band error); one that had not begun to answer is answered 503.
        """
        self.begin_drain()
        state = self._server.server_state
        await self._no_connections(drain_s)
        tasks = list(state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_LAST_WORDS_S)
            await self._no_connections(_LAST_WORDS_S)
        for connection in list(state.connections):
            connection.transport.abort()
        await self._no_connections(_LAST_WORDS_S)
        for listener in self._server.servers:
            await listener.wait_closed()
        await self._server.lifespan.shutdown()

    async def _no_connections(self, timeout_s: float) -> None:
        """Wait until the last connection is gone, for so long."""
        emptied = asyncio.Event()
        self._terms.on_empty = emptied.set
        if not self._server.server_state.connections:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await emptied.wait()


async def serve(
    app: App,
    *,
    rules: DoorRules,
    host: str = "127.0.0.1",
    port: int = 0,
    sockets: list[socket.socket] | None = None,
    websockets: type[asyncio.Protocol] | None = None,
    lifespan: bool = False,
) -> Serving:
    """Serve `app` on `host` and `port` (see `listen`), or on `sockets`; returns when it answers.

    `websockets` is a uvicorn WebSocket protocol class (it gets `terms` as the other one does); without one an upgrade is
    ignored. `lifespan` runs the app's
    ASGI lifespan: its start-up before this returns (a failure is a RuntimeError), its shut-down in `Serving.stop`.
    Raises `listen.PortTakenError`.
    """
    terms = Terms(rules)
    bound = sockets if sockets is not None else listen(host, port)
    application: Any = app
    config = uvicorn.Config(
        application,
        http=protocol_class(terms),
        ws=type("BoundSocket", (websockets,), {"terms": terms}) if websockets else "none",
        lifespan="on" if lifespan else "off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nobody stands between a caller and a local gateway
        server_header=False,
        date_header=False,
        backlog=2048,
    )
    config.load()
    server = Server(config)
    server.lifespan = config.lifespan_class(config)
    with contextlib.suppress(SystemExit):  # how newer uvicorns say that the lifespan's start-up failed
        await server.startup(sockets=bound)
    if not server.started:
        for sock in bound:
            sock.close()
        raise RuntimeError("the app failed to start; its log says why")
    return Serving(server, bound, terms)

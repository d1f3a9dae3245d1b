"""A whole gateway in this process on a real port, scripted providers that speak WebSocket, and callers to it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as serve_sockets
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from aigw_dev.config_file.discover import Found
from aigw_dev.core.exchange import Exchange
from aigw_dev.secrets.home import Home
from aigw_dev.server.door import Door
from aigw_dev.server.door_rules import DoorRules
from aigw_dev.server.gateway import Gateway
from aigw_dev.server.listen import listen, port_of
from aigw_dev.server.serving import Serving, serve
from aigw_dev.server.socket_protocol import CallerSocket
from aigw_dev.server.sources import ConfigSource
from aigw_dev.server.testbench.bench import Bench
from aigw_dev.server.testbench.hermetic import ReplaySource
from aigw_dev.store.state import StateStore

KEY: Final = "sk-first-0123456789abcdefghij"
"""The key of every scripted provider."""
Part = Callable[[ServerConnection], Awaitable[None]]
Answer = Callable[[ServerConnection, Request], Response | None]


async def echo(socket: ServerConnection) -> None:
    """Says everything again."""
    async for message in socket:
        await socket.send(message)


class SocketProvider:
    """A provider's WebSockets: plays `part` on each; `refusal` answers the handshake over HTTP instead."""

    def __init__(self, part: Part = echo) -> None:
        self.part = part
        self.refusal: Answer | None = None
        self.requests: list[Request] = []
        self.closes: list[tuple[int | None, str | None]] = []
        """How each socket ended, as the provider saw it."""
        self.url = ""
        self._server: Server

    async def __aenter__(self) -> Self:
        self._server = await serve_sockets(
            self._play, "127.0.0.1", 0, process_request=self._ask, select_subprotocol=_choose, max_size=None
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close(close_connections=True)
        await self._server.wait_closed()

    @property
    def open_count(self) -> int:
        """Sockets open now."""
        return len(self._server.connections)

    def _ask(self, socket: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        return self.refusal(socket, request) if self.refusal is not None else None

    async def _play(self, socket: ServerConnection) -> None:
        try:
            await self.part(socket)
            await socket.close()
        except websockets.ConnectionClosed:
            await socket.wait_closed()
        self.closes.append((socket.close_code, socket.close_reason))


def _choose(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """`realtime`, where it is offered."""
    return Subprotocol("realtime") if "realtime" in offered else None


class SocketStage:
    """A gateway with providers that speak WebSocket."""

    def __init__(self, gateway: Gateway, serving: Serving) -> None:
        self.gateway = gateway
        self.serving = serving
        self.ended: list[Exchange] = []

    @property
    def port(self) -> int:
        return self.serving.port

    @property
    def token(self) -> str:
        return self.gateway.home.token()

    def url(self, path: str = "/v1/realtime?model=one/m") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"

    def call(
        self, path: str = "/v1/realtime?model=one/m", *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> connect:
        """A caller with the gateway's token; `headers` in its place."""
        shown = {"authorization": f"Bearer {self.token}"} if headers is None else headers
        options: dict[str, Any] = {"compression": None, "proxy": None, "open_timeout": 10, "close_timeout": 5}
        return connect(self.url(path), additional_headers=dict(shown), **(options | more))

    def let_speak_responses(self, name: str) -> None:
        """Make the kind of this provider one that serves the Responses API over WebSocket."""
        replace, snapshot = msgspec.structs.replace, self.gateway.snapshot
        provider = snapshot.providers[name]
        kind = replace(provider.resolved.kind, has_response_sockets=True)
        able = replace(provider, resolved=replace(provider.resolved, kind=kind))
        self.gateway.snapshot = replace(snapshot, providers={**snapshot.providers, name: able})

    async def last(self, count: int = 1) -> Exchange:
        """The newest exchange, once `count` have ended."""
        await eventually(lambda: len(self.ended) >= count)
        return self.ended[-1]


@contextlib.asynccontextmanager
async def socket_stage(
    folder: Path,
    *,
    more: str = "",
    settings: str = "",
    gateway: str = "",
    bench: Bench | None = None,
    **providers: SocketProvider,
) -> AsyncGenerator[SocketStage]:
    """A gateway whose providers are these; `settings` goes to each of them, `more` continues the config.

    `bench` records or replays.
    """
    rows = "".join(
        f'  {name}: {{kind: openai-compatible, base_url: "{one.url}/v1", keys: ["env:FIRST"]{settings}}}\n'
        for name, one in providers.items()
    )
    path = folder / "aigw-dev.yaml"
    path.write_text(f"version: 1\ngateway: {{name: test{gateway}}}\nproviders:\n{rows}{more}", "utf-8")
    env = {"FIRST": KEY}
    home = Home(folder / "home", env=env)
    found = Found(
        path=path, why="a test.", is_trusted_place=True, project_root=folder, first_save=folder / "f"
    )
    if bench is not None and bench.mode == "replay":
        source: ConfigSource = ReplaySource(found, home=home, library=bench.library)
    else:
        source = ConfigSource(found, home=home, env=env)
    reading = source.read()
    assert reading.config is not None, reading.problems
    own = home.gateway_dir(path, source.name(reading.config))
    made = Gateway(
        source=source, home=home, folder=own, env=env, state=StateStore(own / "state.db"), bench=bench
    )
    sockets = listen("127.0.0.1", 0)
    await made.start(reading, port=port_of(sockets))
    serving = await serve(
        Door(made),
        rules=DoorRules(limits=reading.config.gateway.limits),
        sockets=sockets,
        websockets=CallerSocket,
    )
    stage = SocketStage(made, serving)
    put = made.recorder.put

    def keep(exchange: Exchange, finish: Any = None) -> None:
        put(exchange, finish)
        stage.ended.append(exchange)

    made.recorder.put = keep  # pyright: ignore[reportAttributeAccessIssue]  -- a spy on the seam
    try:
        yield stage
    finally:
        made.is_draining = True
        await serving.stop(1.0)
        await made.close()
        for sock in sockets:
            sock.close()


async def eventually(condition: Callable[[], object], *, within_s: float = 5) -> None:
    """Let the loop run until `condition()`."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- any condition, also ones that nothing announces
            await asyncio.sleep(0)

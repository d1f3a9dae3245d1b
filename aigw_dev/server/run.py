"""Starts a gateway, keeps it until it is asked to stop, drains it. The whole life of `aigw-dev up` but for its words.

Signals: SIGTERM and SIGINT drain; a second one ends at once. Windows has no loop signal handlers: there the plain
handler sets the same event.
"""

import asyncio
import contextlib
import gc
import secrets
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev import __version__
from aigw_dev.core.errors import ConfigError, GatewayError
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.running import Claim, RunningInfo
from aigw_dev.server.door import Door
from aigw_dev.server.door_rules import DoorRules
from aigw_dev.server.gateway import Gateway
from aigw_dev.server.listen import PortTakenError, listen, port_of
from aigw_dev.server.serving import Serving, loop_factory, serve
from aigw_dev.server.socket_protocol import CallerSocket
from aigw_dev.server.sources import ConfigSource, Reading
from aigw_dev.server.testbench.bench import Bench
from aigw_dev.store.state import StateStore

USUAL_PORT: Final = 2449
"""A-I-G-W on a phone's keys."""
_NEXT: Final = 20
"""How many ports beyond it are tried in order before any free one is taken."""


class Settings(msgspec.Struct, kw_only=True):
    """What a gateway is started with."""

    source: ConfigSource
    reading: Reading
    home: Home
    folder: Path
    env: Mapping[str, str]
    claim: Claim | None
    """The right to be this gateway's process; None for a temporary one, which is not announced."""
    host: str
    port: int | None
    """Asked for, and an error where it is taken; 0 = any free one; None = the usual one or the next free."""
    last_port: int | None = None
    is_detached: bool = False
    bench: Bench | None = None
    """Records or replays fixtures."""


class Receipt(msgspec.Struct, kw_only=True):
    """What is said at the end."""

    calls: int
    cost_nanousd: int
    fallbacks: int
    slowest_s: float
    slowest_id: str
    log_bytes: int
    dropped_rows: int
    uptime_s: float


Ready = Callable[[Gateway, str], Awaitable[None]]
"""Called when the gateway answers, with its base URL."""


async def run(settings: Settings, ready: Ready) -> Receipt:
    """Serve until asked to stop; gives the receipt. Errors before `ready` leave as `GatewayError`."""
    config = settings.reading.config
    assert config is not None  # noqa: S101  -- who calls has shown the problems
    sockets = _listen(settings)
    port = port_of(sockets)
    gateway = Gateway(
        source=settings.source,
        home=settings.home,
        folder=settings.folder,
        env=settings.env,
        state=StateStore(settings.folder / "state.db"),
        bench=settings.bench,
    )
    gateway.build_inside = lambda: _build_inside(gateway)
    await gateway.start(settings.reading, port=port, host=settings.host)
    serving = await serve(
        Door(gateway),
        rules=DoorRules(limits=config.gateway.limits),
        sockets=sockets,
        websockets=CallerSocket,
    )
    url = f"http://{_shown_host(settings.host)}:{port}"
    if settings.claim is not None:
        try:
            info = _announcement(settings, url, port, gateway.snapshot.gateway)
            gateway.residence.publish(settings.claim, info)
        except GatewayError as error:  # a full disk: calls are served all the same
            gateway.notices.append(f"commands will not find this gateway: {error.message}")
    _on_signals(gateway)
    if settings.claim is not None:  # else the process is not ours alone
        # Collections that walk all that start-up made took a seventh of a request's time (benchmarks/README.md).
        gc.freeze()
    warm = asyncio.create_task(_warm(gateway, is_wanted=settings.claim is not None), name="warm-up")
    try:
        await ready(gateway, url)
        await gateway.stop.wait()
    finally:
        warm.cancel()
        gateway.is_draining = True
        gateway.let_go()
        await _drain(serving, gateway, config.gateway.limits.drain_s)
        await gateway.close()
    return _receipt(gateway)


async def _warm(gateway: Gateway, *, is_wanted: bool) -> None:
    """Load what the first admin call would otherwise wait for, once the gateway answers.

    Not for a temporary gateway: hardly anybody asks its admin API, and it shares its process with a command.
    """
    if not is_wanted:
        return
    with contextlib.suppress(asyncio.CancelledError):
        await gateway.inside()
    gc.freeze()


def _build_inside(gateway: Gateway) -> Callable[..., Awaitable[None]]:
    from aigw_dev.server.admin.app import build

    return build(gateway)  # pyright: ignore[reportReturnType]  -- Litestar's ASGI types name their own dicts


def _announcement(settings: Settings, url: str, port: int, name: str) -> RunningInfo:
    import os

    return RunningInfo(
        pid=os.getpid(),
        url=url,
        port=port,
        started_at=time.time(),
        config_path=str(settings.source.path) if settings.source.path is not None else None,
        name=name,
        version=__version__,
        host=settings.host,
        instance=secrets.token_hex(8),
        is_detached=settings.is_detached,
    )


def _shown_host(host: str) -> str:
    """The name to call a bind address by."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104  -- compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _listen(settings: Settings) -> list[socket.socket]:
    """Sockets on the port asked for; where none is asked for, the last one, the usual one or the next that is free.

    Raises `PortTakenError`, and `ConfigError` for an address that this machine does not have.
    """
    try:
        return _sockets(settings)
    except OSError as error:
        raise ConfigError(
            f"{settings.host} cannot be listened on: {error.strerror or error}",
            code="config_invalid",
            hint="Name an address of this machine (--host, gateway.host), and a port you may use; 127.0.0.1 is the usual.",
        ) from error


def _sockets(settings: Settings) -> list[socket.socket]:
    if settings.port is not None:
        return listen(settings.host, settings.port)
    wanted = [port for port in (settings.last_port, USUAL_PORT) if port]
    for port in (*wanted, *range(USUAL_PORT + 1, USUAL_PORT + _NEXT)):
        with contextlib.suppress(PortTakenError):
            return listen(settings.host, port)
    return listen(settings.host, 0)


async def _drain(serving: Serving, gateway: Gateway, seconds: float) -> None:
    """Let running requests end for `seconds`; a second signal ends them at once."""
    gateway.hurry.clear()
    ending = asyncio.create_task(serving.stop(seconds), name="drain")
    hurried = asyncio.create_task(gateway.hurry.wait(), name="hurry")
    await asyncio.wait({ending, hurried}, return_when=asyncio.FIRST_COMPLETED)
    hurried.cancel()
    if not ending.done():
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)
        await serving.stop(0.0)


def _on_signals(gateway: Gateway) -> None:
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if gateway.stop.is_set():
            gateway.hurry.set()
        gateway.stop.set()

    def told(number: int, frame: object) -> None:
        del number, frame
        loop.call_soon_threadsafe(asked)

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, asked)
        except (NotImplementedError, RuntimeError, ValueError):
            with contextlib.suppress(
                ValueError
            ):  # not the main thread: who runs us there stops us another way
                signal.signal(number, told)


def _receipt(gateway: Gateway) -> Receipt:
    recorder = gateway.recorder
    size = 0
    for name in ("log.db", "log.db-wal"):
        with contextlib.suppress(OSError):
            size += (gateway.folder / name).stat().st_size
    return Receipt(
        calls=recorder.ended,
        cost_nanousd=recorder.cost_nanousd,
        fallbacks=recorder.fallbacks,
        slowest_s=recorder.slowest[0],
        slowest_id=recorder.slowest[1],
        log_bytes=size,
        dropped_rows=recorder.writer.health().dropped_rows,
        uptime_s=time.time() - gateway.started_at,
    )


def run_loop(settings: Settings, ready: Ready) -> Receipt:
    """`run` on the quickest event loop there is here."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(run(settings, ready))


__all__ = ["Ready", "Receipt", "Settings", "run", "run_loop"]

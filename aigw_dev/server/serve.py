"""Listening: sockets on 127.0.0.1 and [::1], and the HTTP server that answers on them."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Sequence
from typing import Any

import uvicorn

from aigw_dev.core.config import Limits
from aigw_dev.core.errors import GatewayError


class Serving:
    def __init__(self, server: uvicorn.Server, task: asyncio.Task[None]) -> None:
        self._server, self._task = server, task

    async def drain(self, seconds: float) -> None:
        self._server.should_exit = True
        await asyncio.wait({self._task}, timeout=seconds)

    def end_now(self) -> None:
        self._server.force_exit = True


def bind(host: str, port: int | None, *, preferred: Sequence[int]) -> tuple[list[socket.socket], int]:
    wanted = [port] if port is not None else [p for p in preferred if p]
    for number in [*wanted, *range(2450, 2460)]:
        try:
            s = socket.create_server((host, number))
        except OSError as e:
            if e.errno == errno.EADDRINUSE and port is None:
                continue
            raise GatewayError(f"port {number} is taken") from e
        return [s], s.getsockname()[1]
    raise GatewayError("no port")


async def serve(
    app: Any, sockets: list[socket.socket], *, limits: Limits, encode_error: Callable[..., Any]
) -> Serving:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", server_header=False))
    with contextlib.suppress(AttributeError):
        server.capture_signals = contextlib.nullcontext
    task = asyncio.create_task(server.serve(sockets))
    while not server.started:
        await asyncio.sleep(0.005)
    return Serving(server, task)

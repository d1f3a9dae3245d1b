"""A forward proxy on loopback: opens CONNECT tunnels to where the test says, asks for a login, or refuses.

Names are resolved by the test (`places`), so that a provider may be called by a name that exists nowhere.
"""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from tests.scripted import LoopThread


class ScriptedProxy:
    """A context manager like `ScriptedUpstream`; `seen` holds (target, Proxy-Authorization) of every CONNECT."""

    def __init__(
        self,
        places: Mapping[str, tuple[str, int]],
        *,
        login: str | None = None,
        refusal: bytes | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`places`: "host:port" asked for -> address to connect to. `login`: "user:password" it insists on.

        `refusal`: bytes it answers instead of opening any tunnel; empty bytes close at once.
        """
        self._places = places
        self._login = login
        self._refusal = refusal
        self._tls = tls
        self._thread = LoopThread("scripted-proxy")
        self._server: asyncio.Server | None = None
        self.port = 0
        self.seen: list[tuple[str, str]] = []
        self.open_tunnels = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._thread.call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.call(self._shut())
        self._thread.stop()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # either side left
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = head.split("\r\n")
        target = lines[0].split(" ")[1]
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        self.seen.append((target, fields.get("proxy-authorization", "")))
        if self._refusal is not None:
            writer.write(self._refusal)
            return
        wanted = f"Basic {base64.b64encode(self._login.encode()).decode()}" if self._login else ""
        if wanted and fields.get("proxy-authorization") != wanted:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        host, port = self._places[target]
        inner_reader, inner_writer = await asyncio.open_connection(host, port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.open_tunnels += 1
        there = asyncio.create_task(_copy(reader, inner_writer))
        back = asyncio.create_task(_copy(inner_reader, writer))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for task, end in ((there, inner_writer), (back, writer)):
            task.cancel()
            end.close()
        self.open_tunnels -= 1


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()

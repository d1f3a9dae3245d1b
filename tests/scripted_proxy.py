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
        is_socks: bool = False,
    ) -> None:
        """`places`: "host:port" asked for -> address to connect to. `login`: "user:password" it insists on.

        `refusal`: bytes it answers instead of opening any tunnel; empty bytes close at once. `is_socks`: it speaks
        SOCKS5 (RFC 1928, 1929) instead of CONNECT; `seen` then holds the login in clear.
        """
        self._is_socks = is_socks
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
            await (self._answer_socks(reader, writer) if self._is_socks else self._answer(reader, writer))
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
        await self._tunnel(target, (reader, writer), b"HTTP/1.1 200 Connection established\r\n\r\n")

    async def _answer_socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        login = ""
        if 2 in methods:
            writer.write(b"\x05\x02")
            await reader.readexactly(1)
            words: list[bytes] = []
            for _ in range(2):
                (size,) = await reader.readexactly(1)
                words.append(await reader.readexactly(size))
            login = b":".join(words).decode()
            writer.write(b"\x01\x00")
        else:
            writer.write(b"\x05\x00")
        _, _, _, kind, size = await reader.readexactly(5)
        assert kind == 3, "the name is left to the proxy"
        name = await reader.readexactly(size)
        target = f"{name.decode()}:{int.from_bytes(await reader.readexactly(2))}"
        self.seen.append((target, login))
        await self._tunnel(target, (reader, writer), b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")

    async def _tunnel(
        self, target: str, caller: tuple[asyncio.StreamReader, asyncio.StreamWriter], welcome: bytes
    ) -> None:
        reader, writer = caller
        inner_reader, inner_writer = await asyncio.open_connection(*self._places[target])
        writer.write(welcome)
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

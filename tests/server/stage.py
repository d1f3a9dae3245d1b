"""A caller with raw bytes, and an app that does what a test says: the two ends of `server.protocol`."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Self

from aigw_dev.core.config import Limits
from aigw_dev.server.cycle import Link, Message, Scope
from aigw_dev.server.door_rules import DoorRules, Encode, plain_error
from aigw_dev.server.http1 import ReplyParser
from aigw_dev.server.serving import Serving, serve

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Part = Callable[[Scope, Receive, Send], Awaitable[None]]


class Response:
    """One response as a caller sees it."""

    def __init__(self, parser: ReplyParser, body: bytes) -> None:
        self.status = parser.status
        self.headers = dict(parser.headers)
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of one of our errors."""
        return self.json()["error"]["code"]


class Caller:
    """A connection that sends exactly the bytes it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0)

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def ask(self, path: str = "/", body: bytes = b"", *, method: str = "POST", headers: str = "") -> None:
        self.send(
            f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
            + body
        )

    async def response(self, *, is_head_request: bool = False) -> Response:
        """The next response; fails when the connection ends before it is whole."""
        parser = ReplyParser(is_head_request=is_head_request)
        body = b""
        async with asyncio.timeout(10):
            while not parser.is_complete:
                # Byte by byte, so that what follows stays for the next response.
                data = await self.reader.read(1)
                if not data:
                    assert parser.feed_eof(), f"cut off: {parser.status} {body!r}"
                    break
                body += parser.feed(data)
                assert not parser.problem
        return Response(parser, body)

    async def is_closed(self, within_s: float = 10) -> bool:
        """The server ends the connection without another byte."""
        async with asyncio.timeout(within_s):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True

    def reset(self) -> None:
        """Leave with RST."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Stage:
    """An ASGI app: `parts` by path; without one it reads the body and tells what it was asked."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.scopes: list[Scope] = []
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await self.parts.get(scope["path"], self.tell)(scope, receive, send)

    async def tell(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_whole(receive)
        self.bodies.append(body)
        await answer(send, json.dumps({"path": scope["path"], "size": len(body)}).encode())


async def read_whole(receive: Receive) -> bytes:
    """A request's body; what has come when the caller leaves."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return body
        body += message["body"]
        if not message["more_body"]:
            return body


async def answer(send: Send, body: bytes = b"ok", *, status: int = 200) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def link_of(scope: Scope) -> Link:
    return scope["extensions"]["aigw"]


@contextlib.asynccontextmanager
async def serving(
    stage: Stage, *, limits: Limits | None = None, encode: Encode = plain_error, **options: Any
) -> AsyncGenerator[Serving]:
    """`stage` behind the real protocol on a real socket."""
    server = await serve(stage, rules=DoorRules(limits=limits or Limits(), encode=encode), **options)
    try:
        yield server
    finally:
        await server.stop(0.2)


async def passed(seconds: float) -> None:
    """Let time go by: where deadlines are what is tested."""
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, event.set)
    await event.wait()


async def quiet(condition: Callable[[], object]) -> None:
    """Let the loop run until `condition()`."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- any condition, also ones that nothing announces
            await asyncio.sleep(0)


async def called(stage: Stage) -> None:
    """Let the loop run until the app has been called."""
    await quiet(lambda: stage.scopes)

"""Whatever keeps to `Socket` can stand in for a provider's connection."""

import asyncio
import time
from collections import deque

import pytest

from aigw_dev.server.socket_answer import Socket
from aigw_dev.server.socket_frames import GONE, Closed, Frames, Message
from aigw_dev.server.socket_relay import Ear, Ending, relay
from tests.server.test_socket_frames import Wire, frame

pytestmark = pytest.mark.anyio


class Echo:
    """A provider without a connection: says everything again, and closes at `bye`."""

    def __init__(self) -> None:
        self.closed: Closed | None = None
        self._said: deque[Message] = deque()
        self._news = asyncio.Event()

    async def receive(self) -> Message | Closed:
        while not self._said:
            if self.closed is not None:
                return self.closed
            self._news.clear()
            await self._news.wait()
        return self._said.popleft()

    async def send(self, message: Message) -> bool:
        if message.payload == b"bye":
            self.closed = Closed(4000, "bye")
        else:
            self._said.append(message)
        self._news.set()
        return self.closed is None

    def close(self, code: int, reason: str = "") -> None:
        self.closed = self.closed or Closed(code, reason, is_ours=True)

    def abort(self) -> None:
        self.close(GONE)

    async def ended(self) -> None:
        """At once."""


async def test_a_socket_that_is_no_connection_is_relayed_like_one() -> None:
    wire, provider = Wire(), Echo()
    caller = Frames(wire, is_caller=True, ping_s=0)
    as_socket: Socket = provider
    task = asyncio.create_task(relay(caller, as_socket, Ear(began_s=time.monotonic())))
    caller.feed(frame(b"one"))
    caller.feed(frame(b"bye"))
    async with asyncio.timeout(5):
        assert await task == Ending("server", Closed(4000, "bye"))
    caller.lost()
    assert bytes(wire.written) == b"\x81\x03one\x88\x05\x0f\xa0bye"

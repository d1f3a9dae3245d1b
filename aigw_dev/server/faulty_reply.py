"""Replies that a fault makes or changes, at the provider's edge: steps played one after the other."""

import abc
import asyncio
from collections.abc import AsyncIterator, Iterable

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.recording.faults.steps import Act, Bytes, End, Rewriter, Step, Wait
from aigw_dev.server.call import Headers, Reply
from aigw_dev.server.fault_board import InForce


class _Played(abc.ABC):
    """What both kinds of reply share: pauses that `cancel` ends, and how a body ends."""

    def __init__(self, struck: InForce) -> None:
        """`struck` is the fault; a hold ends when it is taken back."""
        self.status = 0
        self.headers: Headers = []
        self.is_complete = False
        self._struck = struck
        self._wake = asyncio.Event()
        self._is_cancelled = False

    @abc.abstractmethod
    def chunks(self) -> AsyncIterator[bytes]:
        """The body, as the fault leaves it."""

    async def read(self, limit: int) -> bytes:
        """See `call.Reply`."""
        pieces: list[bytes] = []
        size = 0
        async for piece in self.chunks():
            size += len(piece)
            if size > limit:
                self.cancel()
                raise UpstreamError(f"the reply has more than {limit} bytes", code="upstream_protocol")
            pieces.append(piece)
        return b"".join(pieces)

    def cancel(self) -> None:
        """See `call.Reply`."""
        self._is_cancelled = True
        self._wake.set()

    async def _play(self, steps: Iterable[Step]) -> AsyncIterator[bytes]:
        """The bytes of `steps`; a clean end sets `is_complete`."""
        for step in steps:
            match step:
                case Bytes(data):
                    if data:
                        yield data
                        # each piece by itself, as it would be read from a socket; and others get their turn
                        await asyncio.sleep(0)
                case Wait(seconds):
                    await self._pause(seconds)
                case End():
                    async for ping in self._end(step):
                        yield ping
                    return

    async def _end(self, end: End) -> AsyncIterator[bytes]:
        await self._before_end()
        if end.kind == "clean":
            self.is_complete = True
            return
        if end.kind == "hold":
            forget = self._struck.hold(self._wake.set)
            try:
                while not self._struck.is_over:
                    await self._pause(end.every_s if end.ping else None)
                    if end.ping and not self._struck.is_over:
                        yield end.ping
            finally:
                forget()
        raise UpstreamError(
            f"the connection was cut by the fault {self._struck.spec.id}", code="upstream_reset"
        )

    async def _before_end(self) -> None:  # noqa: B027  -- behind a made-up reply there is nothing
        """Nothing more is wanted of what stands behind this reply."""

    async def _pause(self, seconds: float | None) -> None:
        """Wait so long (None: for ever), until `cancel`, or until a hold ends."""
        if not self._is_cancelled:
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                return
        if self._is_cancelled:
            raise UpstreamError("the call was cancelled", code="cancelled")


class FaultyReply(_Played):
    """A reply that no provider sent."""

    def __init__(self, act: Act, struck: InForce) -> None:
        """`act` with `before` none."""
        super().__init__(struck)
        self.status = act.status
        self.headers = list(act.headers)
        self._steps = act.steps

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `call.Reply`."""
        async for piece in self._play(self._steps):
            yield piece
        self.is_complete = True


class RewrittenReply(_Played):
    """A provider's reply with something wrong in it."""

    def __init__(self, reply: Reply, rewriter: Rewriter, struck: InForce, *, is_drained: bool) -> None:
        """`is_drained`: where it ends early, the rest is read all the same, for whoever records it."""
        super().__init__(struck)
        self._reply = reply
        self._rewriter = rewriter
        self._is_drained = is_drained
        self.status, self.headers, self._first = rewriter.head(reply.status, list(reply.headers))
        self._source = reply.chunks()

    async def chunks(self) -> AsyncIterator[bytes]:
        """See `call.Reply`."""
        async for steps in self._steps():
            async for piece in self._play(steps):
                yield piece
            if self.is_complete:
                return
        self.is_complete = True

    async def _steps(self) -> AsyncIterator[list[Step]]:
        yield self._first
        async for chunk in self._source:
            yield self._rewriter.feed(chunk)
        yield self._rewriter.close()

    async def _before_end(self) -> None:
        if not self._is_drained:
            self._reply.cancel()
            return
        async for _ in self._source:
            pass

    def cancel(self) -> None:
        """See `call.Reply`."""
        self._reply.cancel()
        super().cancel()

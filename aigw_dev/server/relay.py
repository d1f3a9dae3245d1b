"""Bytes from the provider to the caller, with a listener beside them for usage, timing and the assembled message.

Nothing goes out before the commit point: the first SSE event with data, or the first body byte (CONTRACT 3). Headers,
comments and pings before it are held, so that another target can still take over.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from time import monotonic
from typing import Final

from aigw_dev.core.dialects.protocol import Reader
from aigw_dev.core.exchange import ReplyError, StreamTiming
from aigw_dev.core.streams.lint import MAX_BYTES
from aigw_dev.core.streams.sse import Event, Gate
from aigw_dev.server.call import Reply
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.watchdog import Watchdog

_GATEWAY_FAULT: Final = 502
_OWN_CODES: Final = frozenset({"upstream_reset", "upstream_protocol", "event_too_large"})
MOST_PIECES: Final = 20_000
"""Pieces of a stream whose times are kept."""
HOLD_BYTES: Final = 64 * 1024
"""Comments and pings held before the first data; more than this commits."""
WHOLE_BYTES: Final = 4 * 1024 * 1024
"""A reply that is not a stream is sent whole up to this size (so that its cost can stand in a header), else as it comes."""


class FailedReply(Exception):  # noqa: N818  -- an outcome, not a fault of ours
    """The provider answered 200 and then said that it failed; nothing has gone to the caller."""

    def __init__(self, error: ReplyError, body: bytes = b"") -> None:
        """`error.status` 0 becomes 502; `body` is the error as the caller's own dialect has it, where it has it."""
        super().__init__(error.message)
        self.error = error
        self.body = body
        self.status = error.status or _GATEWAY_FAULT


def code_of(error: ReplyError) -> str:
    """Our code for an error inside a stream: our own where the stream was found cut off, else the provider said it."""
    return error.code if error.code in _OWN_CODES else "upstream_in_band"


Commit = Callable[[], Awaitable[None]]
"""Sends the status and headers; awaited once, at the commit point."""


class Listener:
    """Hears one reply: when its pieces came, and what they said."""

    def __init__(self, began_s: float, reader: Reader) -> None:
        """`began_s` is the exchange's start on the monotonic clock."""
        self.began_s = began_s
        self.reader = reader
        self.is_events = False
        """The reply is a stream of events: `reader` has heard it."""
        self.first_s: float | None = None
        """Seconds from the exchange's start to the first relayed data."""
        self.timing = StreamTiming()
        self.dialect = ""
        """What the provider speaks; empty where its stream is not watched."""
        self.raw: list[bytes] = []
        """The stream as it came, to its first 4 MiB: for the linter."""
        self.raw_bytes = 0
        self.is_whole = False
        """The stream came to its end."""

    def begin(self, *, is_events: bool, reader: Reader | None = None, dialect: str = "") -> None:
        """A reply begins, which `reader` hears: what an earlier attempt sent before it failed does not count."""
        self.is_events = is_events
        self.dialect = dialect
        self.raw.clear()
        self.raw_bytes = 0
        if reader is not None:
            self.reader = reader
        if self.timing.at_us:
            self.timing = StreamTiming()

    def heard(self, now_s: float, chunk: bytes) -> None:
        """A piece arrived at `now_s`; beyond `MOST_PIECES` it counts to the last one."""
        timing = self.timing
        if len(timing.at_us) < MOST_PIECES:
            timing.at_us.append(int((now_s - self.began_s) * 1_000_000))
            timing.size_bytes.append(len(chunk))
        else:
            timing.size_bytes[-1] += len(chunk)
        if self.dialect and self.raw_bytes < MAX_BYTES:
            self.raw.append(chunk)
            self.raw_bytes += len(chunk)

    def commit(self, now_s: float) -> None:
        """The first data goes out."""
        if self.first_s is None:
            self.first_s = now_s - self.began_s


async def relay_events(
    reply: Reply,
    downstream: Downstream,
    *,
    listener: Listener,
    watchdog: Watchdog,
    commit: Commit,
    is_hidden: Callable[[Event], bool] | None,
) -> None:
    """Relay an event stream to its end. Errors of the provider leave as `UpstreamError`.

    Only whole events go out, so that an in-band error can follow whatever the caller has seen. Raises `FailedReply` where
    the first word is an error.
    """
    gate = Gate(is_hidden=is_hidden)
    reader = listener.reader
    held: list[bytes] = []
    held_bytes = 0
    async for chunk in reply.chunks():
        now_s = monotonic()
        watchdog.touch()
        listener.heard(now_s, chunk)
        ready, events = gate.feed(chunk)
        if listener.first_s is None:
            _hear_first(events, reader)
        else:
            for event in events:
                reader.feed(event)
        if listener.first_s is not None:
            if ready:
                await pass_on(ready, downstream, watchdog)
            continue
        held.append(ready)
        held_bytes += len(ready)
        if held_bytes and (reader.has_data or held_bytes > HOLD_BYTES):
            listener.commit(now_s)
            watchdog.first_packet()
            await commit()
            await pass_on(b"".join(held), downstream, watchdog)
            held.clear()
    rest, events = gate.close()
    if listener.first_s is None:
        _hear_first(events, reader)
    else:
        for event in events:
            reader.feed(event)
    held.append(rest)
    if listener.first_s is None:
        listener.commit(monotonic())
        await commit()
    watchdog.is_caller_slow = True  # the provider has done its part
    listener.is_whole = True
    await downstream.end(b"".join(held))


def _hear_first(events: Iterable[Event], reader: Reader) -> None:
    """Hear events before anything went out; an error that nothing came before fails the attempt."""
    for event in events:
        is_first = not reader.has_data
        reader.feed(event)
        if is_first and reader.error is not None:
            raise FailedReply(reader.error, event.data)


async def relay_bytes(
    chunks: AsyncIterator[bytes],
    downstream: Downstream,
    *,
    listener: Listener,
    watchdog: Watchdog,
    commit: Commit,
    held: list[bytes],
) -> None:
    """Relay the rest of a body that is not a stream of events, as it comes; `held` is what was read of it already."""
    if held:
        listener.commit(monotonic())
        watchdog.first_packet()
        await commit()
        await pass_on(b"".join(held), downstream, watchdog)
    async for chunk in chunks:
        now_s = monotonic()
        watchdog.touch()
        listener.heard(now_s, chunk)
        if listener.first_s is None:
            listener.commit(now_s)
            watchdog.first_packet()
            await commit()
        await pass_on(chunk, downstream, watchdog)
    if listener.first_s is None:
        listener.commit(monotonic())
        await commit()
    watchdog.is_caller_slow = True
    await downstream.end()


async def pass_on(data: bytes, downstream: Downstream, watchdog: Watchdog) -> None:
    """Write to the caller; while it reads more slowly than we write, the provider is not the one that is idle."""
    watchdog.is_caller_slow = True
    await downstream.write(data)
    watchdog.is_caller_slow = False
    watchdog.touch()


async def read_whole(
    chunks: AsyncIterator[bytes], watchdog: Watchdog, *, limit: int = WHOLE_BYTES
) -> tuple[list[bytes], bool]:
    """The body so far and whether that is all of it: stops past `limit` bytes; the iterator can then be read on."""
    pieces: list[bytes] = []
    size = 0
    async for chunk in chunks:
        watchdog.touch()
        watchdog.first_packet()
        pieces.append(chunk)
        size += len(chunk)
        if size > limit:
            return pieces, False
    return pieces, True

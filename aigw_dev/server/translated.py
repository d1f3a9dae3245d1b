"""The reply of a provider that speaks another dialect than the caller: decoded, heard, encoded again, event by event.

Nothing goes out before the provider said something that counts: a stream whose first word is an error is a failed
attempt like any other, so that another target can still take over.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Final

import msgspec

from aigw_dev.core.chat import carried, heard
from aigw_dev.core.chat.events import ChatEvent, Failed, Ping
from aigw_dev.core.chat.vocabulary import ChatReply, Part
from aigw_dev.core.chat.whole import events_of, reply_of
from aigw_dev.core.dialects.codec import StreamEncoder, array_encoder, count_codec
from aigw_dev.core.dialects.protocol import ReplyError, ReplySummary
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.operations import Match
from aigw_dev.core.streams.sse import Event
from aigw_dev.server.call import Reply
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.headers import Pairs, value_of
from aigw_dev.server.relay import Commit, FailedReply, Listener, pass_on
from aigw_dev.server.translation import FORGETFUL, Translation
from aigw_dev.server.watchdog import Watchdog

WHOLE_BYTES: Final = 64 * 1024 * 1024
"""The largest reply that is translated in one piece."""
_CANNOT: Final = 501
"""What counts as not being able to count: it is estimated then."""
JSON: Final = b"application/json"
EVENTS: Final = b"text/event-stream; charset=utf-8"
_STREAMS: Final = (b"text/event-stream", b"application/vnd.amazon.eventstream", b"application/x-ndjson")
_PING: Final = Ping()
_LINGER_S: Final = 1.0
"""How long the end of a body is waited for once its stream has ended."""

Answer = Callable[[bytes, ReplySummary], Awaitable[None]]
"""Sends a whole reply: its body, and what the log keeps of it."""


class Relay(msgspec.Struct, kw_only=True):
    """One translated reply on its way to the caller."""

    reply: Reply
    exchange: Exchange
    downstream: Downstream
    listener: Listener
    watchdog: Watchdog
    translation: Translation
    commit: Commit
    answer: Answer
    thoughts: carried.Memory | None = None
    """Where signed thoughts go that belong to tool calls."""
    keep: Callable[[bytes], None] | None = None
    """Keeps a whole reply in the caller's dialect (`StreamEncoder.final` of a streamed one)."""
    is_array: bool = False
    """The caller wants its stream as one JSON array (Gemini without `alt=sse`)."""

    async def run(self) -> None:
        """Relay to the end. Raises `FailedReply` before anything was sent, `UpstreamError` for what broke."""
        translation = self.translation
        translation.ledger.side = "reply"
        kind = value_of(self.reply.headers, b"content-type").lower()
        try:
            if not kind.startswith(_STREAMS):
                await self._whole(await self.read())
            elif self.exchange.is_stream:
                await self._stream()
            else:
                await self._whole_of_stream()
        finally:
            self.exchange.ledger = translation.ledger.encode()

    async def read(self) -> bytes:
        """The whole body of the provider's reply."""
        pieces: list[bytes] = []
        size = 0
        async for chunk in self.reply.chunks():
            self.watchdog.touch()
            self.watchdog.first_packet()
            pieces.append(chunk)
            size = self._counted(size, chunk)
        return b"".join(pieces)

    def _counted(self, size: int, chunk: bytes) -> int:
        """Bytes of a reply that is gathered, with `chunk`; too many are the provider's fault."""
        size += len(chunk)
        if size > WHOLE_BYTES:
            raise UpstreamError(
                f"the reply is larger than {WHOLE_BYTES >> 20} MiB and cannot be translated",
                code="upstream_protocol",
            )
        return size

    async def _whole(self, body: bytes) -> None:
        """A reply in one piece, for a caller that wants one piece or a stream."""
        translation = self.translation
        said = translation.provider.read_chat_reply(body)
        if isinstance(said, ReplyError):
            raise FailedReply(said)
        if self.exchange.is_stream:
            await self._stream_of_whole(said)
            return
        await self._answer(said)

    async def _answer(self, said: ChatReply) -> None:
        translation = self.translation
        body = translation.caller.write_reply(said, translation.context, translation.ledger)
        await self.answer(body, heard.summary(said))
        self._carry(carried.parts_of(said))
        if self.keep is not None:
            self.keep(body)

    def _carry(self, parts: list[Part]) -> None:
        if self.thoughts is not None and self.exchange.dialect in FORGETFUL:
            self.thoughts.remember(self.exchange.consumer, parts)

    def _keep_streamed(self, encoder: StreamEncoder, listening: heard.Heard) -> None:
        self._carry(listening.signed_parts(self.translation.dialect))
        final: bytes = getattr(encoder, "final", b"")
        if self.keep is not None and final:
            self.keep(final)

    async def _stream_of_whole(self, said: ChatReply) -> None:
        listening = self._listen()
        encoder = self._encoder()
        pieces = self._encode(events_of(said), encoder, listening)
        self.listener.commit(time.monotonic())
        await self._commit(encoder)
        self.watchdog.is_caller_slow = True  # the provider has done its part
        await self.downstream.end(pieces)
        self._keep_streamed(encoder, listening)

    async def _whole_of_stream(self) -> None:
        """Some servers stream although nobody asked (transformers serve)."""
        decoder, framer = self.translation.provider.stream_decoder(), self.translation.provider.framer()
        events: list[ChatEvent] = []
        size = 0
        async for chunk in self.reply.chunks():
            self.watchdog.touch()
            self.watchdog.first_packet()
            size = self._counted(size, chunk)
            events += [said for event in framer.feed(chunk) for said in decoder.feed(event)]
            if events and isinstance(events[-1], Failed):
                break
        else:
            events += [said for event in framer.close() for said in decoder.feed(event)]
            events += decoder.close()
        translation = self.translation
        said = reply_of(events, translation.dialect)
        if isinstance(said, ReplyError):
            raise FailedReply(said)
        await self._answer(said)

    async def _stream(self) -> None:
        decoder, framer = self.translation.provider.stream_decoder(), self.translation.provider.framer()
        encoder = self._encoder()
        listening = self._listen()
        listener, watchdog = self.listener, self.watchdog
        chunks = self.reply.chunks()
        last: list[bytes] = []
        is_open = False

        def take(events: Iterable[Event]) -> bytes:
            said = (one for event in events for one in decoder.feed(event))
            # A ping before the first word is nobody's: held ones would only add up.
            return self._encode((one for one in said if is_open or one != _PING), encoder, listening)

        async for chunk in chunks:
            now_s = time.monotonic()
            watchdog.touch()
            listener.heard(now_s, chunk)
            last.append(take(framer.feed(chunk)))
            self._require_well(listening)
            if not is_open and listening.has_data:
                is_open = True
                listener.commit(now_s)
                watchdog.first_packet()
                await self._commit(encoder)
            if listening.is_over:
                break
            if is_open:
                ready = b"".join(last)
                last.clear()
                if ready:
                    await pass_on(ready, self.downstream, watchdog)
            framer.feed(b"")  # raises what a framer found broken behind good events of the same read
        else:
            last += (take(framer.close()), self._encode(decoder.close(), encoder, listening))
        if not is_open:
            self._require_well(listening)
            listener.commit(time.monotonic())
            await self._commit(encoder)
        watchdog.is_caller_slow = True  # the provider has done its part
        listener.is_whole = True
        await self.downstream.end(b"".join(last))
        self._keep_streamed(encoder, listening)
        await self._let_go(chunks, is_well=listening.error is None)

    async def _let_go(self, chunks: AsyncIterator[bytes], *, is_well: bool) -> None:
        """Nothing counts after the provider's last word; the body's end is waited for, so that the connection serves again."""
        if is_well:
            with contextlib.suppress(TimeoutError, UpstreamError):
                async with asyncio.timeout(_LINGER_S):
                    async for _ in chunks:
                        pass
        self.reply.cancel()

    async def _commit(self, encoder: StreamEncoder) -> None:
        """From here on every end is said in the stream, also a deadline's: the encoder alone knows how."""
        self.downstream.last_words = lambda status, code, message: encoder.encode(
            Failed(message=message, code=code, status=status)
        )
        await self.commit()

    def _listen(self) -> heard.Heard:
        listening = heard.Heard()
        self.listener.begin(is_events=True, reader=listening, dialect=self.translation.dialect)
        return listening

    def _encoder(self) -> StreamEncoder:
        translation = self.translation
        if self.is_array:
            return array_encoder(translation.context, translation.ledger)
        return translation.caller.stream_encoder(translation.context, translation.ledger)

    def _encode(self, events: Iterable[ChatEvent], encoder: StreamEncoder, listening: heard.Heard) -> bytes:
        pieces: list[bytes] = []
        for event in events:
            listening.take(event)
            pieces.append(encoder.encode(event))
        return b"".join(pieces)

    def _require_well(self, listening: heard.Heard) -> None:
        if listening.error is not None and not listening.has_data:
            raise FailedReply(listening.error)


async def relay_count(relay: Relay) -> None:
    """The reply to a question for a token count."""
    body = await relay.read()
    theirs = count_codec(relay.translation.dialect)
    ours = count_codec(relay.exchange.dialect)
    tokens = theirs.read_count_reply(body) if theirs is not None else None
    if tokens is None or ours is None:
        raise FailedReply(ReplyError(message="the provider's answer holds no token count", status=_CANNOT))
    await relay.answer(ours.write_count_reply(tokens), ReplySummary())


def stream_type(match: Match, query: bytes) -> bytes:
    """The content type of a translated stream; Gemini's is a JSON array unless the caller asks for `alt=sse`."""
    return JSON if is_array(match, query) else EVENTS


def is_array(match: Match, query: bytes) -> bool:
    """The caller wants its stream as one JSON array."""
    return match.is_stream and b"alt=sse" not in query.split(b"&")


def translation_headers(translation: Translation | None) -> Pairs:
    """`x-aigw-translation`, where something was translated."""
    if translation is None:
        return []
    ledger = translation.ledger
    headers = [(b"x-aigw-translation", ledger.header().encode("ascii"))]
    if ledger.is_warning:
        headers.append((b"warning", b'199 aigw-dev "the translation lost something, see x-aigw-translation"'))
    return headers

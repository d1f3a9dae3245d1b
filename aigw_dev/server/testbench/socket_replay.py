"""A recorded WebSocket played again: what the provider said comes once the caller has said what came before it.

Order is what is waited for, not time. The caller's messages are compared with the recorded ones as they come; one that
differs, or one more than was recorded, ends the socket as a miss.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.recording.fixture import Closing, Response
from aigw_dev.core.recording.frames import Script, message_of
from aigw_dev.core.recording.likeness import FieldDiff
from aigw_dev.server.socket_frames import GONE, Closed, Message
from aigw_dev.server.testbench.replayed import ReadBlob, inlined
from aigw_dev.server.testbench.requests import Clean
from aigw_dev.server.testbench.socket_capture import cleaned

POLICY: Final = 1008
"""RFC 6455 7.4.1: the closing code of a miss."""
REASON_BYTES: Final = 120
"""A close frame has room for 123."""
_CUT: Final = "the recorded connection broke off here"

Missed = Callable[[int, Sequence[FieldDiff] | None], str]
"""Told of a message that was not recorded so: its number from 1, and where it differs (None = one too many); the text for it."""


class ReplayedSocket:
    """A socket out of a fixture."""

    def __init__(
        self,
        response: Response,
        script: Script,
        *,
        read_blob: ReadBlob,
        pace: float,
        clean: Clean,
        missed: Missed,
    ) -> None:
        """`script` is of `response`; `pace` multiplies the recorded pauses: 0 = none, 1 = as recorded."""
        self._response = response
        self._frames = response.ws or []
        self._script = script
        self._read_blob = read_blob
        self._pace = pace
        self._clean = clean
        self._missed = missed
        self._at = 0
        """The frame whose turn it is."""
        self._passed = 0
        """How many of the caller's are before it."""
        self._last_words: deque[Message] = deque()
        self._news = asyncio.Event()
        self.closed: Closed | None = None
        """How it ended."""

    async def receive(self) -> Message | Closed:
        """The provider's next recorded message, once it may come; or how it ended."""
        while True:
            await asyncio.sleep(0)  # a long recording must not hold everybody else up
            if self._last_words:
                return self._last_words.popleft()
            if self.closed is not None:
                return self.closed
            message = await self._next()
            if message is not None and self.closed is None:
                return message

    async def send(self, message: Message) -> bool:
        """Compare a message of the caller with the recorded one; False where it was none, or the socket has ended."""
        if self.closed is not None:
            return False
        number = self._script.heard + 1
        fields = self._script.hear(cleaned(message, self._clean), is_text=message.is_text)
        self._news.set()
        if fields == []:
            return True
        text = self._missed(number, fields)
        event = error_event(message, text)
        if event is not None:
            self._last_words.append(event)
        self.closed = Closed(POLICY, reason_of(text))
        return False

    def close(self, code: int, reason: str = "") -> None:
        """The caller's side has ended it."""
        self._end(Closed(code, reason, is_ours=True))

    def abort(self) -> None:
        """The gateway gives it up."""
        self._end(Closed(GONE, is_ours=True))

    async def ended(self) -> None:
        """There is no connection to wait for."""

    async def _next(self) -> Message | None:
        """The message that comes next, None where something else happened."""
        if self._at == len(self._frames):
            await self._finish()
            return None
        frame = self._frames[self._at]
        if frame.side == "c":
            if self._script.heard == self._passed:
                await self._wait()
            else:
                self._passed += 1
                self._at += 1
            return None
        self._at += 1
        await asyncio.sleep(frame.dt_ms * self._pace / 1000)
        payload = message_of(frame, read_blob=self._read_blob, inline=self._inlined)
        return Message(payload, is_text=frame.blob is None and not frame.is_binary)

    def _inlined(self, value: Any) -> Any:
        return inlined(self._script.retold(value), self._read_blob)

    async def _finish(self) -> None:
        """Everything was said: end as it was recorded, or leave that to the caller."""
        closing = self._response.close
        if closing is not None and closing.side == "s":
            self._end(_closed(closing))
        elif closing is None and self._response.end in {"reset", "cut"}:
            self._end(Closed(GONE, _CUT))
        else:
            await self._wait()

    async def _wait(self) -> None:
        """Until the caller does something."""
        self._news.clear()
        await self._news.wait()

    def _end(self, closed: Closed) -> None:
        if self.closed is None:
            self.closed = closed
        self._news.set()


def _closed(closing: Closing) -> Closed:
    return Closed(closing.code, closing.reason)


def reason_of(text: str) -> str:
    """The first line of a miss, as far as a close frame has room for it."""
    first = text.partition("\n")[0].removeprefix("aigw: ")
    return first.encode()[:REASON_BYTES].decode("utf-8", "ignore")


def error_event(message: Message, text: str) -> Message | None:
    """An error event, to a caller whose own messages are events with a `type`; None for any other.

    In the words of OpenAI's Realtime API, whose SDKs raise it (its reference, read 2026-11).
    """
    event = loose_json.mapping(loose_json.load(message.payload))
    if not isinstance(event.get("type"), str):
        return None
    error = {
        "type": "invalid_request_error",
        "code": "fixture_miss",
        "message": text,
        "param": None,
        "event_id": loose_json.text(event.get("event_id")) or None,
    }
    said = {"type": "error", "event_id": "event_aigw_miss", "status": 424, "error": error}
    return Message(msgspec.json.encode(said), is_text=True)

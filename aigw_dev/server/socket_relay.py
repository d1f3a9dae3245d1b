"""Messages both ways between a caller and a provider until one of them ends it. Byte for byte, one message at a time.

Back-pressure: a message is taken from one side only when the other has taken the one before. Each hop answers its own
pings; a close goes on with its code and reason; what cannot be said in a close frame (1005, 1006) is said otherwise.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.realtime import RealtimeObserver
from aigw_dev.core.recording.socket_reader import SocketReader
from aigw_dev.core.transcript import Transcript
from aigw_dev.server.socket_answer import Socket
from aigw_dev.server.socket_frames import FAILED, GOING_AWAY, GONE, NO_CODE, TOO_BIG, Closed, Frames, Message

Side = Literal["client", "server"]
QUIET_CODES: Final = frozenset({1000, GOING_AWAY, NO_CODE})
"""Codes with which a socket ends well."""


class Ear(msgspec.Struct, kw_only=True):
    """What is heard of one socket: for the log, usage and timing."""

    began_s: float
    """The exchange's start on the monotonic clock."""
    observer: RealtimeObserver = msgspec.field(default_factory=RealtimeObserver)
    transcript: Transcript | None = None
    """None where bodies are not recorded."""
    reader: SocketReader | None = None
    """Puts together what the provider says, where a test wants to know."""
    first_s: float | None = None
    """Seconds to the provider's first message."""
    client_bytes: int = 0
    server_bytes: int = 0

    def hear(self, side: Side, message: Message) -> None:
        """A message goes on."""
        at_s = time.monotonic() - self.began_s
        if side == "client":
            self.client_bytes += len(message.payload)
            self.observer.client(message.payload)
        else:
            self.server_bytes += len(message.payload)
            self.first_s = at_s if self.first_s is None else self.first_s
            self.observer.server(message.payload)  # Gemini Live sends its JSON as binary messages
            if self.reader is not None:
                self.reader.hear(loose_json.load(message.payload))
        if self.transcript is None:
            return
        if message.is_text or _is_json(message.payload):
            self.transcript.text(int(at_s * 1000), side, message.payload)
        else:
            self.transcript.binary(int(at_s * 1000), side, len(message.payload))

    def hear_close(self, side: Side, closed: Closed) -> None:
        """A side ended it."""
        if self.transcript is not None:
            at_ms = int((time.monotonic() - self.began_s) * 1000)
            self.transcript.close(at_ms, side, closed.code, closed.reason)


class Ending(msgspec.Struct, frozen=True):
    """Who ended a socket, and how."""

    side: Side
    closed: Closed


Sieve = Callable[[Message], tuple[Message | None, Message | None]]
"""What becomes of a caller's message: what goes to the provider, and what is answered here."""


async def relay(caller: Frames, provider: Socket, ear: Ear, sieve: Sieve | None = None) -> Ending:
    """Relay until one side ends it, and pass that on. Cancelling cuts both."""
    gone = asyncio.Event()
    caller.on_gone = gone.set
    pumps = {
        asyncio.create_task(_up(caller, provider, ear, sieve), name="socket-up"),
        asyncio.create_task(_down(caller, provider, ear), name="socket-down"),
        asyncio.create_task(gone.wait(), name="socket-caller-gone"),
    }
    try:
        if caller.closed is None or caller.closed.code != GONE:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        caller.close(GOING_AWAY, "the gateway is stopping")
        provider.close(GOING_AWAY)
        raise
    finally:
        for pump in pumps:
            pump.cancel()
    # Messages that were under way count as delivered as soon as the other side has hung up.
    for pump in pumps:
        if pump.done() and not pump.cancelled() and (fault := pump.exception()) is not None:
            raise fault
    ending = _ending(caller, provider)
    ear.hear_close(ending.side, ending.closed)
    if ending.side == "client":
        provider.close(*_for_provider(ending.closed))
    else:
        caller.close(*_for_caller(ending.closed))
    return ending


async def _up(caller: Frames, provider: Socket, ear: Ear, sieve: Sieve | None) -> None:
    while isinstance(message := await caller.receive(), Message):
        ear.hear("client", message)
        onward: Message | None = message
        if sieve is not None:
            onward, answer = sieve(message)
            if answer is not None:
                ear.hear("server", answer)
                if not await caller.send(answer):
                    return
        if onward is not None and not await provider.send(onward):
            # It has ended; what it said before is still on its way to the caller.
            await _forever()


async def _down(caller: Frames, provider: Socket, ear: Ear) -> None:
    while isinstance(message := await provider.receive(), Message):
        ear.hear("server", message)
        if not await caller.send(message):
            return


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


def _ending(caller: Frames, provider: Socket) -> Ending:
    """Who was first; where both have ended, who did not merely follow us."""
    if caller.closed is not None and (provider.closed is None or not caller.closed.is_ours):
        return Ending("client", caller.closed)
    if provider.closed is not None:
        return Ending("server", provider.closed)
    return Ending("client", Closed(GONE, is_ours=True))


def _for_provider(closed: Closed) -> tuple[int, str]:
    """How the provider is told that the caller's side has ended."""
    if closed.code == GONE or closed.is_ours:
        return GOING_AWAY, ""
    return closed.code, closed.reason


def _for_caller(closed: Closed) -> tuple[int, str]:
    """How the caller is told that the provider's side has ended."""
    if closed.code == GONE:
        return FAILED, f"the provider's connection is gone: {closed.reason or 'it ended without a close'}"
    if closed.is_ours:
        code = TOO_BIG if closed.code == TOO_BIG else FAILED
        return code, f"the provider sent what cannot be passed on ({closed.code}): {closed.reason}"
    return closed.code, closed.reason


def _is_json(payload: bytes) -> bool:
    if payload[:1] not in {b"{", b"["}:
        return False
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

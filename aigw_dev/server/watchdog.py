"""Deadlines of one upstream attempt: total, first packet and idle, with a single timer.

A timer per chunk would cost more than relaying the chunk, so `touch` only notes the time and the timer re-arms
itself when it finds that nothing is due yet. For the same reason it looks once after the idle time even where idle
time has not begun to count: a look too many costs less than another timer in every call.
"""

import asyncio
from types import TracebackType
from typing import Final, Self

from aigw_dev.core.errors import UpstreamError

_MESSAGES: Final = {
    "first_packet_timeout": "no first packet within {s:g} s",
    "idle_timeout": "the provider sent nothing for {s:g} s",
    "total_timeout": "the call took longer than {s:g} s",
}
_SECOND_LOOK_S: Final = 0.005
"""How long after a deadline it is looked at again before it counts."""


class Watchdog:
    """Cancels the task it was entered in when a deadline passes, and turns that into an `UpstreamError`.

    Seconds; 0 or None switches a deadline off. Use as an (ordinary) context manager around the attempt.
    """

    def __init__(self, *, total_s: float | None, first_packet_s: float | None, idle_s: float | None) -> None:
        """First-packet time runs from entering until `first_packet`; idle time from the first bytes on."""
        self._total_s = total_s or 0.0
        self._first_s = first_packet_s or 0.0
        self._idle_s = idle_s or 0.0
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None
        self._began = self._touched = self._loop.time()
        self._is_flowing = self._has_bytes = False
        self._fired = ""
        self._doubted = (0.0, "")
        """The deadline that was found passed once."""
        self.is_caller_slow = False
        """The caller is being written to: idle time does not pass."""

    def __enter__(self) -> Self:
        """Start the clock."""
        self._arm()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the clock; a cancellation that was ours becomes an `UpstreamError`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._fired or self._task is None:
            return
        is_only_ours = self._task.uncancel() == 0
        if kind is asyncio.CancelledError and is_only_ours:
            raise UpstreamError(self._message(), code=self._fired) from error

    def first_packet(self) -> None:
        """The first data arrived: its deadline is met."""
        self._is_flowing = True

    def touch(self) -> None:
        """Something arrived: from the first bytes on, idle time counts."""
        self._touched = self._loop.time()
        self._has_bytes = True

    def _deadlines(self) -> list[tuple[float, str]]:
        found: list[tuple[float, str]] = []
        if self._total_s:
            found.append((self._began + self._total_s, "total_timeout"))
        if not self._is_flowing and self._first_s:
            found.append((self._began + self._first_s, "first_packet_timeout"))
        if self._has_bytes and self._idle_s:
            since = self._loop.time() if self.is_caller_slow else self._touched
            found.append((since + self._idle_s, "idle_timeout"))
        return found

    def _arm(self) -> None:
        soonest = min((limit for limit in (self._total_s, self._first_s, self._idle_s) if limit), default=0.0)
        if soonest:
            self._timer = self._loop.call_at(self._began + soonest, self._check)

    def _check(self) -> None:
        self._timer = None
        now = self._loop.time()
        # Idle time that does not count yet may begin at any moment from now.
        looks = [(now + self._idle_s, "")] if self._idle_s and not self._has_bytes else []
        when, code = min(self._deadlines() + looks, default=(0.0, ""))
        if when > now:
            self._timer = self._loop.call_at(when, self._check)
        elif code and self._doubted != (when, code):
            # After a pause of this whole process (a busy machine, a laptop's sleep) timers run before sockets are read:
            # what has arrived meanwhile gets its turn first.
            self._doubted = (when, code)
            self._timer = self._loop.call_later(_SECOND_LOOK_S, self._check)
        elif code:
            self._fired = code
            if self._task is not None:
                self._task.cancel()

    def _message(self) -> str:
        seconds = {
            "first_packet_timeout": self._first_s,
            "idle_timeout": self._idle_s,
            "total_timeout": self._total_s,
        }
        return _MESSAGES[self._fired].format(s=seconds[self._fired])

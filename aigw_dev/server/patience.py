"""One timer for all deadlines of a connection: cheap while deadlines only move back.

Most requests arrive whole and never touch it: the timer looks when it is due, finds that the deadline has moved, and
sets itself again. Only a deadline earlier than the next look costs a new timer.
"""

import asyncio
from collections.abc import Callable


class Patience:
    """Calls `look(now)` no later than asked; `look` answers when to look again, or None to stop. The loop's clock."""

    __slots__ = ("_at", "_look", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, look: Callable[[float], float | None]) -> None:
        """Rests until `look_by`."""
        self._loop = loop
        self._look = look
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0

    def look_by(self, at: float) -> None:
        """Look at `at` or earlier."""
        if self._timer is not None:
            if self._at <= at:
                return
            self._timer.cancel()
        self._at = at
        self._timer = self._loop.call_at(at, self._due)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        again = self._look(self._loop.time())
        if again is not None:
            self.look_by(again)

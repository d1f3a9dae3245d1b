"""Refused admin calls on their way into the audit: at once when one comes, in few rows when many do.

The audit is append-only and anybody on this machine can be refused, so what a flood can write is bounded.
"""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

from aigw_dev.core.errors import StoreError
from aigw_dev.store.state import StateStore

PAUSE_S: Final = 5.0
"""Between two writes: the first refusal is written at once, those of the next seconds together."""
_KINDS: Final = 8
"""Different calls that one write keeps apart; further ones are counted as one."""
_SHOWN: Final = 200
"""Characters kept of what was asked."""
_OTHERS: Final = "other admin calls"

log: Final = logging.getLogger("aigw_dev.refused")


class RefusedCalls:
    """Collects refusals on the event loop and writes them into the audit from a thread."""

    def __init__(
        self, state: StateStore, *, mask: Callable[[bytes], bytes], pause_s: float = PAUSE_S
    ) -> None:
        """`mask` hides secrets that somebody put into a path."""
        self._state: Final = state
        self._mask: Final = mask
        self._pause_s: Final = pause_s
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._guard: Final = threading.Lock()
        self._some: Final = asyncio.Event()

    def note(self, asked: str, code: str) -> None:
        """One more call was refused with `code`; never blocks on a file."""
        kind = (self._mask(asked[:_SHOWN].encode()).decode("utf-8", "replace"), code)
        with self._guard:
            if kind not in self._waiting and len(self._waiting) >= _KINDS:
                kind = (_OTHERS, code)
            self._waiting[kind] += 1
        self._some.set()

    async def keep(self) -> None:
        """Write what comes, until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            await asyncio.to_thread(self.write_down)
            await asyncio.sleep(self._pause_s)

    def write_down(self) -> None:
        """Append what waits. Blocking; an audit that cannot be written is said in the log and stops nothing."""
        with self._guard:
            waiting, self._waiting = self._waiting, Counter()
        try:
            for (asked, code), times in waiting.items():
                detail = {"code": code, "times": times}
                self._state.audit(
                    "admin.refused", asked, actor="unknown", origin="admin", is_ok=False, detail=detail
                )
        except StoreError as error:
            log.warning("refused admin calls were not written into the audit: %s", error.message)


__all__ = ["PAUSE_S", "RefusedCalls"]

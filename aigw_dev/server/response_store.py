"""Responses kept for `previous_response_id`: bounded in memory, on disk and in age, each for the consumer it was made for.

What is kept is opaque bytes (`core.dialects.responses.state` writes and reads them). Off the request path: kept in
memory at once, durable within 100 ms, read from state.db in a thread where memory has let go.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core.errors import StoreError
from aigw_dev.store.response_rows import KEEP_S, ResponseRows

MEMORY_BYTES: Final = 64 << 20
MOST_BODY_BYTES: Final = 32 << 20
"""The longest that is kept at all."""
_OVERHEAD_BYTES: Final = 500
_ID: Final = re.compile(r"[!-~]{1,512}")


class _Kept(msgspec.Struct, frozen=True):
    body: bytes
    consumer: str
    at: float


class ResponseStore:
    """The kept responses. On the event loop alone, but for what it does in threads itself."""

    def __init__(
        self,
        rows: ResponseRows,
        *,
        clock: Callable[[], float] = time.time,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        """`clock` gives UTC seconds."""
        self._rows = rows
        self._clock = clock
        self._most_bytes = memory_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._changes = 0
        """Counts what was deleted: an answer of the database from before does not count."""

    @property
    def held_bytes(self) -> int:
        """What is in memory, about."""
        return self._bytes

    def keep(self, id_: str, body: bytes, *, consumer: str) -> bool:
        """Keep a response, in place of one of the same id; False where it is too long or its id is none."""
        if len(body) > MOST_BODY_BYTES or _ID.fullmatch(id_) is None:
            return False
        kept = _Kept(body, consumer, self._clock())
        self._hold(id_, kept)
        return self._rows.put(id_, body, consumer=consumer, at=kept.at)

    async def get(self, id_: str, *, consumer: str) -> bytes | None:
        """The response; None where there is none, it is older than 30 days, or it is another consumer's."""
        kept = self._kept.get(id_)
        if kept is None and _ID.fullmatch(id_) is not None:
            kept = await self._read(id_)
        if kept is None or kept.consumer != consumer or kept.at < self._clock() - KEEP_S:
            return None
        if id_ in self._kept:
            self._kept.move_to_end(id_)
        return kept.body

    async def delete(self, id_: str, *, consumer: str) -> bool:
        """Let go of a response; False where `get` would find none."""
        if await self.get(id_, consumer=consumer) is None:
            return False
        self._changes += 1
        self._drop(id_)
        self._rows.delete(id_)
        return True

    async def _read(self, id_: str) -> _Kept | None:
        before = self._changes
        try:
            found = await asyncio.to_thread(self._rows.get, id_, since_s=self._clock() - KEEP_S)
        except StoreError:
            return None
        if id_ in self._kept:
            return self._kept[id_]
        if found is None:
            return None
        kept = _Kept(*found)
        if self._changes == before:
            self._hold(id_, kept)
        return kept

    def _hold(self, id_: str, kept: _Kept) -> None:
        self._drop(id_)
        self._kept[id_] = kept
        self._bytes += len(kept.body) + _OVERHEAD_BYTES
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, id_: str) -> None:
        kept = self._kept.pop(id_, None)
        if kept is not None:
            self._bytes -= len(kept.body) + _OVERHEAD_BYTES

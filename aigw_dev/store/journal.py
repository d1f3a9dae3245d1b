"""What the writer did to rows that somebody may already show: which ended, which are gone. In memory, bounded.

The writer thread notes every transaction after it is durable; readers ask what happened since a place they kept. A
place from another process, from before the file was changed for another, or older than what is remembered, has no
answer: its reader begins anew. Thread-safe.
"""

import collections
import os
import threading
from collections.abc import Sequence
from typing import Final

import msgspec

MOST_SEQS: Final = 20_000
"""Rows remembered."""


class Place(msgspec.Struct, frozen=True):
    """A place in the journal."""

    epoch: str
    """Of which journal; another one knows nothing of it."""
    position: int
    """How many transactions were noted before it."""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What happened since a place."""

    place: Place
    """Where the journal ends now."""
    ended: list[int]
    """Rows that were open and ended; some may be gone since."""
    gone: list[int]
    """Rows that were deleted."""


class _Note(msgspec.Struct, frozen=True):
    position: int
    ended: tuple[int, ...]
    gone: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.ended) + len(self.gone)


class Journal:
    """One per log.db that is written."""

    def __init__(self) -> None:
        """Begins empty, with an epoch of its own."""
        self._lock = threading.Lock()
        self._notes: collections.deque[_Note] = collections.deque()
        self._seqs = 0
        self._forgotten = 0
        self._place = Place(_epoch(), 0)

    @property
    def place(self) -> Place:
        """Where the journal ends now. Read it before the rows: then nothing is missed between the two."""
        return self._place

    def note(self, *, ended: Sequence[int] = (), gone: Sequence[int] = ()) -> None:
        """A transaction became durable: these rows ended or went, and there may be new ones."""
        with self._lock:
            self._place = Place(self._place.epoch, self._place.position + 1)
            note = _Note(self._place.position, tuple(ended), tuple(gone))
            if not len(note):
                return
            self._notes.append(note)
            self._seqs += len(note)
            while self._seqs > MOST_SEQS:
                oldest = self._notes.popleft()
                self._seqs -= len(oldest)
                self._forgotten = oldest.position

    def restart(self) -> None:
        """The file is another one, or was written by somebody else: no place of before means anything."""
        with self._lock:
            self._notes.clear()
            self._seqs = self._forgotten = 0
            self._place = Place(_epoch(), 0)

    def since(self, place: Place) -> News | None:
        """What happened after `place`; None where that cannot be told any more."""
        with self._lock:
            now = self._place
            if place.epoch != now.epoch or not self._forgotten <= place.position <= now.position:
                return None
            ended: list[int] = []
            gone: list[int] = []
            for note in reversed(self._notes):
                if note.position <= place.position:
                    break
                ended += note.ended
                gone += note.gone
        return News(place=now, ended=ended, gone=gone)


def _epoch() -> str:
    return os.urandom(4).hex()

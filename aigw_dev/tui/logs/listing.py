"""What the list of exchanges is made of: which rows pass, the rows that were fetched, and what changed since.

Pure. The gateway tells where rows are (`index`) and what changed (`changes`); rows themselves are fetched as they come
into sight and forgotten again, so memory does not grow with the log.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from aigw_dev.tui.logs.line import Line
from aigw_dev.tui.logs.runs import Runs

KEPT: Final = 2_000
"""Rows kept."""


class Applied(NamedTuple):
    """What `apply` did to the list."""

    added: int
    """Rows that came."""
    is_moved: bool
    """Rows before the old end came or went: positions are different."""
    stale: tuple[int, ...]
    """Rows that ended: what is kept of them is old."""


class Listing:
    """One filter's rows."""

    def __init__(self, query: str = "", index: Mapping[str, Any] | None = None) -> None:
        """`index` is the gateway's answer; none is an empty list that has not been asked for."""
        found = index or {}
        self.query: str = query
        self.is_asked: bool = index is not None
        self.runs: Runs = Runs(found.get("runs", ()))
        self.end: str = str(found.get("end", ""))
        self.took_ms: float = float(found.get("took_ms", 0.0))
        self.logged: int = int(found.get("logged", 0))
        self.is_complete: bool = bool(found.get("is_complete", True))
        self.unindexed: int = int(found.get("unindexed", 0))
        self._lines: OrderedDict[int, Line] = OrderedDict()

    def __len__(self) -> int:
        return len(self.runs)

    def line(self, seq: int) -> Line | None:
        """The row, where it was fetched."""
        return self._lines.get(seq)

    def put(self, lines: Iterable[Line]) -> None:
        """Rows that were fetched; those not looked at for longest are forgotten."""
        for line in lines:
            self._lines[line.seq] = line
            self._lines.move_to_end(line.seq)
        while len(self._lines) > KEPT:
            self._lines.popitem(last=False)

    def take_over(self, other: "Listing") -> None:
        """Rows that another filter's list has fetched are the same here."""
        self.put(other.kept())

    def kept(self) -> list[Line]:
        """Every row that was fetched and not forgotten."""
        return list(self._lines.values())

    def missing(self, first: int, after: int) -> list[int]:
        """Seqs at these positions that have to be fetched; what is there is used again."""
        wanted: list[int] = []
        for seq in self.runs.seqs(first, after):
            if seq in self._lines:
                self._lines.move_to_end(seq)
            else:
                wanted.append(seq)
        return wanted

    def apply(self, changes: Mapping[str, Any]) -> Applied:
        """Take in what the gateway says has changed."""
        size, last = len(self), self.runs.seq(len(self) - 1) if len(self) else 0
        new: list[list[int]] = changes.get("runs", [])
        ended: list[int] = changes.get("ended", [])
        dropped: list[int] = changes.get("dropped", [])
        inserted = [seq for seq in ended if seq not in self.runs]
        self.runs.add(new)
        self.runs.add((seq, 1) for seq in inserted)
        self.runs.drop(dropped)
        for seq in dropped:
            self._lines.pop(seq, None)
        self.end = str(changes.get("end", self.end))
        added = sum(run[1] for run in new)
        self.logged = max(self.logged + (0 if self.query else added - len(dropped)), len(self))
        is_moved = bool(dropped) or any(seq < last for seq in inserted) or len(self) < size
        return Applied(added, is_moved, tuple(ended))

    def to_fetch(self, changes: Mapping[str, Any], *, newest: int, shown: Collection[int]) -> list[int]:
        """Rows worth fetching together with `changes`: the `newest` of the new ones, and shown ones that ended.

        Reads nothing that another thread may change meanwhile, but `shown`, which is the caller's own.
        """
        wanted: list[int] = []
        for first, count in reversed(changes.get("runs", [])):
            if len(wanted) >= newest:
                break
            wanted += range(first + count - 1, max(first, first + count - newest + len(wanted)) - 1, -1)
        return sorted({*wanted, *(seq for seq in changes.get("ended", []) if seq in shown)})


def line_of(listing: Listing, position: int) -> Line | None:
    """The row at a position, where it was fetched."""
    return listing.line(listing.runs.seq(position)) if 0 <= position < len(listing) else None

"""Which rows a list shows, as runs of their numbers: position to number and back, for a hundred thousand rows.

Pure. Rows come at the end nearly always; anything else is right too, only slower. A log without a filter is one run.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

Run = Sequence[int]
"""(first seq, how many follow each other from there)."""


class Runs:
    """An ordered set of seqs. `len` is how many there are."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        """`runs` in any order; they may touch and overlap."""
        self._firsts = array("q")
        self._ends = array("q")
        """How many rows there are up to the end of each run, counted from `_base`."""
        self._base = 0
        self.add(runs)

    def __len__(self) -> int:
        return self._ends[-1] - self._base if self._ends else 0

    def __contains__(self, seq: int) -> bool:
        at = bisect_right(self._firsts, seq) - 1
        return at >= 0 and seq < self._firsts[at] + self._count(at)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Runs) and self.pairs() == other.pairs()

    def pairs(self) -> list[tuple[int, int]]:
        """The runs, oldest first; no two touch."""
        return [(first, self._count(at)) for at, first in enumerate(self._firsts)]

    def seq(self, position: int) -> int:
        """The seq at a position from 0 up to, not including, `len`; `IndexError` elsewhere."""
        if not 0 <= position < len(self):
            message = f"there is no row {position} of {len(self)}"
            raise IndexError(message)
        wanted = position + self._base
        at = bisect_right(self._ends, wanted)
        return self._firsts[at] + wanted - self._start(at)

    def seqs(self, first: int, after: int) -> list[int]:
        """The seqs at the positions from `first` up to, not including, `after`; what lies outside is left out."""
        return [self.seq(position) for position in range(max(0, first), min(after, len(self)))]

    def position(self, seq: int) -> int:
        """Where `seq` stands, or where the next higher one does; `len` where there is none."""
        at = bisect_right(self._firsts, seq) - 1
        if at < 0:
            return 0
        return self._start(at) - self._base + min(seq - self._firsts[at], self._count(at))

    def add(self, runs: Iterable[Run]) -> None:
        """Put these in; what is there already stays once."""
        for first, count in sorted((run[0], run[1]) for run in runs):
            if count > 0:
                self._add(first, count)

    def drop(self, seqs: Iterable[int]) -> None:
        """Take these out; what is not there does not matter."""
        gone = sorted({seq for seq in seqs if seq in self})
        if not gone:
            return
        low = bisect_right(self._firsts, gone[0]) - 1
        high = bisect_right(self._firsts, gone[-1])
        self._replace(low, high, _without([self._run(at) for at in range(low, high)], gone))

    def _add(self, first: int, count: int) -> None:
        low = bisect_left(self._firsts, first)
        if low and self._firsts[low - 1] + self._count(low - 1) >= first:
            low -= 1  # touches the one before
        high = bisect_right(self._firsts, first + count)
        if low < high:
            first, after = min(first, self._firsts[low]), first + count
            count = max(after, self._firsts[high - 1] + self._count(high - 1)) - first
        self._replace(low, high, [(first, count)])

    def _replace(self, low: int, high: int, runs: list[tuple[int, int]]) -> None:
        """Let the runs from `low` up to, not including, `high` be these."""
        begin, after = self._start(low), self._start(high)
        added = sum(count for _, count in runs) - (after - begin)
        is_shifted = high < len(self._ends)
        if is_shifted and low == 0:
            # Rows at the head come and go without touching the rest: numbers count on from another base.
            begin -= added
            self._base, is_shifted = begin, False
        ends = array("q")
        end = begin
        for _, count in runs:
            end += count
            ends.append(end)
        if is_shifted and added:
            self._ends[high:] = array("q", [end + added for end in self._ends[high:]])
        self._firsts[low:high] = array("q", [first for first, _ in runs])
        self._ends[low:high] = ends

    def _run(self, at: int) -> tuple[int, int]:
        return self._firsts[at], self._count(at)

    def _count(self, at: int) -> int:
        return self._ends[at] - self._start(at)

    def _start(self, at: int) -> int:
        return self._ends[at - 1] if at else self._base


def _without(runs: list[tuple[int, int]], gone: list[int]) -> list[tuple[int, int]]:
    """`runs` without the seqs of `gone`, which is sorted."""
    left: list[tuple[int, int]] = []
    for begin, count in runs:
        first, after = begin, begin + count
        for seq in gone[bisect_left(gone, first) : bisect_left(gone, after)]:
            if seq > first:
                left.append((first, seq - first))
            first = seq + 1
        if first < after:
            left.append((first, after - first))
    return left

"""Two texts word by word: what is the same, what went, what came, in bounded time whatever the texts are.

Myers' greedy algorithm (Algorithmica 1, 1986) over words, after what both begin and end with is put aside. Texts that
differ in more than `MOST_EDITS` words are not followed word by word: what lies between is one exchange of texts.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

MOST_EDITS: Final = 1_000
"""Work and memory grow with its square: about 0.3 s."""
MOST_CHARS: Final = 200_000
"""Longer texts are compared as far as this."""

_CJK: Final = "\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7af"
_WORD: Final = re.compile(rf"(?P<word>[{_CJK}]|[^\W{_CJK}]+|[^\w\s])\s*")
"""A word with the blanks behind it; a Chinese, Japanese or Korean letter is a word of its own."""

Kind = Literal["same", "removed", "added"]


class Hunk(msgspec.Struct, frozen=True):
    """A piece of one or both texts."""

    kind: Kind
    """`same` stands in both, `removed` in the first alone, `added` in the second alone."""
    text: str


class TextDiff(msgspec.Struct, frozen=True, kw_only=True):
    """How two texts differ."""

    similarity: float
    """From 0 (no word in common) to 1 (the same text): twice the words in common by the words of both."""
    hunks: list[Hunk]
    """In reading order; `same` and `added` together are the second text, `same` and `removed` the first but for blanks."""
    is_exact: bool = True
    """False where the texts differ too much, or are too long, to be followed word by word to their ends."""


def diff(before: str, after: str) -> TextDiff:
    """The difference between two texts."""
    if before == after:
        return TextDiff(similarity=1.0, hunks=[Hunk("same", before)] if before else [])
    is_exact = len(before) <= MOST_CHARS and len(after) <= MOST_CHARS
    old, new = _words(before), _words(after)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    steps: Sequence[Step] | None = _edits(middle_old, middle_new)
    if steps is None:
        is_exact = False
        kept = _in_common(middle_old, middle_new)
        steps = [*(("removed", word) for word in middle_old), *(("added", word) for word in middle_new)]
    else:
        kept = sum(1 for kind, _ in steps if kind == "same")
    ends = _texts(new[:head]), _texts(new[len(new) - tail :])
    hunks = [Hunk("same", ends[0]), *_hunks(steps), Hunk("same", ends[1])]
    words = len(old) + len(new)
    return TextDiff(
        similarity=2 * (kept + head + tail) / words if words else 1.0,
        hunks=[hunk for hunk in hunks if hunk.text],
        is_exact=is_exact,
    )


class _Word(msgspec.Struct, frozen=True):
    key: str
    """What is compared."""
    text: str
    """With the blanks behind it."""


def _words(text: str) -> list[_Word]:
    return [_Word(match["word"], match[0]) for match in _WORD.finditer(text[:MOST_CHARS].lstrip())]


def _texts(words: list[_Word]) -> str:
    return "".join(word.text for word in words)


def _common(old: list[_Word], new: list[_Word]) -> int:
    """How many words both begin with."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one.key != other.key:
            break
        count += 1
    return count


def _in_common(old: list[_Word], new: list[_Word]) -> int:
    """How many words both have, wherever they stand."""
    return (Counter(word.key for word in old) & Counter(word.key for word in new)).total()


Step = tuple[Kind, _Word]


def _edits(old: list[_Word], new: list[_Word]) -> list[Step] | None:
    """The shortest way from one to the other, word by word; None where it is longer than `MOST_EDITS`."""
    numbers: dict[str, int] = {}
    a = [numbers.setdefault(word.key, len(numbers)) for word in old]
    b = [numbers.setdefault(word.key, len(numbers)) for word in new]
    size_a, size_b = len(a), len(b)
    if abs(size_a - size_b) > MOST_EDITS:
        return None
    furthest = {1: 0}
    rounds: list[dict[int, int]] = []
    for edits in range(min(size_a + size_b, MOST_EDITS) + 1):
        rounds.append(furthest.copy() if edits else furthest)
        for line in range(-edits, edits + 1, 2):
            is_down = line == -edits or (line != edits and furthest[line - 1] < furthest[line + 1])
            x = furthest[line + 1] if is_down else furthest[line - 1] + 1
            y = x - line
            while x < size_a and y < size_b and a[x] == b[y]:
                x += 1
                y += 1
            furthest[line] = x
            if x >= size_a and y >= size_b:
                return list(_walked(rounds, old, new))[::-1]
    return None


def _walked(rounds: list[dict[int, int]], old: list[_Word], new: list[_Word]) -> Iterator[Step]:
    """The way back from the end of both to their beginning."""
    x, y = len(old), len(new)
    for edits in range(len(rounds) - 1, -1, -1):
        furthest = rounds[edits]
        line = x - y
        is_down = line == -edits or (line != edits and furthest[line - 1] < furthest[line + 1])
        before = line + 1 if is_down else line - 1
        start_x = furthest[before] if edits else 0
        start_y = start_x - before if edits else 0
        while x > start_x and y > start_y:
            x, y = x - 1, y - 1
            yield "same", new[y]
        if not edits:
            return
        if is_down:
            y -= 1
            yield "added", new[y]
        else:
            x -= 1
            yield "removed", old[x]


def _hunks(steps: Sequence[Step]) -> Iterator[Hunk]:
    """Steps put together: of each change first what went, then what came."""
    for is_same, group in itertools.groupby(steps, key=lambda step: step[0] == "same"):
        members = list(group)
        for kind in ("same",) if is_same else ("removed", "added"):
            yield Hunk(kind, _texts([word for own, word in members if own == kind]))

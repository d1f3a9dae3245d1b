"""Two JSON values by structure: which paths differ, and how. Order of keys does not count; bounded whatever they hold."""

from collections.abc import Iterator
from typing import Any, Final, Literal, cast

import msgspec

MOST_DIFFERENCES: Final = 200
_MOST_DEPTH: Final = 64
_SHOWN_CHARS: Final = 400
VOLATILE: Final = frozenset(
    {
        "id",
        "created",
        "created_at",
        "completed_at",
        "createTime",
        "responseId",
        "system_fingerprint",
        "request_id",
    }
)
"""Keys whose values differ from one reply to the next and mean nothing."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place where two values differ."""

    path: str
    """`choices[0].message.content`; empty for the whole value."""
    kind: Literal["changed", "added", "removed"]
    before: str = ""
    """JSON, cut where it is long; empty where it was added."""
    after: str = ""
    """JSON, cut where it is long; empty where it was removed."""


def differences(before: Any, after: Any, *, ignored: frozenset[str] = frozenset()) -> list[Difference]:
    """Where two decoded JSON values differ, in the order of the first; at most `MOST_DIFFERENCES`.

    Values below the keys `ignored` are not looked at.
    """
    found: list[Difference] = []
    for one in _walk(before, after, "", ignored, 0):
        found.append(one)
        if len(found) == MOST_DIFFERENCES:
            break
    return found


def _walk(before: Any, after: Any, path: str, ignored: frozenset[str], depth: int) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict) and depth < _MOST_DEPTH:
        yield from _objects(
            cast("dict[str, Any]", before), cast("dict[str, Any]", after), path, ignored, depth
        )
    elif isinstance(before, list) and isinstance(after, list) and depth < _MOST_DEPTH:
        yield from _lists(cast("list[Any]", before), cast("list[Any]", after), path, ignored, depth)
    elif not _is_same(before, after):
        yield Difference(path=path, kind="changed", before=_shown(before), after=_shown(after))


def _is_same(before: Any, after: Any) -> bool:
    """Equal, and both or neither a boolean: Python takes 1 for True."""
    return isinstance(before, bool) is isinstance(after, bool) and before == after


def _objects(
    before: dict[str, Any], after: dict[str, Any], path: str, ignored: frozenset[str], depth: int
) -> Iterator[Difference]:
    for key, value in before.items():
        if key in ignored:
            continue
        place = f"{path}.{key}" if path else key
        if key in after:
            yield from _walk(value, after[key], place, ignored, depth + 1)
        else:
            yield Difference(path=place, kind="removed", before=_shown(value))
    for key, value in after.items():
        if key not in before and key not in ignored:
            yield Difference(path=f"{path}.{key}" if path else key, kind="added", after=_shown(value))


def _lists(
    before: list[Any], after: list[Any], path: str, ignored: frozenset[str], depth: int
) -> Iterator[Difference]:
    for place, (one, other) in enumerate(zip(before, after, strict=False)):
        yield from _walk(one, other, f"{path}[{place}]", ignored, depth + 1)
    for place in range(len(after), len(before)):
        yield Difference(path=f"{path}[{place}]", kind="removed", before=_shown(before[place]))
    for place in range(len(before), len(after)):
        yield Difference(path=f"{path}[{place}]", kind="added", after=_shown(after[place]))


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"

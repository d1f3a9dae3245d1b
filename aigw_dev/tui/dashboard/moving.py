"""Which panel the arrows lead to. Pure."""

from collections.abc import Mapping

from textual.geometry import Region

_SIDE = 3
"""How much worse a cell aside is than a cell ahead."""


def nearest(places: Mapping[str, Region], here: str, across: int, down: int) -> str | None:
    """The panel next to `here` in a direction (`across` or `down` is 1 or -1); None at the edge."""
    start = places[here]
    found = [
        (cost, name)
        for name, place in places.items()
        if name != here and (cost := _cost(start, place, across, down)) is not None
    ]
    return min(found)[1] if found else None


def _cost(start: Region, place: Region, across: int, down: int) -> int | None:
    if across:
        ahead = place.x - start.right if across > 0 else start.x - place.right
        aside = _gap(start.y, start.bottom, place.y, place.bottom)
        off = abs(place.y - start.y)
    else:
        ahead = place.y - start.bottom if down > 0 else start.y - place.bottom
        aside = _gap(start.x, start.right, place.x, place.right)
        off = abs(place.x - start.x)
    if ahead < 0 or (across and aside):  # sideways stays in its line
        return None
    return (ahead + aside * _SIDE) * 1_000 + off


def _gap(first: int, last: int, other_first: int, other_last: int) -> int:
    """Cells between two stretches; 0 where they overlap."""
    return max(0, other_first - last + 1, first - other_last + 1)

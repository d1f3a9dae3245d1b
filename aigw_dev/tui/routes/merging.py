"""Two versions of a route that began as one: their changes together, ours where both changed the same thing."""

from typing import Any, cast

_ABSENT: Any = object()


def merged(base: Any, ours: Any, theirs: Any) -> Any:
    """`theirs` with what `ours` changed since `base`. Mappings are merged key by key, lists and texts are whole."""
    found = _merged(base, ours, theirs)
    return None if found is _ABSENT else found


def _merged(base: Any, ours: Any, theirs: Any) -> Any:
    if ours == base:
        return theirs
    if theirs in (base, ours):
        return ours
    for outer, inner in ((ours, theirs), (theirs, ours)):
        if isinstance(base, dict) and _holds(
            outer, base
        ):  # a node was put before it: the other change goes below
            return _replaced(outer, base, inner)
    if not isinstance(ours, dict) or not isinstance(theirs, dict) or _kind(ours) != _kind(theirs):
        return ours
    begun = cast("dict[Any, Any]", base) if isinstance(base, dict) else {}
    mine, other = cast("dict[Any, Any]", ours), cast("dict[Any, Any]", theirs)
    both = {
        key: _merged(begun.get(key, _ABSENT), mine.get(key, _ABSENT), other.get(key, _ABSENT))
        for key in dict.fromkeys([*other, *mine])
    }
    return {key: value for key, value in both.items() if value is not _ABSENT}


def _kind(tree: Any) -> str:
    """What makes a node of a flow: an `if` and a `send` are not merged into one another."""
    return next((key for key in ("if", "split", "send") if key in tree), "")


def _below(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return list(cast("dict[Any, Any]", tree).values())
    return cast("list[Any]", tree) if isinstance(tree, list) else []


def _holds(tree: Any, part: Any) -> bool:
    """Whether `part` stands somewhere below `tree`, which is not it."""
    return any(inner == part or _holds(inner, part) for inner in _below(tree))


def _replaced(tree: Any, part: Any, new: Any) -> Any:
    """`tree` with `new` in every place of `part`."""
    if tree == part:
        return new
    if isinstance(tree, dict):
        return {key: _replaced(value, part, new) for key, value in cast("dict[Any, Any]", tree).items()}
    return (
        [_replaced(value, part, new) for value in cast("list[Any]", tree)] if isinstance(tree, list) else tree
    )

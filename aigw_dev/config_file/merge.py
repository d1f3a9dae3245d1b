"""Lays one config tree over another: the local overlay over the committed file."""

from typing import Any, cast

from aigw_dev.core.problem import Problem


def merge(tree: Any, overlay: Any) -> tuple[Any, list[Problem]]:
    """The tree with the overlay laid over it, and warnings with paths into the overlay. Neither argument changes.

    Mappings are merged key by key; lists and scalars are replaced; an empty value (null) deletes. An empty value
    where there is nothing to delete does nothing and is a warning, since `groq:` looks like adding a provider.
    """
    notes: list[Problem] = []
    if not isinstance(overlay, dict):
        problem = Problem(path=(), message="the overlay is not a mapping", hint="Write `key: value` lines.")
        return tree, [problem]
    if not isinstance(tree, dict):
        return tree, []  # what is wrong with the main file is said by its own check
    return _merged(cast("dict[str, Any]", tree), cast("dict[str, Any]", overlay), (), notes), notes


def _merged(
    tree: dict[str, Any], overlay: dict[str, Any], path: tuple[str, ...], notes: list[Problem]
) -> dict[str, Any]:
    result = dict(tree)
    for key, value in overlay.items():
        below = result.get(key)
        if value is None and key not in result:
            hint = f"Write `{key}: {{}}` to add it." if path == ("providers",) else "Take the line out."
            notes.append(
                Problem(
                    path=(*path, key),
                    message=f"`{key}` is empty and there is nothing to delete",
                    hint=hint,
                    severity="warning",
                )
            )
        elif value is None:
            del result[key]
        elif isinstance(value, dict):
            onto = cast("dict[str, Any]", below) if isinstance(below, dict) else {}
            result[key] = _merged(onto, cast("dict[str, Any]", value), (*path, key), notes)
        else:
            result[key] = value
    return result

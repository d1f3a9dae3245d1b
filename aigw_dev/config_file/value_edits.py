"""Edits of single settings in a config's text, in order, each keeping every other line: set, take out, rename.

What names a thing that is renamed follows: a provider's new name is written wherever a route sends to it.
"""

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from aigw_dev.config_file import edit
from aigw_dev.config_file.yaml_tree import Path, read_yaml
from aigw_dev.core.errors import ConfigError

_SENDS: Final = frozenset({"send", "fallback"})
"""Keys of a flow below which `provider/model` stands."""


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One setting: what it is to be, or that it goes, or what it is called."""

    path: tuple[str | int, ...]
    """Keys and list positions from the root: `["gateway", "name"]`."""
    value: Any = msgspec.UNSET
    """Anything JSON can say; a mapping is merged into what is there."""
    delete: bool = False
    """Take it out; one that is not there is no error."""
    rename: str = ""
    """Its new key, in the same place."""


def apply_changes(text: str, changes: Sequence[Change]) -> str:
    """The text with every change made. Raises `ConfigError` for one that has no place, and nothing is lost."""
    for change in changes:
        text = _apply(text, change)
    return text


def paths_of(changes: Sequence[Change]) -> list[Path]:
    """What the changes are about, as sections and entries."""
    return [change.path[:2] for change in changes]


def value_at(text: str, path: Path) -> Any:
    """What stands at a path; None where nothing does."""
    node: Any = read_yaml(text).value
    for step in path:
        is_there = (isinstance(node, dict) and step in node) or (
            isinstance(node, list) and isinstance(step, int) and 0 <= step < len(cast("list[Any]", node))
        )
        if not is_there:
            return None
        node = cast("Any", node)[step]
    return node


def _apply(text: str, change: Change) -> str:
    wanted = [change.delete, bool(change.rename), change.value is not msgspec.UNSET]
    if not change.path or wanted.count(True) != 1:
        raise ConfigError(
            "a change has a `path` and one of `value`, `delete`, `rename`", code="config_edit_refused"
        )
    if change.delete:
        return edit.delete_value(text, change.path) if change.path in read_yaml(text).nodes else text
    if not change.rename:
        return edit.set_value(text, change.path, change.value)
    text = edit.rename_key(text, change.path, change.rename)
    if change.path[0] == "providers" and len(change.path) == 2:  # noqa: PLR2004  -- section and name
        text = _follow_provider(text, str(change.path[1]), change.rename)
    return text


def _follow_provider(text: str, old: str, new: str) -> str:
    """Write a provider's new name wherever its old one stands."""
    for path, value in _targets(read_yaml(text).value, ()):
        if value.startswith(f"{old}/"):
            text = edit.set_value(text, path, f"{new}/{value.removeprefix(f'{old}/')}")
    if value_at(text, ("gateway", "default_provider")) == old:
        text = edit.set_value(text, ("gateway", "default_provider"), new)
    return text


def _targets(tree: Any, path: Path, *, is_target: bool = False) -> list[tuple[Path, str]]:
    """Every text that names a target, with its place."""
    if path and path[0] != "routes":
        return []
    if isinstance(tree, str):
        return [(path, tree)] if is_target else []
    if isinstance(tree, list):
        items = enumerate(cast("list[Any]", tree))
        return [found for at, item in items for found in _targets(item, (*path, at), is_target=is_target)]
    if isinstance(tree, dict):
        entries = cast("dict[str, Any]", tree).items()
        return [
            found
            for key, value in entries
            for found in _targets(value, (*path, key), is_target=key in _SENDS and len(path) >= 2)  # noqa: PLR2004  -- below a route
        ]
    return []

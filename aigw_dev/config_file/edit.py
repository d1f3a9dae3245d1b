"""Edits a config's text and keeps its comments: every line that an edit does not concern stays byte for byte.

Each function takes and gives the whole text. What came out is read again and compared with what was meant; an edit
that cannot be made so raises `ConfigError` and nothing is lost. Paths are keys and list positions from the root.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from aigw_dev.config_file import splice
from aigw_dev.config_file.yaml_tree import Document, Path, read_yaml
from aigw_dev.config_file.yaml_write import Style
from aigw_dev.core.errors import ConfigError

Change = Callable[[str, Style], str]


def set_value(text: str, path: Path, value: Any) -> str:
    """The text in which `path` has `value` (a scalar, dict or list); missing mappings on the way are made.

    Where old and new are both mappings or both lists, only what differs is touched. A list position equal to the
    list's length appends. Missing keys go to the end of their mapping.
    """
    value = _plain(value)
    tree = _with_value(_read(text).value, path, value)
    return _checked(text, lambda old, style: _write(old, path, value, style), tree)


def replace_tree(text: str, tree: dict[str, Any]) -> str:
    """The text that means `tree`, with as much of the old text kept as possible."""
    return set_value(text, (), tree)


def delete_value(text: str, path: Path) -> str:
    """The text without the key or list item at `path`; one that is not there is a `ConfigError`."""
    document = _read(text)
    _must_exist(document, path)
    tree = copy.deepcopy(document.value)
    del _at(tree, path[:-1])[path[-1]]
    return _checked(text, lambda old, style: splice.remove(_read(old), path, style), tree)


def rename_key(text: str, path: Path, new_key: str) -> str:
    """The text in which the key at `path` is called `new_key`, in the same place."""
    document = _read(text)
    _must_exist(document, path)
    parent: object = _at(document.value, path[:-1])
    if not isinstance(parent, dict):
        raise _refusal(path, "is an item of a list and has no name")
    names = set(cast("dict[str, Any]", parent))
    if new_key in names:
        raise _refusal((*path[:-1], new_key), "is there already")
    tree = copy.deepcopy(document.value)
    mapping = cast("dict[str, Any]", _at(tree, path[:-1]))
    renamed = {new_key if key == path[-1] else key: entry for key, entry in mapping.items()}
    mapping.clear()
    mapping.update(renamed)
    return _checked(text, lambda old, style: splice.rename(_read(old), path, new_key, style), tree)


def insert_item(text: str, path: Path, index: int, value: Any) -> str:
    """The text with `value` before item `index` of the list at `path` (its length = at the end)."""
    document = _read(text)
    items: object = _at(document.value, path)
    if not isinstance(items, list):
        raise _refusal(path, "is not a list")
    if not 0 <= index <= len(cast("list[Any]", items)):
        raise _refusal((*path, index), "is outside the list")
    tree = copy.deepcopy(document.value)
    value = _plain(value)
    _at(tree, path).insert(index, value)
    return _checked(text, lambda old, style: splice.insert_item(_read(old), path, index, value, style), tree)


def append_item(text: str, path: Path, value: Any) -> str:
    """The text with `value` at the end of the list at `path`; a list that is missing or empty is made."""
    document = _read(text)
    items: object = _at(document.value, path) if path in document.nodes else None
    if items is None:
        return set_value(text, path, [value])
    if not isinstance(items, list):
        raise _refusal(path, "is not a list")
    return insert_item(text, path, len(cast("list[Any]", items)), value)


def is_same(one: Any, other: Any) -> bool:
    """Whether two trees are equal, types included (`1`, `1.0` and `true` differ); the order of keys does not count."""
    is_equal = type(one) is type(other) and one == other
    if isinstance(one, dict) and isinstance(other, dict):
        left, right = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return left.keys() == right.keys() and all(is_same(value, right[key]) for key, value in left.items())
    if isinstance(one, list) and isinstance(other, list):
        ours, theirs = cast("list[Any]", one), cast("list[Any]", other)
        return len(ours) == len(theirs) and all(map(is_same, ours, theirs))
    return is_equal


def _checked(text: str, change: Change, expected: Any) -> str:
    """What `change` makes, if it means `expected`; texts of several lines are quoted where `|` would not do."""
    document = _read(text)
    style = splice.style_of(document)
    for attempt in (style, msgspec.structs.replace(style, may_be_literal=False)):
        try:
            edited = change(text, attempt)
        except _UnreadableError:
            continue
        result = read_yaml(edited)
        if not result.problems and is_same(result.value, expected):
            return edited
    raise ConfigError(
        "this edit cannot be made without rewriting other lines of the config",
        code="config_edit_refused",
        hint="Make it by hand with `aigw-dev edit`.",
    )


class _UnreadableError(ConfigError):
    """An intermediate text cannot be read."""


def _read(text: str) -> Document:
    document = read_yaml(text)
    if document.problems:
        problem = document.problems[0]
        raise _UnreadableError(
            f"the config cannot be edited: line {problem.line}: {problem.message}", hint=problem.hint
        )
    return document


def _write(text: str, path: Path, value: Any, style: Style) -> str:
    """Set `path`, changing as little as possible; reads the text anew after every splice."""
    document = _read(text)
    if path and path not in document.nodes:
        return _add(document, path, value, style)
    old = _at(document.value, path)
    if is_same(old, value):
        return text
    if isinstance(old, dict) and isinstance(value, dict):
        return _write_mapping(text, path, (cast("dict[str, Any]", old), cast("dict[str, Any]", value)), style)
    if isinstance(old, list) and isinstance(value, list) and old and value:
        return _write_list(text, path, (cast("list[Any]", old), cast("list[Any]", value)), style)
    return splice.replace(document, path, value, style)


def _write_mapping(
    text: str, path: Path, old_and_new: tuple[dict[str, Any], dict[str, Any]], style: Style
) -> str:
    old, new = old_and_new
    kept = old.keys() & new.keys()
    if not kept and old and (new or path):
        return splice.replace(_read(text), path, new, style)
    for key in old.keys() - kept:
        text = splice.remove(_read(text), (*path, key), style)
    for key, value in new.items():
        text = _write(text, (*path, key), value, style)
    return text


def _write_list(text: str, path: Path, old_and_new: tuple[list[Any], list[Any]], style: Style) -> str:
    old, new = old_and_new
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if not is_same(old[at], new[at])), shorter)
    tail = next(
        (at for at in range(shorter - head) if not is_same(old[-1 - at], new[-1 - at])), shorter - head
    )
    paired = shorter - head - tail
    for at in range(head, head + paired):
        text = _write(text, (*path, at), new[at], style)
    for at in range(len(old) - tail - 1, head + paired - 1, -1):
        text = splice.remove(_read(text), (*path, at), style)
    for at in range(head + paired, len(new) - tail):
        text = splice.insert_item(_read(text), path, at, new[at], style)
    return text


def _add(document: Document, path: Path, value: Any, style: Style) -> str:
    """Add a path that is not there, below its nearest ancestor that is."""
    length = next(
        length for length in range(len(path) - 1, -1, -1) if length == 0 or path[:length] in document.nodes
    )
    above, added = path[:length], path[length]
    for step in reversed(path[length + 1 :]):
        value = {step: value}
    if isinstance(added, int):
        return splice.insert_item(document, above, added, value, style)
    return splice.add_key(document, (*above, added), value, style)


def _with_value(tree: Any, path: Path, value: Any) -> Any:
    """A copy of the tree with `value` at `path`; a path that cannot be there is a `ConfigError`."""
    if not path:
        return copy.deepcopy(value)
    root = copy.deepcopy(tree)
    node: Any = root
    for position, step in enumerate(path):
        is_last = position == len(path) - 1
        if isinstance(node, dict) and isinstance(step, str):
            mapping = cast("dict[str, Any]", node)
            if is_last:
                mapping[step] = value
            elif mapping.get(step) is None:
                mapping[step] = {}
            node = mapping[step]
        elif isinstance(node, list) and isinstance(step, int):
            items = cast("list[Any]", node)
            if not 0 <= step < len(items) + is_last:
                raise _refusal(path[: position + 1], "is outside the list")
            items[step : step + is_last] = [value] * is_last
            node = items[step]
        else:
            raise _refusal(
                path[:position] or (step,),
                f"has no `{step}` inside it: it is not a {'list' if isinstance(step, int) else 'mapping'}",
            )
    return root


def _plain(value: Any) -> Any:
    """The value with dicts and lists in place of other mappings and tuples, as reading it back gives them."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in cast("Mapping[str, Any]", value).items()}
    return [_plain(entry) for entry in cast("list[Any]", value)] if isinstance(value, list | tuple) else value


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _must_exist(document: Document, path: Path) -> None:
    if not path or path not in document.nodes:
        raise _refusal(path, "is not in the config")


def _refusal(path: Path, what: str) -> ConfigError:
    dotted = ".".join(str(step) for step in path) or "the whole config"
    return ConfigError(f"`{dotted}` {what}", code="config_edit_refused")

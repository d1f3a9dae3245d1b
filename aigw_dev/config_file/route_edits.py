"""Edits of routes in a config's text: put, rename, remove, duplicate. Comments and every other line are kept.

Text in, text out, on top of `config_file.edit`: what cannot be done so raises `ConfigError` and nothing is lost. A
route's tree is the mapping that stands below its name (`flow`, `description`, `models` ...); whether it means anything
is not asked here, because a draft may be wrong.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from aigw_dev.config_file import edit
from aigw_dev.config_file.splice import style_of
from aigw_dev.config_file.yaml_tree import Document, Node, Path, read_yaml
from aigw_dev.config_file.yaml_write import block, key_text
from aigw_dev.core.errors import ConfigError

SECTION: Final = "routes"
CLAIMS: Final = "models"
"""What no two routes may say alike: a copy begins without it."""


def route_trees(text: str) -> dict[str, Any]:
    """The routes of a config's text, as they are written; empty where the text cannot be read."""
    tree: object = read_yaml(text).value
    section = cast("dict[str, Any]", tree).get(SECTION) if isinstance(tree, dict) else None
    return cast("dict[str, Any]", section) if isinstance(section, dict) else {}


def put_route(text: str, name: str, tree: Mapping[str, Any], *, rename_from: str = "") -> str:
    """The text in which route `name` is `tree`, made at the end of `routes` where it is new.

    `rename_from`: the route had this name until now and keeps its place and comments. Only what differs is touched.
    """
    if rename_from and rename_from != name and rename_from in route_trees(text):
        text = rename_route(text, rename_from, name)
    return edit.set_value(text, (SECTION, name), dict(tree))


def rename_route(text: str, name: str, to: str) -> str:
    """The text in which route `name` is called `to`, in the same place."""
    _must_be(text, name)
    _must_be_free(text, to)
    return edit.rename_key(text, (SECTION, name), to)


def remove_route(text: str, name: str) -> str:
    """The text without route `name`."""
    _must_be(text, name)
    return edit.delete_value(text, (SECTION, name))


def restore_route(text: str, then: str, name: str) -> str:
    """The text in which route `name` is what it is in the text `then`; not there is taken out."""
    old, new = route_trees(then), route_trees(text)
    if name not in old and name not in new:
        raise ConfigError(f"there is no route {name!r}, then or now", code="route_not_found")
    if name not in old:
        return remove_route(text, name)
    is_same = name in new and edit.is_same(old[name], new[name])
    return text if is_same else put_route(text, name, old[name] or {})


def duplicate_route(text: str, name: str, to: str) -> str:
    """The text with a copy of route `name` below it, comments and all, called `to`; claimed names are not copied."""
    tree = _must_be(text, name)
    _must_be_free(text, to)
    copy: Any = tree
    if isinstance(tree, dict):
        copy = {key: value for key, value in cast("dict[str, Any]", tree).items() if key != CLAIMS}
    return _copied_lines(text, name, to, copy) or edit.set_value(text, (SECTION, to), copy)


def route_text(text: str, name: str) -> str:
    """What stands below the route's name, as YAML of its own with its comments: to be edited by a person."""
    tree = _must_be(text, name)
    document = read_yaml(text)
    found = _own_lines(document, document.nodes[SECTION, name])
    if found is None:
        lines = block(tree, style_of(document)) if tree else []
        return "".join(f"{line}\n" for line in lines)
    start, stop = found
    column = document.nodes[SECTION, name].column
    lines = text[start:stop].replace("\r\n", "\n").split("\n")
    return "\n".join(line[column:] if not line[:column].strip() else line.lstrip() for line in lines)


def put_route_text(text: str, name: str, written: str) -> str:
    """The text in which route `name` is what a person wrote (`route_text`), comments and all; made where it is new.

    What cannot be read as a mapping is `config_invalid` with its line.
    """
    read = read_yaml(written)
    if read.problems or not isinstance(read.value, dict):
        problem = read.problems[0] if read.problems else None
        told = f"line {problem.line}: {problem.message}" if problem else "a route is a mapping (`flow: ...`)"
        raise ConfigError(told, code="config_invalid", hint=problem.hint if problem else "")
    tree = cast("dict[str, Any]", read.value)
    wanted = put_route(text, name, tree)
    document = read_yaml(text)
    node = document.nodes.get((SECTION, name))
    found = _own_lines(document, node) if node is not None else None
    if node is None or found is None or not tree:
        return wanted
    start, stop = found
    lines = [f"{' ' * node.column}{line}" if line.strip() else "" for line in written.rstrip().splitlines()]
    newline = "\r\n" if "\r\n" in text else "\n"
    edited = text[:start] + newline.join([*lines, ""]) + text[stop:]
    after = read_yaml(edited)
    is_meant = not after.problems and edit.is_same(after.value, read_yaml(wanted).value)
    return edited if is_meant else wanted


def _own_lines(document: Document, node: Node) -> tuple[int, int] | None:
    """Where the lines below a route's name begin and end; None where it has none of its own."""
    if node.style != "block" or node.lead_end < 0:
        return None
    start = document.text.find("\n", node.lead_end) + 1
    end = document.text.find("\n", node.end)
    if not 0 < start <= node.start:
        return None
    return start, end + 1 if end >= 0 else len(document.text)


def _copied_lines(text: str, name: str, to: str, wanted: Any) -> str:
    """The text with the route's own lines once more below it; empty where its lines are not its own."""
    document = read_yaml(text)
    section, node = document.nodes[(SECTION,)], document.nodes[SECTION, name]
    if section.style != "block":
        return ""
    start = text.rfind("\n", 0, node.key_start) + 1
    end = text.find("\n", max(node.end, node.lead_end))
    stop = end + 1 if end >= 0 else len(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text[start:stop] if end >= 0 else f"{newline}{text[start:stop]}"
    at = node.key_start - start + (len(newline) if end < 0 else 0)
    copied = lines[:at] + key_text(to, style_of(document)) + lines[at + node.key_end - node.key_start :]
    return _without_claims(text[:stop] + copied + text[stop:], document, to, wanted)


def _without_claims(copied: str, before: Document, to: str, wanted: Any) -> str:
    """The copy without the names it claims, if it means what was wanted and nothing else changed; else empty."""
    path: Path = (SECTION, to)
    try:
        if (*path, CLAIMS) in read_yaml(copied).nodes:
            copied = edit.delete_value(copied, (*path, CLAIMS))
    except ConfigError:
        return ""
    expected = cast("dict[str, Any]", before.value)
    expected = {**expected, SECTION: {**expected[SECTION], to: wanted}}
    after = read_yaml(copied)
    return copied if not after.problems and edit.is_same(after.value, expected) else ""


def _must_be(text: str, name: str) -> Any:
    trees = route_trees(text)
    if name not in trees:
        raise ConfigError(f"there is no route {name!r}; see `aigw-dev routes list`", code="route_not_found")
    return trees[name]


def _must_be_free(text: str, name: str) -> None:
    if not name or "/" in name:
        raise ConfigError(
            f"a route cannot be called {name!r}",
            code="config_edit_refused",
            hint="Use letters, digits, `-` and `_`.",
        )
    if name in route_trees(text):
        raise ConfigError(
            f"there is a route {name!r} already", code="config_edit_refused", hint="Choose another name."
        )

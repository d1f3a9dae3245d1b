"""One route as YAML, to read beside another version of it and to edit; and back, with what is wrong and where."""

import difflib
from collections.abc import Mapping
from typing import Any, Final, cast

from msgspec import Struct

from aigw_dev.tui import text
from aigw_dev.tui.widgets.lines import Row, Span

_HEAD: Final = "# {name}: a route of this gateway. Saved and closed, it is in the draft; an empty file changes nothing.\n"


class Read(Struct, frozen=True):
    """What a person's file says."""

    tree: dict[str, Any] | None = None
    """None where it is empty, or wrong."""
    problem: str = ""
    """What is wrong, with its line."""


def to_yaml(name: str, tree: Mapping[str, Any] | None) -> str:
    """The route as it stands below `routes:`, with a line end; empty for None."""
    if tree is None:
        return ""
    from aigw_dev.config_file.yaml_write import Style, entry_lines

    return "\n".join(entry_lines(name, dict(tree), Style())) + "\n"


def for_editor(name: str, tree: Mapping[str, Any]) -> str:
    """The same below a comment that says what it is."""
    return _HEAD.format(name=name) + to_yaml(name, tree)


def from_yaml(name: str, content: str) -> Read:
    """What an edited file says; the route's name in it may not be another one."""
    from aigw_dev.config_file.yaml_tree import read_yaml

    document = read_yaml(content)
    if document.problems:
        first = document.problems[0]
        return Read(problem=f"line {first.line}: {first.message}. {first.hint}".strip())
    value: object = document.value
    if value is None:
        return Read()
    whole = cast("dict[Any, Any]", value) if isinstance(value, dict) else {}
    if list(whole) != [name]:
        return Read(problem=f"it wants one entry, `{name}:`, with `flow` and the rest below it")
    tree = whole[name]
    if not isinstance(tree, dict):
        return Read(problem=f"`{name}` wants `flow` and the rest below it")
    return Read(tree=cast("dict[str, Any]", tree))


def diff_rows(
    name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, *, names: tuple[str, str]
) -> list[Row]:
    """A unified diff of both as YAML, coloured and with its signs; empty where they are the same."""
    before, after = to_yaml(name, old).splitlines(), to_yaml(name, new).splitlines()
    rows: list[Row] = []
    for line in difflib.unified_diff(before, after, *names, n=3, lineterm=""):
        style = "dim" if line.startswith(("---", "+++", "@@")) else _STYLES.get(line[:1], "")
        rows.append([Span(text.line(line), style)])
    return rows


def text_diff_rows(diff: str) -> list[Row]:
    """A unified diff that came as text."""
    return [
        [Span(line, "dim" if line.startswith(("---", "+++", "@@")) else _STYLES.get(line[:1], ""))]
        for line in text.block(diff.rstrip("\n"))
    ]


_STYLES: Final = {"+": "good", "-": "bad"}

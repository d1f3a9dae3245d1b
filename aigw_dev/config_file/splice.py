"""Changes one node of a YAML text and leaves every other character as it is.

Each function takes a `Document` without problems and gives the new text; `edit` checks what came out. Ranges are
character indexes of the document's text. A comment stays unless the lines it stands on go.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.config_file.yaml_tree import Document, Node, Path
from aigw_dev.config_file.yaml_write import (
    Style,
    below_dash,
    below_key,
    block,
    entry_lines,
    item_lines,
    key_text,
    one_line,
)

_REST_OF_ITEM: Final = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\r\n]*)?(?=\r?\n)")
"""After an entry in brackets that ends its line: a comma, a comment."""


class Splice(msgspec.Struct, frozen=True):
    """One replacement of a range of the old text."""

    start: int
    end: int
    text: str


def apply(text: str, splices: list[Splice]) -> str:
    """`text` with all replacements made; they do not overlap. At one place, the one listed first comes first."""
    parts: list[str] = []
    at = 0
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end)):
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:]])


def style_of(document: Document) -> Style:
    """How the document is indented and whether it is JSON, for what is added to it."""
    root = document.nodes.get(())
    is_json = (
        root is not None
        and root.style == "flow"
        and re.match(r'\{\s*"', document.text[root.start :]) is not None
    )
    for path, node in document.nodes.items():
        parent = document.nodes.get(path[:-1]) if path else None
        if parent and node.kind == parent.kind == "mapping" and node.style == parent.style == "block":
            return Style(step=min(max(node.column - parent.column, 1), 8), is_json=is_json)
    return Style(is_json=is_json)


def replace(document: Document, path: Path, value: Any, style: Style) -> str:
    """Put `value` in the place of the node at `path`."""
    node = document.nodes[path]
    is_bracketed = node.style == "flow" and node.end - node.start > len("{}")
    if (
        _is_in_brackets(document, path)
        or style.is_json
        or (is_bracketed and isinstance(value, Mapping | list))
    ):
        return apply(document.text, [_head(document, node, one_line(value, style))])
    head, body = _rendered(document, path, value, style)
    if node.style == "block" and not _is_on_lead_line(document, node):
        return _replace_lines(document, node, head, body)
    splices = [_head(document, node, head)]
    if body:
        end = _line_end(document.text, max(node.end, node.lead_end))
        splices.append(Splice(end, end, _lines(document, body)))
    return apply(document.text, splices)


def add_key(document: Document, path: Path, value: Any, style: Style) -> str:
    """Add the last key of `path`, which does not exist, to the mapping that holds it."""
    parent_path, key = path[:-1], str(path[-1])
    parent = document.nodes.get(parent_path)
    if parent is None or (not parent_path and parent.is_empty):  # an empty document
        gap = "" if not document.text or document.text.endswith("\n") else _newline(document)
        lines = [line + _newline(document) for line in entry_lines(key, value, style)]
        return document.text + gap + "".join(lines)
    if not _children(document, parent_path):
        return _fill(document, parent_path, key, value, style)
    if parent.style == "flow":
        return _insert_in_brackets(
            document,
            parent_path,
            len(_children(document, parent_path)),
            f"{key_text(key, style)}: {one_line(value, style)}",
        )
    lines = _shifted(entry_lines(key, value, style), parent.column)
    end = _line_end(document.text, parent.end)
    return apply(document.text, [Splice(end, end, _lines(document, lines))])


def insert_item(document: Document, path: Path, index: int, value: Any, style: Style) -> str:
    """Put `value` before item `index` of the list at `path`; `index` may be its length."""
    parent, children = document.nodes[path], _children(document, path)
    if not children:
        return replace(document, path, [value], style)
    if parent.style == "flow":
        return _insert_in_brackets(document, path, index, one_line(value, style))
    lines = item_lines(value, style)
    if index == 0:
        dash = children[0].lead_end - 1
        rest = _newline(document) + " " * parent.column
        head = rest.join(lines)
        return apply(document.text, [Splice(dash, dash, head + rest)])
    before = children[index - 1]
    end = _line_end(document.text, max(before.end, before.lead_end))
    return apply(document.text, [Splice(end, end, _lines(document, _shifted(lines, parent.column)))])


def remove(document: Document, path: Path, style: Style) -> str:
    """Take the node at `path` out, with its key. The last child leaves `{}` or `[]` behind, but in the root."""
    parent_path = path[:-1]
    parent, node, siblings = (
        document.nodes[parent_path],
        document.nodes[path],
        _children(document, parent_path),
    )
    if len(siblings) == 1 and (parent_path or parent.style == "flow"):
        return replace(document, parent_path, {} if parent.kind == "mapping" else [], style)
    if parent.style == "flow":
        return _remove_in_brackets(document, siblings, siblings.index(node))
    text, begin = document.text, _begin(node)
    end = _after_line(text, max(node.end, node.lead_end))
    if not text[_line_start(text, begin) : begin].strip(" \ufeff"):
        return apply(text, [Splice(max(_line_start(text, begin), int(text.startswith("\ufeff"))), end, "")])
    following = siblings[siblings.index(node) + 1 :]
    return apply(text, [Splice(begin, _begin(following[0]) if following else end, "")])


def rename(document: Document, path: Path, key: str, style: Style) -> str:
    """Give the node at `path` another key, in the quotes that the old one had."""
    node = document.nodes[path]
    is_quoted = document.text[node.key_start] in "\"'"
    written = key_text(key, msgspec.structs.replace(style, is_json=style.is_json or is_quoted))
    return apply(document.text, [Splice(node.key_start, node.key_end, written)])


# the pieces


def _rendered(document: Document, path: Path, value: Any, style: Style) -> tuple[str, list[str]]:
    """What stands on the line of the key or dash, and the lines below it at their final columns."""
    parent = document.nodes.get(path[:-1]) if path else None
    if parent is None:
        return _newline(document).join(_root_lines(value, style)), []
    head, body = below_key(value, style) if parent.kind == "mapping" else below_dash(value, style)
    return head, _shifted(body, parent.column)


def _root_lines(value: Any, style: Style) -> list[str]:
    """A whole document; its mapping never stands in brackets."""
    if isinstance(value, Mapping) and value:
        entries = cast("Mapping[str, Any]", value).items()
        return [line for key, entry in entries for line in entry_lines(key, entry, style)]
    return block(value, style)


def _head(document: Document, node: Node, head: str) -> Splice:
    """The splice that writes `head` where the value stands, or after its `:` or `-` where nothing stands yet."""
    if not node.is_empty:
        start = node.start
        if not head:  # the value moves to the lines below: no space stays behind the colon
            start -= (
                len(document.text[node.lead_end : start])
                if node.lead_end >= 0 and _is_on_lead_line(document, node)
                else 0
            )
        return Splice(start, node.end, head)
    if node.lead_end >= 0:
        return Splice(node.lead_end, node.lead_end, head and f" {head}")
    return Splice(node.end, node.end, f": {head}" if node.key_start >= 0 else head)


def _replace_lines(document: Document, node: Node, head: str, body: list[str]) -> str:
    """Replace a block collection that begins on a line of its own below its key."""
    text = document.text
    start, end = _line_start(text, node.start), _after_line(text, node.end)
    if node.lead_end < 0:  # the root
        lines = [*([head] if head else []), *body]
        mark = int(text.startswith("\ufeff")) if start == 0 else 0
        return apply(text, [Splice(start + mark, end, "".join(line + _newline(document) for line in lines))])
    key_line_end = _line_end(text, node.lead_end)
    splices = [Splice(node.lead_end, node.lead_end, head and f" {head}"), Splice(start, end, "")]
    if body:
        splices.append(Splice(key_line_end, key_line_end, _lines(document, body)))
    return apply(text, splices)


def _fill(document: Document, path: Path, key: str, value: Any, style: Style) -> str:
    """Give an empty mapping its first key; outside brackets as a line of its own."""
    node = document.nodes[path]
    if _is_in_brackets(document, path) or style.is_json:
        return replace(document, path, {key: value}, style)
    parent = document.nodes.get(path[:-1]) if path else None
    if parent is None or parent.kind == "sequence":
        return replace(document, path, {key: value}, style)
    body = _shifted(entry_lines(key, value, style), parent.column + style.step)
    end = _line_end(document.text, max(node.end, node.lead_end))
    return apply(document.text, [_head(document, node, ""), Splice(end, end, _lines(document, body))])


def _insert_in_brackets(document: Document, path: Path, index: int, entry: str) -> str:
    text, children = document.text, _children(document, path)
    if index == 0:
        begin = _begin(children[0])
        prefix = text[_line_start(text, begin) : begin]
        gap = f",{_newline(document)}{prefix}" if not prefix.strip() and prefix != text[:begin] else ", "
        return apply(text, [Splice(begin, begin, entry + gap)])
    before = children[index - 1]
    end = max(before.end, before.key_end, before.lead_end)
    prefix = text[_line_start(text, _begin(before)) : _begin(before)]
    rest = _REST_OF_ITEM.match(text, end)
    if prefix.strip() or rest is None:
        return apply(text, [Splice(end, end, f", {entry}")])
    comma = rest[1]
    line = f"{_newline(document)}{prefix}{entry}{comma}"
    return apply(text, [Splice(end, end, "" if comma else ","), Splice(rest.end(), rest.end(), line)])


def _remove_in_brackets(document: Document, siblings: list[Node], index: int) -> str:
    text, node = document.text, siblings[index]
    begin, end = _begin(node), max(node.end, node.key_end, node.lead_end)
    rest = _REST_OF_ITEM.match(text, end)
    if not text[_line_start(text, begin) : begin].strip() and rest is not None:
        return apply(text, [Splice(_line_start(text, begin), _after_line(text, end), "")])
    if index + 1 < len(siblings):
        return apply(text, [Splice(begin, _begin(siblings[index + 1]), "")])
    before = siblings[index - 1]
    return apply(text, [Splice(max(before.end, before.key_end, before.lead_end), end, "")])


def _children(document: Document, path: Path) -> list[Node]:
    """The nodes directly below `path`, in file order."""
    value: Any = document.value
    for step in path:
        value = value[step]
    if isinstance(value, Mapping):
        return [document.nodes[*path, key] for key in cast("Mapping[str, Any]", value)]
    if isinstance(value, list):
        return [document.nodes[*path, position] for position in range(len(cast("list[Any]", value)))]
    return []


def _is_in_brackets(document: Document, path: Path) -> bool:
    """Whether a node stands inside `{ }` or `[ ]`, where lines and indentation mean nothing."""
    return any(document.nodes[path[:length]].style == "flow" for length in range(len(path)))


def _is_on_lead_line(document: Document, node: Node) -> bool:
    return node.lead_end >= 0 and "\n" not in document.text[node.lead_end : node.start]


def _begin(node: Node) -> int:
    """Where an entry begins: its key, its dash, or the item itself in brackets."""
    if node.key_start >= 0:
        return node.key_start
    return node.lead_end - 1 if node.lead_end >= 0 else node.start


def _shifted(lines: list[str], columns: int) -> list[str]:
    return [f"{' ' * columns}{line}" if line else line for line in lines]


def _newline(document: Document) -> str:
    return "\r\n" if "\r\n" in document.text else "\n"


def _lines(document: Document, lines: list[str]) -> str:
    """Lines to be put at the end of a line."""
    return "".join(_newline(document) + line for line in lines)


def _line_start(text: str, index: int) -> int:
    return text.rfind("\n", 0, index) + 1


def _line_end(text: str, index: int) -> int:
    """The end of the line of `index`, before its line end."""
    end = text.find("\n", index)
    if end < 0:
        return len(text)
    return end - 1 if text.startswith("\r\n", end - 1) and end > index else end


def _after_line(text: str, index: int) -> int:
    """The start of the line after the one of `index`."""
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1

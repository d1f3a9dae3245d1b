"""Random trees, and random YAML texts that mean them: comments, blank lines, every style, LF and CRLF."""

import json
from collections.abc import Callable
from typing import Any, Final, cast

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

WORDS: Final = (
    "openai", "qwen/qwen3-max", "claude-haiku-*", 'metadata.tier == "pro"', "a: b", "x #y", "it's", "", " lead",
    "no", "null", "12", "1.5", "0x1f", "true", "- dash", "[x]", "{y}", "a, b", "café 😀", "tab\there", "two\nlines",
    "block\n  of\nlines\n", "*star", "&amp", "!tag", "%pct", "@at", "`tick", '"quoted"', "'single'", "? q", ": c",
    "back\\slash", "trailing ", "#hash", "---", "...", "2024-01-01", "\u2028", "\x85", "\xa0nbsp", "~", "=", "<<",
    "ends:", "\x1b[31m", "a\u202eb", "\\d+", "y", "1_000", "1e5", "|", ">", "line\n\n\nend", "\n", "x\n\n", "x" * 100,
)  # fmt: skip

scalars: Final = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=12).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)),
    st.integers(-(10**12), 10**12),
    st.booleans(),
    st.none(),
    st.floats(allow_nan=False, allow_infinity=False),
)
keys: Final = st.one_of(
    st.sampled_from(
        ["name", "keys", "x-y", "a b", "no", "12", "a: b", "", "café", "if", "#k", '"q"', "<<", "then"]
    ),
    st.text("abcdefgh", min_size=1, max_size=3),
)
trees: Final = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=10,
)
mappings: Final = st.dictionaries(keys, trees, min_size=1, max_size=4)


@st.composite
def documents(draw: Draw) -> tuple[str, dict[str, Any]]:
    """A text and the tree it means."""
    tree: dict[str, Any] = draw(mappings)
    lines = [*_noise(draw, 0), *_block(draw, tree, 0)]
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    mark = draw(st.sampled_from(["", "", "\ufeff", "---\n".replace("\n", newline)]))
    end = draw(st.sampled_from([newline, newline, ""])) if "|" not in "".join(lines) else newline
    return mark + newline.join(lines) + end, tree


def _noise(draw: Draw, column: int) -> list[str]:
    """Comment and blank lines that may stand between two entries."""
    kinds = {
        "none": [],
        "comment": [" " * column + "# a comment: [x"],
        "blank": [""],
        "outdented": ["# far left"],
    }
    return kinds[draw(st.sampled_from(["none", "none", "none", *kinds]))]


def _tail(draw: Draw) -> str:
    return draw(st.sampled_from(["", "", "   # after", " #"]))


def _scalar(draw: Draw, value: Any) -> str:
    """A scalar on one line, in a random style that means it."""
    if value is None:
        return draw(st.sampled_from(["null", "~", ""]))
    if isinstance(value, bool):
        return draw(st.sampled_from([str(value).lower(), str(value)]))
    if not isinstance(value, str):
        return repr(value)
    if value.isalpha() and value.isascii() and value.lower() not in {"null", "true", "false"}:
        return draw(st.sampled_from([value, f"'{value}'", f'"{value}"']))
    if value.isprintable() and value.isascii() and draw(st.booleans()):
        return "'" + value.replace("'", "''") + "'"
    return _quoted(value)


def _flow(draw: Draw, value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(_entries(draw, value))
            + draw(st.sampled_from(["", ", "] if value else [""]))
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_entries(draw, value)) + "]"
    return _scalar(draw, value)


def _entries(draw: Draw, value: Any) -> list[str]:
    """What stands between the brackets."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return [f"{_quoted(key)}: {_flow(draw, entry)}" for key, entry in items]
    return [_flow(draw, entry) or "null" for entry in cast("list[Any]", value)]


def _flow_lines(draw: Draw, value: Any, column: int) -> list[str]:
    """A collection in brackets over several lines; the first belongs behind its key."""
    is_mapping = isinstance(value, dict)
    entries = _entries(draw, value)
    last = draw(st.sampled_from(["", ","]))
    lines = [
        f"{' ' * (column + 2)}{entry}{',' if at < len(entries) - 1 else last}{_tail(draw)}"
        for at, entry in enumerate(entries)
    ]
    return ["{" if is_mapping else "[", *lines, " " * column + ("}" if is_mapping else "]")]


def _value(draw: Draw, value: Any, column: int, *, in_list: bool) -> list[str]:
    """A value as the rest of its key's (or dash's) line and the lines below it; `column` is the key's or dash's."""
    if isinstance(value, dict | list) and value:
        style = draw(st.sampled_from(["block", "block", "flow", "lines"]))
        if style == "flow":
            return [f" {_flow(draw, value)}{_tail(draw)}"]
        if style == "lines":
            first, *rest = _flow_lines(draw, value, column + 1)
            return [f" {first}", *rest]
        if in_list:
            lines = _block(draw, value, column + 2, is_quiet_at_start=True)
            return [f" {lines[0].lstrip(' ')}", *lines[1:]]
        step = draw(st.sampled_from([2, 2, 4]))
        is_flush = isinstance(value, list) and draw(st.booleans())
        return [
            _tail(draw),
            *_noise(draw, column),
            *_block(draw, value, column if is_flush else column + step),
        ]
    if (
        isinstance(value, str)
        and value.endswith("\n")
        and value.isascii()
        and value[0].isalpha()
        and "\n\n" not in value
    ) and draw(st.booleans()):
        return [
            draw(st.sampled_from([" |", " |  # c"])),
            *(" " * (column + 2) + line for line in value[:-1].split("\n")),
        ]
    text = _flow(draw, value)
    return [f" {text}{_tail(draw)}" if text else _tail(draw)]


def _block(draw: Draw, value: Any, column: int, *, is_quiet_at_start: bool = False) -> list[str]:
    """A collection that is not empty, in block style."""
    lines: list[str] = []
    if isinstance(value, dict):
        entries = [(_key(draw, key) + ":", entry) for key, entry in cast("dict[str, Any]", value).items()]
    else:
        entries = [("-", entry) for entry in cast("list[Any]", value)]
    for at, (lead, entry) in enumerate(entries):
        lines += [] if at == 0 and is_quiet_at_start else _noise(draw, column)
        first, *rest = _value(draw, entry, column, in_list=lead == "-")
        lines += [f"{' ' * column}{lead}{first}", *rest]
    return lines


def _key(draw: Draw, key: str) -> str:
    if key.isalpha() and key.isascii():
        return draw(st.sampled_from([key, f'"{key}"', f"'{key}'"]))
    return _quoted(key)


def _quoted(text: str) -> str:
    """As JSON writes it, which leaves DEL as it is."""
    return json.dumps(text).replace("\x7f", "\\u007f")

"""What a node says about itself: the words in its box, in a dense row, in an outline."""

import json
from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET, Struct

from aigw_dev.core.routing.conditions import Condition, parse
from aigw_dev.core.routing.yaml_tree import as_mapping
from aigw_dev.tui import text
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.ops import fields_of
from aigw_dev.tui.graph.shorthand import short
from aigw_dev.tui.graph.tree import Broken, Empty, If, Node, Send, Split, entry_text
from aigw_dev.tui.look import Glyphs

_FALLBACKS: Final = 3
"""Fallbacks shown in a box; more are counted."""
_CONDITION_LINES: Final = 3
_STYLES: Final = {If: "warn", Split: "accent", Send: "info", Empty: "dim", Broken: "bad"}


class Face(Struct, frozen=True):
    """A node in words; harmless, not yet cut to a width."""

    title: str
    """On the edge of its box: `if`, `split`, `model`."""
    sign: str
    """One cell that stands for the title in a dense row."""
    lines: tuple[str, ...]
    """In its box; the first alone in a dense row."""
    more: str = ""
    """Behind the first line in a dense row: `+1` fallbacks."""
    style: str = ""


def face(node: Node, glyphs: Glyphs, cells: int) -> Face:
    """The face of a node whose lines have room for `cells`."""
    match node:
        case If(condition=condition):
            said = condition_words(condition)
            lines = _condition_lines(said, cells)
            return Face("if", glyphs.diamond, lines, style=_STYLES[If])
        case Split(shares=shares, sticky=sticky):
            per = "" if sticky == "conversation" else f" per {text.line(sticky)}"
            return Face("split", glyphs.ring, (f"{len(shares)} ways{per}",), style=_STYLES[Split])
        case Send():
            return _send_face(node, glyphs)
        case Empty():
            return Face("empty", glyphs.middot, ("(no model)",), style=_STYLES[Empty])
        case Broken(value=value):
            return Face("unreadable", glyphs.warn, (raw_words(value),), style=_STYLES[Broken])


def condition_words(condition: object) -> str:
    """The shortest spelling of a condition; what cannot be read as it is."""
    if not isinstance(condition, str):
        return "(no condition)" if condition is None or condition is UNSET else raw_words(condition)
    read = parse(condition)
    if isinstance(read, Condition):
        return text.line(short(read.root))
    return text.line(condition.strip()) or "(no condition)"


def raw_words(value: object) -> str:
    """Anything as one line of JSON."""
    try:
        return text.line(
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        )
    except (TypeError, ValueError):  # a key that JSON has no form for, as YAML may hold
        return text.line(str(value))


def target_words(entry: Any, glyphs: Glyphs) -> str:
    """A leaf or a fallback: `provider/model ·key`."""
    fields = fields_of(entry)
    key = fields.get("key")
    named = f" {glyphs.middot}{key}" if key else ""
    return text.line(entry_text(entry) + named)


def extras(node: Send) -> str:
    """What is special about calling it: `temperature 0, retry 2, 30 s`; empty where nothing is."""
    params = as_mapping(node.get("params")) or {}
    said = [f"{key} {raw_words(value)}" for key, value in params.items()]
    retry: Mapping[Any, Any] = as_mapping(node.get("retry")) or {}
    if retry.get("attempts"):
        said.append(f"retry {raw_words(retry['attempts'])}")
    said += [f"{key.removesuffix('_timeout_ms').replace('_', ' ')} {raw_words(value)} ms"
             for key, value in node.fields if isinstance(key, str) and key.endswith("timeout_ms")]  # fmt: skip
    if node.get("fallback_on") is not None:
        said.append(f"falls back on {raw_words(node.get('fallback_on'))}")
    return text.line(", ".join(said))


def branch_words(node: Node, branch: int, *, is_dense: bool) -> str:
    """What stands on the wire to a branch: `true`, `F`, `90 %`."""
    if isinstance(node, If):
        return ("T", "F")[branch] if is_dense else ("true", "false")[branch]
    if not isinstance(node, Split):
        return ""
    share = percent(node, branch)
    return share.replace(" ", "") if is_dense else share


def percent(split: Split, branch: int) -> str:
    """The branch's part of all weights; the weight itself where they do not add up."""
    weights = [share.weight for share in split.shares]
    numbers = [
        weight for weight in weights if isinstance(weight, int | float) and not isinstance(weight, bool)
    ]
    total = sum(numbers) if len(numbers) == len(weights) and all(number > 0 for number in numbers) else 0
    if not total:
        return "?" if weights[branch] is UNSET else text.cut(raw_words(weights[branch]), 6)
    return f"{100 * float(numbers[branch]) / total:.3g} %"


def outline_words(node: Node, glyphs: Glyphs) -> str:
    """The node in a line, in full, as a screen reader says it."""
    match node:
        case If(condition=condition):
            said = condition if isinstance(condition, str) else raw_words(condition)
            return text.line(f"if {said}") if said else "if (no condition)"
        case Split(sticky=sticky):
            return text.line(
                f"split, {'once per conversation' if sticky == 'conversation' else f'per {sticky}'}"
            )
        case Send():
            chain = "".join(f", else {target_words(entry, glyphs)}" for entry in node.fallbacks)
            special = extras(node)
            return f"model {target_words(dict(node.fields), glyphs)}{chain}" + (
                f" ({special})" if special else ""
            )
        case Empty():
            return "no model yet"
        case Broken(value=value):
            return f"unreadable: {raw_words(value)}"


def numbers(root: Node) -> dict[str, str]:
    """`2.1` for every node: where it stands, as an outline counts."""
    found = {root.id: "1"}
    for node in trees.walk(root):
        for position, child in enumerate(trees.children(node), start=1):
            found[child.id] = f"{found[node.id]}.{position}"
    return found


def _send_face(node: Send, glyphs: Glyphs) -> Face:
    fallbacks = node.fallbacks
    lines = [target_words(dict(node.fields), glyphs)]
    lines += [f"{glyphs.back} {target_words(entry, glyphs)}" for entry in fallbacks[:_FALLBACKS]]
    if len(fallbacks) > _FALLBACKS:
        lines.append(f"{glyphs.back} {len(fallbacks) - _FALLBACKS} more")
    special = extras(node)
    if special:
        lines.append(special)
    more = f"+{len(fallbacks)}" if fallbacks else ""
    return Face("model", glyphs.square, tuple(lines), more, style=_STYLES[Send])


def _condition_lines(said: str, cells: int) -> tuple[str, ...]:
    """Broken before `and` and `or` where it is too long for one."""
    if text.width(said) <= cells:
        return (said,)
    lines = text.wrapped(said, cells)
    return tuple(lines[:_CONDITION_LINES])

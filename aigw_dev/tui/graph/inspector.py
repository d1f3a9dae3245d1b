"""All there is to say about one node, as rows for the pane beside the picture."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from aigw_dev.core.routing.conditions import Observation
from aigw_dev.core.routing.yaml_tree import as_mapping
from aigw_dev.tui import text
from aigw_dev.tui.graph import faces
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.check import Mark
from aigw_dev.tui.graph.ops import fields_of
from aigw_dev.tui.graph.trace import Stop, Trace
from aigw_dev.tui.graph.tree import Broken, Empty, If, Node, Send, Split, entry_text
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Row, Span


class View(Struct, frozen=True, kw_only=True):
    """What the inspector is told."""

    root: Node
    selected: str
    marks: Sequence[Mark] = ()
    """Of the selected node."""
    trace: Trace
    labels: Mapping[tuple[str, int], str] = {}
    """Live traffic by node and branch."""
    glyphs: Glyphs
    cells: int
    """The width of the pane."""


def rows(view: View) -> list[Row]:
    """Kind and place, the node in full, what is wrong and what mends it, what a dry-run found, its branches."""
    node = trees.find(view.root, view.selected)
    if node is None:
        return []
    order = [each.id for each in trees.walk(view.root)]
    face = faces.face(node, view.glyphs, view.cells)
    place = f"node {order.index(node.id) + 1} of {len(order)}"
    found: list[Row] = [
        [Span(face.title, f"{face.style} strong"), Span(f" {view.glyphs.middot} {place}", "dim")]
    ]
    found += _body(node, view)
    found += _problems(view)
    stop = next((stop for stop in view.trace.stops if stop.node == node.id), None)
    found += _branches(node, view, stop)
    found += _path(view)
    return found


def _body(node: Node, view: View) -> list[Row]:
    match node:
        case If(condition=condition):
            said = condition if isinstance(condition, str) and condition else faces.condition_words(condition)
            return _wrapped(said, view.cells)
        case Split(sticky=sticky):
            how = "drawn once per conversation" if sticky == "conversation" else f"sticky: {sticky}"
            return _wrapped(how, view.cells)
        case Send():
            chain: list[Row] = _target(dict(node.fields), view, "")
            for entry in node.fallbacks:
                chain += _target(dict(fields_of(entry)), view, f"{view.glyphs.back} ")
            return chain
        case Empty():
            return _wrapped(
                "This branch leads nowhere yet: e chooses a model, a adds a condition.", view.cells
            )
        case Broken(value=value):
            return [
                *_wrapped("This is no node; it is kept as it is written:", view.cells),
                *_wrapped(faces.raw_words(value), view.cells, "code"),
            ]


def _target(fields: Mapping[Any, Any], view: View, head: str) -> list[Row]:
    """The model, then a line for each thing that is special about calling it."""
    found = _wrapped(head + entry_text(fields.get("send")), view.cells, "" if head else "strong")
    indent = "  "
    for key, value in fields.items():
        if key in {"send", "fallback"}:
            continue
        mapping = as_mapping(value)
        said = (
            faces.raw_words(value)
            if mapping is None
            else ", ".join(f"{name} {faces.raw_words(one)}" for name, one in mapping.items())
        )
        found += _wrapped(f"{indent}{key} {said}", view.cells, "dim")
    return found


def _problems(view: View) -> list[Row]:
    if not view.marks:
        return []
    found: list[Row] = [[]]
    for mark in view.marks:
        is_error = mark.severity == "error"
        sign = view.glyphs.cross if is_error else view.glyphs.warn
        found += _wrapped(f"{sign} {mark.message}", view.cells, "bad" if is_error else "warn")
        found += _wrapped(f"  {mark.hint}" if mark.hint else "", view.cells, "dim")
    return found


def _branches(node: Node, view: View, stop: Stop | None) -> list[Row]:
    below = trees.children(node)
    if not below:
        return []
    found: list[Row] = [[]]
    for branch, child in enumerate(below):
        is_taken = stop is not None and stop.branch == branch
        sign = view.glyphs.path if is_taken else " "
        label = text.fit(faces.branch_words(node, branch, is_dense=False), 6, glyphs=view.glyphs)
        traffic = view.labels.get((node.id, branch), "")
        room = view.cells - 9 - (len(traffic) + 1 if traffic else 0)
        words = " ".join(faces.face(child, view.glyphs, 200).lines[:1])
        found.append(
            [
                Span(f"{sign}{label} ", "hot" if is_taken else "dim"),
                Span(text.fit(words, room, glyphs=view.glyphs), "hot" if is_taken else ""),
                Span(f" {traffic}" if traffic else "", "dim"),
            ]
        )
    return found


def _path(view: View) -> list[Row]:
    """The dry-run, step by step; every question with what was found."""
    trace = view.trace
    if not trace.stops and not trace.said:
        return []
    found: list[Row] = [[], [Span("Dry-run", "head")]]
    for number, stop in enumerate(trace.stops, start=1):
        node = trees.find(view.root, stop.node)
        if node is None:
            continue
        words = " ".join(faces.face(node, view.glyphs, 200).lines[:1])
        style = "strong" if stop.node == view.selected else ""
        step = f"{number} {words}"
        if isinstance(node, trees.Send):  # a name broken in two is no name
            step = text.cut(step, view.cells, glyphs=view.glyphs)
        found += _wrapped(step, view.cells, style)
        taken = faces.branch_words(node, stop.branch, is_dense=False) if stop.branch is not None else ""
        asked = stop.observations if len(stop.observations) > 1 else ()
        for seen in asked:
            found += _wrapped(f"    {_asked(seen)}", view.cells, "dim")
        if taken:
            got = stop.got if not asked else ""
            found.append(
                [
                    Span(
                        text.cut(
                            f"  {text.line(got)} {view.glyphs.to} {taken}".replace("   ", "  "),
                            view.cells,
                            glyphs=view.glyphs,
                        ),
                        "hot",
                    )
                ]
            )
    return found + (_wrapped(trace.said, view.cells, "warn") if trace.said else [])


def _asked(seen: Observation) -> str:
    question = f"{seen.name.removeprefix('metadata.')} {seen.operator}".rstrip()
    wanted = "" if seen.wanted is None else f" {faces.raw_words(seen.wanted)}"
    if seen.result is None:
        return f"{question}{wanted}: not asked"
    found = seen.state if seen.state in {"missing", "null"} else faces.raw_words(seen.actual)
    return f"{question}{wanted}: {found}"


def _wrapped(said: str, cells: int, style: str = "") -> list[Row]:
    if not said:
        return []
    indent = " " * (len(said) - len(said.lstrip(" ")))
    lines = text.wrapped(text.line(said.strip()), max(8, cells - len(indent)))
    return [[Span(indent + line, style)] for line in lines]

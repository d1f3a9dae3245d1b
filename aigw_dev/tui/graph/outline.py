"""A flow as an indented list, one node a line and every word in full: for screen readers, and where boxes do not fit."""

from collections.abc import Mapping, Sequence

from aigw_dev.tui import text
from aigw_dev.tui.graph import faces
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.check import Mark
from aigw_dev.tui.graph.paint import Scene
from aigw_dev.tui.graph.tree import Node
from aigw_dev.tui.look import UNICODE, Glyphs
from aigw_dev.tui.widgets.lines import Row, Span


def outline(
    root: Node,
    scene: Scene,
    *,
    marks: Mapping[str, Sequence[Mark]] | None = None,
    labels: Mapping[tuple[str, int], str] | None = None,
    glyphs: Glyphs = UNICODE,
) -> list[Row]:
    """A row for each node, in the order of the tree: `2.1 true: if lang != "en"`, then what is wrong and what was found."""
    numbers, parents = faces.numbers(root), trees.parents(root)
    stops = {stop.node: stop for stop in scene.trace.stops}
    rows: list[Row] = []
    for node in trees.walk(root):
        stop = stops.get(node.id)
        is_selected = node.id == scene.selected
        parent = parents.get(node.id)
        branch = ""
        if parent is not None:
            added = (labels or {}).get((parent[0].id, parent[1]), "")
            words = faces.branch_words(*parent, is_dense=False)
            branch = f"{words}, {added}: " if added else f"{words}: "
        indent = "  " * numbers[node.id].count(".")
        here = glyphs.pointer if is_selected else glyphs.path if stop is not None else " "
        style = "sel" if is_selected else "hot" if stop is not None else ""
        said = f"{here} {indent}{numbers[node.id]} {branch}{faces.outline_words(node, glyphs)}"
        row = [Span(said, style)]
        if stop is not None and stop.got:
            row.append(Span(f"  {text.line(stop.got)}", "hot"))
        row += [
            Span(f"  {glyphs.cross if mark.severity == 'error' else glyphs.warn} {text.line(mark.message)}",
                 "bad" if mark.severity == "error" else "warn")
            for mark in (marks or {}).get(node.id, ())
        ]  # fmt: skip
        rows.append(row)
    return rows

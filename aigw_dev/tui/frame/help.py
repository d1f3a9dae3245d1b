"""`?`: every key that works where the focus is, with a sentence each."""

import re
from typing import Final

from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.screen import Screen

from aigw_dev.tui import text
from aigw_dev.tui.widgets.lines import Row, Span

KEYS: Final = 16
"""Cells of a row's keys, and of its label."""


def key_rows(screen: "Screen[object]", cells: int = 0) -> list[Row]:
    """Most local first, a heading per place, in each place first what the key bar shows; `cells` wide at most (0 = any)."""
    places: dict[DOMNode, list[ActiveBinding]] = {}
    for active in screen.active_bindings.values():
        if active.binding.id:
            places.setdefault(active.node, []).append(active)
    everywhere = places.pop(screen.app, [])
    groups = [*places.items(), *([(screen.app, everywhere)] if everywhere else [])]
    rows: list[Row] = []
    for node, bindings in groups:
        rows += [[], [Span(_heading(node), "head")]]
        for active in sorted(_one_per_action(bindings), key=lambda one: not one.binding.show):
            same = [one for one in bindings if one.binding.action == active.binding.action]
            rows += _rows(active, [screen.app.get_key_display(one.binding) for one in same], cells)
    return rows[1:]


def _heading(node: DOMNode) -> str:
    """`Route list` of a RouteList; a screen's keys are said to be the whole screen's."""
    if node is node.app:
        return "Everywhere"
    room = getattr(node, "ROOM", "")
    if room:
        return f"The whole {room.title()} screen"
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).capitalize()


def _one_per_action(bindings: list[ActiveBinding]) -> list[ActiveBinding]:
    found: dict[str, ActiveBinding] = {}
    for active in bindings:
        found.setdefault(active.binding.action, active)
    return list(found.values())


def _rows(active: ActiveBinding, keys: list[str], cells: int) -> list[Row]:
    """The keys, the label, and what it does on as many lines as that takes."""
    label = active.binding.description
    said = active.tooltip if active.tooltip and active.tooltip != label else ""
    wide = cells - 2 * KEYS if cells else text.width(said)
    first, *more = text.wrapped(text.line(said), max(20, wide)) if said else [""]
    head: Row = [
        Span(text.fit(text.line(" ".join(dict.fromkeys(keys))), KEYS - 1) + " ", "accent strong"),
        Span(text.fit(label, KEYS - 1) + " "),
        Span(first, "dim"),
    ]
    return [head, *([Span(" " * 2 * KEYS), Span(line, "dim")] for line in more)]

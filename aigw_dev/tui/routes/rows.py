"""The rows of the Routes screen that are not the picture: the list of routes, its versions, changes, the dry-run's result."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aigw_dev.tui import text
from aigw_dev.tui.graph.trace import Trace
from aigw_dev.tui.graph.traffic import short
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.routes.changes import Change
from aigw_dev.tui.routes.shelf import Item, Shelf
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.table import Entry

_STYLES = {"+": "good", "-": "bad", "~": "warn"}


def route_entries(
    shelf: Shelf,
    counts: Mapping[str, tuple[int, int]],
    bad: Mapping[str, int],
    glyphs: Glyphs,
    *,
    more: int,
) -> list[Entry]:
    """One row a route: its mark and name, calls and errors; then `more` of live version and description."""
    rows: list[Entry] = []
    for name, item in shelf.items.items():
        calls, errors = counts.get(name, (0, 0))
        sign = mark(item, is_bad=bool(bad.get(name)), is_in_conflict=name in shelf.conflicts, glyphs=glyphs)
        cells: tuple[str | Span, ...] = (
            Span(f"{sign.text} {name}", sign.style),
            short(calls) if calls else "",
            Span(short(errors) if errors else "", "bad"),
        )
        rest = (Span(version_words(item), "dim"), Span(item.description, "dim"))
        rows.append(Entry(name, (*cells, *rest[:more])))
    return rows


def mark(item: Item, *, is_bad: bool, is_in_conflict: bool, glyphs: Glyphs) -> Span:
    """What the draft does with a route, in one sign."""
    if is_in_conflict:
        return Span(glyphs.warn, "bad strong")
    if is_bad:
        return Span(glyphs.warn, "bad")
    signs = {"same": " ", "changed": glyphs.dot, "new": "+", "removed": glyphs.minus}
    styles = {"same": "", "changed": "accent", "new": "good", "removed": "dim"}
    return Span(signs[item.state], styles[item.state])


def version_words(item: Item) -> str:
    """`#7`, `new`, `gone`."""
    if item.state == "removed":
        return "gone"
    if item.live is None:
        return "new"
    return f"#{item.version}" if item.version else "live"


def version_entries(
    item: Item, history: Sequence[Mapping[str, Any]], changes: Sequence[Change], *, now_s: float
) -> list[Entry]:
    """The draft, where there is one, then the deployments that changed the route, newest first."""
    rows: list[Entry] = []
    if changes:
        count = len(changes)
        rows.append(
            Entry(
                "draft",
                (Span("draft", "accent"), Span(f"{count} change{'' if count == 1 else 's'}", "accent"), ""),
            )
        )
    for position, one in enumerate(history):
        is_live = position == 0 and item.live is not None
        when = when_words(float(one.get("at") or 0), now_s)
        note = str(one.get("note") or one.get("actor") or "")
        said = "removed" if one.get("tree") is None else note
        rows.append(
            Entry(
                str(one["number"]),
                (
                    Span(f"#{one['number']}", "good" if is_live else ""),
                    Span(f"live {when}" if is_live else when, "good" if is_live else "dim"),
                    Span(said, "dim"),
                ),
            )
        )
    return rows


def when_words(at_s: float, now_s: float) -> str:
    """`10:12` today, `Tue 10:12` within a week, else `12 Aug`."""
    if not at_s:
        return ""
    then = time.localtime(at_s)
    if time.localtime(now_s)[:3] == then[:3]:
        return time.strftime("%H:%M", then)
    return time.strftime("%a %H:%M" if now_s - at_s < 6 * 86_400 else "%d %b", then)


def change_rows(changes: Sequence[Change], cells: int) -> list[Row]:
    """Every change in words, the branch it is on below it."""
    rows: list[Row] = []
    for change in changes:
        lines = text.wrapped(text.line(change.said), max(10, cells - 2))
        rows.append([Span(f"{change.sign} ", f"{_STYLES[change.sign]} strong"), Span(lines[0])])
        rows += [[Span(f"  {line}")] for line in lines[1:]]
        if change.where:
            rows.append([Span(text.cut(f"    on {text.line(change.where)}", cells), "dim")])
    return rows


_FALLBACK: Final = "   fallback: "
_LEAST_NAME: Final = 10
"""Cells of a fallback's name below which only the number of them is said."""


def result_row(trace: Trace, glyphs: Glyphs, *, cells: int = 0) -> Row:
    """`→ mistral/large   3 conditions   fallback: openai/gpt-4o`: where the request would go, `cells` wide at most."""
    decision = trace.decision
    if decision is None:
        first = trace.said.split("\n")[0]
        return [Span(f"{glyphs.cross} ", "bad strong"), Span(text.line(first), "bad")] if first else []
    first, *others = decision.targets
    asked = sum(1 for stop in trace.stops if stop.observations)
    spans = [
        Span(f"{glyphs.to} ", "good strong"),
        Span(text.line(first.text()), "hot"),
        Span(text.line(f" {glyphs.middot}{first.key}") if first.key else "", "dim"),
        Span(f"   {asked} condition{'' if asked == 1 else 's'}" if asked else "", "dim"),
    ]
    if others:
        names = text.line(", ".join(target.text() for target in others))
        room = cells - sum(text.width(span.text) for span in spans) - len(_FALLBACK)
        if cells and room < min(text.width(names), _LEAST_NAME):
            spans.append(Span(f"   +{len(others)}", "dim"))
        else:
            spans.append(Span(_FALLBACK, "dim"))
            spans.append(Span(text.cut(names, room, glyphs=glyphs) if cells else names))
    if trace.said:
        spans.append(Span(f"   {text.line(trace.said)}", "warn"))
    return spans


def traffic_rows(traffic: Mapping[str, Any], span: str, cells: int) -> list[Row]:
    """Live traffic of the range: calls and errors of the route."""
    calls, errors = int(traffic.get("calls") or 0), int(traffic.get("errors") or 0)
    rows: list[Row] = [[], [Span(f"Live traffic, last {span}", "head")]]
    if not calls:
        return [*rows, [Span("no requests yet", "dim")]]
    spans = [Span(f"{short(calls)} call{'' if calls == 1 else 's'}")]
    spans.append(
        Span(f"  {short(errors)} error{'' if errors == 1 else 's'}", "bad")
        if errors
        else Span("  no errors", "good")
    )
    rows.append(spans)
    if traffic.get("is_complete") is False:
        rows += [
            [Span(line, "dim")] for line in text.wrapped("counted since the flow became what it is", cells)
        ]
    return rows


def teaching(cells: int) -> list[Row]:
    """What to do where there is no route at all."""
    said = (
        "A route decides by the request where it goes: by metadata, headers, the model asked for, the size of the input.",
        "a on the list adds one; it begins with a sample and a model you pick.",
        "Callers use it as model dynamic/NAME, or by a name it claims.",
        "Nothing changes for them until s deploys it.",
    )
    rows: list[Row] = []
    for paragraph in said:
        rows += [[Span(line)] for line in text.wrapped(paragraph, cells)] + [[]]
    return rows


def route_rows(item: Item, cells: int) -> list[Row]:
    """What the route is called and how it is set, below the node's details."""
    rows: list[Row] = [[], [Span("Route", "head")]]
    for said, style in (
        (item.description, ""),
        (f"called as dynamic/{item.name}", "dim"),
        (f"claims {', '.join(item.claims)}" if item.claims else "", "dim"),
        ("metadata optional" if item.shown.get("metadata") == "optional" else "", "dim"),
        (f"lossy: {item.shown['on_loss']}" if item.shown.get("on_loss", "allow") != "allow" else "", "dim"),
    ):
        rows += [[Span(line, style)] for line in text.wrapped(text.line(said), cells)] if said else []
    return rows

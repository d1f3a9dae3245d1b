"""`?`: every key that works where the focus is, with a sentence each; type to filter."""

from textual.dom import DOMNode
from textual.screen import Screen

from aigw_dev.tui import text
from aigw_dev.tui.widgets.lines import Row, Span

_PLACES = {"AigwApp": "everywhere"}


def key_rows(screen: "Screen[object]") -> list[Row]:
    """Most local first, a heading per place."""
    rows: list[Row] = []
    shown: set[tuple[str, str]] = set()
    heading: DOMNode | None = None
    by_action: dict[tuple[int, str], list[str]] = {}
    active = list(screen.active_bindings.values())
    for node, binding, _, _ in active:
        by_action.setdefault((id(node), binding.action), []).append(screen.app.get_key_display(binding))
    for node, binding, _, tooltip in active:
        if (str(id(node)), binding.action) in shown or not binding.id:
            continue
        shown.add((str(id(node)), binding.action))
        if node is not heading:
            heading = node
            name = type(node).__name__
            rows += [[], [Span(_PLACES.get(name, name), "head")]]
        keys = " ".join(dict.fromkeys(by_action[id(node), binding.action]))
        said = tooltip or binding.description
        rows.append(
            [
                Span(text.fit(text.line(keys), 16), "accent strong"),
                Span(text.fit(binding.description, 16)),
                Span(text.line(said) if said != binding.description else "", "dim"),
            ]
        )
    return rows[1:]

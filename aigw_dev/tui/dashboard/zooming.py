"""One panel alone on the dashboard, and all of them again."""

from textual.screen import Screen
from textual.widget import Widget


def zoom(screen: Screen[None], name: str) -> None:
    """Show the panel with this id alone and put the focus there; with an empty name all as the style sheet has them."""
    for panel in screen.query(".panel"):
        _show(panel, is_shown=panel.id == name if name else None)
    for line in screen.query("#dash > Horizontal"):
        _show(line, is_shown=bool(line.query(f"#{name}")) if name else None)
        if name:
            line.styles.height = "1fr"
        else:
            line.styles.clear_rule("height")
    for panel in screen.query(f"#{name}") if name else ():
        panel.focus()
    screen.refresh(layout=True)


def _show(widget: Widget, *, is_shown: bool | None) -> None:
    if is_shown is None:
        widget.styles.clear_rule("display")
        widget.refresh(layout=True)  # clearing alone lays nothing out
    else:
        widget.display = is_shown

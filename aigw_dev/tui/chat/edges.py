"""The line above an answer and the one below it: tabs, and what it took in time, tokens and money."""

from textual import events
from textual.message import Message

from aigw_dev.tui.chat import tabs
from aigw_dev.tui.widgets.lines import Lines, Row, Span


class TabLine(Lines, can_focus=False):
    """The names of the tabs; a click chooses."""

    DEFAULT_CSS = "TabLine { height: 1; scrollbar-size: 0 0; }"

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            """One of `TABS`."""
            super().__init__()
            self.name = name

    def __init__(self) -> None:
        """The answer's."""
        super().__init__()
        self.at: str = tabs.TABS[0]

    def put(self, name: str) -> None:
        """Another tab."""
        self.at = name
        self.changed()

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """`[Answer]  cURL  Code ...`."""
        return [
            span
            for name in tabs.TABS
            for span in (
                Span(
                    f"[{name}]" if name == self.at else f" {name} ",
                    "accent strong" if name == self.at else "dim",
                ),
            )
        ]

    def on_click(self, event: events.Click) -> None:
        """The name below the mouse."""
        at = 0
        for name in tabs.TABS:
            at += len(name) + 2
            if event.x < at:
                self.post_message(self.Chosen(name))
                return


class FactsLine(Lines, can_focus=False):
    """What the answer cost in time, tokens and money; ticks while it comes."""

    DEFAULT_CSS = "FactsLine { height: 1; scrollbar-size: 0 0; background: $panel; &.-two { height: 2; } }"

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self._rows: list[Row] = []

    def show(self, rows: list[Row]) -> None:
        """One or two rows."""
        self._rows = [row for row in rows if row]
        self.set_class(len(self._rows) > 1, "-two")
        self.changed()

    def row_count(self) -> int:
        """As many as there are."""
        return len(self._rows)

    def row(self, y: int) -> Row:
        """With a blank before it."""
        return [Span(" "), *self._rows[y]]

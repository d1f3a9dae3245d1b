"""The last line: at most ten keys of what has the focus, dimmed where they cannot work now, then `? all keys`.

Above it, where something was done, stands the command that does the same.
"""

from typing import Final, NamedTuple

from textual import events
from textual.dom import DOMNode

from aigw_dev.tui import text
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.lines import Lines, Row, Span

MOST: Final = 10
_LAST: Final = "? all keys"


class Hint(NamedTuple):
    """One key of the bar."""

    key: str
    label: str
    action: str
    node: DOMNode
    why_not: str


class KeyBar(Lines, can_focus=False):
    """Keys of the focused widget first, then of its parents; clickable."""

    DEFAULT_CSS = """
    KeyBar { height: 1; background: $panel; scrollbar-size: 0 0; }
    """

    def __init__(self, shell: Shell) -> None:
        """Follows the screen it stands on."""
        super().__init__()
        self._shell = shell
        self._places: list[tuple[int, int, Hint]] = []

    def on_mount(self) -> None:
        """Focus and bindings decide what is shown."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.changed())

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """`key label` pairs, as many as fit before the last one."""
        cells = self.size.width
        spans: list[Span] = []
        self._places = []
        used, room = 0, cells - text.width(_LAST) - 2
        for hint in hints(self)[:MOST]:
            wide = text.width(hint.key) + text.width(hint.label) + 3
            if used + wide > room:
                break
            is_dim = bool(hint.why_not)
            spans += [
                Span(" " + hint.key, "dim" if is_dim else "accent strong"),
                Span(f" {hint.label} ", "dim" if is_dim else ""),
            ]
            self._places.append((used, used + wide, hint))
            used += wide
        return [*spans, Span(" " * max(0, cells - used - text.width(_LAST) - 1)), Span(_LAST, "dim")]

    async def on_click(self, event: events.Click) -> None:
        """A key of the bar is pressed by clicking it."""
        for first, after, hint in self._places:
            if first <= event.x < after:
                await self.app.run_action(hint.action, hint.node)
                return
        await self.app.run_action("help")


def hints(bar: Lines) -> list[Hint]:
    """The keys that are shown, most local first."""
    found: list[Hint] = []
    seen: set[str] = set()
    for node, binding, _enabled, _tooltip in bar.screen.active_bindings.values():
        if not binding.show or binding.action in seen:
            continue
        seen.add(binding.action)
        reason = getattr(node, "why_not", None)
        name = binding.action.partition("(")[0]
        why = reason(name) if reason is not None else ""
        found.append(Hint(bar.app.get_key_display(binding), binding.description, binding.action, node, why))
    return found

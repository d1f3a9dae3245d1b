"""A number of the panel: typed or stepped with arrows, beyond its limits refused in place, or not sent at all."""

from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from aigw_dev.core.panel import Parameter
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row, Span

_STEPS: Final = {True: 64.0, False: 0.05}
"""One step of a whole number and of another."""


class NumberField(Lines):
    """Two lines: name and value, and where it stands between its limits."""

    DEFAULT_CSS = """
    NumberField { height: 2; padding: 0 1; scrollbar-size: 0 0; &:focus { background: $primary 20%; } &:focus:nocolor { text-style: reverse; } }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Less", show=False, id="number.less", tooltip="One step less."),
        Binding("right,l", "step(1)", "More", show=False, id="number.more", tooltip="One step more."),
        Binding(
            "shift+left,H", "step(-10)", "Less", show=False, id="number.much_less", tooltip="Ten steps less."
        ),
        Binding(
            "shift+right,L", "step(10)", "More", show=False, id="number.much_more", tooltip="Ten steps more."
        ),
        Binding(
            "x,delete", "unset", "Not sent", id="number.unset", tooltip="Do not send it; again: the default."
        ),
    ]

    class Changed(Message):
        """Another value."""

        def __init__(self, field: "NumberField", value: str) -> None:
            """As typed; empty = not sent."""
            super().__init__()
            self.field, self.value = field, value

    def __init__(self, parameter: Parameter, look: Look, *, id: str) -> None:  # noqa: A002  -- Textual's name
        """With its default."""
        super().__init__(id=id)
        self.parameter: Final = parameter
        self._look = look
        self.value: str = f"{parameter.default}"
        self._wrong = ""
        self._note = ""

    def put(self, value: str, *, wrong: str = "", note: str = "") -> None:
        """Show a value, what is wrong with it, and what one should know."""
        if (value, wrong, note) != (self.value, self._wrong, self._note):
            self.value, self._wrong, self._note = value, wrong, note
            self.changed()

    def row_count(self) -> int:
        """Two lines."""
        return 2

    def row(self, y: int) -> Row:
        """Name and value; then the slider, or what is wrong."""
        cells, glyphs, parameter = self.size.width, self._look.glyphs, self.parameter
        if y == 0:
            shown = self.value or "not sent"
            style = "bad strong" if self._wrong else "strong" if self.value else "dim"
            gap = " " * max(1, cells - len(parameter.name) - len(shown))
            return [Span(parameter.name, "" if self.value else "dim"), Span(gap), Span(shown, style)]
        if self._wrong:
            return [Span(f"{glyphs.cross} {self._wrong}", "bad")]
        if self._note:
            return [Span(f"{glyphs.warn} {self._note}", "warn")]
        least, most = f"{parameter.least} ", f" {parameter.most}"
        width = max(3, cells - len(least) - len(most))
        if not self.value:
            return [Span(f"{least}{glyphs.middot * width}{most}", "dim")]
        share = (self._number() - parameter.least) / (parameter.most - parameter.least)
        at = max(0, min(width - 1, round(share * (width - 1))))
        line = glyphs.horizontal
        return [
            Span(least, "dim"),
            Span(line * at, "info"),
            Span(glyphs.dot, "info strong"),
            Span(line * (width - 1 - at) + most, "dim"),
        ]

    def on_key(self, event: events.Key) -> None:
        """Digits and a point are typed."""
        typed = event.character or ""
        if typed and typed in "0123456789.-":
            value = typed if self._is_fresh else self.value + typed
        elif event.key == "backspace":
            value = self.value[:-1]
        else:
            return
        event.stop()
        event.prevent_default()
        self._is_fresh = False
        self._tell(value[:8])

    _is_fresh = True

    def on_focus(self) -> None:
        """What is typed next replaces the value."""
        self._is_fresh = True

    def action_step(self, by: int) -> None:
        """Within the limits."""
        parameter = self.parameter
        step = _STEPS[parameter.is_whole]
        base = self._number() if self.value else float(parameter.default)
        number = min(float(parameter.most), max(float(parameter.least), base + by * step))
        self._tell(f"{int(number)}" if parameter.is_whole else f"{round(number, 2):g}")

    def action_unset(self) -> None:
        """Not sent, or the default again."""
        self._is_fresh = True
        self._tell("" if self.value else f"{self.parameter.default}")

    def _number(self) -> float:
        try:
            return float(self.value)
        except ValueError:
            return float(self.parameter.default)

    def _tell(self, value: str) -> None:
        self.value = value
        self.changed()
        self.post_message(self.Changed(self, value))

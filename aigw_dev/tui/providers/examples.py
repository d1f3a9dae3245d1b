"""Call examples of a model, a tab per language; only models that have what they need can be picked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aigw_dev.tui import text
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Lines, Row, Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option, Picker
from aigw_dev.tui.widgets.text_pane import TextPane

Writer = Callable[[str], Mapping[str, str]]
"""The examples of a model by title."""


def chat_examples(base_url: str) -> Writer:
    """A writer of a small chat call through the gateway at `base_url`."""

    def write(model: str) -> Mapping[str, str]:
        from aigw_dev.core.call_examples import CallRequest, examples

        body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "Say hello."}]}
        return examples(CallRequest(base_url=base_url, body=body))

    return write


class Tabs(Lines, can_focus=False):
    """The titles, the open one in brackets."""

    DEFAULT_CSS = "Tabs { height: 1; scrollbar-size: 0 0; }"

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self._titles: tuple[str, ...] = ()
        self._at = 0

    def show(self, titles: Sequence[str], at: int) -> None:
        """Other titles."""
        self._titles, self._at = tuple(titles), at
        self.changed()

    def row_count(self) -> int:
        """One line."""
        return 1

    def row(self, y: int) -> Row:
        """All of them."""
        return [
            Span(f"[{title}]  " if position == self._at else f" {title}   ", "accent strong" if position == self._at else "dim")
            for position, title in enumerate(self._titles)
        ]  # fmt: skip


class Examples(Modal[None]):
    """`[` and `]` change the language, `m` the model, `y` copies."""

    DEFAULT_CSS = """
    Examples > Vertical { width: 96%; height: 90%; max-height: 90%; }
    Examples TextPane { height: 1fr; margin: 1 0 0 0; }
    """
    AUTO_FOCUS = "TextPane"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket,left", "step(-1)", "Previous", show=False, id="examples.previous", tooltip="The language before."),
        Binding("right_square_bracket,right,tab", "step(1)", "Next", show=False, priority=True, id="examples.next", tooltip="The next language."),
        Binding("m", "model", "Model", show=False, id="examples.model", tooltip="Another model that is ready to be called."),
        Binding("y,c", "copy", "Copy", show=False, id="examples.copy", tooltip="Copy this example."),
    ]  # fmt: skip

    def __init__(
        self,
        models: Sequence[Option],
        look: Look,
        *,
        model: str,
        write: Writer,
        copy: Callable[[str, str], None],
    ) -> None:
        """`models` are those that can be picked; `model` is shown first."""
        super().__init__()
        self._models, self._look, self._write, self._copy = tuple(models), look, write, copy
        self._model = model
        self._at = 0
        self._texts: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        """Tabs above the text."""
        with Box(id="examples-box"):
            yield Tabs()
            yield TextPane()

    def on_mount(self) -> None:
        """The first one."""
        self._show()

    def action_step(self, by: int) -> None:
        """The neighbour, around the ends."""
        self._at = (self._at + by) % max(1, len(self._texts))
        self._show()

    def action_copy(self) -> None:
        """What is shown."""
        title, said = self._open()
        if said:
            self._copy(said, f"the {title} example")

    def action_model(self) -> None:
        """Pick another."""

        def then(value: str | None) -> None:
            if value is not None:
                self._model = value
                self._show()

        self.app.push_screen(Picker("Example for", self._models, self._look, at=self._model), then)

    def _open(self) -> tuple[str, str]:
        titles = list(self._texts)
        return (titles[self._at], self._texts[titles[self._at]]) if titles else ("", "")

    def _show(self) -> None:
        self._texts = self._write(self._model)
        self._at = min(self._at, max(0, len(self._texts) - 1))
        box = self.query_one("#examples-box")
        text.title(box, f"Call {self._model}", "[ ] language · m model · y copies · esc closes")
        self.query_one(Tabs).show(list(self._texts), self._at)
        _, said = self._open()
        self.query_one(TextPane).show(
            [[Span(line, "code" if line.lstrip().startswith("#") else "")] for line in text.block(said)]
        )

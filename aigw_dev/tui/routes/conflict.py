"""The file changed under a draft: what changed, and three ways on."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aigw_dev.tui import text
from aigw_dev.tui.widgets.lines import Row
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.text_pane import TextPane
from aigw_dev.tui.widgets.words import Words

Way = Literal["rebase", "overwrite", "discard"]


class Conflict(Modal[Way]):
    """Dismissed with the way that was picked; None leaves everything as it is."""

    DEFAULT_CSS = """
    Conflict > Vertical { width: 96; border: round $error; border-title-color: $error; }
    Conflict TextPane { height: auto; margin: 1 0; }
    """
    AUTO_FOCUS = "TextPane"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "pick('rebase')", "Rebase", id="conflict.rebase", tooltip="Their changes, with yours on top."),
        Binding("o", "pick('overwrite')", "Overwrite", id="conflict.overwrite", tooltip="Your version, whatever they did."),
        Binding("d", "pick('discard')", "Discard", id="conflict.discard", tooltip="Their version; your draft of this route is gone."),
    ]  # fmt: skip

    def __init__(self, name: str, rows: Sequence[Row], *, said: str) -> None:
        """`rows` show what differs, `said` is what happened."""
        super().__init__()
        self._name, self._rows, self._said = name, rows, said

    def on_resize(self, event: events.Resize) -> None:
        """What stands below the differences is always seen."""
        self.query_one(TextPane).styles.max_height = max(3, min(26, event.size.height - 14))

    def compose(self) -> ComposeResult:
        """What happened, the differences, the ways."""
        with Box() as box:
            text.title(
                box,
                f"{self._name}: changed on both sides",
                "r rebase · o overwrite · d discard mine · esc later",
            )
            yield Words(self._said)
            yield TextPane(self._rows)
            yield Words(
                "r  rebase: their changes stay, yours go on top of them\n"
                "o  overwrite: the draft becomes your version\n"
                "d  discard: the draft becomes the file's version"
            )

    def action_pick(self, way: Way) -> None:
        """One of them."""
        self.dismiss(way)

"""Where the message is typed: up and down at its edges go through what was sent before; a pasted curl command is a request."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from aigw_dev.core.curl_reading import PastedCall, read_curl
from aigw_dev.tui.widgets.entry import Editor

_MOST = 50
SAMPLES = (
    "Explain what an AI gateway does, in three sentences.",
    "Write a Python function that splits a list into chunks, with a doctest.",
    "Compare three models for code review in a small table: strength, weakness, price.",
)


class Prompt(Editor):
    """Several lines; `^j` sends them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "leave", "stop / keys", id="prompt.leave", tooltip="Stop an answer; else to the keys."
        ),
        Binding(
            "up",
            "earlier",
            "earlier",
            id="prompt.earlier",
            tooltip="In the first line: what was sent before.",
        ),
        Binding(
            "down",
            "later",
            "Later",
            show=False,
            id="prompt.later",
            tooltip="In the last line: what came after.",
        ),
    ]

    class Pasted(Message):
        """A curl command was pasted."""

        def __init__(self, call: PastedCall) -> None:
            """What it sends."""
            super().__init__()
            self.call = call

    def __init__(self) -> None:
        """Empty, with the samples as its history."""
        super().__init__(placeholder="Type a message; ^j sends it, up takes an earlier one", id="prompt")
        self.sent: list[str] = []
        """What was sent, oldest first."""
        self._at: int | None = None
        self._unsent = ""

    def put(self, content: str) -> None:
        """Another text, the cursor at its end."""
        self.load_text(content)
        self.move_cursor(self.document.end)

    def note_sent(self, content: str) -> None:
        """One more for the history."""
        if content.strip() and self.sent[-1:] != [content]:
            self.sent = [*self.sent, content][-_MOST:]
        self._at = None

    def action_earlier(self) -> None:
        """Within the text a line up, from its first line to what was sent before."""
        if self.cursor_location[0] > 0 and self._at is None:
            self.action_cursor_up()
            return
        past = [*SAMPLES[::-1], *self.sent]
        at = len(past) if self._at is None else self._at
        if at == 0:
            return
        if self._at is None:
            self._unsent = self.text
        self._at = at - 1
        self.put(past[at - 1])

    def action_later(self) -> None:
        """The way back."""
        past = [*SAMPLES[::-1], *self.sent]
        if self._at is None:
            self.action_cursor_down()
            return
        self._at = self._at + 1 if self._at + 1 < len(past) else None
        self.put(self._unsent if self._at is None else past[self._at])

    async def _on_key(self, event: events.Key) -> None:
        if event.is_printable or event.key in {"backspace", "delete", "enter"}:
            self._at = None
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        read = read_curl(event.text)
        if isinstance(read, PastedCall):
            event.stop()
            event.prevent_default()
            self.post_message(self.Pasted(read))
            return
        await super()._on_paste(event)

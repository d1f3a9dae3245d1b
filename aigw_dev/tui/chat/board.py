"""What the Chat screen consists of: panes over a conversation, the parameters, the prompt; and how it is sent and kept."""

import time
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import msgspec
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from aigw_dev.core.call_examples import CallRequest
from aigw_dev.core.tokens import estimate
from aigw_dev.tui import text
from aigw_dev.tui.chat import beside
from aigw_dev.tui.chat.attach import Attachment
from aigw_dev.tui.chat.draft import Draft, body_of, command_of, read, take
from aigw_dev.tui.chat.edges import FactsLine
from aigw_dev.tui.chat.pane import Pane
from aigw_dev.tui.chat.params import Params
from aigw_dev.tui.chat.prompt import SAMPLES, Prompt
from aigw_dev.tui.chat.shelf import Shelf, new_id
from aigw_dev.tui.chat.talk import Strand, Talk, Turn, encode, restored, summary
from aigw_dev.tui.link import on_loop
from aigw_dev.tui.room import Room
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.highlight import warm_up
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.picker import Option

T = TypeVar("T")
LETTERS: Final = "ABCD"
"""The panes' names."""
_ESTIMATED_CHARS: Final = 20_000
"""Up to here the prompt's tokens are estimated properly; longer ones by their length."""


class Board(Room):
    """One conversation on the screen. `screens.chat.ChatRoom` adds the keys."""

    CSS = """
    #chat-main { height: 1fr; }
    #panes { height: 1fr; }
    #prompt { height: 6; border: round $foreground 30%; background: $surface; border-title-color: $foreground 80%; border-subtitle-color: $foreground 60%; }
    #prompt:focus { border: round $accent; border-title-color: $accent; background: $surface; }
    #numbers { display: none; }
    #numbers.-on { display: block; }
    ChatRoom.-short #prompt { height: 4; }
    ChatRoom.-narrow #params { display: none; }
    ChatRoom.-params #params { display: none; }
    ChatRoom.-narrow.-params #params { display: block; width: 100%; }
    ChatRoom.-narrow.-params #chat-right { display: none; }
    ChatRoom.-narrow Pane { display: none; }
    ChatRoom.-narrow Pane.-at { display: block; }
    """

    def __init__(self, shell: Shell) -> None:
        """A new conversation; `recall` brings the last one back."""
        super().__init__(shell)
        self.shelf = Shelf(shell.memory.folder)
        self.talk = Talk(id=new_id(time.time()), began_at=time.time())
        self.attached: list[Attachment] = []
        self.presets: dict[str, Any] = {}
        self.options: list[Option] = []
        """Models and routes to pick from."""
        self.editing: int | None = None
        """The turn that the prompt replaces."""
        self.prompt: Prompt = Prompt()
        self.params: Params = Params(self.talk.draft, shell.look)
        self.at: int = 0
        """The active pane."""
        self.last_sent: tuple[str, list[Attachment]] = ("", [])
        """What a failure puts back."""

    def body(self) -> Iterable[Widget]:
        """Parameters, panes, the prompt."""
        with Horizontal(id="chat-main"):
            yield self.params
            with Vertical(id="chat-right"):
                yield Horizontal(id="panes")
                numbers = FactsLine()
                numbers.id = "numbers"
                yield numbers
                yield self.prompt

    @property
    def draft(self) -> Draft:
        """What is set beside the messages."""
        return self.talk.draft

    @property
    def panes(self) -> list[Pane]:
        """From left to right."""
        return [pane for pane in self.query(Pane) if not pane.has_class("-gone")]

    @property
    def pane(self) -> Pane:
        """The active one."""
        panes = self.panes
        return panes[min(self.at, len(panes) - 1)]

    @property
    def is_busy(self) -> bool:
        """An answer is coming."""
        return any(pane.is_busy for pane in self.panes)

    def build_panes(self) -> None:
        """One pane for every strand of the conversation."""
        for pane in self.panes:
            pane.add_class("-gone")
            pane.display = False
            pane.stop()
            pane.remove()
        holder, many = self.query_one("#panes"), len(self.talk.strands) > 1
        made = [
            Pane(self.shell, strand, letter=LETTERS[at] if many else "", empty=self._empty())
            for at, strand in enumerate(self.talk.strands)
        ]
        self.at = min(self.at, len(made) - 1)
        made[self.at].add_class("-at")
        holder.mount(*made)
        self.call_after_refresh(self.refresh_all)

    def activate(self, at: int) -> None:
        """Another pane is the active one; the panel shows its model."""
        self.at = at
        for number, pane in enumerate(self.panes):
            pane.set_class(number == at, "-at")
        self.draft.model = self.pane.strand.model
        self.params.set_model(self.draft.model)
        self.refresh_prompt()

    def activate_last(self) -> None:
        """The rightmost pane."""
        self.call_after_refresh(lambda: self.activate(len(self.panes) - 1))

    def refresh_all(self) -> None:
        """Everything that follows from the conversation."""
        if not self.panes:
            return
        for pane in self.panes:
            pane.refresh_title()
        self.params.put(self.draft)
        self.activate(self.at)
        self.refresh_numbers()
        self.refresh_requests()

    def refresh_prompt(self) -> None:
        """The prompt's edges say where it goes."""
        count = len(self.panes)
        top = "Message" if self.editing is None else f"Message {self.editing // 2 + 1}, edited"
        where = f"{count} panes" if count > 1 else text.line(self.pane.strand.model)
        tokens = _tokens(self.prompt.text)
        bottom = (
            f"^j send to {where} · ~{tokens:,} token{'' if tokens == 1 else 's'}"
            if tokens
            else f"^j send to {where}"
        )
        self.params.show_attached(one.label for one in self.attached)
        attached = f" · {len(self.attached)} attached" if self.attached else ""
        text.title(self.prompt, top + attached, bottom)

    def refresh_numbers(self) -> None:
        """The line between panes and prompt, and the session's cost."""
        letters = [(LETTERS[at], strand) for at, strand in enumerate(self.talk.strands)]
        row = beside.numbers_row(letters, self.shell.look.glyphs)
        line = self.query_one("#numbers", FactsLine)
        line.set_class(bool(row), "-on")
        line.show([[*row, Span("D words  w winner", "dim")]] if row else [])
        self.refresh_top()

    def refresh_requests(self, *, is_changed: bool = False) -> None:
        """What the cURL and Code tabs show: what would be sent, or, with nothing typed or changed, what was sent."""
        said = self.prompt.text.strip()
        for pane in self.panes:
            if pane.is_busy or (pane.answer is not None and not said and not is_changed):
                continue
            asked = pane.strand.messages()
            while not said and asked and asked[-1]["role"] == "assistant":
                asked.pop()
            if said or not asked:
                asked.append({"role": "user", "content": self.content(said or "Hello!")})
            pane.set_request(self.request(pane.strand, asked))

    def top_words(self) -> str:
        """Turns and cost of the conversation."""
        return summary(self.talk, self.shell.look.glyphs)

    def _empty(self) -> list[Row]:
        glyphs = self.shell.look.glyphs
        rows: list[Row] = [
            [],
            [
                Span("Nothing said yet.", "strong"),
                Span(" Type below; ^j sends, up takes one of these:", "dim"),
            ],
            [],
        ]
        rows += [[Span(f"  {glyphs.bullet} ", "accent"), Span(sample)] for sample in SAMPLES]
        rows += [
            [],
            [Span("m picks a model or route, + puts another beside it, p shows the parameters.", "dim")],
        ]
        return [*rows, [Span("] shows the call as curl and code before it is sent.", "dim")]]

    def take_request(self, body: dict[str, Any], metadata: dict[str, Any] | None) -> None:
        """A request becomes a new conversation, its last message the prompt."""
        talk = Talk(id=new_id(time.time()), began_at=time.time())
        messages = take(talk.draft, body, metadata)
        said = ""
        if messages and messages[-1].get("role") == "user" and isinstance(messages[-1].get("content"), str):
            said = messages.pop()["content"]
        turns = [
            Turn(
                role=str(one.get("role", "user")),
                message={key: value for key, value in one.items() if key != "role"},
            )
            for one in messages
        ]
        talk.strands = [Strand(model=talk.draft.model, turns=turns)]
        self.open_talk(talk)
        self.prompt.put(said)

    def open_talk(self, talk: Talk) -> None:
        """Show another conversation."""
        self.talk, self.editing, self.at = talk, None, 0
        for strand in talk.strands:
            strand.model = strand.model or talk.draft.model
        self.build_panes()

    def remember(self) -> dict[str, Any]:
        """The conversation by its id, and what is not sent yet."""
        return {
            "talk": self.talk.id,
            "draft": msgspec.to_builtins(self.draft),
            "models": [strand.model for strand in self.talk.strands],
            "prompt": self.prompt.text,
            "sent": self.prompt.sent,
            "presets": self.presets,
            "at": self.at,
            "tab": self.pane.tab if self.panes else "",
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """The same, after a restart (and what a first run begins with); the conversation's file is read in a thread."""
        self.talk = restored(kept, id=new_id(time.time()), now=time.time())
        self.prompt.sent = [one for one in kept.get("sent") or () if isinstance(one, str)]
        self.presets = dict(kept.get("presets") or {})
        self.prompt.put(str(kept.get("prompt", "")))
        self.build_panes()
        self.prompt.focus()
        self.run_worker(warm_up, thread=True)
        talk_id = kept.get("talk")
        if isinstance(talk_id, str):
            self.in_thread(lambda: self.shelf.load(talk_id), self._recalled)

    def _recalled(self, talk: Talk | None) -> None:
        """The last conversation, with the parameters as they were left; unless something was said meanwhile."""
        if talk is None or not self.talk.is_empty:
            return
        talk.draft = self.draft
        unsent = self.prompt.text
        self.open_talk(talk)
        self.prompt.put(unsent)

    def keep(self) -> None:
        """Write the conversation, soon, in a thread."""
        if self.talk.is_empty:
            return
        talk_id, content = self.talk.id, encode(self.talk)
        self.in_thread(lambda: self.shelf.save(talk_id, content), lambda _: None, group="keep")

    def in_thread(self, work: Callable[[], T], then: Callable[[T], None], *, group: str = "") -> None:
        """Blocking work of this machine (files), and its result on the loop; an `OSError` is a toast."""

        def run() -> None:
            try:
                result = work()
            except OSError as error:
                said = f"{error.filename}: {error.strerror}"
                on_loop(self.app, lambda: self.shell.toast("A file failed", said, "error"))
                return
            on_loop(self.app, lambda: then(result) if self.is_attached else None)

        self.run_worker(run, thread=True, group=group or f"work-{id(run)}", exclusive=False)

    def content(self, said: str) -> Any:
        """A message's content: text alone, or with the attachments."""
        if not self.attached:
            return said
        return [*([{"type": "text", "text": said}] if said else []), *(one.part for one in self.attached)]

    def request(self, strand: Strand, messages: list[dict[str, Any]]) -> CallRequest:
        """The call for a strand."""
        return CallRequest(
            base_url=self.shell.link.url,
            body=body_of(self.draft, messages, model=strand.model),
            metadata=read(self.draft).metadata,
        )

    def ask(self, panes: list[Pane]) -> None:
        """Send every pane's strand as it stands."""
        for pane in panes:
            pane.send(self.request(pane.strand, pane.strand.messages()))
        strand = panes[0].strand
        self.shell.cli(command_of(self.draft, strand.messages(), model=strand.model))
        self.refresh_numbers()
        self.keep()

    def may_send(self) -> bool:
        """Nothing is running, nothing is wrong; else a toast says what."""
        if self.is_busy:
            self.shell.toast("An answer is coming", "esc stops it", "warning")
            return False
        problems = read(self.draft).problems
        if problems:
            field, said = next(iter(problems.items()))
            self.shell.toast(f"Not sent: {field}", said, "warning")
            self.params.query_one(f"#param-{field}").focus()
            return False
        return True

    def set_model(self, model: str) -> None:
        """The active pane's."""
        self.pane.strand.model = model
        self.draft.model = model
        self.pane.refresh_title()
        self.params.set_model(model)
        self.refresh_prompt()
        self.refresh_requests()


def _tokens(said: str) -> int:
    return estimate(said) if len(said) < _ESTIMATED_CHARS else len(said) // 4

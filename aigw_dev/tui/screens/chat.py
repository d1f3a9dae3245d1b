"""The Chat screen: one to four models over the same conversation, with everything that was sent and what it cost."""

import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, TypeVar

import msgspec
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from aigw_dev.core.call_examples import CallRequest
from aigw_dev.tui import text
from aigw_dev.tui.chat import acts, beside, talks
from aigw_dev.tui.chat.attach import Attachment
from aigw_dev.tui.chat.draft import Draft, body_of, command_of, read, take
from aigw_dev.tui.chat.pane import FactsLine, Pane
from aigw_dev.tui.chat.params import Params
from aigw_dev.tui.chat.prompt import SAMPLES, Prompt
from aigw_dev.tui.chat.shelf import Shelf, new_id
from aigw_dev.tui.chat.talk import MOST_PANES, Strand, Talk, Turn, titled
from aigw_dev.tui.link import on_loop
from aigw_dev.tui.room import Room
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.entry import Editor
from aigw_dev.tui.widgets.highlight import warm_up
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.picker import Option

T = TypeVar("T")


def _key(keys: str, action: str, label: str, tooltip: str, *, show: bool = False, priority: bool = False) -> Binding:
    name = action.partition("(")[0] if "(" not in action else action.replace("(", "_").replace(")", "").replace("-", "back_")
    return Binding(keys, action, label, show=show, priority=priority, id=f"chat.{name}", tooltip=tooltip)


class ChatRoom(Room):
    """Parameters at the left, answers in the middle, the prompt below."""

    ROOM: ClassVar[str] = "chat"
    CSS = """
    #chat-main { height: 1fr; }
    #panes { height: 1fr; }
    #prompt { height: 6; border: round $foreground 30%; background: $surface; border-title-color: $foreground 80%; border-subtitle-color: $foreground 60%; }
    #prompt:focus { border: round $accent; border-title-color: $accent; background: $surface; }
    #numbers { display: none; }
    #numbers.-on { display: block; }
    .-short #prompt { height: 4; }
    .-narrow #params { display: none; }
    .-params #params { display: none; }
    .-narrow.-params #params { display: block; width: 100%; }
    .-narrow.-params #chat-right { display: none; }
    .-narrow Pane { display: none; }
    .-narrow Pane.-at { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("ctrl+j,alt+enter", "send", "send", "Send the message to every pane.", show=True, priority=True),
        _key("escape", "stop", "stop", "Stop the answers; what came is kept.", show=True),
        _key("r", "retry", "retry", "Ask for the last answer again, with the parameters as they are now.", show=True),
        _key("m", "model", "model", "Pick the pane's model or route.", show=True),
        _key("plus", "add_pane", "pane", "Another model beside this one, up to four.", show=True),
        _key("minus", "drop_pane", "Drop pane", "Take the active pane away."),
        _key("left_square_bracket", "tab(-1)", "Tab before", "The tab before."),
        _key("right_square_bracket", "tab(1)", "tabs", "Answer, cURL, Code, Raw, Route, Timing.", show=True),
        _key("y", "copy", "copy", "Copy the answer, or what the tab shows.", show=True),
        _key("p", "params", "params", "Show or hide the parameters.", show=True),
        _key("H", "talks", "history", "Conversations that were kept.", show=True),
        _key("l", "log", "log", "Open the answer's exchange in Logs."),
        _key("N", "new", "New", "A new conversation; this one is kept."),
        _key("e", "edit", "Edit", "Change the last message and send it again."),
        _key("B", "branch", "Branch", "Go on from an earlier message in a new conversation."),
        _key("D", "diff", "Diff", "How two answers differ, in words and numbers."),
        _key("w", "winner", "Winner", "Mark the better answer."),
        _key("b", "next_pane", "Next pane", "The pane to the right, around the end."),
        _key("a", "attach", "Attach", "A picture or file for the next message; again with none picked: take all away."),
        _key("t", "tool_result", "Tool result", "Type what the tool answers."),
        _key("P", "presets", "Presets", "Parameters by name: pick one, or type a new name to keep these."),
        _key("i", "prompt", "Prompt", "Back to the message."),
        _key("f4", "editor", "Editor", "Write the message in $EDITOR."),
    ]

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
        self._at = 0
        self._sent: tuple[str, list[Attachment]] = ("", [])
        self._is_recalled = False

    # what stands where

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
        return panes[min(self._at, len(panes) - 1)]

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
            Pane(self.shell, strand, letter="ABCD"[at] if many else "", empty=self._empty())
            for at, strand in enumerate(self.talk.strands)
        ]
        self._at = min(self._at, len(made) - 1)
        made[self._at].add_class("-at")
        holder.mount(*made)
        self.call_after_refresh(self.refresh_all)

    def activate(self, at: int) -> None:
        """Another pane is the active one; the panel shows its model."""
        self._at = at
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
        self.activate(self._at)
        self.refresh_numbers()
        self.refresh_requests()

    def refresh_prompt(self) -> None:
        """The prompt's edges say where it goes."""
        count = len(self.panes)
        top = "Message" if self.editing is None else f"Message {self.editing // 2 + 1}, edited"
        where = f"{count} panes" if count > 1 else text.line(self.pane.strand.model)
        tokens = acts.rough_tokens(self.prompt.text)
        bottom = f"^j send to {where} · ~{tokens:,} tokens" if tokens else f"^j send to {where}"
        self.params.show_attached(one.label for one in self.attached)
        attached = f" · {len(self.attached)} attached" if self.attached else ""
        text.title(self.prompt, top + attached, bottom)

    def refresh_numbers(self) -> None:
        """The line between panes and prompt, and the session's cost."""
        letters = [("ABCD"[at], strand) for at, strand in enumerate(self.talk.strands)]
        row = beside.numbers_row(letters, self.shell.look.glyphs)
        line = self.query_one("#numbers", FactsLine)
        line.set_class(bool(row), "-on")
        line.show([[*row, Span("D words  w winner", "dim")]] if row else [])
        self.refresh_top()

    def refresh_requests(self) -> None:
        """What the cURL and Code tabs show before anything is sent."""
        for pane in self.panes:
            if not pane.is_busy:
                said = self.prompt.text.strip() or "Hello!"
                asked = [*pane.strand.messages(), {"role": "user", "content": self.content(said)}]
                pane.set_request(self.request(pane.strand, asked))

    def top_words(self) -> str:
        """Turns and cost of the conversation."""
        return talks.summary(self.talk, self.shell.look.glyphs)

    def _empty(self) -> list[Row]:
        glyphs = self.shell.look.glyphs
        rows: list[Row] = [[], [Span("Nothing said yet.", "strong"), Span(" Type below; ^j sends, up takes one of these:", "dim")], []]
        rows += [[Span(f"  {glyphs.bullet} ", "accent"), Span(sample)] for sample in SAMPLES]
        rows += [[], [Span("m picks a model or route, + puts another beside it, p shows the parameters.", "dim")]]
        return [*rows, [Span("] shows the call as curl and code before it is sent.", "dim")]]

    # life

    def on_shown(self) -> None:
        """Ask what can be picked."""
        self.shell.link.ask(self, acts.choices, self._on_choices, failed=lambda _: None, group="models")

    def _on_choices(self, found: acts.Choices) -> None:
        self.options = found.options
        if not self.draft.model and found.first:
            for strand in self.talk.strands:
                strand.model = strand.model or found.first
            self.draft.model = self.pane.strand.model
            self.refresh_all()
        self.params.set_models(found.options, found.kinds)

    def open_at(self, **place: Any) -> None:
        """`model=`, `request=` (a body), `metadata=`: a new conversation from another screen."""
        request, metadata = place.get("request"), place.get("metadata")
        if isinstance(request, dict):
            body = {**request, "model": place.get("model") or request.get("model", "")}
            self.take_request(body, metadata)
        elif model := place.get("model"):
            self.set_model(str(model))
            if metadata:
                take(self.draft, {**body_of(self.draft, []), "model": str(model)}, metadata)
                self.params.put(self.draft)
        self.prompt.focus()

    def take_request(self, body: dict[str, Any], metadata: dict[str, Any] | None) -> None:
        """A request becomes a new conversation, its last message the prompt."""
        talk = Talk(id=new_id(time.time()), began_at=time.time())
        messages = take(talk.draft, body, metadata)
        said = ""
        if messages and messages[-1].get("role") == "user" and isinstance(messages[-1].get("content"), str):
            said = messages.pop()["content"]
        turns = [
            Turn(role=str(one.get("role", "user")), message={key: value for key, value in one.items() if key != "role"})
            for one in messages
        ]
        talk.strands = [Strand(model=talk.draft.model, turns=turns)]
        self.open_talk(talk)
        self.prompt.put(said)

    def open_talk(self, talk: Talk) -> None:
        """Show another conversation."""
        self.talk, self.editing, self._at = talk, None, 0
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
            "at": self._at,
            "tab": self.pane.tab if self.panes else "",
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """The same, after a restart (and what a first run begins with); the conversation's file is read in a thread."""
        talks.recall(self, kept)
        self.build_panes()
        self.prompt.focus()
        self.run_worker(warm_up, thread=True)

    def keep(self) -> None:
        """Write the conversation, soon, in a thread."""
        if self.talk.is_empty:
            return
        talk_id, content = self.talk.id, talks.encode(self.talk)
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

    # sending

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

    def action_send(self) -> None:
        """The prompt, to every pane."""
        said = self.prompt.text.strip("\n")
        if (not said.strip() and not self.attached) or not self.may_send():
            return
        turn = Turn(role="user", message={"content": self.content(said)})
        for pane in self.panes:
            acts.forget_failure(pane.strand, self.editing)
            pane.strand.turns.append(turn)
            pane.show_strand(pane.strand)
        self._sent, self.attached, self.editing = (said, self.attached), [], None
        self.talk.title = self.talk.title or titled(said)
        self.prompt.note_sent(said)
        self.prompt.put("")
        self.ask(self.panes)
        self.refresh_prompt()

    @on(Pane.Over)
    def over(self, event: Pane.Over) -> None:
        """Kept; a failed prompt is put back; tools that answer by themselves do."""
        self.keep()
        self.refresh_numbers()
        panes = self.panes
        if all(pane.answer is not None and pane.answer.error is not None for pane in panes):
            said, attached = self._sent
            if said and not self.prompt.text:
                self.prompt.put(said)
                self.attached = attached
                self.refresh_prompt()
        acts.answer_tools(self, event.pane)

    @on(Pane.Known)
    def known(self, event: Pane.Known) -> None:
        """Cost and attempts came from the log."""
        self.keep()
        self.refresh_numbers()
        event.pane.refresh_title()

    @on(Pane.Entered)
    def entered(self, event: Pane.Entered) -> None:
        """The pane with the focus is the active one."""
        if event.pane in self.panes and event.pane is not self.pane:
            self.activate(self.panes.index(event.pane))

    @on(Params.Changed)
    def changed(self, event: Params.Changed) -> None:
        """A field of the panel."""
        if event.field == "model":
            self.set_model(self.draft.model)
        self.refresh_requests()

    @on(Editor.Changed, "#prompt")
    def typed(self) -> None:
        """The prompt."""
        self.refresh_prompt()
        if self.pane.tab in {"cURL", "Code"}:
            self.refresh_requests()

    @on(Editor.Left)
    def left(self) -> None:
        """`esc` in a field stops an answer, else gives the keys to the pane."""
        if self.is_busy:
            self.action_stop()
        elif self.editing is not None:
            self.editing = None
            self.prompt.put("")
        else:
            self.pane.focus_inside()

    @on(Prompt.Pasted)
    def pasted(self, event: Prompt.Pasted) -> None:
        """A curl command opens as a request."""
        self.take_request(event.call.body, event.call.metadata)
        self.shell.toast("Opened the pasted curl command", f"{len(event.call.body)} fields; ^j sends it")

    def set_model(self, model: str) -> None:
        """The active pane's."""
        self.pane.strand.model = model
        self.draft.model = model
        self.pane.refresh_title()
        self.params.set_model(model)
        self.refresh_prompt()
        self.refresh_requests()

    # keys

    def action_stop(self) -> None:
        """Every answer that is coming."""
        for pane in self.panes:
            pane.stop()

    def action_tab(self, by: int) -> None:
        """Of the active pane."""
        self.refresh_requests()
        self.pane.step_tab(by)
        self.pane.focus_inside()

    def action_copy(self) -> None:
        """What the active pane shows."""
        content, what = self.pane.copied()
        if content:
            self.shell.copy(content, what)
        else:
            self.shell.toast("Nothing to copy yet", severity="warning")

    def action_params(self) -> None:
        """The drawer; on wide screens the panel."""
        self.toggle_class("-params")

    def action_prompt(self) -> None:
        """Back to typing."""
        self.prompt.focus()

    def action_next_pane(self) -> None:
        """Around the end."""
        self.activate((self._at + 1) % len(self.panes))
        self.pane.focus_inside()

    def action_add_pane(self) -> None:
        """A copy of the active one's conversation, for another model."""
        if len(self.talk.strands) >= MOST_PANES:
            self.shell.toast("Four panes are the most", severity="warning")
            return
        acts.pick_model(self, "A model beside it", lambda model: talks.add_strand(self, model))

    def action_drop_pane(self) -> None:
        """The active one."""
        talks.drop_strand(self)

    def action_model(self) -> None:
        """Of the active pane."""
        acts.pick_model(self, "Model or route", self.set_model)

    def action_retry(self) -> None:
        """The active pane's last answer again."""
        acts.retry(self)

    def action_edit(self) -> None:
        """The last message."""
        acts.edit(self)

    def action_branch(self) -> None:
        """Pick the message to go on from."""
        talks.branch(self)

    def action_diff(self) -> None:
        """The active pane beside the first, or the first beside the second."""
        acts.show_diff(self, self._at)

    def action_winner(self) -> None:
        """Mark the active pane."""
        acts.mark_winner(self)

    def action_log(self) -> None:
        """The last answer's exchange."""
        facts = self.pane.last_facts()
        if facts is not None and facts.exchange:
            self.shell.go("logs", exchange=facts.exchange)
        else:
            self.shell.toast("No exchange yet", "send something first", "warning")

    def action_new(self) -> None:
        """Same models and parameters, nothing said."""
        talks.new(self)

    def action_talks(self) -> None:
        """The list of kept conversations."""
        talks.show_list(self)

    def action_attach(self) -> None:
        """Pick a file."""
        acts.attach(self)

    def action_tool_result(self) -> None:
        """Type what the tools answer."""
        acts.ask_results(self, self.pane)

    def action_presets(self) -> None:
        """Pick or keep parameters."""
        acts.presets(self)

    def action_editor(self) -> None:
        """The prompt in another program."""
        acts.edit_outside(self)

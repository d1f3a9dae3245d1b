"""The Chat screen: one to four models over the same conversation, with everything that was sent and what it cost."""

from typing import Any, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea

from aigw_dev.tui.chat import acts, talks
from aigw_dev.tui.chat.board import Board
from aigw_dev.tui.chat.draft import body_of, take
from aigw_dev.tui.chat.pane import Pane
from aigw_dev.tui.chat.params import Params
from aigw_dev.tui.chat.prompt import Prompt
from aigw_dev.tui.chat.talk import MOST_PANES, Turn, titled
from aigw_dev.tui.widgets.entry import Editor

_KEYS: Final = (
    # keys, action, id, label, sentence, whether it stands in the key bar
    ("escape", "stop", "stop", "stop", "Stop the answers; what came is kept.", True),
    (
        "r",
        "retry",
        "retry",
        "retry",
        "Ask for the last answer again, with the parameters as they are now.",
        True,
    ),
    ("m", "model", "model", "model", "Pick the pane's model or route.", True),
    ("plus", "add_pane", "add_pane", "pane", "Another model beside this one, up to four.", True),
    ("right_square_bracket", "tab(1)", "tab_next", "tabs", "Answer, cURL, Code, Raw, Route, Timing.", True),
    ("y", "copy", "copy", "copy", "Copy the answer, or what the tab shows.", True),
    ("p", "params", "params", "params", "Show or hide the parameters.", True),
    ("H", "talks", "talks", "history", "Conversations that were kept.", True),
    ("i", "prompt", "prompt", "type", "Back to the message.", True),
    ("minus", "drop_pane", "drop_pane", "Drop pane", "Take the active pane away.", False),
    ("left_square_bracket", "tab(-1)", "tab_before", "Tab before", "The tab before.", False),
    ("l", "log", "log", "Log entry", "Open the answer's exchange in Logs.", False),
    (
        "s",
        "fixture",
        "fixture",
        "Fixture",
        "Save the conversation as a fixture, promote it to a test.",
        False,
    ),
    ("N", "new", "new", "New", "A new conversation; this one is kept.", False),
    ("e", "edit", "edit", "Edit", "Change the last message and send it again.", False),
    ("B", "branch", "branch", "Branch", "Go on from an earlier message in a new conversation.", False),
    ("D", "diff", "diff", "Diff", "How two answers differ, in words and numbers.", False),
    ("w", "winner", "winner", "Winner", "Mark the better answer.", False),
    ("b", "next_pane", "next_pane", "Next pane", "The pane to the right, around the end.", False),
    (
        "a",
        "attach",
        "attach",
        "Attach",
        "A picture or file for the next message; a second time takes all away.",
        False,
    ),
    ("t", "tool_result", "tool_result", "Tool result", "Type what the tool answers.", False),
    (
        "P",
        "presets",
        "presets",
        "Presets",
        "Parameters by name: pick one, or type a new name to keep these.",
        False,
    ),
    ("f4", "editor", "editor", "$EDITOR", "Write the message in $EDITOR.", True),
)
_NOT_TYPING: Final = frozenset(action.partition("(")[0] for _, action, *_ in _KEYS) - {"stop", "editor"}
"""Actions whose keys are letters in a text field."""


class ChatRoom(Board):
    """Parameters at the left, answers in the middle, the prompt below."""

    ROOM: ClassVar[str] = "chat"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+j,alt+enter",
            "send",
            "send",
            priority=True,
            id="chat.send",
            tooltip="Send the message to every pane.",
        ),
        *(
            Binding(keys, action, label, show=is_shown, id=f"chat.{name}", tooltip=sentence)
            for keys, action, name, label, sentence, is_shown in _KEYS
        ),
    ]

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
        self.last_sent, self.attached, self.editing = (said, self.attached), [], None
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
            said, attached = self.last_sent
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
        self.refresh_requests(is_changed=True)

    @on(Editor.Changed, "#prompt")
    def typed(self) -> None:
        """The prompt."""
        self.refresh_prompt()
        if self.pane.tab in {"cURL", "Code"}:
            self.refresh_requests()

    @on(Editor.Left)
    def left(self) -> None:
        """`esc` in a field stops an answer, else gives the keys to the pane."""
        if self.is_busy or self._has_drawer:
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, only what works there stands in the key bar."""
        is_typing = isinstance(self.focused, Input | TextArea)
        return super().check_action(action, parameters) and not (is_typing and action in _NOT_TYPING)

    def action_stop(self) -> None:
        """Every answer that is coming; the drawer closes."""
        if self._has_drawer:
            self.action_params()
            return
        for pane in self.panes:
            pane.stop()

    @property
    def _has_drawer(self) -> bool:
        return self.has_class("-narrow") and self.has_class("-params")

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
        """The panel; on narrow screens a drawer over everything."""
        self.toggle_class("-params")
        if not self.has_class("-narrow"):
            return
        if self.has_class("-params"):
            self.params.query_one("#param-model").focus()
        else:
            self.prompt.focus()

    def action_prompt(self) -> None:
        """Back to typing."""
        self.prompt.focus()

    def action_next_pane(self) -> None:
        """Around the end."""
        self.activate((self.at + 1) % len(self.panes))
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
        acts.show_diff(self, self.at)

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

    def action_fixture(self) -> None:
        """Of every answer of the active pane."""
        acts.save_fixture(self)

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

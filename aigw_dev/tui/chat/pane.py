"""One side of the conversation: its model, its answers as they come, the tabs beside them, the line of facts."""

import time
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from aigw_dev.calling import Call, Caller, CallEvent
from aigw_dev.client import AdminClient, AdminError
from aigw_dev.core.call_examples import CallRequest
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui import text
from aigw_dev.tui.chat import parts, tabs
from aigw_dev.tui.chat.answer import Answer
from aigw_dev.tui.chat.edges import FactsLine, TabLine
from aigw_dev.tui.chat.talk import Facts, Strand, Turn
from aigw_dev.tui.link import Following, Link
from aigw_dev.tui.look import Look
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.stream_view import StreamView
from aigw_dev.tui.widgets.text_pane import TextPane

_RECORD_S: Final = 3.0
"""So long the log is asked for an exchange that has just ended."""
_ASK_AGAIN_S: Final = 0.05


class Pane(Vertical):
    """Shows a strand; `send` adds an answer to it."""

    DEFAULT_CSS = """
    Pane { width: 1fr; border: round $foreground 30%; border-title-color: $foreground 80%; border-subtitle-color: $foreground 60%; }
    Pane.-at { border: round $accent; border-title-color: $accent; border-title-style: bold; }
    Pane.-winner { border-title-color: $text-success; }
    Pane StreamView { height: 1fr; }
    Pane TextPane { height: 1fr; padding: 0 1; display: none; overflow-x: hidden; overflow-y: scroll; }
    Pane.-tab StreamView { display: none; }
    Pane.-tab TextPane { display: block; }
    """

    class Over(Message):
        """The answer has ended, well or not."""

        def __init__(self, pane: "Pane", answer: Answer) -> None:
            """`answer.error` says how badly."""
            super().__init__()
            self.pane, self.answer = pane, answer

    class Known(Over):
        """The log's record of the answer came."""

    class Entered(Message):
        """The pane was clicked or got the focus."""

        def __init__(self, pane: "Pane") -> None:
            """It becomes the active one."""
            super().__init__()
            self.pane = pane

    BINDINGS: ClassVar[list[Any]] = []

    def __init__(self, shell: Shell, strand: Strand, *, letter: str, empty: list[Row]) -> None:
        """`letter` names it among the panes; empty where it is alone."""
        super().__init__()
        self.shell, self.strand, self.letter = shell, strand, letter
        self._view = StreamView(shell.look, empty=empty)
        self._beside = TextPane()
        self._tabs, self._facts = TabLine(), FactsLine()
        self.answer: Answer | None = None
        """The last one; None after another conversation was opened."""
        self.request: CallRequest | None = None
        """What the cURL and Code tabs show: what was sent, or would be."""
        self._call: Call | None = None
        self._following: Following[CallEvent] | None = None
        self._writer: parts.Writer | None = None
        self._shown_tab: tuple[Any, ...] = ()

    @property
    def view(self) -> StreamView:
        """The answers."""
        return self._view

    @property
    def is_busy(self) -> bool:
        """An answer is coming."""
        return self.answer is not None and not self.answer.is_over

    @property
    def tab(self) -> str:
        """The tab that is shown."""
        return self._tabs.at

    def compose(self) -> ComposeResult:
        """Tabs above, facts below."""
        yield self._tabs
        yield self._view
        yield self._beside
        yield self._facts

    def on_mount(self) -> None:
        """Show what there is."""
        self.show_strand(self.strand)
        self.set_interval(0.25, self._tick)

    def on_descendant_focus(self) -> None:
        """The pane with the focus is the active one."""
        self.post_message(self.Entered(self))

    def on_click(self) -> None:
        """A click makes it the active one."""
        self.post_message(self.Entered(self))

    def on_resize(self) -> None:
        """The title has another width."""
        self.refresh_title()

    # what is shown

    def show_strand(self, strand: Strand) -> None:
        """Another conversation, or the same after an edit."""
        self.strand, self.answer = strand, None
        self._view.clear()
        for turn in strand.turns:
            parts.show(self._view, turn)
        self.refresh_title()
        self._show_facts()
        self._show_tab(is_new=True)

    def refresh_title(self) -> None:
        """Letter, model, and what answered where that is another."""
        head = f"{self.letter}  " if self.letter else ""
        won = f"{self.shell.look.glyphs.tick} " if self.strand.is_winner else ""
        facts = self.last_facts()
        upstream = facts.upstream if facts is not None else ""
        arrow = (
            f" {self.shell.look.glyphs.to} {upstream}" if upstream and upstream != self.strand.model else ""
        )
        room = max(8, self.size.width - 6) if self.size.width else 80
        text.title(
            self,
            text.cut(f"{won}{head}{text.line(self.strand.model)}{text.line(arrow)}", room),
            self.border_words,
        )
        self.set_class(self.strand.is_winner, "-winner")

    border_words = ""
    """At the lower edge: rows that are not seen yet."""

    def last_facts(self) -> Facts | None:
        """Of the answer that comes, or of the last one."""
        if self.answer is not None:
            return self.answer.facts(time.monotonic())
        return next((turn.facts for turn in reversed(self.strand.turns) if turn.facts is not None), None)

    def show_tab(self, name: str) -> None:
        """Another tab."""
        self._tabs.put(name)
        self.set_class(name != tabs.TABS[0], "-tab")
        self._show_tab(is_new=True)

    def step_tab(self, by: int) -> None:
        """The neighbour, around the ends."""
        names = tabs.TABS
        self.show_tab(names[(names.index(self.tab) + by) % len(names)])

    def copied(self) -> tuple[str, str]:
        """What `y` copies: text and what it is."""
        if self.tab == "Raw" and self.answer is not None:
            return b"".join(self.answer.raw).decode("utf-8", "replace"), "the raw reply"
        if self.tab == "cURL" and self.request is not None:
            return tabs.curl(self.request), "the curl command"
        if self.tab != tabs.TABS[0]:
            return self._beside.content(), f"the {self.tab} tab"
        if self.answer is not None and self.answer.text:
            return self.answer.text, "the answer"
        last = next((turn.text for turn in reversed(self.strand.turns) if turn.role == "assistant"), "")
        return last, "the answer"

    def set_request(self, request: CallRequest) -> None:
        """What would be sent now."""
        self.request = request
        if self.tab in {"cURL", "Code"}:
            self._show_tab(is_new=False)

    def focus_inside(self) -> None:
        """The keys go to what is shown."""
        (self._view if self.tab == tabs.TABS[0] else self._beside).focus()

    # a call

    def send(self, request: CallRequest) -> None:
        """Ask for an answer to the strand as it stands; `request` is the whole call."""
        self.set_request(request)
        body = dict(request.body)
        metadata = None if request.metadata is None else dict(request.metadata)
        self.answer = Answer(self.strand.model, body, metadata, began_s=time.monotonic())
        self._writer = parts.Writer(self._view)
        answer = self.answer

        def read(link: Link) -> Iterator[CallEvent]:
            caller = Caller(link.url, link.token, transport=link.transport)
            try:
                call = caller.call(body, metadata=metadata, headers=dict(request.headers))
                self._call = call
                if answer.is_stopped:
                    call.stop()
                yield from call.events()
            finally:
                caller.close()

        self._following = self.shell.link.follow(self, read, self._take, ended=self._ended)
        self._view.action_follow()
        self._show_facts()

    def stop(self) -> None:
        """End the call; what came is kept."""
        answer = self.answer
        if answer is None or answer.is_over:
            return
        answer.is_stopped = True
        call, following = self._call, self._following
        if following is not None:
            following.stop()
        if call is not None:
            self.shell.link.ask(self, lambda _: call.stop(), lambda _: None)
        self._finish(None)

    def _take(self, came: list[CallEvent]) -> None:
        if self.answer is None or self.answer.is_over or self._writer is None:
            return
        for event in came:
            self.answer.take(event)
        self._writer.go_on(self.answer)

    def _ended(self, error: GatewayError | None) -> None:
        if self.answer is not None and not self.answer.is_over:
            if error is not None and error.code == "gateway_unreachable":
                self.shell.link.lost()
            self._finish(error)

    def _finish(self, error: GatewayError | None) -> None:
        answer = self.answer
        if answer is None or self._writer is None:
            return
        answer.over_s, answer.error = time.monotonic(), error
        self._call = self._following = None
        self._writer.end(answer)
        facts = answer.facts(answer.over_s)
        if answer.text or answer.calls or error is None:
            self.strand.turns.append(
                Turn(
                    role="assistant",
                    message=answer.message(),
                    reasoning=answer.reasoning,
                    facts=facts,
                    is_partial=answer.is_stopped or error is not None,
                )
            )
        if error is not None:
            turn = parts.error_turn(error)
            turn.facts = facts
            self.strand.turns.append(turn)
        self.refresh_title()
        self._show_facts()
        self._show_tab(is_new=False)
        self.post_message(self.Over(self, answer))
        if answer.exchange:
            self.shell.link.ask(
                self,
                lambda client: _record(client, answer.exchange),
                lambda record: self._know(answer, record),
                failed=lambda _: None,
                group="record",
            )

    def _know(self, answer: Answer, record: dict[str, Any] | None) -> None:
        if record is None:
            return
        answer.record = record
        facts = answer.facts(answer.over_s or 0.0)
        for turn in self.strand.turns:
            if turn.facts is not None and turn.facts.exchange == facts.exchange:
                turn.facts = facts
        self._show_facts()
        self._show_tab(is_new=False)
        self.post_message(self.Known(self, answer))

    # small things

    def _tick(self) -> None:
        if self.is_busy:
            self._show_facts()
            self._show_tab(is_new=False)

    def _show_facts(self) -> None:
        facts, glyphs = self.last_facts(), self.shell.look.glyphs
        if facts is None:
            self._facts.show([[Span("nothing sent yet", "dim")]])
            return
        answer = self.answer
        if answer is not None and self.is_busy and answer.first_ms is None:
            waited = time.monotonic() - answer.began_s
            what = "waiting for the first token" if answer.body.get("stream") else "waiting for the answer"
            self._facts.show(
                [[Span(f"{what} {glyphs.middot} {waited:.1f} s {glyphs.middot} esc stops", "warn")]]
            )
            return
        self._facts.show([tabs.facts_row(facts, glyphs, is_over=not self.is_busy), tabs.why_row(facts)])

    def _show_tab(self, *, is_new: bool) -> None:
        if self.tab == tabs.TABS[0] or not self.is_mounted:
            return
        cells = max(20, self._beside.size.width or self.size.width - 5)
        state = (
            self.tab,
            id(self.answer),
            self.request,
            cells,
            self.is_busy and time.monotonic() // 1,
            self.answer and self.answer.record is not None,
        )
        if state == self._shown_tab and not is_new:
            return
        self._shown_tab = state
        self._beside.show(self._tab_rows(cells, self.shell.look), is_kept=not is_new)

    def _tab_rows(self, cells: int, look: Look) -> list[Row]:
        glyphs, answer = look.glyphs, self.answer
        if self.tab == "Raw":
            return tabs.raw_rows(answer, cells, glyphs)
        if self.tab == "Route":
            return tabs.route_rows(answer, cells, glyphs)
        if self.tab == "Timing":
            return tabs.timing_rows(answer, time.monotonic(), cells, glyphs)
        if self.request is None:
            return [[Span("The call stands here, ready to run.", "dim")]]
        rows = tabs.curl_rows if self.tab == "cURL" else tabs.code_rows
        return rows(self.request, cells, glyphs)

    @on(TabLine.Chosen)
    def tab_chosen(self, event: TabLine.Chosen) -> None:
        """By mouse."""
        self.show_tab(event.name)

    @on(StreamView.Grown)
    def grown(self, event: StreamView.Grown) -> None:
        """The lower edge says what is not seen."""
        event.stop()
        self.border_words = f"+{event.unseen:,} lines · G follows" if event.unseen else ""
        self.refresh_title()

    @on(StreamView.CodeChosen)
    def code_chosen(self, event: StreamView.CodeChosen) -> None:
        """Copy it."""
        event.stop()
        if event.code.lines:
            self.shell.copy(event.code.text, f"the {event.code.language or 'code'} block")
        else:
            self.shell.toast("No code block here", severity="warning")


def _record(client: AdminClient, exchange: str) -> dict[str, Any] | None:
    """The exchange once it has ended: the log writes in batches, a moment later."""
    ends = time.monotonic() + _RECORD_S
    while time.monotonic() < ends:
        try:
            found = client.exchange(exchange)
        except AdminError as error:
            if error.code != "exchange_not_found":
                raise
        else:
            if found.get("state") == "ended":
                return found
        time.sleep(_ASK_AGAIN_S)
    return None

"""A running answer and kept turns as parts of a `StreamView`."""

from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.chat.answer import Answer
from aigw_dev.tui.chat.talk import Turn
from aigw_dev.tui.widgets.stream_view import Part, StreamView

ADVICE = "r retries · l opens the log entry · 5 goes to providers and keys"


class Writer:
    """Writes one answer into a view, as much as has come since the last time."""

    def __init__(self, view: StreamView) -> None:
        """Parts are made when there is something for them."""
        self._view = view
        self._thought: Part | None = None
        self._said: Part | None = None
        self._calls: list[tuple[Part, int]] = []
        self._reasoned = self._written = 0

    def go_on(self, answer: Answer) -> None:
        """What came meanwhile."""
        view = self._view
        if len(answer.reasoning) > self._reasoned:
            if self._thought is None:
                self._thought = view.add("thought", title="reasoning")
            view.write(self._thought, answer.reasoning[self._reasoned :])
            self._reasoned = len(answer.reasoning)
        if len(answer.text) > self._written:
            if self._said is None:
                self._end_thought(answer)
                self._said = view.add("answer")
            view.write(self._said, answer.text[self._written :])
            self._written = len(answer.text)
        for number, call in enumerate(answer.calls):
            if number == len(self._calls):
                part = view.add("tool", "```json\n", title=f"calls {call.name}")
                self._calls.append((part, 0))
            part, done = self._calls[number]
            part.title = f"calls {call.name}"
            view.write(part, call.arguments[done:])
            self._calls[number] = (part, len(call.arguments))

    def end(self, answer: Answer) -> None:
        """The answer is over."""
        self.go_on(answer)
        self._end_thought(answer)
        if self._said is not None:
            self._view.end(self._said)
        for part, _ in self._calls:
            self._view.end(part)
        if answer.is_stopped:
            self._view.end(self._view.add("note", "stopped; what came is kept and goes on as the answer"))
        if answer.error is not None:
            show_error(self._view, error_turn(answer.error))

    def _end_thought(self, answer: Answer) -> None:
        if self._thought is not None and not self._thought.is_ended:
            took_ms = (answer.thought_ms or (answer.marks[-1][0] if answer.marks else 0.0)) - (
                answer.first_ms or 0.0
            )
            title = f"reasoning · {took_ms / 1000:.1f} s · {len(answer.reasoning):,} characters"
            self._view.end(self._thought, title=title)


def show(view: StreamView, turn: Turn) -> None:
    """A kept turn, whole."""
    if turn.role == "user":
        view.end(view.add("user", turn.text))
        return
    if turn.role == "error":
        show_error(view, turn)
        return
    if turn.role == "tool":
        name = turn.message.get("name") or turn.message.get("tool_call_id", "")
        view.end(view.add("tool", turn.text, title=f"{name} answered"))
        return
    if turn.reasoning:
        title = f"reasoning · {len(turn.reasoning):,} characters"
        view.end(view.add("thought", turn.reasoning, title=title, is_folded=True))
    if turn.text:
        view.end(view.add("answer", turn.text))
    for call in turn.message.get("tool_calls") or ():
        function = call.get("function") or {}
        content = f"```json\n{function.get('arguments', '')}\n```"
        view.end(view.add("tool", content, title=f"calls {function.get('name', '')}"))
    if turn.is_partial:
        view.end(view.add("note", "stopped here"))


def show_error(view: StreamView, turn: Turn) -> None:
    """What went wrong, where the answer would be, and what to do."""
    said, _, rest = turn.text.partition(": ")
    view.end(view.add("bad", "\n".join(one for one in (rest, turn.advice) if one), title=said))


def error_turn(error: GatewayError) -> Turn:
    """An error as a turn: shown, kept, never sent."""
    advice = "\n".join(one for one in (error.hint.partition(" `aigw-dev explain")[0], ADVICE) if one)
    return Turn(role="error", message={"content": error.message}, advice=advice)

"""What the log keeps of a translated reply, heard in neutral words: usage, model, finish, and the message put together.

`Heard` is the `protocol.Reader` of a stream that is read by a `codec.StreamDecoder`.
"""

from typing import Final

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Failed,
    Finished,
    Ping,
    Started,
)
from aigw_dev.core.chat.vocabulary import ChatReply, Part, Refusal, Text, Thinking, ToolCall
from aigw_dev.core.exchange import Assembled, ReplyError, ReplySummary, Usage
from aigw_dev.core.exchange import ToolCall as Called
from aigw_dev.core.streams.sse import Event

_BETWEEN: Final = "\n\n"


class Heard:
    """Listens to neutral events; see `protocol.Reader`."""

    def __init__(self) -> None:
        self.has_data = False
        """Something that is worth committing to was said: not only that the reply begins."""
        self.is_done = False
        self.error: ReplyError | None = None
        self.bad_events = 0
        self.note = ""
        self.usage: Usage | None = None
        self.response_model = ""
        self.finish = ""
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[tuple[int, int], tuple[Called, list[str]]] = {}
        self._thoughts: list[tuple[BlockStarted, list[str], list[str]]] = []
        self._signatures: dict[str, str] = {}

    @property
    def is_over(self) -> bool:
        """The last event was told: nothing follows an end or an error."""
        return self.is_done or self.error is not None

    def feed(self, event: Event) -> None:
        """Nothing: it is told neutral events (`take`), not the provider's own."""

    def take(self, event: ChatEvent) -> None:
        """Take one neutral event."""
        match event:
            case Delta(kind=kind, text=text):
                self._take_delta(event, kind, text)
            case Started():
                self.response_model = event.model
                self.usage = event.usage
                return
            case BlockStarted():
                self._take_block(event)
            case Finished():
                self.finish = self.finish or event.raw or event.reason
            case Counted():
                self.usage = event.usage
            case Failed():
                self.error = ReplyError(message=event.message, code=event.code, status=event.status)
                return
            case Ping():
                return
            case BlockStopped():
                pass
            case _:
                self.is_done = True
        self.has_data = True

    def _take_delta(self, event: Delta, kind: str, text: str) -> None:
        if kind == "text":
            self._text.append(text)
        elif kind == "thinking":
            self._reasoning.append(text)
            if self._thoughts:
                self._thoughts[-1][1].append(text)
        elif kind == "signature" and self._thoughts:
            self._thoughts[-1][2].append(text)
        elif kind == "refusal":
            self._refusal.append(text)
        elif kind == "arguments" and (event.choice, event.index) in self._calls:
            self._calls[event.choice, event.index][1].append(text)

    def _take_block(self, event: BlockStarted) -> None:
        if event.kind == "tool_call":
            self._calls[event.choice, event.index] = (Called(id=event.id, name=event.name), [])
            if event.signature:
                self._signatures[event.id] = event.signature
        elif event.kind in {"thinking", "redacted"}:
            self._thoughts.append((event, [], [event.signature]))
        elif event.kind == "text" and self._text:
            self._text.append(_BETWEEN)

    def assembled(self) -> Assembled:
        """The reply so far."""
        return Assembled(
            text="".join(self._text),
            reasoning="".join(self._reasoning),
            refusal="".join(self._refusal),
            tool_calls=[
                Called(id=call.id, name=call.name, arguments="".join(pieces))
                for call, pieces in self._calls.values()
            ],
            finish=self.finish,
        )

    def signed_parts(self, dialect: str) -> list[Part]:
        """Thoughts and calls with their signatures, of a stream of `dialect`: what must come back in the next turn."""
        parts: list[Part] = [
            Thinking(
                text="".join(texts),
                signature="".join(signature),
                is_redacted=begun.kind == "redacted",
                origin=begun.origin or dialect,
                id=begun.item_id,
            )
            for begun, texts, signature in self._thoughts
        ]
        return parts + [
            ToolCall(id=call.id, name=call.name, signature=self._signatures.get(call.id, ""))
            for call, _ in self._calls.values()
        ]

    def output_text(self) -> str:
        """Every character the model wrote so far."""
        calls = "".join(call.name + "".join(pieces) for call, pieces in self._calls.values())
        return "".join(self._reasoning) + "".join(self._text) + "".join(self._refusal) + calls


def summary(reply: ChatReply) -> ReplySummary:
    """The same of a whole reply."""
    parts = [part for choice in reply.choices for part in choice.parts]
    first = reply.choices[0] if reply.choices else None
    finish = (first.stop_raw or first.stop or "") if first is not None else ""
    return ReplySummary(
        response_model=reply.model,
        finish=finish,
        usage=reply.usage,
        assembled=Assembled(
            text=_BETWEEN.join(part.text for part in parts if isinstance(part, Text)),
            reasoning="".join(part.text for part in parts if isinstance(part, Thinking)),
            refusal="".join(part.text for part in parts if isinstance(part, Refusal)),
            tool_calls=[
                Called(id=part.id, name=part.name, arguments=part.arguments)
                for part in parts
                if isinstance(part, ToolCall)
            ],
            finish=finish,
        ),
    )

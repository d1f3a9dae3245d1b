"""A whole reply as the events of a stream, and the events of a stream as a whole reply."""

from collections.abc import Iterable
from typing import Final

import msgspec

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Started,
)
from aigw_dev.core.chat.vocabulary import (
    NULL,
    Audio,
    ChatReply,
    Choice,
    Logprob,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.exchange import ReplyError

_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])


def events_of(reply: ChatReply) -> list[ChatEvent]:
    """The stream that the provider could have sent for this reply, a delta a block.

    Streams have no blocks for pictures, sounds and files: these are `opaque`, a sound's transcript is text. A choice
    whose end nobody gave a reason for ends with `tool_calls` or `stop`.
    """
    events: list[ChatEvent] = [Started(id=reply.id, model=reply.model, created=reply.created)]
    for number, choice in enumerate(reply.choices):
        events += _choice_events(choice, number, reply.dialect)
    if reply.usage is not None:
        events.append(Counted(usage=reply.usage))
    events.append(Ended())
    return events


def reply_of(events: Iterable[ChatEvent], dialect: str) -> ChatReply | ReplyError:
    """The reply that a decoder of `dialect` told in events, or the error that it ended in."""
    reply = ChatReply(dialect=dialect)
    choices: dict[int, _Written] = {}
    for event in events:
        match event:
            case Started():
                reply = msgspec.structs.replace(
                    reply, id=event.id, model=event.model, created=event.created, usage=event.usage
                )
            case BlockStarted() | Delta() | BlockStopped() | Finished():
                choices.setdefault(event.choice, _Written()).take(event)
            case Counted():
                reply = msgspec.structs.replace(reply, usage=event.usage)
            case Failed():
                return ReplyError(message=event.message, code=event.code, status=event.status)
            case _:
                pass
    return msgspec.structs.replace(reply, choices=tuple(choices[one].whole() for one in sorted(choices)))


def _choice_events(choice: Choice, number: int, dialect: str) -> list[ChatEvent]:
    events: list[ChatEvent] = []
    logprobs = choice.logprobs
    for index, part in enumerate(choice.parts):
        begin, deltas = _block(part, index, dialect)
        if (
            deltas and deltas[0].kind == "text" and logprobs
        ):  # of the whole choice: nobody says which part is whose
            deltas[0] = msgspec.structs.replace(deltas[0], logprobs=logprobs)
            logprobs = None
        block = (begin, *deltas, BlockStopped(index=index))
        events += [msgspec.structs.replace(event, choice=number) for event in block] if number else block
    has_calls = any(isinstance(part, ToolCall) for part in choice.parts)
    events.append(
        Finished(
            reason=choice.stop or ("tool_calls" if has_calls else "stop"),
            stop_sequence=choice.stop_sequence,
            raw=choice.stop_raw,
            details=choice.stop_details,
            choice=number,
        )
    )
    return events


def _block(part: Part, index: int, dialect: str) -> tuple[BlockStarted, list[Delta]]:
    """How a part begins, and what it says."""
    match part:
        case Text():
            said = [Delta(index=index, kind="text", text=part.text)]
            if _has_items(part.citations):
                said.append(Delta(index=index, kind="citations", text=bytes(part.citations).decode()))
            return BlockStarted(index=index, kind="text"), said
        case Thinking(is_redacted=True):
            begin = BlockStarted(
                index=index, kind="redacted", signature=part.signature, origin=part.origin, item_id=part.id
            )
            return begin, []
        case Thinking():
            thought = [Delta(index=index, kind="thinking", text=part.text)] if part.text else []
            if part.signature:
                thought.append(Delta(index=index, kind="signature", text=part.signature))
            return BlockStarted(index=index, kind="thinking", origin=part.origin, item_id=part.id), thought
        case ToolCall():
            begin = BlockStarted(
                index=index,
                kind="tool_call",
                id=part.id,
                name=part.name,
                is_custom=part.kind == "custom",
                signature=part.signature,
                item_id=part.item_id,
            )
            return begin, [Delta(index=index, kind="arguments", text=part.arguments)]
        case Refusal():
            return BlockStarted(index=index, kind="refusal"), [
                Delta(index=index, kind="refusal", text=part.text)
            ]
        case Audio(transcript=str(transcript)) if transcript:
            return BlockStarted(index=index, kind="text"), [Delta(index=index, kind="text", text=transcript)]
        case Opaque():
            return BlockStarted(index=index, kind="opaque", opaque=part), []
        case _:
            kind = type(part).__name__.lower()
            raw = msgspec.Raw(msgspec.json.encode(part))
            return BlockStarted(
                index=index, kind="opaque", opaque=Opaque(dialect=dialect, type=kind, raw=raw)
            ), []


def _has_items(citations: msgspec.Raw) -> bool:
    return bytes(citations) not in {b"null", b"[]", b""}


class _Written:
    """One choice in the making."""

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._begin: BlockStarted | None = None
        self._pieces: dict[str, list[str]] = {}
        self._logprobs: list[Logprob] = []
        self._has_logprobs = False
        self._finish: Finished | None = None

    def take(self, event: BlockStarted | Delta | BlockStopped | Finished) -> None:
        """Add one event."""
        match event:
            case BlockStarted():
                self._begin, self._pieces = event, {}
            case Delta():
                self._pieces.setdefault(event.kind, []).append(event.text)
                if event.logprobs is not None:
                    self._has_logprobs = True
                    self._logprobs += event.logprobs
            case BlockStopped():
                if self._begin is not None and (part := self._part(self._begin)) is not None:
                    self._parts.append(part)
                self._begin = None
            case Finished():
                self._finish = event

    def whole(self) -> Choice:
        """The choice so far; without a reason where it is not finished."""
        logprobs = tuple(self._logprobs) if self._has_logprobs else None
        finish = self._finish
        if finish is None:
            return Choice(parts=tuple(self._parts), stop=None, logprobs=logprobs)
        return Choice(
            parts=tuple(self._parts),
            stop=finish.reason,
            stop_sequence=finish.stop_sequence,
            stop_raw=finish.raw,
            stop_details=finish.details,
            logprobs=logprobs,
        )

    def _part(self, begin: BlockStarted) -> Part | None:
        match begin.kind:
            case "text":
                return Text(text=self._joined("text"), citations=self._citations())
            case "thinking":
                signature = self._joined("signature")
                origin = begin.origin if signature else ""
                return Thinking(
                    text=self._joined("thinking"), signature=signature, origin=origin, id=begin.item_id
                )
            case "redacted":
                return Thinking(
                    signature=begin.signature, is_redacted=True, origin=begin.origin, id=begin.item_id
                )
            case "tool_call":
                arguments = self._joined("arguments")
                return ToolCall(
                    id=begin.id,
                    name=begin.name,
                    arguments=arguments if begin.is_custom else arguments or "{}",
                    kind="custom" if begin.is_custom else "function",
                    signature=begin.signature,
                    item_id=begin.item_id,
                )
            case "refusal":
                return Refusal(text=self._joined("refusal"))
            case "opaque":
                return begin.opaque

    def _joined(self, kind: str) -> str:
        return "".join(self._pieces.get(kind, ()))

    def _citations(self) -> msgspec.Raw:
        """The lists of all deltas as one."""
        lists = self._pieces.get("citations")
        if not lists:
            return NULL
        if len(lists) == 1:
            return msgspec.Raw(lists[0].encode())
        return msgspec.Raw(msgspec.json.encode([item for one in lists for item in _items(one)]))


def _items(citations: str) -> list[msgspec.Raw]:
    try:
        return _LIST.decode(citations)
    except ValueError:
        return []

"""A Gemini provider's stream, read into neutral events; keeps the laws in `core.chat.events`.

Every chunk is a whole partial reply. Endings and usage are held until the body's end, because chunks go on saying them
(usage in every one, fact 35; an empty text after the call, fact 36) and nothing marks the last.
"""

from typing import Final, Literal

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
from aigw_dev.core.chat.vocabulary import NULL, Logprob, Opaque
from aigw_dev.core.dialects.codec import cut_off
from aigw_dev.core.dialects.gemini import candidates, parts, wire
from aigw_dev.core.dialects.gemini import chunk as chunk_reader
from aigw_dev.core.dialects.gemini.caller_parts import made_id
from aigw_dev.core.dialects.gemini.errors import reply_error
from aigw_dev.core.dialects.gemini.partial_args import PartialCall
from aigw_dev.core.dialects.gemini.usage import read_usage
from aigw_dev.core.dialects.gemini.wire import DIALECT, Fields
from aigw_dev.core.streams import sse
from aigw_dev.core.streams.sse import Event

_TextKind = Literal["text", "thinking"]
_BlockKind = Literal["text", "thinking", "tool_call", "opaque"]
_DeltaKind = Literal["text", "thinking", "signature", "arguments", "citations"]


_MAX_CHOICES: Final = 1024
"""An index beyond this counts nothing."""


class StreamDecoder:
    """Reads one stream; see `codec.StreamDecoder`."""

    def __init__(self) -> None:
        self._seed = ""
        self._is_started = False
        self._is_over = False
        self._choices: dict[int, _Choice] = {}
        self._usage: msgspec.Raw | None = None
        self._feedback = NULL
        self._blocked = ""

    def feed(self, event: Event) -> list[ChatEvent]:
        """What this event says; an event that holds no object says nothing."""
        data = event.data
        if event.is_comment or self._is_over or data.lstrip()[:1] not in {b"{", b"["}:
            return []
        usual = chunk_reader.decode(data) if self._is_started else None
        if usual is not None and chunk_reader.has_words_only(usual):
            return self._take_words(usual)
        chunk = wire.fields(data) if data.lstrip()[:1] == b"{" else {}
        events: list[ChatEvent] = []
        error = reply_error(data) if "error" in chunk or not chunk else None
        if not chunk and error is None:
            return []
        if not self._is_started:
            events.append(self._start(chunk, data))
        if error is not None:
            self._is_over = True
            return [*events, Failed(message=error.message, code=error.code, status=error.status)]
        for number, raw in enumerate(wire.items(chunk.get("candidates"))):
            candidate = wire.fields(raw)
            index = wire.whole(candidate.get("index"))
            self._choice(number if index is None else index).take(candidate, events)
        if "usageMetadata" in chunk and chunk_reader.has_counts(chunk["usageMetadata"]):
            self._usage = chunk["usageMetadata"]
        if "promptFeedback" in chunk:
            self._feedback = chunk["promptFeedback"]
            self._blocked = wire.text(wire.fields(self._feedback).get("blockReason")) or self._blocked
        return events

    def close(self) -> list[ChatEvent]:
        """The endings, the usage and the end; `Failed` where a choice never ended."""
        if self._is_over:
            return []
        self._is_over = True
        events: list[ChatEvent] = [] if self._is_started else [Started()]
        choices = [self._choices[index] for index in sorted(self._choices)]
        if not (choices or self._blocked) or any(
            not choice.finish and not self._blocked for choice in choices
        ):
            error = cut_off()
            return [*events, Failed(message=error.message, code=error.code, status=502)]
        for choice in choices:
            choice.finish_blocks(events)
            events.append(choice.finished(self._blocked, self._feedback))
        if not choices:
            events.append(Finished(reason="content_filter", raw=self._blocked, details=self._feedback))
        usage = read_usage(self._usage) if self._usage is not None else None
        if usage is not None:
            events.append(Counted(usage=usage))
        return [*events, Ended()]

    def _take_words(self, chunk: chunk_reader.Chunk) -> list[ChatEvent]:
        events: list[ChatEvent] = []
        for number, candidate in enumerate(chunk.candidates or ()):
            choice = self._choice(number if candidate.index is None else candidate.index)
            for part in candidate.content.parts or () if candidate.content is not None else ():
                if part.text:
                    choice.say("thinking" if part.thought else "text", part.text, events)
        if chunk_reader.has_counts(chunk.usage_metadata):
            self._usage = chunk.usage_metadata
        return events

    def _choice(self, number: int) -> "_Choice":
        if not 0 <= number < _MAX_CHOICES:
            number = 0
        choice = self._choices.get(number)
        if choice is None:
            choice = self._choices[number] = _Choice(number, self._seed)
        return choice

    def _start(self, chunk: Fields, data: bytes) -> Started:
        self._is_started = True
        self._seed = candidates.id_seed(chunk, data)
        return Started(
            id=wire.text(chunk.get("responseId")),
            model=wire.text(chunk.get("modelVersion")),
            created=candidates.created_of(chunk),
        )


class _Choice:
    """One candidate in the making."""

    def __init__(self, number: int, seed: str) -> None:
        self.finish = ""
        self._number = number
        self._seed = f"{seed}/{number}"
        self._next = 0
        self._calls = 0
        self._kind = ""  # of the open block; empty where none is open
        self._partial: PartialCall | None = None
        self._signature = ""  # came alone; waits, because the text before it may be cited yet
        self._citations = NULL
        self._details = NULL

    def take(self, candidate: Fields, events: list[ChatEvent]) -> None:
        """What one chunk says of it."""
        logprobs = candidates.logprobs_of(candidate)
        for raw in wire.items(wire.fields(candidate.get("content", wire.EMPTY)).get("parts")):
            part = wire.fields(raw)
            if "functionCall" in part:
                self._take_call(part, events)
            elif "text" in part or set(part) <= {"thought", "thoughtSignature"}:
                logprobs = self._take_text(part, logprobs, events)
            else:
                self.finish_blocks(events)
                opaque = parts.read_media(part, raw)
                if not isinstance(opaque, Opaque):
                    opaque = Opaque(
                        dialect=DIALECT, type="inlineData" if "inlineData" in part else "fileData", raw=raw
                    )
                self._open(events, "opaque", opaque=opaque)
                self._stop(events)
        citations = candidates.citations_of(candidate)
        if not wire.is_null(citations):
            self._citations = citations
        word = wire.text(candidate.get("finishReason"))
        if word and word != "FINISH_REASON_UNSPECIFIED":
            self.finish = word
            self._details = candidates.stop_details(candidate)

    def say(
        self,
        kind: _TextKind,
        words: str,
        events: list[ChatEvent],
        logprobs: tuple[Logprob, ...] | None = None,
    ) -> None:
        """More words; they begin a block where the open one is of another kind."""
        if self._kind != kind or self._signature:
            self.finish_blocks(events)
            self._open(events, kind)
        self._delta(kind, words, events, logprobs)

    def finish_blocks(self, events: list[ChatEvent]) -> None:
        """Closes what is open, and says what waited for that."""
        if self._partial is not None:
            self._delta("arguments", self._partial.arguments(), events)
            self._partial = None
        if self._kind == "text" and not wire.is_null(self._citations):
            self._delta("citations", wire.json_text(self._citations), events)
            self._citations = NULL
        self._stop(events)
        signed, self._signature = self._signature, ""
        if signed:
            self._open(events, "thinking")
            self._delta("signature", signed, events)
            self._stop(events)

    def finished(self, blocked: str, feedback: msgspec.Raw) -> Finished:
        """Its end."""
        details = self._details
        if wire.is_null(details) and not wire.is_null(self._citations):
            details = self._citations  # nothing that it could cite in was open
        if not self.finish:
            return Finished(reason="content_filter", raw=blocked, details=feedback, choice=self._number)
        reason = candidates.stop_of(self.finish, has_calls=self._calls > 0) or "stop"
        return Finished(reason=reason, raw=self.finish, details=details, choice=self._number)

    def _take_text(
        self, part: Fields, logprobs: tuple[Logprob, ...] | None, events: list[ChatEvent]
    ) -> tuple[Logprob, ...] | None:
        """A text or a thought; gives back the likelihoods that it did not use."""
        is_thought = wire.truth(part.get("thought")) is True
        words, signature = wire.text(part.get("text")), wire.text(part.get("thoughtSignature"))
        if words:
            self.say("thinking" if is_thought else "text", words, events, None if is_thought else logprobs)
            logprobs = logprobs if is_thought else None
        if signature and is_thought and self._kind == "thinking":
            self._delta("signature", signature, events)
            self._stop(events)
        elif signature:
            if self._signature or self._kind == "tool_call":
                self.finish_blocks(events)
            self._signature = signature
        return logprobs

    def _take_call(self, part: Fields, events: list[ChatEvent]) -> None:
        call = wire.fields(part["functionCall"])
        name = wire.text(call.get("name"))
        is_more = wire.truth(call.get("willContinue")) is True
        if self._partial is not None and not name:
            self._partial.take(call)
            if not is_more:
                self.finish_blocks(events)
            return
        if not name and not {"id", "args", "partialArgs"} & set(call):
            return  # the end of a call that has ended already
        self.finish_blocks(events)
        call_id = wire.text(call.get("id")) or made_id(f"{self._seed}/{self._calls}")
        self._calls += 1
        signature = wire.text(part.get("thoughtSignature"))
        self._open(events, "tool_call", call=(call_id, name), signature=signature)
        if is_more or "partialArgs" in call:
            self._partial = PartialCall(call)
            if is_more:
                return
        else:
            arguments = call.get("args", wire.EMPTY)
            self._delta("arguments", wire.json_text(arguments) if wire.is_object(arguments) else "{}", events)
        self.finish_blocks(events)

    def _open(
        self,
        events: list[ChatEvent],
        kind: _BlockKind,
        *,
        call: tuple[str, str] = ("", ""),
        signature: str = "",
        opaque: Opaque | None = None,
    ) -> None:
        """Begins a block; `call` is (id, name)."""
        self._kind = kind
        events.append(
            BlockStarted(
                index=self._next,
                kind=kind,
                id=call[0],
                name=call[1],
                signature=signature,
                origin=DIALECT if signature or kind == "thinking" else "",
                opaque=opaque,
                choice=self._number,
            )
        )

    def _delta(
        self,
        kind: _DeltaKind,
        text: str,
        events: list[ChatEvent],
        logprobs: tuple[Logprob, ...] | None = None,
    ) -> None:
        events.append(Delta(index=self._next, kind=kind, text=text, logprobs=logprobs, choice=self._number))

    def _stop(self, events: list[ChatEvent]) -> None:
        if self._kind:
            events.append(BlockStopped(index=self._next, choice=self._number))
            self._next += 1
            self._kind = ""


def stream_decoder() -> StreamDecoder:
    """A new decoder, for one stream."""
    return StreamDecoder()


def framer() -> sse.Decoder:
    """Cuts a stream into events; we ask for `alt=sse`. `ArrayFramer` cuts the other form."""
    return sse.Decoder()

"""What a Gemini reply says, for the log: chunks of a stream put together, and whole replies of every operation."""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.gemini import wire
from aigw_dev.core.dialects.gemini.chunk import ABSENT, Chunk, decode, has_counts
from aigw_dev.core.dialects.gemini.errors import reply_error
from aigw_dev.core.dialects.gemini.partial_args import PartialCall
from aigw_dev.core.dialects.gemini.usage import read_usage
from aigw_dev.core.dialects.gemini.wire import Fields
from aigw_dev.core.dialects.protocol import ReplyError, ReplySummary
from aigw_dev.core.exchange import Assembled, ToolCall, Usage
from aigw_dev.core.streams.sse import Event

_NOTE_BYTES: Final = 120
_BETWEEN_CHOICES: Final = "\n\n"


class StreamReader:
    """Listens to one stream; see `protocol.Reader`. Takes events of SSE and items of the array form alike."""

    def __init__(self) -> None:
        self.has_data = False
        self.is_done = False
        self.error: ReplyError | None = None
        self.bad_events = 0
        self.note = ""
        self.response_model = ""
        self._usage_raw = ABSENT
        self._written: dict[int, _Written] = {}
        self._blocked = ""

    def feed(self, event: Event) -> None:
        """Take one event; comments and events without data say nothing."""
        data = event.data
        if event.is_comment or not data:
            return
        self.has_data = True
        usual = decode(data)
        if usual is not None and not len(usual.prompt_feedback):
            self._take_usual(usual)
            return
        chunk = wire.fields(data) if data.lstrip()[:1] == b"{" else {}
        if "error" in chunk or data.lstrip()[:1] == b"[":
            self.error = self.error or reply_error(data)
        if not chunk and self.error is None:
            self.bad_events += 1
            self.note = (
                self.note or f"an event holds no JSON object: {data[:_NOTE_BYTES].decode('utf-8', 'replace')}"
            )
            return
        self.take(chunk)

    def _take_usual(self, chunk: Chunk) -> None:
        """The usual chunk, whose every level was read in one go."""
        self.response_model = self.response_model or chunk.model_version or ""
        for number, candidate in enumerate(chunk.candidates or ()):
            index = number if candidate.index is None else candidate.index
            written = self._written.get(index)
            if written is None:
                written = self._written[index] = _Written()
            for part in candidate.content.parts or () if candidate.content is not None else ():
                if part.text:
                    (written.reasoning if part.thought else written.text).append(part.text)
                elif len(part.function_call):
                    written.take_call(wire.fields(part.function_call))
            written.finish = candidate.finish_reason or written.finish
        if has_counts(chunk.usage_metadata):
            self._usage_raw = chunk.usage_metadata

    def take(self, chunk: Fields) -> None:
        """Take one reply, whole or partial."""
        self.response_model = self.response_model or wire.text(chunk.get("modelVersion"))
        for number, raw in enumerate(wire.items(chunk.get("candidates"))):
            candidate = wire.fields(raw)
            index = wire.whole(candidate.get("index"))
            written = self._written.setdefault(number if index is None else index, _Written())
            written.take(candidate)
        if "usageMetadata" in chunk and has_counts(chunk["usageMetadata"]):
            self._usage_raw = chunk["usageMetadata"]
        if "promptFeedback" in chunk:
            self._blocked = (
                wire.text(wire.fields(chunk["promptFeedback"]).get("blockReason")) or self._blocked
            )

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, the last time it said so."""
        return read_usage(self._usage_raw) if len(self._usage_raw) else None

    @property
    def finish(self) -> str:
        """Why the first choice ended, or why the prompt was blocked."""
        words = (self._written[index].finish for index in sorted(self._written))
        return next(filter(None, words), self._blocked)

    def assembled(self) -> Assembled:
        """The reply so far; several choices one after the other."""
        ordered = [self._written[index] for index in sorted(self._written)]
        return Assembled(
            text=_BETWEEN_CHOICES.join(filter(None, ("".join(one.text) for one in ordered))),
            reasoning=_BETWEEN_CHOICES.join(filter(None, ("".join(one.reasoning) for one in ordered))),
            tool_calls=[call.whole() for one in ordered for call in one.calls],
            finish=self.finish,
        )

    def output_text(self) -> str:
        """Every character written so far, to estimate tokens from."""
        return output_text(self.assembled())


def reply_usage(body: bytes) -> Usage | None:
    """What the provider counted in a whole reply of any operation.

    Token counts (`countTokens`) are the input they counted; Vertex's embeddings count per prediction.
    """
    reader = _read(body)
    return None if reader is None else reader.usage


def reply_summary(body: bytes) -> ReplySummary:
    """What the log keeps of a whole reply of any operation; of a streamed array, all its items together."""
    reader = _read(body)
    if reader is None:
        return ReplySummary()
    return ReplySummary(
        response_model=reader.response_model,
        finish=reader.finish,
        usage=reader.usage,
        assembled=reader.assembled(),
    )


def output_text(assembled: Assembled) -> str:
    """Every character of a reply, to estimate tokens from."""
    tools = "".join(call.name + call.arguments for call in assembled.tool_calls)
    return assembled.reasoning + assembled.text + tools


class _Reply(StreamReader):
    """One whole reply, heard with a stream's ears; knows the counts of other operations too."""

    _other: Usage | None = None

    def hear(self, reply: Fields) -> None:
        self.take(reply)
        total = wire.whole(reply.get("totalTokens"))
        if total is None and "predictions" in reply:
            counts = [_prediction_tokens(wire.fields(raw)) for raw in wire.items(reply["predictions"])]
            total = sum(counts) if any(counts) else None
        if total is not None:
            told = {key: reply[key] for key in ("totalTokens", "metadata") if key in reply}
            self._other = Usage(input=loose_json.count(total) or 0, raw=wire.encode(told))

    @property
    def usage(self) -> Usage | None:
        """What was counted."""
        return super().usage or self._other


def _read(body: bytes) -> _Reply | None:
    head = body.lstrip()[:1]
    if head not in {b"{", b"["}:
        return None
    reader = _Reply()
    for raw in wire.items(body.strip()):
        reader.hear(wire.fields(raw))
    return reader


def _prediction_tokens(prediction: Fields) -> int:
    statistics = wire.fields(
        wire.fields(prediction.get("embeddings", wire.EMPTY)).get("statistics", wire.EMPTY)
    )
    return loose_json.count(wire.whole(statistics.get("tokenCount"))) or 0


class _Call:
    """A call in the making."""

    def __init__(self, call: Fields) -> None:
        self.id = wire.text(call.get("id"))
        self.name = wire.text(call.get("name"))
        self.is_open = wire.truth(call.get("willContinue")) is True
        self._partial = PartialCall(call) if self.is_open or "partialArgs" in call else None
        args = call.get("args", wire.EMPTY)
        self._arguments = wire.json_text(args)

    def take(self, call: Fields) -> None:
        if self._partial is not None:
            self._partial.take(call)
        self.is_open = wire.truth(call.get("willContinue")) is True

    def whole(self) -> ToolCall:
        arguments = self._arguments if self._partial is None else self._partial.arguments()
        return ToolCall(id=self.id, name=self.name, arguments=arguments)


class _Written:
    """One choice in the making."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.calls: list[_Call] = []
        self.finish = ""

    def take(self, candidate: Fields) -> None:
        for raw in wire.items(wire.fields(candidate.get("content", wire.EMPTY)).get("parts")):
            part = wire.fields(raw)
            if "text" in part:
                is_thought = wire.truth(part.get("thought")) is True
                (self.reasoning if is_thought else self.text).append(wire.text(part["text"]))
            elif "functionCall" in part:
                self.take_call(wire.fields(part["functionCall"]))
        self.finish = wire.text(candidate.get("finishReason")) or self.finish

    def take_call(self, call: Fields) -> None:
        if self.calls and self.calls[-1].is_open and "name" not in call:
            self.calls[-1].take(call)
        elif {"name", "id", "args", "partialArgs"} & set(call):
            self.calls.append(_Call(call))

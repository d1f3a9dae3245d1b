"""What an OpenAI-compatible reply says: chunks of a stream put together, and whole replies of every operation.

Chat, legacy completions and embeddings share one envelope (`choices`, `model`, `usage`, `error`), so one reader serves
them. A chunk is decoded with its types (unknown fields are skipped, 1 us); one that does not keep to them is read
loosely (`openai_wire`), and one that is no JSON at all is counted in `bad_events`.
"""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.openai_usage import read_usage
from aigw_dev.core.dialects.openai_wire import Choice, Chunk, Delta, Part, ToolDelta, decode_chunk
from aigw_dev.core.dialects.protocol import ReplyError, ReplySummary
from aigw_dev.core.exchange import Assembled, ToolCall, Usage
from aigw_dev.core.streams.sse import Event

_DONE: Final = b"[DONE]"
_BETWEEN_CHOICES: Final = "\n\n"
_NOTE_BYTES: Final = 120


class StreamReader:
    """Listens to one stream of chat chunks or completions; see `protocol.Reader`."""

    def __init__(self) -> None:
        self.has_data = False
        self.is_done = False
        self.error: ReplyError | None = None
        self.bad_events = 0
        self.note = ""
        self.response_model = ""
        self._usage_raw: bytes = b""
        self._written: dict[int, _Written] = {}

    def feed(self, event: Event) -> None:
        """Take one event; comments and events without data say nothing."""
        data = event.data
        if event.is_comment or not data:
            return
        self.has_data = True
        if data.startswith(_DONE):
            self.is_done = True
            return
        chunk = decode_chunk(data)
        if chunk is None:
            self.bad_events += 1
            self.note = (
                self.note or f"an event holds no JSON object: {data[:_NOTE_BYTES].decode('utf-8', 'replace')}"
            )
            return
        if not self.response_model and chunk.model:
            self.response_model = loose_json.text(chunk.model)
        if chunk.choices:
            for choice in chunk.choices:
                self._take(choice)
        if len(chunk.usage) > len(b"null"):
            self._usage_raw = chunk.usage
        elif chunk.x_groq is not None and len(chunk.x_groq.usage) > len(b"null"):
            self._usage_raw = chunk.x_groq.usage
        if self.error is None and (len(chunk.error) > len(b"null") or event.event == "error"):
            self.error = openai_errors.reply_error(data)

    def _take(self, choice: Choice) -> None:
        written = self._written.get(choice.index)
        if written is None:
            written = self._written[choice.index] = _Written()
        if choice.text:
            written.text.append(choice.text)
        if choice.delta is not None:
            written.take(choice.delta)
        if choice.finish_reason:
            written.finish = choice.finish_reason
        if len(choice.usage) > len(b"null"):
            self._usage_raw = choice.usage

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, the last time it said so."""
        return read_usage(self._usage_raw) if self._usage_raw else None

    @property
    def finish(self) -> str:
        """Why the first choice ended; the last word counts (OpenRouter says it twice)."""
        return _finish(self._written)

    def assembled(self) -> Assembled:
        """The reply so far; several choices one after the other."""
        return _assemble(self._written)

    def output_text(self) -> str:
        """Every character written so far, to estimate tokens from."""
        return "".join(written.everything() for written in self._written.values())


def reply_usage(body: bytes) -> Usage | None:
    """What the provider counted in a whole reply of any operation."""
    chunk = decode_chunk(body)
    return None if chunk is None else _reply_usage(chunk)


def reply_summary(body: bytes) -> ReplySummary:
    """What the log keeps of a whole reply of any operation."""
    chunk = decode_chunk(body)
    if chunk is None:
        return ReplySummary()
    plain = _plain_answer(chunk)
    if plain is not None:
        return ReplySummary(
            response_model=loose_json.text(chunk.model),
            finish=plain.finish,
            usage=_reply_usage(chunk),
            assembled=plain,
        )
    written: dict[int, _Written] = {}
    for choice in chunk.choices or ():
        own = written.setdefault(choice.index, _Written())
        if choice.text:
            own.text.append(choice.text)
        if choice.message is not None:
            own.take(choice.message)
        if choice.finish_reason:
            own.finish = choice.finish_reason
    return ReplySummary(
        response_model=loose_json.text(chunk.model),
        finish=_finish(written),
        usage=_reply_usage(chunk),
        assembled=_assemble(written),
    )


def _plain_answer(chunk: Chunk) -> Assembled | None:
    """The usual reply, put together at once: one choice whose message is a text; None for every other."""
    choices = chunk.choices
    if choices is None or len(choices) != 1:
        return None
    choice = choices[0]
    message = choice.message
    if message is None or choice.text or not message.content or not isinstance(message.content, str):
        return None
    if message.tool_calls or message.function_call is not None:
        return None
    return Assembled(
        text=message.content,
        reasoning=message.reasoning_content or message.reasoning or "",
        refusal=message.refusal or "",
        finish=choice.finish_reason or "",
    )


def output_text(assembled: Assembled) -> str:
    """Every character of a reply, to estimate tokens from."""
    tools = "".join(call.name + call.arguments for call in assembled.tool_calls)
    return assembled.reasoning + assembled.text + assembled.refusal + tools


def _reply_usage(chunk: Chunk) -> Usage | None:
    if chunk.usage and (usage := read_usage(chunk.usage)) is not None:
        return usage
    candidates = [chunk.x_groq.usage] if chunk.x_groq is not None else []
    candidates += [choice.usage for choice in chunk.choices or ()]
    return next((usage for raw in candidates if raw and (usage := read_usage(raw)) is not None), None)


def _finish(choices: dict[int, "_Written"]) -> str:
    return next((choices[index].finish for index in sorted(choices) if choices[index].finish), "")


def _assemble(choices: dict[int, "_Written"]) -> Assembled:
    ordered = [choices[index] for index in sorted(choices)]
    return Assembled(
        text=_joined([one.text for one in ordered]),
        reasoning=_joined([one.reasoning for one in ordered]),
        refusal=_joined([one.refusal for one in ordered]),
        tool_calls=[call.whole() for one in ordered for call in one.calls if not call.is_empty()],
        finish=_finish(choices),
    )


def _joined(texts: list[list[str]]) -> str:
    """The texts of all choices; nearly always there is one choice."""
    if len(texts) == 1:
        return "".join(texts[0])
    return _BETWEEN_CHOICES.join(filter(None, map("".join, texts)))


class _Call:
    """A tool call in the making."""

    __slots__ = ("arguments", "id", "index", "name")

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []

    def is_empty(self) -> bool:
        """Nothing was ever said of it: Snowflake sends such a call beside a text."""
        return not (self.id or self.name or self.arguments)

    def whole(self) -> ToolCall:
        return ToolCall(id=self.id, name=self.name, arguments="".join(self.arguments))


class _Written:
    """One choice in the making."""

    __slots__ = ("calls", "finish", "reasoning", "refusal", "text")

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.calls: list[_Call] = []
        self.finish = ""

    def take(self, delta: Delta) -> None:
        """Add one delta, or a whole message."""
        content = delta.content
        if content:
            if isinstance(content, str):
                self.text.append(content)
            else:
                self._take_parts(content)
        elif delta.audio is not None and delta.audio.transcript:
            self.text.append(delta.audio.transcript)
        # Some send the same thought under both names: one of them counts.
        thought = delta.reasoning_content or delta.reasoning
        if thought:
            self.reasoning.append(thought)
        if delta.refusal:
            self.refusal.append(delta.refusal)
        if delta.tool_calls:
            for call in delta.tool_calls:
                self._take_call(call)
        elif delta.function_call is not None:  # the legacy form, which some send beside tool_calls
            self._take_call(ToolDelta(index=0, function=delta.function_call))

    def _take_parts(self, parts: list[Part]) -> None:
        for part in parts:
            if part.thinking:
                self.reasoning += [inner.text for inner in part.thinking if inner.text]
            elif part.text:
                self.text.append(part.text)

    def _take_call(self, delta: ToolDelta) -> None:
        function, custom = delta.function, delta.custom
        name = (
            (function.name if function is not None else None)
            or (custom.name if custom is not None else None)
            or ""
        )
        call = self._find_call(delta, name)
        if call is None:
            call = _Call(delta.index)
            self.calls.append(call)
        call.id = call.id or delta.id or ""
        call.name = call.name or name
        if function is not None and function.arguments:
            call.arguments.append(function.arguments)
        elif custom is not None and custom.input:
            call.arguments.append(custom.input)

    def _find_call(self, delta: ToolDelta, name: str) -> _Call | None:
        """The call that this delta goes on with; None where it begins another.

        A continuation has no id, an empty one or the same one; a new id together with a name is another call, whatever
        its index says (some number every parallel call 0, some send no index at all).
        """
        for call in reversed(self.calls):
            if delta.index is not None and call.index is not None and call.index != delta.index:
                continue
            is_other = bool(delta.id and call.id and delta.id != call.id and name)
            return None if is_other else call
        return None

    def everything(self) -> str:
        """All text of this choice, in no particular order."""
        calls = "".join(call.name + "".join(call.arguments) for call in self.calls)
        return "".join(self.reasoning) + "".join(self.text) + "".join(self.refusal) + calls

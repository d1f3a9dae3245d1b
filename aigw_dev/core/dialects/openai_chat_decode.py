"""A provider's stream of chat chunks, in neutral events: every vendor's way of sending it, one order coming out.

Rules beyond the laws of `core.chat.events`:
1. The last `finish_reason` counts and is held to the end: some say it twice, some send content after it.
2. `[DONE]` ends a reply even without a reason (Snowflake, some of OpenRouter's); the end of the body does only with one.
3. The last usage counts, wherever it stands: on a chunk of its own, on one with choices, in `x_groq`.
4. A tool call's piece belongs to the last call of its index; a new id together with a name begins another whatever the
   index says; one without index and id that has a name begins another once the last call is whole.
5. What follows `[DONE]` is nothing.
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.events import ChatEvent, Counted, Ended, Failed, Finished, Ping, Started
from aigw_dev.core.chat.serial import Serial
from aigw_dev.core.chat.vocabulary import Opaque, Part, Refusal, Text, Thinking
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.codec import cut_off
from aigw_dev.core.dialects.openai_chat_media import google_signature
from aigw_dev.core.dialects.openai_chat_reply import (
    BROKEN,
    BROKEN_STOPS,
    DIALECT,
    NAMELESS,
    arguments_text,
    call_id,
    content_part,
    dumped,
    logprobs,
    picture,
    raw,
    signatures,
    stop_reason,
    thought,
    tool_calls,
)
from aigw_dev.core.dialects.openai_reader import reply_usage
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.exchange import Usage
from aigw_dev.core.streams.sse import Event

_DONE: Final = b"[DONE]"
_SHOWN_BYTES: Final = 200
_PLAIN: Final = frozenset({"role", "content"})


class Decoder:
    """Reads one stream; see `codec.StreamDecoder`."""

    def __init__(self) -> None:
        self._is_started = False
        self._is_over = False
        self._reply_id = ""
        self._choices: dict[int, _Choice] = {}
        self._usage: Usage | None = None

    def feed(self, event: Event) -> list[ChatEvent]:
        """What this event says."""
        if self._is_over:
            return []
        if event.is_comment:
            return [Ping()] if self._is_started else []
        data = event.data
        if not data.strip():
            return []
        if data.startswith(_DONE):
            return self._end(is_told=True)
        wire = loose_json.load(data)
        if not loose_json.is_object(wire):
            shown = data[:_SHOWN_BYTES].decode("utf-8", "replace")
            return self._fail(f"the provider sent an event that is not a JSON object: {shown}", BROKEN)
        if wire.get("error") or event.event == "error":
            return self._fail_with(openai_errors.reply_error(data))
        rows = [loose_json.mapping(row) for row in loose_json.items(wire.get("choices"))]
        has_usage = wire.get("usage") or wire.get("x_groq") or any(row.get("usage") for row in rows)
        if has_usage and (usage := reply_usage(data)) is not None:
            self._usage = usage
        return self._take(wire, rows)

    def close(self) -> list[ChatEvent]:
        """What remains at the end of the body: the end, or `Failed` where the reply was cut off."""
        return [] if self._is_over else self._end(is_told=False)

    def _take(self, wire: dict[str, object], rows: list[dict[str, object]]) -> list[ChatEvent]:
        events: list[ChatEvent] = []
        if not self._is_started:
            # Azure's first chunk holds only the filter's results, and neither id nor model.
            given = loose_json.text(wire.get("id"))
            if not given and not rows:
                return []
            self._is_started = True
            self._reply_id = given
            created = loose_json.count(wire.get("created")) or 0
            events.append(Started(id=given, model=loose_json.text(wire.get("model")), created=created))
        for choice in rows:
            number = loose_json.count(choice.get("index")) or 0
            if number not in self._choices:
                self._choices[number] = _Choice(number, f"{self._reply_id}/{number}")
            events += self._choices[number].take(choice)
            if choice.get("error") or self._choices[number].finish in BROKEN_STOPS:
                error = {"error": choice.get("error") or self._choices[number].finish}
                return [*events, *self._fail_with(openai_errors.reply_error(bytes(raw(error))))]
        return events

    def _end(self, *, is_told: bool) -> list[ChatEvent]:
        choices = [self._choices[number] for number in sorted(self._choices)]
        if not choices or not (is_told or all(choice.finish for choice in choices)):
            error = cut_off()
            return self._fail(error.message, error.code)
        events: list[ChatEvent] = []
        for choice in choices:
            events += choice.end()
            if choice.serial.problem:
                return [*events, *self._fail(choice.serial.problem, BROKEN)]
        if self._usage is not None:
            events.append(Counted(usage=self._usage))
        self._is_over = True
        return [*events, Ended()]

    def _fail_with(self, error: ReplyError | None) -> list[ChatEvent]:
        if error is None:
            return self._fail("the provider broke the stream off without saying why", BROKEN)
        return self._fail(error.message, error.code, error.status)

    def _fail(self, message: str, code: str, status: int = 0) -> list[ChatEvent]:
        self._is_over = True
        failed = Failed(message=message, code=code, status=status)
        return [failed] if self._is_started else [Started(), failed]


class _Call(msgspec.Struct):
    """A tool call, to find where its next piece belongs."""

    key: int
    index: int | None
    id: str
    has_name: bool


class _Choice:
    """One choice's chunks."""

    def __init__(self, number: int, name: str) -> None:
        self.serial = Serial(DIALECT, number)
        self.finish = ""
        self._number = number
        self._name = name
        self._calls: list[_Call] = []
        self._unnamed: dict[int, _Unnamed] = {}
        self._has_tool_calls = False
        self._declines = False

    def take(self, row: dict[str, object]) -> list[ChatEvent]:
        """Add one chunk's choice."""
        finish = loose_json.text(row.get("finish_reason"))
        if finish:
            self.finish = finish
        # Perplexity sends the whole message so far beside each delta; one chunk that only has a message is a reply.
        delta = row.get("delta")
        delta = delta if loose_json.is_object(delta) else loose_json.mapping(row.get("message"))
        serial = self.serial
        if delta.keys() <= _PLAIN:  # nearly every chunk
            return self._content(delta, row)
        events = serial.say("thinking", thought(delta))
        for signature, is_hidden in signatures(delta):
            events += serial.redact(signature) if is_hidden else serial.sign(signature)
        events += self._content(delta, row)
        if refusal := loose_json.text(delta.get("refusal")):
            self._declines = True
            events += serial.say("refusal", refusal, logprobs(row.get("logprobs")))
        for one in loose_json.items(delta.get("images")):
            events += self._hand_on(picture(one))
        if annotations := loose_json.items(delta.get("annotations")):
            events += serial.cite(dumped(annotations))
        for wire, is_custom in self._tool_rows(delta):
            events += self._call(wire, is_custom=is_custom)
        return events

    def end(self) -> list[ChatEvent]:
        """Complete the choice."""
        events: list[ChatEvent] = []
        events += self.serial.end()
        if any("".join(unnamed.arguments) for unnamed in self._unnamed.values()):
            self.serial.problem = self.serial.problem or NAMELESS
        reason = stop_reason(self.finish or "stop", has_calls=self.serial.has_calls, declines=self._declines)
        if self.serial.is_truncated:
            reason = "length"
        return [*events, Finished(reason=reason, raw=self.finish, choice=self._number)]

    def _content(self, delta: dict[str, object], row: dict[str, object]) -> list[ChatEvent]:
        content = delta.get("content")
        words = loose_json.text(content) or loose_json.text(
            loose_json.mapping(delta.get("audio")).get("transcript")
        )
        found = logprobs(row["logprobs"]) if row.get("logprobs") else None
        events = self.serial.say("text", words, found) if words else []
        for one in loose_json.items(content):
            part = content_part(one)
            match part:
                case Text():
                    events += self.serial.say("text", part.text)
                case Thinking():
                    events += self.serial.say("thinking", part.text)
                case Refusal():
                    self._declines = True
                    events += self.serial.say("refusal", part.text)
                case _:
                    events += self._hand_on(part)
        return events

    def _hand_on(self, part: Part) -> list[ChatEvent]:
        """What a stream has no block for; a picture keeps its neutral form."""
        if not isinstance(part, Opaque):
            part = Opaque(dialect=DIALECT, type="image", raw=msgspec.Raw(msgspec.json.encode(part)))
        return self.serial.hand_on(part)

    def _tool_rows(self, delta: dict[str, object]) -> list[tuple[dict[str, object], bool]]:
        """The calls of a delta; the legacy form is an echo where the present one was seen (llama-cpp-python)."""
        if delta.get("tool_calls"):
            self._has_tool_calls = True
        elif self._has_tool_calls or not delta.get("function_call"):
            return []
        return tool_calls(delta)

    def _call(self, wire: dict[str, object], *, is_custom: bool) -> list[ChatEvent]:
        inner = loose_json.mapping(wire.get("custom" if is_custom else "function"))
        name, given = loose_json.text(inner.get("name")), loose_json.text(wire.get("id"))
        piece = arguments_text(inner.get("input" if is_custom else "arguments"))
        index = loose_json.count(wire.get("index"))
        call = self._find(index, given, name)
        if call is None:
            call = _Call(len(self._calls), index, given, bool(name))
            self._calls.append(call)
            self._unnamed[call.key] = _Unnamed(call.key, is_custom=is_custom)
        unnamed = self._unnamed.get(call.key)
        if unnamed is None:
            return self.serial.call(call.key, piece)
        call.has_name = call.has_name or bool(name)
        call.id = call.id or given
        unnamed.take(given, name, piece, google_signature(wire))
        return self._begin(self._unnamed.pop(call.key)) if unnamed.name else []

    def _begin(self, unnamed: "_Unnamed") -> list[ChatEvent]:
        return self.serial.call(
            unnamed.key,
            "".join(unnamed.arguments),
            id=unnamed.id or call_id(self._name, unnamed.key),
            name=unnamed.name,
            is_custom=unnamed.is_custom,
            signature=unnamed.signature,
        )

    def _find(self, index: int | None, given: str, name: str) -> _Call | None:
        """The call that a piece goes on with; None where it begins another (rule 4)."""
        for call in reversed(self._calls):
            if index is not None and call.index is not None and call.index != index:
                continue
            is_other = bool(given and call.id and given != call.id and name)
            is_next = index is None and not given and bool(name) and self.serial.is_call_whole(call.key)
            return None if is_other or is_next else call
        return None


class _Unnamed:
    """A call whose name has not come yet; nearly always the first piece has it.

    One that never gets a name nor arguments is nothing: Snowflake sends such a call beside a text.
    """

    def __init__(self, key: int, *, is_custom: bool) -> None:
        self.key = key
        self.is_custom = is_custom
        self.id = ""
        self.name = ""
        self.signature = ""
        self.arguments: list[str] = []

    def take(self, given: str, name: str, piece: str, signature: str) -> None:
        self.id = self.id or given
        self.name = self.name or name
        self.signature = self.signature or signature
        self.arguments.append(piece)

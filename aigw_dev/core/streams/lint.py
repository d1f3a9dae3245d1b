"""Watches a provider's stream for what its protocol forbids: said in the exchange, never mended, never in the way.

A violation is something that a client written to the vendor's own description may stumble over. Habits that are common
and harmless (comments, padding, unknown fields, usage on a chunk with choices) are none. Runs after the stream, in the
log's writer thread, over the bytes that were relayed.
"""

from collections.abc import Callable, Iterable
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams.sse import Decoder, Event

MAX_FOUND: Final = 20
"""Violations kept of one stream."""
MAX_BYTES: Final = 4 * 1024 * 1024
"""How far into a stream is looked."""
_DONE: Final = b"[DONE]"
_SHOWN: Final = 60


class Findings:
    """What was found, each text once."""

    def __init__(self) -> None:
        self.texts: dict[str, None] = {}

    def add(self, text: str) -> None:
        """One violation, in a sentence."""
        if len(self.texts) < MAX_FOUND:
            self.texts[text] = None


class _Chat:
    """openai-chat: chunks, a finish for every choice, `[DONE]` last."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._is_done = False
        self._has_error = False
        self._roles: set[int] = set()
        self._finished: dict[int, str] = {}
        self._ids: set[str] = set()
        self._usages = 0
        self._number = 0

    def feed(self, event: Event) -> None:
        if self._is_done:
            self._found.add("an event follows [DONE]")
            return
        if event.data == _DONE:
            self._is_done = True
            return
        self._number += 1
        chunk = loose_json.load(event.data)
        if not loose_json.is_object(chunk):
            self._found.add(f"event {self._number} is no JSON object: {_shown(event.data)}")
            return
        if chunk.get("error"):
            self._has_error = True
            return
        if name := loose_json.text(chunk.get("id")):
            self._ids.add(name)
        if loose_json.is_object(chunk.get("usage")):
            self._usages += 1
        choices = chunk.get("choices")
        if not loose_json.is_array(choices):
            self._found.add(f"event {self._number} has no `choices`")
            return
        for choice in choices:
            self._choice(loose_json.mapping(choice))

    def _choice(self, choice: dict[str, object]) -> None:
        index = loose_json.count(choice.get("index"))
        if index is None:
            self._found.add("a choice has no `index`")
            index = 0
        delta = loose_json.mapping(choice.get("delta"))
        says = any(
            delta.get(key) for key in ("content", "tool_calls", "refusal", "reasoning_content", "reasoning")
        )
        if delta.get("role"):
            self._roles.add(index)
        elif says and index not in self._roles and "text" not in choice:
            self._roles.add(index)
            self._found.add("the first delta of a choice names no role")
        if says and index in self._finished:
            self._found.add("a choice goes on after its finish_reason")
        reason = loose_json.text(choice.get("finish_reason"))
        if reason:
            if self._finished.get(index, reason) != reason:
                self._found.add(f"a choice finishes twice: {self._finished[index]}, then {reason}")
            self._finished[index] = reason
        for call in loose_json.items(delta.get("tool_calls")):
            if "index" not in loose_json.mapping(call):
                self._found.add("a tool call's delta has no `index`")

    def close(self) -> None:
        if self._has_error:
            return
        if not self._is_done:
            self._found.add("the stream ends without [DONE]")
        if not self._finished:
            self._found.add("no choice has a finish_reason")
        if self._roles - self._finished.keys() and self._finished:
            self._found.add("a choice has no finish_reason")
        if len(self._ids) > 1:
            self._found.add(f"the chunks have {len(self._ids)} different ids")


class _Anthropic:
    """anthropic-messages: message_start, blocks one after the other, message_delta, message_stop."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._is_started = self._is_stopped = self._has_delta = self._has_error = False
        self._open: int | None = None
        self._kind = ""
        self._next = 0

    def feed(self, event: Event) -> None:
        if self._is_stopped:
            self._found.add("an event follows message_stop")
        data = loose_json.load(event.data)
        if not loose_json.is_object(data):
            self._found.add(f"an event is no JSON object: {_shown(event.data)}")
            return
        kind = loose_json.text(data.get("type"))
        if not event.event:
            self._found.add(f"{kind or 'an event'} has no `event:` line; SDKs skip it")
        elif event.event != kind:
            self._found.add(f"the `event:` line says {event.event[:_SHOWN]}, the data {kind[:_SHOWN]}")
        if kind == "error":
            self._has_error = True
            return
        if kind != "message_start" and not self._is_started and kind != "ping":
            self._found.add(f"{kind[:_SHOWN]} comes before message_start")
            self._is_started = True
        check = _ANTHROPIC.get(kind)
        if check is not None:
            check(self, data)

    def start(self, _data: dict[str, object]) -> None:
        if self._is_started:
            self._found.add("message_start comes twice")
        self._is_started = True

    def block_start(self, data: dict[str, object]) -> None:
        index = loose_json.count(data.get("index"))
        if self._open is not None:
            self._found.add(f"block {index} begins while block {self._open} is open")
        if index != self._next:
            self._found.add(f"block {index} begins where block {self._next} was due")
        self._open = index
        self._next = (index if index is not None else self._next) + 1
        self._kind = loose_json.text(loose_json.mapping(data.get("content_block")).get("type"))

    def block_delta(self, data: dict[str, object]) -> None:
        index = loose_json.count(data.get("index"))
        if self._open != index:
            self._found.add(f"a delta belongs to block {index}, which is not open")
            return
        delta = loose_json.text(loose_json.mapping(data.get("delta")).get("type"))
        wanted = _ANTHROPIC_DELTAS.get(delta)
        if wanted is not None and self._kind not in wanted:
            self._found.add(f"a {delta} stands in a {self._kind[:_SHOWN]} block")

    def block_stop(self, data: dict[str, object]) -> None:
        index = loose_json.count(data.get("index"))
        if self._open != index:
            self._found.add(f"block {index} stops, which is not open")
        self._open = None

    def message_delta(self, _data: dict[str, object]) -> None:
        if self._open is not None:
            self._found.add(f"message_delta comes while block {self._open} is open")
        self._has_delta = True

    def stop(self, _data: dict[str, object]) -> None:
        if not self._has_delta:
            self._found.add("message_stop comes without message_delta")
        self._is_stopped = True

    def close(self) -> None:
        if not self._is_stopped and not self._has_error:
            self._found.add("the stream ends without message_stop")


_ANTHROPIC: Final[dict[str, Callable[[_Anthropic, dict[str, object]], None]]] = {
    "message_start": _Anthropic.start,
    "content_block_start": _Anthropic.block_start,
    "content_block_delta": _Anthropic.block_delta,
    "content_block_stop": _Anthropic.block_stop,
    "message_delta": _Anthropic.message_delta,
    "message_stop": _Anthropic.stop,
}
_TOOLS: Final = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_ANTHROPIC_DELTAS: Final = {
    "text_delta": frozenset({"text"}),
    "citations_delta": frozenset({"text"}),
    "thinking_delta": frozenset({"thinking"}),
    "signature_delta": frozenset({"thinking"}),
    "input_json_delta": _TOOLS,
}


class _Responses:
    """openai-responses: response.created first, numbers without gaps, items added and done, one end."""

    _ENDS: Final = frozenset(
        {"response.completed", "response.incomplete", "response.failed", "response.cancelled", "error"}
    )

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._number: int | None = None
        self._is_ended = self._is_created = self._has_error = False
        self._open: set[int] = set()

    def feed(self, event: Event) -> None:
        if event.data == _DONE:
            return
        data = loose_json.load(event.data)
        if not loose_json.is_object(data):
            self._found.add(f"an event is no JSON object: {_shown(event.data)}")
            return
        kind = loose_json.text(data.get("type"))
        is_after_error = self._has_error and kind == "response.failed"  # OpenAI sends both, in this order
        self._has_error = self._has_error or kind == "error"
        if self._is_ended and not is_after_error:
            self._found.add(f"{kind[:_SHOWN]} follows the end of the response")
        if event.event and event.event != kind:
            self._found.add(f"the `event:` line says {event.event[:_SHOWN]}, the data {kind[:_SHOWN]}")
        number = loose_json.count(data.get("sequence_number"))
        if number is None:
            self._found.add("events have no sequence_number")
        elif self._number is not None and number != self._number + 1:
            self._found.add(f"sequence_number {number} follows {self._number}")
        self._number = number if number is not None else self._number
        if not self._is_created and kind not in {"response.created", "error"}:
            self._found.add(f"{kind[:_SHOWN]} comes before response.created")
        self._is_created = True
        self._item(kind, loose_json.count(data.get("output_index")))
        self._is_ended = self._is_ended or kind in self._ENDS
        if kind == "response.completed" and self._open:
            self._found.add("response.completed comes while an output item is open")

    def _item(self, kind: str, index: int | None) -> None:
        if index is None:
            return
        if kind == "response.output_item.added":
            self._open.add(index)
        elif kind == "response.output_item.done":
            if index not in self._open:
                self._found.add(f"output item {index} is done and was never added")
            self._open.discard(index)
        elif kind.endswith(".delta") and index not in self._open:
            self._found.add(f"a delta belongs to output item {index}, which is not open")

    def close(self) -> None:
        if not self._is_ended:
            self._found.add("the stream ends without response.completed, incomplete or failed")


class _Gemini:
    """gemini-generate-content: whole objects, a finishReason, usage."""

    def __init__(self, found: Findings) -> None:
        self._found = found
        self._has_finish = self._has_usage = self._has_error = self._is_blocked = False

    def feed(self, event: Event) -> None:
        data = loose_json.load(event.data)
        if not loose_json.is_object(data):
            self._found.add(f"an event is no JSON object: {_shown(event.data)}")
            return
        self._has_error = self._has_error or bool(data.get("error"))
        self._has_usage = self._has_usage or bool(data.get("usageMetadata"))
        self._is_blocked = self._is_blocked or bool(
            loose_json.mapping(data.get("promptFeedback")).get("blockReason")
        )
        for candidate in loose_json.items(data.get("candidates")):
            self._has_finish = self._has_finish or bool(loose_json.mapping(candidate).get("finishReason"))

    def close(self) -> None:
        if self._has_error:
            return
        if not self._has_finish and not self._is_blocked:
            self._found.add("no candidate has a finishReason")
        if not self._has_usage:
            self._found.add("the stream has no usageMetadata")


_LINTERS: Final = {
    "openai-chat": _Chat,
    "anthropic-messages": _Anthropic,
    "openai-responses": _Responses,
    "gemini-generate-content": _Gemini,
}


def lint(dialect: str, chunks: Iterable[bytes]) -> tuple[str, ...]:
    """The violations in a whole stream of server-sent events, as it came; none for a dialect that is not watched."""
    made = _LINTERS.get(dialect)
    if made is None:
        return ()
    found = Findings()
    linter = made(found)
    decoder = Decoder()
    seen = 0
    try:
        for chunk in chunks:
            seen += len(chunk)
            if seen > MAX_BYTES:
                return tuple(found.texts)
            for event in decoder.feed(chunk):
                _feed(linter, event)
        for event in decoder.close():
            _feed(linter, event)
    except UpstreamError as error:
        found.add(error.message)
        return tuple(found.texts)
    linter.close()
    return tuple(found.texts)


def _feed(linter: "_Chat | _Anthropic | _Responses | _Gemini", event: Event) -> None:
    if not event.is_comment and event.data:
        linter.feed(event)


def _shown(data: bytes) -> str:
    return data[:_SHOWN].decode("utf-8", "replace")

"""A provider's stream as neutral events: `ProviderCodec.stream_decoder`.

Output items may interleave; blocks may not. An item speaks while no other has an open block, else what it says waits.
Every `done` event and the final response repeat what deltas said: what they hold beyond that is told then, so servers
that leave events out (LM Studio leaves out deltas, others `output_item.added` or `output_item.done`) lose nothing.
Items are known by `output_index` first: some servers give one item another id in every event (GitHub Copilot).
"""

from collections.abc import Callable
from typing import Any, Final

from aigw_dev.core import loose_json
from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Ended,
    Failed,
    Finished,
    Started,
)
from aigw_dev.core.chat.vocabulary import Part, Refusal, Text, ToolCall
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.codec import cut_off
from aigw_dev.core.dialects.openai_usage import read_usage
from aigw_dev.core.dialects.responses import checks
from aigw_dev.core.dialects.responses.reply_read import (
    incomplete_reason,
    offered_customs,
    reply_error,
    stop_of,
)
from aigw_dev.core.dialects.responses.stream_items import Item, Say, item_of
from aigw_dev.core.dialects.responses.stream_wire import Wire, decode, loaded
from aigw_dev.core.streams.sse import Event

_DONE: Final = b"[DONE]"
_BROKEN_CALL: Final = "the provider's tool call has arguments that are no JSON object"
_ENDS: Final = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
}
_BEGINS: Final = frozenset({"response.created", "response.queued", "response.in_progress"})


class StreamDecoder:
    """Reads one stream; see `codec.StreamDecoder`."""

    def __init__(self) -> None:
        self._events: list[ChatEvent] = []
        self._is_started = False
        self._is_over = False
        self._offered: frozenset[str] | None = None  # custom tools of the caller
        self._block = -1
        self._open: Item | None = None  # the item whose block is open
        self._items: list[Item] = []
        self._by_index: dict[int, Item] = {}
        self._by_id: dict[str, Item] = {}
        self._is_releasing = False
        self._waiting: dict[int, list[tuple[Any, dict[str, Any]]]] = {}
        self._kinds: list[Part] = []  # an empty part for each block: why the reply ended follows from them

    def feed(self, event: Event) -> list[ChatEvent]:
        """What this event says."""
        if event.is_comment or self._is_over or not event.data or event.data.startswith(_DONE):
            return []
        wire = decode(event.data)
        if wire is None:
            return []
        self._take(wire, wire.type or event.event, event.data)
        events, self._events = self._events, []
        return events

    def close(self) -> list[ChatEvent]:
        """`Failed` where the reply was cut off."""
        if self._is_over:
            return []
        self._start({})
        self._fail(Failed(message=cut_off().message, code="upstream_reset", status=502))
        events, self._events = self._events, []
        return events

    def _take(self, wire: Wire, kind: str, data: bytes) -> None:
        if kind in _BEGINS:
            self._start(loaded(wire.response))
            return
        if kind == "error" or (not kind and len(wire.error) > len(b"null")):
            self._start({})
            self._fail_with(data)
            return
        if kind in _ENDS:
            self._end(loaded(wire.response), _ENDS[kind])
            return
        self._start({})
        handler = _HANDLERS.get(kind)
        if handler is None:
            return
        item = self._find(wire)
        if not item.is_done:
            handler(item, wire, self._say)
            self._fail_if_broken(item)

    def _start(self, response: dict[str, object]) -> None:
        if response and self._offered is None:
            self._offered = offered_customs(response)
        if self._is_started:
            return
        self._is_started = True
        self._events.append(
            Started(
                id=loose_json.text(response.get("id")),
                model=loose_json.text(response.get("model")),
                created=loose_json.count(response.get("created_at")) or 0,
            )
        )

    def _find(self, wire: Wire) -> Item:
        """The item that an event belongs to; a new one where none is known."""
        index, identity = wire.output_index, wire.item_id
        found: Item | None = None
        if index is not None:
            found = self._by_index.get(index)
        elif identity:
            found = self._by_id.get(identity)
        elif len(wire.item):
            found = self._by_id.get(loose_json.text(loaded(wire.item).get("id")))
        elif self._items:
            found = self._items[-1]
        if found is None:
            found = Item(number=len(self._items), offered=self._offered)
            self._items.append(found)
            if index is not None:
                self._by_index[index] = found
        if identity:
            self._by_id.setdefault(identity, found)
        if len(wire.item) and (own := loose_json.text(loaded(wire.item).get("id"))):
            self._by_id.setdefault(own, found)
        return found

    def _say(self, item: Item, event: Any, **fields: Any) -> None:
        """Tell an event of an item's block now, or keep it until the block that is open ends."""
        if self._open is not None and self._open is not item:
            self._waiting.setdefault(item.number, []).append((event, fields))
            return
        if event is BlockStarted:
            self._open = item
            self._block += 1
            self._note(fields)
        self._events.append(event(index=self._block, **fields))
        if event is BlockStopped:
            self._open = None
            self._release()

    def _release(self) -> None:
        """Let those that have waited speak, one after the other, each all that it has said so far."""
        if self._is_releasing:
            return
        self._is_releasing = True
        while self._open is None and self._waiting:
            number = min(self._waiting)
            for event, fields in self._waiting.pop(number):
                self._say(self._items[number], event, **fields)
        self._is_releasing = False

    def _note(self, fields: dict[str, Any]) -> None:
        match fields["kind"]:
            case "text":
                self._kinds.append(Text(text="."))
            case "refusal":
                self._kinds.append(Refusal(text=""))
            case "tool_call":
                is_custom = fields.get("is_custom", False)
                self._kinds.append(ToolCall(id="", name="", kind="custom" if is_custom else "function"))
            case _:
                pass

    def _end(self, response: dict[str, object], status: str) -> None:
        """The final event: what it holds beyond the deltas, then why the reply ended."""
        self._start(response)
        self._complete(response)
        for item in self._items:
            item.close(self._say)
        self._fail_if_broken(*self._items)
        if self._is_over:
            return
        error = reply_error({"error": response.get("error")}, status)
        if error is not None:
            self._fail(Failed(message=error.message, code=error.code, status=error.status))
            return
        reason = incomplete_reason(response)
        self._events.append(Finished(reason=stop_of(status, reason, self._kinds), raw=reason or status))
        usage = read_usage(bytes(checks.raw(response["usage"]))) if response.get("usage") else None
        if usage is not None:
            self._events.append(Counted(usage=usage))
        self._events.append(Ended())
        self._is_over = True

    def _complete(self, response: dict[str, object]) -> None:
        """Tell the output items that the stream did not, or not to their end."""
        for index, value in enumerate(loose_json.items(response.get("output"))):
            wire = loose_json.mapping(value)
            item = self._by_index.get(index)
            if item is not None and item.kind in {"", item_of(wire)}:
                item.done(wire, self._say)
            elif item is None and not any(one.is_same(wire) for one in self._items):
                item = Item(number=len(self._items), offered=self._offered)
                self._items.append(item)
                item.done(wire, self._say)

    def _fail_with(self, data: bytes) -> None:
        wire = loose_json.mapping(loose_json.load(data))
        error = openai_errors.reply_error(data)
        if error is None:
            message = loose_json.text(wire.get("message"))
            error_code = loose_json.text(wire.get("code"))
            self._fail(
                Failed(message=message or "the provider sent an error without a text", code=error_code)
            )
            return
        known = reply_error({"error": {"code": error.code, "message": error.message}}, "failed")
        status = error.status or (known.status if known is not None else 0)
        self._fail(Failed(message=error.message, code=error.code, status=status))

    def _fail_if_broken(self, *items: Item) -> None:
        if any(item.is_broken for item in items):
            self._fail(Failed(message=_BROKEN_CALL, code="upstream_protocol", status=502))

    def _fail(self, failed: Failed) -> None:
        """Close what is open, then end in the error."""
        for item in self._items:
            item.close(self._say)
        self._events.append(failed)
        self._is_over = True


def stream_decoder() -> StreamDecoder:
    """A new decoder, for one stream."""
    return StreamDecoder()


_Handler = Callable[[Item, Wire, Say], None]
_HANDLERS: Final[dict[str, _Handler]] = {
    "response.output_item.added": lambda item, wire, say: item.added(loaded(wire.item), say),
    "response.output_item.done": lambda item, wire, say: item.done(loaded(wire.item), say, bytes(wire.item)),
    "response.output_text.delta": lambda item, wire, say: item.text_delta("text", wire, say),
    "response.refusal.delta": lambda item, wire, say: item.text_delta("refusal", wire, say),
    "response.output_text.done": lambda item, wire, say: item.text_done("text", wire, wire.text, say),
    "response.refusal.done": lambda item, wire, say: item.text_done("refusal", wire, wire.refusal, say),
    "response.content_part.done": lambda item, wire, say: item.part_done(
        wire.content_index or 0, loaded(wire.part), say
    ),
    "response.output_text.annotation.added": lambda item, wire, say: item.annotation(wire, say),
    "response.reasoning_summary_text.delta": lambda item, wire, say: item.thought(
        "summary", wire.summary_index or 0, wire.delta, say
    ),
    "response.reasoning_summary_text.done": lambda item, wire, say: item.thought_done(
        "summary", wire.summary_index or 0, wire.text, say
    ),
    "response.reasoning_text.delta": lambda item, wire, say: item.thought(
        "content", wire.content_index or 0, wire.delta, say
    ),
    "response.reasoning_text.done": lambda item, wire, say: item.thought_done(
        "content", wire.content_index or 0, wire.text, say
    ),
    "response.function_call_arguments.delta": lambda item, wire, say: item.call_delta(wire.delta, say),
    "response.function_call_arguments.done": lambda item, wire, say: item.call_done(wire.arguments, say),
    "response.custom_tool_call_input.delta": lambda item, wire, say: item.call_delta(wire.delta, say),
    "response.custom_tool_call_input.done": lambda item, wire, say: item.call_done(wire.input, say),
}

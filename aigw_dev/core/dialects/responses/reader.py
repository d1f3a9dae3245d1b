"""What a Responses reply says to the log: a stream put together, and whole replies."""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.openai_usage import read_usage
from aigw_dev.core.dialects.protocol import ReplyError, ReplySummary
from aigw_dev.core.dialects.responses import checks, thoughts
from aigw_dev.core.dialects.responses.reply_read import incomplete_reason
from aigw_dev.core.dialects.responses.stream_wire import Wire, decode, loaded
from aigw_dev.core.exchange import Assembled, ToolCall, Usage
from aigw_dev.core.streams.sse import Event

_DONE: Final = b"[DONE]"
_NOTE_BYTES: Final = 120
_ENDS: Final = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
)
_CALLS: Final = {"function_call": "arguments", "custom_tool_call": "input", "mcp_call": "arguments"}
_TEXTS: Final = frozenset({"response.output_text.delta"})
_THOUGHTS: Final = frozenset({"response.reasoning_summary_text.delta", "response.reasoning_text.delta"})
_REFUSALS: Final = frozenset({"response.refusal.delta"})
_ARGUMENTS: Final = frozenset(
    {"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"}
)


class StreamReader:
    """Listens to one stream; see `protocol.Reader`."""

    def __init__(self) -> None:
        self.has_data = False
        self.is_done = False
        self.error: ReplyError | None = None
        self.bad_events = 0
        self.note = ""
        self.response_model = ""
        self.finish = ""
        """`completed`, or why the response is incomplete, or `failed`."""
        self._usage_raw = b""
        self._final: Assembled | None = None
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._calls: dict[int, ToolCall] = {}

    def feed(self, event: Event) -> None:
        """Take one event; comments and events without data say nothing."""
        data = event.data
        if event.is_comment or not data:
            return
        self.has_data = True
        if data.startswith(_DONE):
            self.is_done = True
            return
        wire = decode(data)
        if wire is None:
            self.bad_events += 1
            shown = data[:_NOTE_BYTES].decode("utf-8", "replace")
            self.note = self.note or f"an event holds no JSON object: {shown}"
            return
        self._take(wire, wire.type or event.event, data)

    def _take(self, wire: Wire, kind: str, data: bytes) -> None:
        if wire.delta:
            self._take_delta(wire, kind, wire.delta)
        elif len(wire.response) > len(b"null"):
            self._take_response(loaded(wire.response), kind)
        elif kind in {"response.output_item.added", "response.output_item.done"}:
            call = _call(loaded(wire.item))
            if call is not None:
                known = self._calls.get(wire.output_index or 0)
                call.arguments = call.arguments or (known.arguments if known is not None else "")
                self._calls[wire.output_index or 0] = call
        elif self.error is None and (kind == "error" or len(wire.error) > len(b"null")):
            self.error = openai_errors.reply_error(data)
            self.finish = self.finish or "failed"

    def _take_delta(self, wire: Wire, kind: str, delta: str) -> None:
        if kind in _TEXTS:
            self._text.append(delta)
        elif kind in _THOUGHTS:
            self._reasoning.append(delta)
        elif kind in _ARGUMENTS:
            self._calls.setdefault(wire.output_index or 0, ToolCall()).arguments += delta
        elif kind in _REFUSALS:
            self._refusal.append(delta)

    def _take_response(self, response: dict[str, object], kind: str) -> None:
        self.response_model = self.response_model or loose_json.text(response.get("model"))
        if response.get("usage"):
            self._usage_raw = bytes(checks.raw(response["usage"]))
        if kind not in _ENDS:
            return
        self.is_done = True
        self.finish = _finish(response) or kind.removeprefix("response.")
        whole = _assemble(response)
        if whole.text or whole.reasoning or whole.refusal or whole.tool_calls:
            self._final = whole
        if response.get("error") and self.error is None:
            self.error = openai_errors.reply_error(bytes(checks.raw({"error": response["error"]})))

    @property
    def usage(self) -> Usage | None:
        """What the provider counted."""
        return read_usage(self._usage_raw) if self._usage_raw else None

    def assembled(self) -> Assembled:
        """The reply so far: the final response where it came, else what the deltas said."""
        if self._final is not None:
            self._final.finish = self.finish
            return self._final
        return Assembled(
            text="".join(self._text),
            reasoning="".join(self._reasoning),
            refusal="".join(self._refusal),
            tool_calls=[self._calls[index] for index in sorted(self._calls)],
            finish=self.finish,
        )

    def output_text(self) -> str:
        """Every character written so far, to estimate tokens from."""
        calls = "".join(call.name + call.arguments for call in self._calls.values())
        return "".join(self._reasoning) + "".join(self._text) + "".join(self._refusal) + calls


def stream_reader() -> StreamReader:
    """A new reader, for one stream."""
    return StreamReader()


def reply_usage(body: bytes, /) -> Usage | None:
    """What the provider counted in a whole reply."""
    raw = checks.raw_fields(body).get("usage")
    if raw is not None:
        return read_usage(bytes(raw))
    usage = loose_json.mapping(loose_json.load(body)).get("usage")
    return read_usage(bytes(checks.raw(usage))) if usage else None


def reply_summary(body: bytes, /) -> ReplySummary:
    """What the log keeps of a whole reply."""
    response = loose_json.mapping(loose_json.load(body))
    assembled = _assemble(response)
    return ReplySummary(
        response_model=loose_json.text(response.get("model")),
        finish=assembled.finish,
        usage=reply_usage(body),
        assembled=assembled,
    )


def _finish(response: dict[str, object]) -> str:
    return incomplete_reason(response) or loose_json.text(response.get("status"))


def _assemble(response: dict[str, object]) -> Assembled:
    whole = Assembled(finish=_finish(response))
    for value in loose_json.items(response.get("output")):
        item = loose_json.mapping(value)
        call = _call(item)
        if call is not None:
            whole.tool_calls.append(call)
        elif item.get("type") == "reasoning":
            shown = thoughts.texts(item.get("summary")) or thoughts.texts(item.get("content"))
            whole.reasoning += thoughts.BETWEEN_PARTS.join(shown)
        elif item.get("type") == "message":
            for part in map(loose_json.mapping, loose_json.items(item.get("content"))):
                whole.text += loose_json.text(part.get("text"))
                whole.refusal += loose_json.text(part.get("refusal"))
    return whole


def _call(item: dict[str, object]) -> ToolCall | None:
    field = _CALLS.get(loose_json.text(item.get("type")))
    if field is None:
        return None
    return ToolCall(
        id=loose_json.text(item.get("call_id")) or loose_json.text(item.get("id")),
        name=loose_json.text(item.get("name")),
        arguments=loose_json.text(item.get(field)),
    )

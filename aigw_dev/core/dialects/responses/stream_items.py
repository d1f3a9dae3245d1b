"""One output item of a stream: what its events add to what it already said."""

from typing import Any, Final, Literal, Protocol

from aigw_dev.core import loose_json
from aigw_dev.core.chat.events import BlockStarted, BlockStopped, Delta
from aigw_dev.core.dialects.responses import checks, thoughts
from aigw_dev.core.dialects.responses.checks import DIALECT
from aigw_dev.core.dialects.responses.completion import completion
from aigw_dev.core.dialects.responses.reply_read import opaque, read_logprobs
from aigw_dev.core.dialects.responses.stream_wire import Wire

_CALLS: Final = {"function_call": "arguments", "custom_tool_call": "input"}
Lane = Literal["summary", "content"]


class Say(Protocol):
    """Tells an event of an item's block; `event` is its class, the block's number is added."""

    def __call__(self, item: "Item", event: Any, **fields: Any) -> None:
        """Tell it now or later."""
        ...


def item_of(wire: dict[str, object]) -> str:
    """The type of an output item."""
    return loose_json.text(wire.get("type"))


class Item:
    """One output item in the making."""

    def __init__(self, *, number: int, offered: frozenset[str] | None = None) -> None:
        """`offered`: the custom tools that the caller offered; None where nobody says (`reply_read.offered_customs`)."""
        self.number = number
        self._offered = offered
        self.kind = ""
        self.is_done = False
        self.is_broken = False
        """Its arguments are no JSON, and nothing added to them makes them so."""
        self._id = ""
        self._call_id = ""
        self._name = ""
        self._is_open = False  # a block of it was begun and not ended
        self._part = 0  # of a message: the content index of the open block
        self._parts_done: set[int] = set()
        self._said: list[str] = []  # of the open block
        self._citations = 0
        self._lane: Lane | None = None
        self._thoughts: dict[int, list[str]] = {}

    def is_same(self, wire: dict[str, object]) -> bool:
        """Whether an item of the final response is this one, by what names it."""
        if self.kind != item_of(wire):
            return False
        ids = {loose_json.text(wire.get("id")), loose_json.text(wire.get("call_id"))} - {""}
        return bool(ids & {self._id, self._call_id}) or not ids

    def added(self, wire: dict[str, object], say: Say) -> None:
        """The item begins."""
        self._learn(wire)
        if self.kind in _CALLS and self._name and not self._is_hosted:
            self._start_call(say)

    def done(self, wire: dict[str, object], say: Say, raw: bytes = b"") -> None:
        """The item is complete; `wire` is the whole of it."""
        if self.is_done:
            return
        self._learn(wire)
        match self.kind:
            case "message":
                for index, part in enumerate(loose_json.items(wire.get("content"))):
                    self.part_done(index, loose_json.mapping(part), say)
            case "reasoning":
                self._reasoning_done(wire, say)
            case "function_call" | "custom_tool_call" if not self._is_hosted:
                self.call_done(loose_json.text(wire.get(_CALLS[self.kind])), say)
            case _ if not self._is_open:
                whole = opaque(self.kind, raw or checks.raw(wire))
                say(self, BlockStarted, kind="opaque", opaque=whole, item_id=self._id)
                say(self, BlockStopped)
            case _:
                pass  # events of another kind of item have spoken for it
        self.close(say)

    def close(self, say: Say) -> None:
        """End what is open; nothing is told of this item afterwards."""
        if self.is_done:
            return
        self.is_done = True
        if not self._is_open:
            return
        if self.kind == "function_call":
            missing = completion("".join(self._said))
            self.is_broken = missing is None
            if missing:
                say(self, Delta, kind="arguments", text=missing)
        self._stop(say)

    # --- messages

    def text_delta(self, kind: Literal["text", "refusal"], wire: Wire, say: Say) -> None:
        """More of a text or a refusal."""
        if not wire.delta or (wire.content_index or 0) in self._parts_done:
            return
        self._open_part(kind, wire.content_index or 0, say)
        self._said.append(wire.delta)
        logprobs = (
            read_logprobs(loose_json.load(bytes(wire.logprobs))) if len(wire.logprobs) > len(b"[]") else None
        )
        if logprobs:
            say(self, Delta, kind=kind, text=wire.delta, logprobs=tuple(logprobs))
        else:
            say(self, Delta, kind=kind, text=wire.delta)

    def text_done(self, kind: Literal["text", "refusal"], wire: Wire, whole: str | None, say: Say) -> None:
        """The whole of a text or a refusal."""
        self._complete_part(kind, wire.content_index or 0, whole or "", say)

    def part_done(self, index: int, part: dict[str, object], say: Say) -> None:
        """A part of a message is complete; parts of reasoning are told otherwise."""
        kind = item_of(part)
        if index in self._parts_done or kind not in {"output_text", "text", "refusal"}:
            return
        is_refusal = kind == "refusal"
        whole = loose_json.text(part.get("refusal" if is_refusal else "text"))
        self._complete_part("refusal" if is_refusal else "text", index, whole, say)
        citations = loose_json.items(part.get("annotations"))
        if len(citations) > self._citations and not is_refusal:
            self._open_part("text", index, say)
            say(self, Delta, kind="citations", text=bytes(checks.raw(citations[self._citations :])).decode())
        if self._is_open and self._part == index:
            self._stop(say)
        self._parts_done.add(index)

    def annotation(self, wire: Wire, say: Say) -> None:
        """A citation of the open text."""
        if not len(wire.annotation) or (wire.content_index or 0) in self._parts_done:
            return
        self._open_part("text", wire.content_index or 0, say)
        self._citations += 1
        one = loose_json.load(bytes(wire.annotation))
        say(self, Delta, kind="citations", text=bytes(checks.raw([one])).decode())

    def _open_part(self, kind: Literal["text", "refusal"], index: int, say: Say) -> None:
        if self._is_open and self._part == index:
            return
        if self._is_open:
            self._stop(say)
            self._parts_done.add(self._part)
        self.kind = self.kind or "message"
        self._part, self._said, self._citations = index, [], 0
        self._is_open = True
        say(self, BlockStarted, kind=kind, item_id=self._id)

    def _complete_part(self, kind: Literal["text", "refusal"], index: int, whole: str, say: Say) -> None:
        if not whole or index in self._parts_done:
            return
        is_other = not (self._is_open and self._part == index)
        missing = _missing([] if is_other else self._said, whole)
        if missing:
            self._open_part(kind, index, say)
            self._said.append(missing)
            say(self, Delta, kind=kind, text=missing)

    # --- reasoning

    def thought(self, lane: Lane, index: int, delta: str | None, say: Say) -> None:
        """More of a thought. Where a server tells both the thought and its summary, the first to come counts."""
        if not delta or self._lane not in {None, lane}:
            return
        if self._lane is None:
            self._lane = lane
            self.kind = self.kind or "reasoning"
        if not self._is_open:
            self._start_thought(say)
        if index not in self._thoughts:
            if self._thoughts:
                say(self, Delta, kind="thinking", text=thoughts.BETWEEN_PARTS)
            self._thoughts[index] = []
        self._thoughts[index].append(delta)
        say(self, Delta, kind="thinking", text=delta)

    def thought_done(self, lane: Lane, index: int, whole: str | None, say: Say) -> None:
        """The whole of one part of a thought."""
        if whole and self._lane in {None, lane}:
            self.thought(lane, index, _missing(self._thoughts.get(index, []), whole), say)

    def _reasoning_done(self, wire: dict[str, object], say: Say) -> None:
        lanes: tuple[Lane, Lane] = ("summary", "content")
        for lane in lanes:
            for index, part in enumerate(loose_json.items(wire.get(lane))):
                self.thought_done(lane, index, loose_json.text(loose_json.mapping(part).get("text")), say)
        signature = loose_json.text(wire.get("encrypted_content"))
        if not signature:
            return
        if not self._is_open:
            self._start_thought(say)
        say(self, Delta, kind="signature", text=signature)

    def _start_thought(self, say: Say) -> None:
        self._is_open = True
        say(self, BlockStarted, kind="thinking", item_id=self._id, origin=DIALECT)

    # --- calls

    def call_delta(self, delta: str | None, say: Say) -> None:
        """More of a call's arguments; kept where the call's name is not known yet."""
        if not delta:
            return
        self._said.append(delta)
        if self._is_open:
            say(self, Delta, kind="arguments", text=delta)

    def call_done(self, whole: str | None, say: Say) -> None:
        """The whole of a call's arguments."""
        if self._is_hosted:
            return
        missing = _missing(self._said, whole or "")
        if not self._is_open:
            if missing:
                self._said.append(missing)
            if self._name:
                self._start_call(say)
            return
        if missing:
            self._said.append(missing)
            say(self, Delta, kind="arguments", text=missing)

    def _start_call(self, say: Say) -> None:
        if self._is_open:
            return
        self._is_open = True
        say(
            self,
            BlockStarted,
            kind="tool_call",
            id=self._call_id or self._id,
            name=self._name,
            is_custom=self.kind == "custom_tool_call",
            item_id=self._id,
        )
        if self._said:
            say(self, Delta, kind="arguments", text="".join(self._said))

    @property
    def _is_hosted(self) -> bool:
        """The provider answers this call itself."""
        is_custom = self.kind == "custom_tool_call" and self._offered is not None
        return is_custom and self._name not in (self._offered or ())

    # --- all

    def _learn(self, wire: dict[str, object]) -> None:
        self.kind = self.kind or item_of(wire)  # what it began as: a block of that kind may be open
        self._id = self._id or loose_json.text(wire.get("id"))
        self._call_id = self._call_id or loose_json.text(wire.get("call_id"))
        self._name = self._name or loose_json.text(wire.get("name"))

    def _stop(self, say: Say) -> None:
        self._is_open = False
        say(self, BlockStopped)


def _missing(said: list[str], whole: str) -> str:
    """What `whole` holds beyond what was said; nothing where it is not a continuation of it."""
    so_far = "".join(said)
    return whole[len(so_far) :] if whole.startswith(so_far) else ""

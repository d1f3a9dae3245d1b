"""Faults amid a stream: events that are torn, doubled, missing, empty or merely spelled otherwise."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from aigw_dev.core.recording.faults.blocks import Block
from aigw_dev.core.recording.faults.chunking import event_pause_s
from aigw_dev.core.recording.faults.row import CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.slots import slots
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import Bytes, Stage, Step, Wait
from aigw_dev.core.recording.faults.stream_rewriter import Plain
from aigw_dev.core.streams import sse

_AFTER: Final = 2
_AFTER_ONE: Final = 1
_MARK: Final = "\ue0fa\ue0fb"
"""Private characters that no reply holds, where raw bytes are put in."""


class BadJson(Plain):
    """One event torn in its middle."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block; the one behind `after_events` has half of its data."""
        if not self.is_at(block, number, _AFTER) or block.payload() is None:
            return [Bytes(block.raw)]
        self.has_acted = True
        half = block.data[: max(1, len(block.data) // 2)].decode("utf-8", "ignore").encode()
        return [Bytes(block.with_data(half))]


class Inserted(Plain):
    """Bytes at the end of a piece of text: U+2028, or what is no UTF-8."""

    def __init__(self, spec: FaultSpec, stage: Stage, inserted: bytes) -> None:
        super().__init__(spec, stage)
        self._inserted = inserted

    def take(self, block: Block, number: int) -> list[Step]:
        """The block; the first text behind `after_events` is longer."""
        payload = block.payload() if self.is_at(block, number, 0) else None
        for slot in slots(payload, self.stage.dialect, "text") if payload else ():
            if isinstance(slot.value, str) and slot.value:
                self.has_acted = True
                slot.put(slot.value + _MARK)
                return [
                    Bytes(
                        block.with_data(msgspec.json.encode(payload).replace(_MARK.encode(), self._inserted))
                    )
                ]
        return [Bytes(block.raw)]


class Restyled(Plain):
    """The same events in another legal spelling, from `after_events` on."""

    def __init__(self, spec: FaultSpec, stage: Stage, style: Callable[[Block], bytes]) -> None:
        super().__init__(spec, stage)
        self._style = style

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, spelled otherwise."""
        if block.framing != "sse" or number < self.after(0):
            return [Bytes(block.raw)]
        changed = self._style(block)
        self.has_acted = self.has_acted or changed != block.raw
        return [Bytes(changed)]


class Repeated(Plain):
    """One event twice."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, once or twice."""
        if not self.is_at(block, number, _AFTER_ONE) or block.framing == "array":
            return [Bytes(block.raw)]
        self.has_acted = True
        return [Bytes(block.raw), Bytes(block.raw)]


class Skipped(Plain):
    """One event fewer."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, or nothing."""
        if not self.is_at(block, number, _AFTER_ONE) or block.framing == "array":
            return [Bytes(block.raw)]
        self.has_acted = True
        return []


class Reordered(Plain):
    """One event behind its follower."""

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        super().__init__(spec, stage)
        self._late: Block | None = None

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, the block later, or the block and the late one."""
        if self._late is not None:
            if not block.has_data:
                return [Bytes(block.raw)]
            late, self._late = self._late, None
            self.has_acted = True
            return [Bytes(block.raw), Bytes(late.raw)]
        if self.is_at(block, number, _AFTER_ONE) and block.framing != "array":
            self._late = block
            return []
        return [Bytes(block.raw)]

    def end(self) -> list[Step]:
        """The late one, where nothing followed it."""
        return [] if self._late is None else [Bytes(self._late.raw)]


class EmptyChoices(Plain):
    """An event without content before the one behind `after_events`."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block, and the empty one before it."""
        dialect = self.stage.dialect
        payload = (
            block.payload() if self.is_at(block, number, _AFTER_ONE) and block.framing != "array" else None
        )
        if payload is None:
            return [Bytes(block.raw)]
        if dialect == CHAT and "choices" in payload:
            return self._both(block, payload | {"choices": [], "usage": None})
        if dialect == GEMINI and "candidates" in payload:
            return self._both(
                block,
                {key: value for key, value in payload.items() if key not in {"candidates", "usageMetadata"}},
            )
        for slot in slots(payload, dialect, "text"):
            slot.put("")
            return self._both(block, payload)
        return [Bytes(block.raw)]

    def _both(self, block: Block, empty: dict[str, Any]) -> list[Step]:
        self.has_acted = True
        name = block.event.event if block.event else ""
        return [Bytes(block.another(msgspec.json.encode(empty), name=name)), Bytes(block.raw)]


class NoUsage(Plain):
    """No usage anywhere."""

    def take(self, block: Block, number: int) -> list[Step]:
        """The block without its usage; nothing where it holds nothing else."""
        payload = block.payload() if number >= self.after(0) else None
        if payload is None:
            return [Bytes(block.raw)]
        changed = without_usage(payload, self.stage.dialect)
        if changed is payload:
            return [Bytes(block.raw)]
        self.has_acted = True
        return [] if changed is None else [Bytes(block.with_data(msgspec.json.encode(changed)))]


class Paused(Plain):
    """A pause before every event."""

    def take(self, block: Block, number: int) -> list[Step]:  # noqa: ARG002
        """The pause and the block."""
        if not block.has_data:
            return [Bytes(block.raw)]
        self.has_acted = True
        return [Wait(event_pause_s(self.spec, self.stage)), Bytes(block.raw)]


def without_usage(payload: dict[str, Any], dialect: str) -> dict[str, Any] | None:
    """A body or an event without its usage: the same object where it had none, None where nothing is left to say."""
    if payload.get("type") == "message_start":
        return payload
    found = [slot for slot in slots(payload, dialect, "usage") if slot.value is not None]
    if not found:
        return payload
    for slot in found:
        slot.put(None) if dialect == RESPONSES else slot.drop()
    if dialect == CHAT and payload.get("choices") == []:
        return None
    return dict(payload)


def crlf(block: Block) -> bytes:
    """The block with CR LF for every line's end."""
    return block.raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def several_lines(block: Block) -> bytes:
    """The block with its JSON in two `data:` lines."""
    if block.payload() is None or b"\n" in block.data:
        return block.raw
    first = block.data.find(b"{") + 1
    return block.with_data(block.data[:first] + b"\ndata: " + block.data[first:])


def commented(block: Block) -> bytes:
    """The block with a comment before its event."""
    return (sse.encode_comment("keep-alive") if block.has_data else b"") + block.raw

"""Messages of a WebSocket: as a fixture keeps them, and whether a caller's message is the recorded one.

Equal means what it means for requests (`keys`): key order, `1.0` or `1`, media by its bytes, ignore rules (each applied to
one message as to a body). Ids that the caller made up count by their links alone, those that the provider gave count as
they are, and an `event_id` names the message itself and never counts.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.document import lossless
from aigw_dev.core.recording.events import json_bytes
from aigw_dev.core.recording.fixture import Blob, Frame, Request
from aigw_dev.core.recording.ignore import Rules
from aigw_dev.core.recording.keys import IdText, canonical
from aigw_dev.core.recording.likeness import FieldDiff, compare

_OWN_ID: Final = "event_id"
_PADDING: Final = "obfuscation"
_LINKS: Final = frozenset({"item_id", "previous_item_id", "response_id", "call_id", "tool_call_id"})
"""Ids wherever they stand."""
_NAMED: Final = frozenset({"item", "items"})
"""What stands below these has its own id in `id`; elsewhere (`voice.id`, `prompt.id`) an `id` says what is meant."""
_OPAQUE: Final = frozenset({"arguments", "args", "parameters", "schema", "metadata"})
"""What looks like an id below these is content."""


def frame_of(
    side: str,
    payload: bytes,
    *,
    is_text: bool,
    dt_ms: int,
    store: Callable[[bytes, str], Blob],
    is_exact: bool,
) -> Frame:
    """One message as it is recorded: JSON objects and arrays as data, other text as it is, bytes as a blob.

    `is_exact` keeps texts byte for byte; otherwise blanks and the spelling of numbers and escapes may change, and the
    random padding that OpenAI calls `obfuscation` is left out.
    """
    sender: Any = side
    data = msgspec.UNSET if is_exact else _json(payload)
    if data is not msgspec.UNSET:
        if side == "s" and isinstance(data, dict) and isinstance(data.get(_PADDING), str):  # pyright: ignore[reportUnknownMemberType]  -- JSON
            data = {name: one for name, one in cast("dict[str, Any]", data).items() if name != _PADDING}
        return Frame(side=sender, dt_ms=dt_ms, data=data, is_binary=not is_text)
    if is_text:
        return Frame(side=sender, dt_ms=dt_ms, text=payload.decode("utf-8", "replace"))
    return Frame(side=sender, dt_ms=dt_ms, blob=store(payload, "application/octet-stream"))


def message_of(frame: Frame, *, read_blob: Callable[[Blob], bytes], inline: Callable[[Any], Any]) -> bytes:
    """The message's bytes; `inline` puts what blobs stand for back into JSON."""
    if frame.data is not msgspec.UNSET:
        return json_bytes(inline(frame.data))
    if frame.blob is not None:
        return read_blob(frame.blob)
    return (frame.text or "").encode("utf-8", "surrogatepass")


class Script:
    """The caller's recorded messages, asked for in their order."""

    def __init__(self, frames: Sequence[Frame], *, op: str, rules: Rules) -> None:
        """`frames` are those of both sides; `op` the operation's name."""
        self._op = op
        self._rules = rules
        self._recorded = [frame for frame in frames if frame.side == "c"]
        self._given = _given(frames)
        self._made: tuple[dict[str, str], dict[str, str]] = ({}, {})
        """Ids that callers made up, by their numbers: recorded, sent now."""
        self.heard = 0
        """How many messages were the recorded ones."""

    def __len__(self) -> int:
        return len(self._recorded)

    def hear(self, payload: bytes, *, is_text: bool) -> list[FieldDiff] | None:
        """Where the caller's next message differs from the recorded one (empty = nowhere); None where none is left."""
        if self.heard >= len(self._recorded):
            return None
        frame = self._recorded[self.heard]
        recorded = self._counted(_content(frame), self._made[0])
        sent = self._counted(_content_of(payload, is_text=is_text), self._made[1])
        _, fields = compare({"body": recorded}, {"body": sent})
        if not fields:
            self.heard += 1
        return fields

    def retold(self, value: Any) -> Any:
        """What the provider said, with the ids that the caller made up this time in place of the recorded ones."""
        recorded, sent = ({number: one for one, number in made.items()} for made in self._made)
        changed = {one: sent[number] for number, one in recorded.items() if sent.get(number, one) != one}
        return _replaced(value, changed) if changed else value

    def _counted(self, content: Any, made: dict[str, str]) -> Any:
        """What of a message counts; a text that is no JSON counts as it is."""
        if isinstance(content, dict):
            content = {key: one for key, one in cast("dict[str, Any]", content).items() if key != _OWN_ID}
        request = Request(op=self._op, body=content)
        found = canonical(request, self._rules, is_numbered=False)
        return _numbered(found.get("body"), made, self._given)


def _content_of(payload: bytes, *, is_text: bool) -> Any:
    data = _json(payload)
    if data is not msgspec.UNSET:
        return data
    if is_text:
        return payload.decode("utf-8", "replace")
    return _bytes_mark(hashlib.sha256(payload).hexdigest())


def _content(frame: Frame) -> Any:
    if frame.data is not msgspec.UNSET:
        return frame.data
    if frame.blob is not None:
        return _bytes_mark(frame.blob.sha256)
    text = frame.text or ""
    data = _json(text.encode("utf-8", "surrogatepass"))
    return text if data is msgspec.UNSET else data


def _bytes_mark(sha256: str) -> Any:
    return Blob(sha256=sha256, type="application/octet-stream")


def _json(payload: bytes) -> Any:
    """The JSON object or array that a message is; UNSET for anything else."""
    if payload.lstrip()[:1] not in {b"{", b"["}:
        return msgspec.UNSET
    return lossless(payload)


def _numbered(value: Any, made: dict[str, str], given: frozenset[str], *, is_named: bool = False) -> Any:
    """`value` with ids that the provider did not give as `<id-0>`, `<id-1>` by first appearance; never deep (`canonical`)."""
    if isinstance(value, list):
        return [_numbered(one, made, given, is_named=is_named) for one in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return str(value) if isinstance(value, str) else value
    found: dict[str, Any] = {}
    for name, one in cast("dict[str, Any]", value).items():
        is_id = name in _LINKS or (is_named and name == "id")
        if isinstance(one, IdText) or (is_id and isinstance(one, str)):
            found[name] = str(one) if one in given else made.setdefault(one, f"<id-{len(made)}>")
        elif name in _OPAQUE:
            found[name] = one
        else:
            found[name] = _numbered(one, made, given, is_named=name in _NAMED)
    return found


def _given(frames: Sequence[Frame]) -> frozenset[str]:
    """The ids that the provider brought up; it repeats those of the caller's."""
    said: set[str] = set()
    given: set[str] = set()
    for frame in frames:
        found = set(_ids(frame.data))
        if frame.side == "c":
            said |= found - given
        else:
            given |= found - said
    return frozenset(given)


def _replaced(value: Any, changed: dict[str, str]) -> Any:
    if isinstance(value, str):
        return changed.get(value, value)
    if isinstance(value, list):
        return [_replaced(one, changed) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _replaced(one, changed) for name, one in cast("dict[str, Any]", value).items()}
    return value


def _ids(value: Any) -> Iterator[str]:
    """Every text that stands as an id in `value`."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(cast("list[Any]", value))
        elif isinstance(value, dict):
            for name, one in cast("dict[str, Any]", value).items():
                if not isinstance(one, str):
                    waiting.append(one)
                elif name == "id" or name in _LINKS:
                    yield one

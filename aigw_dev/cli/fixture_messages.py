"""A recorded WebSocket as a person reads it: who said what, in order; runs of pieces joined to what they spell."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.fixture import Blob, Frame, Response
from aigw_dev.core.recording.volatile import is_volatile

_SPEAKERS: Final = {"c": "caller", "s": "provider"}
_MOST_MESSAGES: Final = 500
_MOST_CHARS: Final = 400
"""Of one message."""
_MEDIA: Final = re.compile(r"[A-Za-z0-9+/_-]{120,}={0,2}")
_OWN_ID: Final = "event_id"


def message_lines(response: Response, *, is_plain: bool) -> Iterator[tuple[str, str]]:
    """Label and text of each message or run of pieces, and of the close.

    `is_plain` leaves out what a new recording of the same conversation changes.
    """
    frames = response.ws or []
    shown = 0
    for (side, kind), run in groupby(
        frames[:_MOST_MESSAGES], key=lambda one: (one.side, _kind_of_piece(one))
    ):
        pieces = list(run)
        shown += len(pieces)
        if kind:
            yield _SPEAKERS[side], f"{kind} {_spelled(pieces)}"
        else:
            yield from ((_SPEAKERS[side], _message(one, is_plain=is_plain)) for one in pieces)
    if len(frames) > shown:
        yield "…", f"{len(frames) - shown} more messages; --raw shows all"
    if response.close is not None:
        close = response.close
        yield "closed", f"by the {_SPEAKERS[close.side]}, {close.code} {close.reason}".rstrip()


def _kind_of_piece(frame: Frame) -> str:
    """The type of an event that is one piece of something, `response.output_text.delta`; empty for any other message."""
    if not isinstance(frame.data, dict):
        return ""
    fields = cast("dict[str, Any]", frame.data)
    kind = fields.get("type")
    has_piece = isinstance(fields.get(_piece_name(fields)), str | Blob)
    return kind if isinstance(kind, str) and has_piece else ""


def _piece_name(fields: dict[str, Any]) -> str:
    return "delta" if "delta" in fields else "audio"


def _spelled(run: Sequence[Frame]) -> str:
    pieces = [frame.data[_piece_name(frame.data)] for frame in run]
    if any(isinstance(one, Blob) or _MEDIA.fullmatch(one) for one in pieces):
        return f"<{len(run)} piece{'s' if len(run) > 1 else ''} of media>"
    return _cut(json.dumps("".join(pieces), ensure_ascii=False))


def _message(frame: Frame, *, is_plain: bool) -> str:
    if frame.blob is not None:
        return f"<{frame.blob.bytes} bytes>"
    if frame.data is msgspec.UNSET:
        return _cut(frame.text or "")
    value = _readable(frame.data, "", is_plain=is_plain)
    if isinstance(value, dict) and isinstance(kind := value.pop("type", None), str):  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  -- JSON
        return _cut(f"{kind} {_compact(value)}" if value else kind)
    return _cut(_compact(value))


def _readable(value: Any, name: str, *, is_plain: bool) -> Any:
    """`value` with notes in place of media, without message ids and, where `is_plain`, what is new each time."""
    if isinstance(value, dict):
        return {
            key: _readable(one, key, is_plain=is_plain)
            for key, one in cast("dict[str, Any]", value).items()
            if key != _OWN_ID and not (is_plain and is_volatile(key, one))
        }
    if isinstance(value, list):
        return [_readable(one, name, is_plain=is_plain) for one in cast("list[Any]", value)]
    if isinstance(value, Blob):
        return f"<{value.type or 'media'} {value.bytes} bytes>"
    if isinstance(value, str) and _MEDIA.fullmatch(value):
        return f"<{len(value)} characters of base64>"
    return value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=repr)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"

"""AWS's binary event stream (`application/vnd.amazon.eventstream`) as bytes come: cut into events, and written.

Sans-IO. One frame is

    total length u32 | headers length u32 | CRC32 of these 8 bytes | headers | payload | CRC32 of all before

big-endian; a header is name length u8, name, type u8, value. Held by tests to botocore's reader and to
recorded streams. The prelude's own checksum is looked at as soon as it is there, so that a length made of broken
bytes is never waited for.

What a caller of the framer sees: an event's payload as `Event.data` and its `:event-type` as `Event.event`. A frame
that says that the call failed (`:message-type` exception or error) has the event `exception:` and its type.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import Final

import msgspec

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams.sse import MAX_EVENT_BYTES, Event

EXCEPTION: Final = "exception:"
"""What `Event.event` begins with where the frame is an error; the provider's name for the error follows."""
MAX_HEADERS_BYTES: Final = 128 * 1024
"""The bound for a frame's headers, as botocore has it."""

HeaderValue = bool | int | bytes | str

_PRELUDE: Final = struct.Struct(">III")
_PRELUDE_BYTES: Final = 12
_LENGTHS_BYTES: Final = 8
_CRC: Final = struct.Struct(">I")
_CRC_BYTES: Final = 4
_FRAMING_BYTES: Final = _PRELUDE_BYTES + _CRC_BYTES
_TRUE, _FALSE, _BYTES, _STRING, _UUID = 0, 1, 6, 7, 9
_INTEGERS: Final = {
    2: struct.Struct(">b"),
    3: struct.Struct(">h"),
    4: struct.Struct(">i"),
    5: struct.Struct(">q"),
    8: struct.Struct(">q"),
}
"""Byte, short, integer, long, and a timestamp in milliseconds."""
_UUID_BYTES: Final = 16
_SIZE: Final = struct.Struct(">H")
_MAX_NAME_BYTES: Final = 255
_LONG: Final = 5


class Frame(msgspec.Struct, frozen=True):
    """One frame, checked."""

    headers: dict[str, HeaderValue]
    payload: bytes
    size_bytes: int
    """The whole frame."""


class Framer:
    """Turns the bytes of a stream into events; feed it reads of any size.

    Where a read holds good frames before a broken one, they are given out first; the next call raises.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._broken: UpstreamError | None = None

    def feed(self, chunk: bytes) -> list[Event]:
        """Every event that `chunk` completes, in order.

        Raises UpstreamError `upstream_protocol` for a frame that is not what its checksums say, and `event_too_large`;
        nothing can be fed after that.
        """
        self._raise_broken()
        self._held += chunk
        events: list[Event] = []
        try:
            while (frame := self._next()) is not None:
                events.append(_event(frame))
        except UpstreamError as error:
            self._broken = error
        if not events:
            self._raise_broken()
        return events

    def close(self) -> list[Event]:
        """Nothing: a frame that the body ended in is lost. Raises what `feed` held back."""
        self._raise_broken()
        return []

    @property
    def tail_bytes(self) -> int:
        """Bytes that belong to a frame that is not whole yet."""
        return len(self._held)

    def _raise_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _next(self) -> Frame | None:
        held = self._held
        if len(held) < _PRELUDE_BYTES:
            return None
        total, headers_size, crc = _PRELUDE.unpack_from(held)
        if zlib.crc32(held[:_LENGTHS_BYTES]) != crc:
            raise _not_a_frame("its prelude does not match its checksum")
        if total < _FRAMING_BYTES or headers_size > min(total - _FRAMING_BYTES, MAX_HEADERS_BYTES):
            raise _not_a_frame("its lengths contradict each other")
        if total > MAX_EVENT_BYTES:
            raise UpstreamError(
                f"one event of the stream is larger than {MAX_EVENT_BYTES >> 20} MiB",
                code="event_too_large",
                hint="ask the provider for smaller events",
            )
        if len(held) < total:
            return None
        whole = bytes(held[:total])
        del held[:total]
        (crc,) = _CRC.unpack_from(whole, total - _CRC_BYTES)
        if zlib.crc32(whole[:-_CRC_BYTES]) != crc:
            raise _not_a_frame("it does not match its checksum")
        payload_at = _PRELUDE_BYTES + headers_size
        headers = _read_headers(whole[_PRELUDE_BYTES:payload_at])
        return Frame(headers, whole[payload_at:-_CRC_BYTES], total)


def encode_frame(headers: Iterable[tuple[str, HeaderValue]], payload: bytes) -> bytes:
    """One frame. Integers are written as long; names hold 1 to 255 bytes, texts and byte strings up to 65,535."""
    written = b"".join(_write_header(name, value) for name, value in headers)
    lengths = struct.pack(">II", _FRAMING_BYTES + len(written) + len(payload), len(written))
    body = lengths + _CRC.pack(zlib.crc32(lengths)) + written + payload
    return body + _CRC.pack(zlib.crc32(body))


def encode(payload: bytes, *, event: str) -> bytes:
    """One JSON event as Bedrock frames it."""
    return encode_frame(
        ((":event-type", event), (":content-type", "application/json"), (":message-type", "event")), payload
    )


def encode_exception(payload: bytes, *, type: str) -> bytes:  # noqa: A002 - the header's own word
    """One exception, which ends the stream."""
    return encode_frame(
        ((":exception-type", type), (":content-type", "application/json"), (":message-type", "exception")),
        payload,
    )


def _event(frame: Frame) -> Event:
    headers, payload = frame.headers, frame.payload
    match headers.get(":message-type"):
        case "exception":
            name = EXCEPTION + _text(headers.get(":exception-type"))
        case "error":  # nothing of the service's own: code and words stand in headers
            name = EXCEPTION + _text(headers.get(":error-code"))
            payload = payload or msgspec.json.encode({"message": _text(headers.get(":error-message"))})
        case _:
            name = _text(headers.get(":event-type"))
    return Event(data=payload, event=name, size_bytes=frame.size_bytes, block_bytes=frame.size_bytes)


def _text(value: HeaderValue | None) -> str:
    return value if isinstance(value, str) else ""


def _read_headers(block: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    position = 0
    try:
        while position < len(block):
            name_end = position + 1 + block[position]
            name = block[position + 1 : name_end].decode()
            headers[name], position = _read_value(block, name_end + 1, block[name_end])
    except (IndexError, struct.error, UnicodeDecodeError):
        raise _not_a_frame("its headers cannot be read") from None
    if position > len(block):
        raise _not_a_frame("its headers run into its payload")
    return headers


def _read_value(block: bytes, position: int, kind: int) -> tuple[HeaderValue, int]:
    """A header's value and where the next header begins."""
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, position
    if kind in _INTEGERS:
        form = _INTEGERS[kind]
        (number,) = form.unpack_from(block, position)
        return int(number), position + form.size
    if kind == _UUID:
        return block[position : position + _UUID_BYTES], position + _UUID_BYTES
    if kind not in (_BYTES, _STRING):
        raise _not_a_frame("a header has a type that does not exist")
    (size,) = _SIZE.unpack_from(block, position)
    start = position + _SIZE.size
    value = block[start : start + size]
    return (value.decode() if kind == _STRING else value), start + size


def _write_header(name: str, value: HeaderValue) -> bytes:
    named = name.encode()
    if not 0 < len(named) <= _MAX_NAME_BYTES:
        raise ValueError("a header's name must have 1 to 255 bytes")
    head = bytes((len(named),)) + named
    if isinstance(value, bool):
        return head + bytes((_TRUE if value else _FALSE,))
    if isinstance(value, int):
        return head + bytes((_LONG,)) + _INTEGERS[_LONG].pack(value)
    raw = value.encode() if isinstance(value, str) else value
    return head + bytes((_STRING if isinstance(value, str) else _BYTES,)) + _SIZE.pack(len(raw)) + raw


def _not_a_frame(why: str) -> UpstreamError:
    return UpstreamError(
        f"the provider's event stream holds a frame that cannot be read: {why}",
        code="upstream_protocol",
        hint="check that base_url is the provider's own address",
    )

"""How long a piece of audio is, from its first and last 64 KiB and its size: what per-minute prices are counted by.

Pure, and never raises whatever the bytes. Sources: RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg, Opus), ISO 14496-12 (MP4),
RFC 9559 (Matroska), RIFF/WAVE and RF64 (EBU 3306), MPEG 1/2/2.5 audio and ADTS (`audio_frames`).
"""

import math
import re
from collections.abc import Callable
from typing import Final

from aigw_dev.core.audio_frames import frames_length
from aigw_dev.core.matroska import matroska_length

ENDS_BYTES: Final = 64 * 1024
"""How much of each end is enough."""

Length = tuple[float, bool]
"""Seconds, and whether they are exact; else they are an estimate from the bit rate."""

_MOST_S: Final = 30 * 86_400.0
_STREAMED: Final = 0xFFFFFFFF
"""A size that a writer did not know (WAV), and a duration that is none (MP4)."""
_CONSTANT_WAV: Final = frozenset({1, 3, 6, 7, 0xFFFE})
"""PCM, float, A-law, mu-law, extensible: bytes are time."""
_PCM_TYPE: Final = re.compile(r"audio/(?:x-)?(?:l16|pcm|raw)\s*(?:;|$)", re.IGNORECASE)
_PCM_SETTING: Final = re.compile(r"(rate|channels)\s*=\s*\"?(\d{1,6})", re.IGNORECASE)
_OPUS_HZ: Final = 48_000
_MOST_BOXES: Final = 64


def measure(head: bytes, tail: bytes, size: int, *, content_type: str = "", pcm_hz: int = 0) -> Length | None:
    """Seconds of the audio, and whether that is exact; None where the bytes do not tell.

    `head` and `tail` are the first and last bytes of it (64 KiB of each are enough; the whole, twice, for something
    short or at hand) and `size` is all of it. The bytes say what it is. Raw samples cannot: they are 16-bit, mono, at
    `pcm_hz` a second, or as `content_type` says (`audio/pcm;rate=24000;channels=1`).
    """
    if not head or size < len(head) or size < len(tail):
        return None
    found = _by_content(head, tail, size)
    if found is None:
        found = _raw(size, content_type, pcm_hz)
    if found is None or not math.isfinite(found[0]) or not 0 <= found[0] <= _MOST_S:
        return None
    return found


def _by_content(head: bytes, tail: bytes, size: int) -> Length | None:
    if head.startswith(b"ID3"):
        tagged = _after_tag(head, size)
        return _by_content(head[tagged:], tail, size - tagged) if tagged else None
    for magic, at, read in _FORMATS:
        if head.startswith(magic, at):
            return read(head, tail, size)
    return frames_length(head, tail, size)


def _after_tag(head: bytes, size: int) -> int:
    """Where an ID3v2 tag ends; 0 where what follows is not in `head`."""
    sizes = head[6:10]
    length = 0
    for byte in sizes:
        length = length << 7 | byte & 0x7F
    end = 10 + length + (10 if head[5:6] and head[5] & 0x10 else 0)
    return end if end < min(len(head), size) else 0


def _raw(size: int, content_type: str, pcm_hz: int) -> Length | None:
    channels = 1
    if _PCM_TYPE.match(content_type.strip()):
        said = {name.lower(): int(number) for name, number in _PCM_SETTING.findall(content_type)}
        pcm_hz, channels = said.get("rate", pcm_hz), said.get("channels", 1)
    return (size / (pcm_hz * channels * 2), True) if pcm_hz > 0 and channels > 0 else None


def _wav(head: bytes, _tail: bytes, size: int) -> Length | None:
    at, rate, kind, long_size = 12, 0, 0, 0
    for _ in range(_MOST_BOXES):
        name, length = head[at : at + 4], _little(head, at + 4, 4)
        if len(name) < 4:  # noqa: PLR2004  -- a chunk's name
            return None
        if name == b"fmt ":
            kind, rate = _little(head, at + 8, 2), _little(head, at + 16, 4)
        elif name == b"ds64":
            long_size = _little(head, at + 16, 8)
        elif name == b"data":
            there = size - at - 8
            wanted = long_size or length
            # A writer that streams says 0 or all ones; a reply cut short has less than it says.
            used = there if length in {0, _STREAMED} and not long_size else min(wanted, there)
            return (used / rate, kind in _CONSTANT_WAV) if rate else None
        at += 8 + length + (length & 1)
    return None


def _flac(head: bytes, _tail: bytes, _size: int) -> Length | None:
    packed = int.from_bytes(head[18:26], "big")
    hz, samples = packed >> 44, packed & (1 << 36) - 1
    return (samples / hz, True) if hz and samples else None


def _ogg(head: bytes, tail: bytes, _size: int) -> Length | None:
    packet = 27 + (head[26] if len(head) > 26 else 0)  # noqa: PLR2004  -- RFC 3533: a page's head and its segments
    skipped, hz = 0, 0
    if head.startswith(b"OpusHead", packet):
        skipped, hz = _little(head, packet + 10, 2), _OPUS_HZ
    elif head.startswith(b"\x01vorbis", packet):
        hz = _little(head, packet + 12, 4)
    elif head.startswith(b"Speex   ", packet):
        hz = _little(head, packet + 36, 4)
    elif head.startswith(b"\x7fFLAC", packet):
        hz = int.from_bytes(head[packet + 27 : packet + 30], "big") >> 4
    if not hz:
        return None
    at = len(tail)
    while (at := tail.rfind(b"OggS\0", 0, at)) >= 0:
        granule = _little(tail, at + 6, 8)
        if tail[at + 14 : at + 18] == head[14:18] and granule < 1 << 62:
            # The last page of a stream says so; without that it was cut short, and this is where.
            return max(0, granule - skipped) / hz, True
    return None


def _mp4(head: bytes, tail: bytes, size: int) -> Length | None:
    """Follow the boxes to `moov`, wherever it is, as long as its head is in one of the ends."""

    def read(start: int, count: int) -> bytes:
        if start + count <= len(head):
            return head[start : start + count]
        behind = start - (size - len(tail))
        return tail[behind : behind + count] if behind >= 0 else b""

    at, is_inside = 0, False
    for _ in range(_MOST_BOXES):
        box = read(at, 48)
        length, name, skip = int.from_bytes(box[:4], "big"), box[4:8], 8
        if length == 1:
            length, skip = int.from_bytes(box[8:16], "big"), 16
        if name == b"mvhd":
            return _mvhd(box[skip:])
        if name == b"moov" and not is_inside:
            at, is_inside = at + skip, True
        elif length < skip or len(name) < 4:  # noqa: PLR2004  -- a box's name
            return None
        else:
            at += length
    return None


def _mvhd(content: bytes) -> Length | None:
    if content[:1] == b"\x01":
        scale, duration, none = content[20:24], content[24:32], b"\xff" * 8
    else:
        scale, duration, none = content[12:16], content[16:20], b"\xff" * 4
    per_s, units = int.from_bytes(scale, "big"), int.from_bytes(duration, "big")
    # Fragmented files say 0: their length is in the fragments.
    return (units / per_s, True) if per_s and units and duration != none else None


def _little(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(data[at : at + count], "little")


_FORMATS: Final[tuple[tuple[bytes, int, Callable[[bytes, bytes, int], Length | None]], ...]] = (
    # magic, where, who reads it
    (b"WAVE", 8, _wav),
    (b"fLaC", 0, _flac),
    (b"OggS", 0, _ogg),
    (b"ftyp", 4, _mp4),
    (b"\x1a\x45\xdf\xa3", 0, matroska_length),
)

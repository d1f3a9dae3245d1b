"""The length of audio that is a row of frames: MP3 (and MP1, MP2) and AAC in ADTS.

Pure. Where an encoder left a count (Xing, Info, VBRI) it is taken; where all frames are at hand they are counted; else
the length follows from the frames that are: right for a constant bit rate, an estimate for others.
Sources: ISO 11172-3, 13818-3 (frame heads), 13818-7 (ADTS), the Xing and VBRI headers as LAME and Fraunhofer write them.
"""

from typing import Final

import msgspec

_RATES: Final = (44_100, 48_000, 32_000)
_AAC_RATES: Final = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_V1: Final = {
    3: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
"""kbit/s of MPEG 1 by the layer's two bits (3: layer I, 2: II, 1: III)."""
_V2: Final = {
    3: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    1: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_PROOF: Final = 3
"""Frames in a row that make a start believable: two bytes in every 64 KiB look like one."""
_SEARCHED: Final = 4096
"""How much may stand before the first frame."""
_TAG_BYTES: Final = 128
"""An ID3v1 tag at the end."""


class _Frame(msgspec.Struct, frozen=True):
    size: int
    samples: int
    hz: int


def frames_length(head: bytes, tail: bytes, size: int) -> tuple[float, bool] | None:
    """Seconds and whether they are exact; None where no frames are seen. `head` begins after any ID3v2 tag."""
    if size > len(head) and tail[-_TAG_BYTES:].startswith(b"TAG"):
        size -= _TAG_BYTES
    elif size == len(head) and head[-_TAG_BYTES:].startswith(b"TAG"):
        size -= _TAG_BYTES
        head = head[:size]
    start = _start(head, is_whole=len(head) >= size)
    if start is None:
        return None
    first = _frame(head, start)
    assert first is not None  # noqa: S101  -- it was found there
    counted = _counted(head[start : start + first.size])
    if counted:
        return counted * first.samples / first.hz, True
    at, seconds = start, 0.0
    while (frame := _frame(head, at)) is not None and at + frame.size <= len(head):
        seconds += frame.samples / frame.hz
        at += frame.size
    if len(head) >= size:
        return seconds, True
    return (seconds * (size - start) / (at - start), False) if at > start else None


def _start(head: bytes, *, is_whole: bool) -> int | None:
    at = head.find(b"\xff", 0, _SEARCHED)
    while at >= 0:
        if _is_row(head, at, is_whole=is_whole):
            return at
        at = head.find(b"\xff", at + 1, _SEARCHED)
    return None


def _is_row(head: bytes, at: int, *, is_whole: bool) -> bool:
    """Whether frames follow each other from here; fewer than three only where the file ends exactly after them."""
    for _ in range(_PROOF):
        frame = _frame(head, at)
        if frame is None:
            return False
        at += frame.size
        if at >= len(head):
            return is_whole and at == len(head)
    return True


def _frame(head: bytes, at: int) -> _Frame | None:
    bits = head[at : at + 6]
    if len(bits) < 6 or bits[0] != 0xFF or bits[1] & 0xE0 != 0xE0:  # noqa: PLR2004  -- eleven bits of sync
        return None
    if bits[1] & 0xF6 == 0xF0:  # noqa: PLR2004  -- twelve bits of sync and layer 0: ADTS
        return _aac_frame(bits)
    version, layer = bits[1] >> 3 & 3, bits[1] >> 1 & 3
    rate, hz, padding = bits[2] >> 4, bits[2] >> 2 & 3, bits[2] >> 1 & 1
    if version == 1 or layer == 0 or rate in {0, 15} or hz == 3:  # noqa: PLR2004  -- reserved, or a free bit rate
        return None
    is_first = version == 3  # noqa: PLR2004  -- MPEG 1
    real_hz = _RATES[hz] >> (0 if is_first else 1 if version == 2 else 2)  # noqa: PLR2004  -- MPEG 2, else 2.5
    bits_s = (_V1 if is_first else _V2)[layer][rate] * 1000
    if layer == 3:  # noqa: PLR2004  -- layer I counts in slots of four bytes
        return _Frame((12 * bits_s // real_hz + padding) * 4, 384, real_hz)
    samples = 1152 if is_first or layer == 2 else 576  # noqa: PLR2004  -- layer II
    return _Frame(samples // 8 * bits_s // real_hz + padding, samples, real_hz)


def _aac_frame(bits: bytes) -> _Frame | None:
    hz = bits[2] >> 2 & 15
    size = (bits[3] & 3) << 11 | bits[4] << 3 | bits[5] >> 5
    if hz >= len(_AAC_RATES) or size < 7:  # noqa: PLR2004  -- an ADTS head
        return None
    return _Frame(size, 1024, _AAC_RATES[hz])


def _counted(frame: bytes) -> int:
    """How many frames the first one says there are; 0 where it says nothing."""
    for name in (b"Xing", b"Info"):
        at = frame.find(name, 0, 64)
        if at >= 0 and len(frame) >= at + 12 and frame[at + 7] & 1:
            return int.from_bytes(frame[at + 8 : at + 12], "big")
    at = frame.find(b"VBRI", 0, 64)
    return int.from_bytes(frame[at + 14 : at + 18], "big") if at >= 0 else 0

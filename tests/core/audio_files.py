"""Small audio files, made by hand or by the standard library."""

import io
import struct
import wave


def wav(seconds: float, hz: int = 16_000) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(hz)
        file.writeframes(b"\0\0" * int(hz * seconds))
    return made.getvalue()


def flac(samples: int, hz: int) -> bytes:
    packed = hz << 44 | 0 << 41 | 15 << 36 | samples
    return b"fLaC\x80\0\0\x22" + b"\x10\0\x10\0" + b"\0" * 6 + packed.to_bytes(8, "big") + b"\0" * 16


def mp3_frames(count: int, *, head: bytes = b"\xff\xfb\x90\x00", size: int = 417) -> bytes:
    """MPEG 1 layer III, 128 kbit/s, 44.1 kHz, unless told otherwise."""
    return (head + b"\0" * (size - len(head))) * count


def xing(frames: int, name: bytes = b"Xing") -> bytes:
    body = b"\xff\xfb\x90\x00" + b"\0" * 32 + name + struct.pack(">II", 1, frames)
    return body.ljust(417, b"\0")


def vbri(frames: int) -> bytes:
    return (b"\xff\xfb\x90\x00" + b"\0" * 32 + b"VBRI" + b"\0" * 10 + struct.pack(">I", frames)).ljust(
        417, b"\0"
    )


def adts_frames(count: int, size: int = 100) -> bytes:
    """AAC LC, 44.1 kHz."""
    head = bytes([0xFF, 0xF1, 0x50, 0x80 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC])
    return head.ljust(size, b"\0") * count


def page(packet: bytes, granule: int, *, serial: int = 7) -> bytes:
    head = b"OggS\0\0" + struct.pack("<qIII", granule, serial, 0, 0)
    segments = [255] * (len(packet) // 255) + [len(packet) % 255]
    return head + bytes([len(segments), *segments]) + packet


def opus_head(skipped: int = 312) -> bytes:
    return b"OpusHead\x01\x01" + struct.pack("<HIhB", skipped, 16_000, 0, 0)


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def mvhd(duration: int, scale: int = 1000, version: int = 0) -> bytes:
    form = ">QQIQ" if version else ">IIII"
    return box(b"mvhd", bytes([version, 0, 0, 0]) + struct.pack(form, 0, 0, scale, duration) + b"\0" * 80)


def element(name: bytes, content: bytes) -> bytes:
    return name + (len(content) | 1 << 56).to_bytes(8, "big") + content


def webm(duration: float | None, *clusters: int, scale: int | None = None) -> bytes:
    info = element(b"\x2a\xd7\xb1", scale.to_bytes(3, "big")) if scale is not None else b""
    if duration is not None:
        info += element(b"\x44\x89", struct.pack(">d", duration))
    written = [element(b"\xe7", at.to_bytes(4, "big")) + b"\xa3\x81\0" for at in clusters]
    body = element(b"\x15\x49\xa9\x66", info) + b"".join(
        b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + one for one in written
    )
    return element(b"\x1a\x45\xdf\xa3", b"\x42\x82\x84webm") + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + body

"""Sound that stands for speech: a tone for each word as samples, or silence of the same length as MP3.

Everything is counted in frames of 576 samples at 24 kHz (24 ms): one frame of MPEG-2 layer III.
Sources: ISO 13818-3 and 11172-3 (frame head, side information), RIFF/WAVE.
"""

import functools
import math
import struct
from typing import Final

HZ: Final = 24_000
"""Samples a second, 16 bits, one channel: OpenAI's `pcm`."""
FRAME_SAMPLES: Final = 576
FRAME_S: Final = FRAME_SAMPLES / HZ
MP3_FRAME: Final = b"\xff\xf3\x14\xc0".ljust(24, b"\0")
"""MPEG-2 layer III, 8 kbit/s, 24 kHz, one channel; all zero behind the head is silence."""
_PERIODS: Final = (36, 48, 64, 72, 96, 144)
"""Samples of one swing, all dividing a frame's: 667 down to 167 Hz."""
TONES: Final = len(_PERIODS)
_LOUDNESS: Final = 4_000
_WAV_HEAD: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_SAMPLE_BYTES: Final = 2


@functools.lru_cache(maxsize=len(_PERIODS))
def _swing(period: int) -> bytes:
    """One frame of a tone."""
    wave = [round(_LOUDNESS * math.sin(2 * math.pi * at / period)) for at in range(period)]
    return struct.pack(f"<{period}h", *wave) * (FRAME_SAMPLES // period)


def pcm(tone: int, frames: int) -> bytes:
    """`frames` of the tone with this number (0 to `TONES` - 1), the last one silent where there are several: words stay apart."""
    swing = _swing(_PERIODS[tone])
    return swing if frames == 1 else swing * (frames - 1) + bytes(len(swing))


def wav_head(frames: int) -> bytes:
    """What stands before `frames` of samples in a WAV file."""
    size = frames * FRAME_SAMPLES * _SAMPLE_BYTES
    head = (b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 1, HZ, HZ * _SAMPLE_BYTES, _SAMPLE_BYTES, 16)
    return _WAV_HEAD.pack(*head, b"data", size)

"""`mock/speech`: a tone for each word (wav, pcm), or silence as long (mp3), in a chunk for each word.

A word of up to twelve characters lasts 0.36 s at speed 1, a longer one as many times that as it has twelves begun. Sound
counts 20 tokens a second.
"""

import base64
import math
import zlib
from collections.abc import Iterator
from typing import Final

from aigw_dev.core import tokens
from aigw_dev.core.mock import sounds
from aigw_dev.core.mock.media import AskedMedia
from aigw_dev.core.mock.reply import MockReply, named_events, refused, words
from aigw_dev.core.providers.media import AUDIO_TYPES

MAX_CHARS: Final = 4096
LONGEST_S: Final = 300
"""The most that one call speaks: every piece of a reply is in memory."""
FRAMES_PER_WORD: Final = 15
"""0.36 seconds."""
_WORD_CHARS: Final = 12
_MADE: Final = ("mp3", "wav", "pcm")
_TOKENS_PER_S: Final = 20


def answer(media: AskedMedia) -> MockReply:
    """The sound, or events that bring it (`stream_format: sse`)."""
    fields = media.fields
    text = fields.text("input", is_needed=True)
    if len(text) > MAX_CHARS:
        fields.refuse("input", f"has {len(text)} characters; at most {MAX_CHARS} are spoken")
    made = fields.text("response_format") or "mp3"
    if made not in _MADE:
        fields.refuse(
            "response_format", f"must be one of {', '.join(_MADE)}: mock/speech makes no {made[:20]}"
        )
    speed = fields.number("speed", 0.25, 4.0) or 1.0
    length = sum(frames(word, speed) for word in words(text)) if len(text) <= MAX_CHARS else 0
    if length * sounds.FRAME_S > LONGEST_S:
        fields.refuse(
            "input", f"would last longer than {LONGEST_S} seconds; send fewer words or more `speed`"
        )
    stream_format = fields.choice("stream_format", ("audio", "sse"), "audio")
    voice = fields.value("voice")
    if fields.refusal is not None:
        return refused(fields.refusal)
    pieces = list(_pieces(text, made, speed, zlib.crc32(repr(voice).encode("utf-8", "replace"))))
    if stream_format == "sse":
        return named_events(_events(pieces, text, length))
    return MockReply(status=200, content_type=AUDIO_TYPES[made], chunks=tuple(pieces))


def frames(word: str, speed: float) -> int:
    """How many frames a word lasts."""
    return max(1, round(FRAMES_PER_WORD * math.ceil(len(word.strip()) / _WORD_CHARS) / speed))


def _pieces(text: str, made: str, speed: float, voice: int) -> Iterator[bytes]:
    """One for each word; a WAV file's first holds its head."""
    spoken = words(text)
    head = sounds.wav_head(sum(frames(word, speed) for word in spoken)) if made == "wav" else b""
    made_before: dict[tuple[int, int], bytes] = {}  # words sound alike: most pieces are the same object
    for word in spoken:
        length = frames(word, speed)
        if made == "mp3":
            yield sounds.MP3_FRAME * length
            continue
        tone = (voice + zlib.crc32(word.strip().encode("utf-8", "replace"))) % sounds.TONES
        sound = made_before.get((tone, length)) or sounds.pcm(tone, length)
        made_before[tone, length] = sound
        yield head + sound if head else sound
        head = b""


def _events(pieces: list[bytes], text: str, length: int) -> Iterator[dict[str, object]]:
    for piece in pieces:
        yield {"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()}
    read, made = tokens.estimate(text), math.ceil(length * sounds.FRAME_S * _TOKENS_PER_S)
    usage = {"input_tokens": read, "output_tokens": made, "total_tokens": read + made}
    yield {"type": "speech.audio.done", "usage": usage}

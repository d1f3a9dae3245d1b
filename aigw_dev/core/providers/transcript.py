"""A transcript as OpenAI's audio/transcriptions answers it: json, text, verbose_json, srt, vtt, or a stream of events.

Source: OpenAI's API reference, audio/transcriptions and its stream events, November 2026.
"""

from typing import Final

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Usage
from aigw_dev.core.providers.adapter import Asked, Given
from aigw_dev.core.providers.answers import encode, given_json, unusable
from aigw_dev.core.streams import sse

FORMATS: Final = ("json", "text", "verbose_json", "srt", "vtt", "diarized_json")
_MILLI: Final = 1000
_WHISPERS_OWN: Final[dict[str, object]] = {
    "seek": 0,
    "tokens": [],
    "temperature": 0.0,
    "avg_logprob": 0.0,
    "compression_ratio": 0.0,
    "no_speech_prob": 0.0,
}
"""What OpenAI's schema demands of every segment and only Whisper can know."""
_EVENT_TYPE: Final = "text/event-stream; charset=utf-8"
_TEXT_TYPE: Final = "text/plain; charset=utf-8"


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence with its place in the recording."""

    start_s: float
    end_s: float
    text: str


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard."""

    text: str
    language: str = ""
    """As the provider names it; empty where it does not."""
    seconds: float | None = None
    """How long the recording is; None where nobody told."""
    segments: list[Segment] = []


def transcribed(
    asked: Asked,
    transcript: Transcript,
    *,
    response_format: str,
    is_stream: bool = False,
    usage: Usage | None = None,
) -> Given | Refusal:
    """The reply in the format asked for; one that needs times where the provider told none is an error."""
    ledger = asked.ledger
    if response_format == "diarized_json":
        ledger.approximated("response_format", "json: this provider tells no speakers")
        response_format = "json"
    if response_format in {"srt", "vtt"} and transcript.text and not transcript.segments:
        return unusable("the transcription", f"it tells no times, which {response_format} needs")
    if is_stream:
        return Given(status=200, body=_events(transcript), content_type=_EVENT_TYPE, usage=usage)
    writers = {"text": _plain, "srt": _srt, "vtt": _vtt}
    if response_format in writers:
        body = writers[response_format](transcript).encode()
        return Given(status=200, body=body, content_type=_TEXT_TYPE, usage=usage)
    wire: dict[str, object] = {"text": transcript.text}
    if response_format == "verbose_json":
        wire = _verbose(transcript)
        if transcript.segments:
            ledger.side = "reply"
            ledger.invented("segments", f"zero stands for {', '.join(_WHISPERS_OWN)}")
    return given_json(wire | _duration(transcript), usage=usage)


def _duration(transcript: Transcript) -> dict[str, object]:
    if transcript.seconds is None:
        return {}
    return {"usage": {"type": "duration", "seconds": transcript.seconds}}


def _verbose(transcript: Transcript) -> dict[str, object]:
    segments = [
        {"id": place, "start": one.start_s, "end": one.end_s, "text": one.text, **_WHISPERS_OWN}
        for place, one in enumerate(transcript.segments)
    ]
    told: dict[str, object] = {"task": "transcribe", "language": transcript.language, "text": transcript.text}
    if transcript.seconds is not None:
        told["duration"] = transcript.seconds
    return told | {"segments": segments}


def _events(transcript: Transcript) -> bytes:
    delta = {"type": "transcript.text.delta", "delta": transcript.text}
    done = {"type": "transcript.text.done", "text": transcript.text} | _duration(transcript)
    events = (("transcript.text.delta", delta), ("transcript.text.done", done))
    return b"".join(sse.encode(sse.unbroken(encode(event)), event=name) for name, event in events)


def _plain(transcript: Transcript) -> str:
    return transcript.text + "\n"


def _srt(transcript: Transcript) -> str:
    cues = [
        f"{place}\n{_clock(one.start_s, ',')} --> {_clock(one.end_s, ',')}\n{one.text}\n"
        for place, one in enumerate(transcript.segments, 1)
    ]
    return "\n".join(cues)


def _vtt(transcript: Transcript) -> str:
    cues = [
        f"{_clock(one.start_s, '.')} --> {_clock(one.end_s, '.')}\n{one.text}\n"
        for one in transcript.segments
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _clock(seconds: float, mark: str) -> str:
    millis = round(max(seconds, 0.0) * _MILLI)
    minutes, millis = divmod(millis, 60 * _MILLI)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{millis // _MILLI:02}{mark}{millis % _MILLI:03}"

"""mock/transcribe: what is heard is the file itself."""

import hashlib
from typing import Any

import pytest

from aigw_dev.core import tokens
from aigw_dev.core.mock import MockReply
from tests.core.audio_files import wav
from tests.core.forms import field, file
from tests.core.mock.asking import events, fault, loaded, upload

PATH = "/v1/audio/transcriptions"
SOUND = wav(2.0)
MODEL = field("model", b"mock/transcribe")


def hear(sound: bytes = SOUND, path: str = PATH, name: str = "talk.wav", **fields: str) -> MockReply:
    more = [field(key, value.encode()) for key, value in fields.items()]
    return upload(path, MODEL, *more, file("file", sound, filename=name))


@pytest.mark.parametrize("path", [PATH, "/v1/audio/translations"])
def test_the_text_tells_name_length_size_and_hash(path: str) -> None:
    reply = loaded(hear(path=path))
    hashed = hashlib.sha256(SOUND).hexdigest()[:12]
    for told in ("talk.wav", "of 2 seconds", f"{len(SOUND)} bytes", hashed):
        assert told in reply["text"]
    assert reply["usage"] == {"type": "duration", "seconds": 2.0}


def test_a_length_that_nobody_tells_is_not_invented() -> None:
    reply = loaded(hear(b"not a sound", prompt="some words"))
    written = tokens.estimate(reply["text"])
    assert "of unknown length" in reply["text"]
    assert reply["usage"] == {
        "type": "tokens",
        "input_tokens": 2,
        "input_token_details": {"text_tokens": 2, "audio_tokens": 0},
        "output_tokens": written,
        "total_tokens": 2 + written,
    }
    verbose = loaded(hear(b"not a sound", response_format="verbose_json"))
    assert "duration" not in verbose
    assert verbose["segments"][-1]["end"] > 1


def test_a_recording_longer_than_what_is_kept_is_measured() -> None:
    long = wav(200.0)
    assert len(long) > 5_000_000
    assert loaded(hear(long))["usage"]["seconds"] == 200.0


def test_segments_share_the_time() -> None:
    reply = loaded(hear(response_format="verbose_json"))
    assert (reply["duration"], reply["language"]) == (2.0, "english")
    segments: list[dict[str, Any]] = reply["segments"]
    assert [one["start"] for one in segments] == [0.0, *(one["end"] for one in segments[:-1])]
    assert segments[-1]["end"] == 2.0
    assert " ".join(one["text"] for one in segments) == reply["text"]


@pytest.mark.parametrize(
    ("response_format", "start"),
    [
        ("text", "This is what"),
        ("srt", "1\n00:00:00,000 --> 00:00:0"),
        ("vtt", "WEBVTT\n\n00:00:00.000 --> "),
    ],
)
def test_texts_come_as_texts(response_format: str, start: str) -> None:
    reply = hear(response_format=response_format)
    assert (reply.status, reply.content_type) == (200, "text/plain; charset=utf-8")
    assert b"".join(reply.chunks).decode().startswith(start)


def test_a_stream_brings_the_text_word_by_word() -> None:
    *deltas, done = events(hear(stream="true"))
    text = loaded(hear())["text"]
    assert {event["type"] for event in deltas} == {"transcript.text.delta"}
    assert "".join(event["delta"] for event in deltas) == done["text"] == text
    assert len(deltas) == len(text.split())
    assert done["usage"]["output_tokens"] == tokens.estimate(text)


def test_a_file_may_have_no_name() -> None:
    assert "a file without a name" in loaded(hear(name=""))["text"]


def test_a_request_without_sound_is_an_error() -> None:
    assert fault(upload(PATH, MODEL, field("file", b"no file"))) == (400, "file")
    assert fault(hear(b"")) == (400, "file")
    assert fault(hear(response_format="xml")) == (400, "response_format")

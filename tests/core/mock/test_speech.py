"""mock/speech: sound as long as the words that are spoken."""

import base64
from typing import Any

import pytest

from aigw_dev.core.audio_length import measure
from aigw_dev.core.mock import MockReply
from aigw_dev.core.mock.speech import frames
from tests.core.mock.asking import events, fault, post

PATH = "/v1/audio/speech"


def speak(text: str, **fields: Any) -> MockReply:
    body: dict[str, Any] = {"model": "mock/speech", "voice": "alloy", "input": text} | fields
    return post(PATH, **body)


def seconds(sound: bytes) -> float:
    found = measure(sound, sound, len(sound), pcm_hz=24_000)
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("response_format", "content_type", "start"),
    [
        (None, "audio/mpeg", b"\xff\xf3"),
        ("mp3", "audio/mpeg", b"\xff\xf3"),
        ("wav", "audio/wav", b"RIFF"),
        ("pcm", "audio/pcm", b""),
    ],
)
def test_each_word_is_a_chunk_of_a_third_of_a_second(
    response_format: str | None, content_type: str, start: bytes
) -> None:
    reply = speak("Hello there, dear friend", response_format=response_format)
    assert (reply.status, reply.content_type, len(reply.chunks)) == (200, content_type, 4)
    sound = b"".join(reply.chunks)
    assert sound.startswith(start)
    assert seconds(sound) == pytest.approx(4 * 0.36)


def test_speed_makes_it_shorter_or_longer() -> None:
    fast, slow = (b"".join(speak("one two", speed=speed).chunks) for speed in (2, 0.5))
    assert seconds(fast) == pytest.approx(2 * 8 * 0.024)
    assert seconds(slow) == pytest.approx(2 * 30 * 0.024)


def test_a_long_word_lasts_longer() -> None:
    assert [frames(word, 1) for word in ("a ", "a" * 12, "a" * 13, "a" * 25)] == [15, 15, 30, 45]
    assert frames("a", 100) == 1


def test_the_same_words_sound_the_same_and_a_voice_differs() -> None:
    first = speak("one two one ", response_format="pcm").chunks
    assert first == speak("one two one ", response_format="pcm").chunks
    assert first[0] is first[2]
    tones = {
        speak("one", response_format="pcm", voice=voice).chunks
        for voice in ("alloy", "ash", "echo", {"id": "v"})
    }
    assert len(tones) > 1


def test_events_bring_the_same_sound_and_its_usage() -> None:
    *deltas, done = events(speak("Hello there", response_format="wav", stream_format="sse"))
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    sound = b"".join(base64.b64decode(event["audio"]) for event in deltas)
    assert sound == b"".join(speak("Hello there", response_format="wav").chunks)
    usage = {"input_tokens": 2, "output_tokens": 15, "total_tokens": 17}
    assert done == {"type": "speech.audio.done", "usage": usage}


@pytest.mark.parametrize("response_format", ["opus", "aac", "flac", "ogg"])
def test_other_formats_are_an_error_that_says_what_is_made(response_format: str) -> None:
    reply = speak("Hello", response_format=response_format)
    assert fault(reply) == (400, "response_format")
    assert b"mp3, wav, pcm" in reply.chunks[0]


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    ("", {}, "input"),
    (None, {}, "input"),
    ("x" * 4097, {}, "input"),
    ("x " * 2000, {}, "input"),
    ("x", {"speed": 5}, "speed"),
    ("x", {"stream_format": "events"}, "stream_format"),
]


@pytest.mark.parametrize(("text", "fields", "param"), WRONG)
def test_any_other_request_is_an_error(text: Any, fields: dict[str, Any], param: str) -> None:
    assert fault(speak(text, **fields)) == (400, param)

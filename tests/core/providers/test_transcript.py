"""A transcript in each of OpenAI's formats, read by OpenAI's own SDK types."""

import json

import pytest
from openai.types.audio import Transcription, TranscriptionVerbose

from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.adapter import Given
from aigw_dev.core.providers.transcript import Segment, Transcript, transcribed
from tests.core.providers.run_adapter import asked

HEARD = Transcript(
    text="Good day\u2028there",
    language="en",
    seconds=61.5,
    segments=[
        Segment(start_s=0, end_s=1.25, text="Good day"),
        Segment(start_s=1.25, end_s=3661.5, text="there"),
    ],
)


def given(response_format: str, transcript: Transcript = HEARD, *, is_stream: bool = False) -> Given:
    made = transcribed(asked("x"), transcript, response_format=response_format, is_stream=is_stream)
    assert isinstance(made, Given)
    return made


def test_json_and_verbose_json_are_what_the_sdk_reads() -> None:
    short = Transcription.model_validate_json(given("json").body)
    assert short.text == HEARD.text
    assert json.loads(given("json").body)["usage"] == {"type": "duration", "seconds": 61.5}
    long = TranscriptionVerbose.model_validate_json(given("verbose_json").body)
    assert (long.duration, long.language) == (61.5, "en")
    assert [one["end"] for one in json.loads(given("verbose_json").body)["segments"]] == [1.25, 3661.5]


def test_whispers_own_figures_are_named_as_invented() -> None:
    wanted = asked("x")
    transcribed(wanted, HEARD, response_format="verbose_json")
    assert [(one.side, one.fate, one.field) for one in wanted.ledger.entries] == [
        ("reply", "invented", "segments")
    ]


def test_text_srt_and_vtt_are_plain() -> None:
    assert given("text").body.decode() == HEARD.text + "\n"
    assert given("srt").content_type == "text/plain; charset=utf-8"
    assert given("srt").body.decode() == (
        "1\n00:00:00,000 --> 00:00:01,250\nGood day\n\n2\n00:00:01,250 --> 01:01:01,500\nthere\n"
    )
    assert given("vtt").body.decode().startswith("WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nGood day\n")


@pytest.mark.parametrize("response_format", ["srt", "vtt"])
def test_times_that_nobody_told_are_not_invented(response_format: str) -> None:
    made = transcribed(asked("x"), Transcript(text="a"), response_format=response_format)
    assert isinstance(made, Refusal)
    assert response_format in made.message


def test_silence_is_an_empty_list_of_cues() -> None:
    assert given("srt", Transcript(text="")).body == b""


def test_speakers_that_nobody_told_are_named_in_the_ledger() -> None:
    wanted = asked("x")
    made = transcribed(wanted, Transcript(text="a"), response_format="diarized_json")
    assert isinstance(made, Given)
    assert json.loads(made.body) == {"text": "a"}
    assert wanted.ledger.entries[0].fate == "approximated"


def test_a_stream_is_one_delta_and_an_end_and_no_line_is_torn() -> None:
    body = given("json", is_stream=True).body.decode()
    assert "\u2028" not in body
    events = [
        json.loads(line.removeprefix("data: ")) for line in body.split("\n") if line.startswith("data:")
    ]
    assert [one["type"] for one in events] == ["transcript.text.delta", "transcript.text.done"]
    assert events[1]["text"] == HEARD.text
    assert events[1]["usage"]["seconds"] == 61.5


def test_a_duration_that_nobody_told_is_left_out() -> None:
    assert "duration" not in json.loads(given("verbose_json", Transcript(text="a")).body)

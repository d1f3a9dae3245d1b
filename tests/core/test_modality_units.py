"""What a call is metered by beside tokens, in replies of every modality."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import loose_json
from aigw_dev.core.modality_units import CATEGORIES, FREE, NOTHING, Images, Metered, Units, read_units
from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.providers.media import wav


def units(operation: str, reply: object, *, request: dict[str, Any] | None = None, **more: Any) -> Units:
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    return read_units(operation, Metered(request=request or {}, reply=body, **more))


GENERATIONS = "openai.images.generations"
HEARD = "openai.audio.transcriptions"
SPEECH = "openai.audio.speech"
VIDEO = "openai.videos.item"


def test_images_that_came_are_counted_not_those_asked_for() -> None:
    request = {"n": 4, "size": "1024x1024", "quality": "hd"}
    made = units(GENERATIONS, {"data": [{"url": "u"}, {"b64_json": "x"}]}, request=request)
    assert made == Units(images=(Images(2, "1024x1024", "hd"),))
    assert made.images[0].tier == "1K"


def test_the_replys_size_and_quality_go_before_the_requests() -> None:
    reply = {
        "data": [{"b64_json": "x"}],
        "size": "1536x1024",
        "quality": "low",
        "usage": {
            "input_tokens_details": {"image_tokens": 7, "text_tokens": 9},
            "output_tokens_details": {"image_tokens": 272},
        },
    }
    made = units("openai.images.edits", reply, request={"size": "auto", "quality": "auto"})
    assert made == Units(
        images=(Images(1, "1536x1024", "low"),), image_input_tokens=7, image_output_tokens=272
    )


def test_a_size_that_nobody_said_is_not_invented() -> None:
    made = units(GENERATIONS, {"data": [{"x": 1}]}, request={"size": "auto", "quality": "auto"})
    assert made.images == (Images(1),)
    assert made.images[0].tier == ""


def test_streamed_images_are_counted_when_they_are_complete() -> None:
    stream = (
        b'event: x\ndata: {"type":"image_generation.partial_image","b64_json":"x"}\n\n'
        b'data: {"type":"image_generation.completed","size":"1024x1024","quality":"high",'
        b'"usage":{"output_tokens_details":{"image_tokens":5}}}\n\n'
    )
    made = units(GENERATIONS, stream, content_type="text/event-stream; charset=utf-8")
    assert made == Units(images=(Images(1, "1024x1024", "high"),), image_output_tokens=5)
    assert units(GENERATIONS, b"data: x\n\n", content_type="text/event-stream") == NOTHING


def test_an_odd_reply_is_read_loosely() -> None:
    assert units(GENERATIONS, {"data": [{"x": 1}], "size": 7}).images == (Images(1),)
    assert units(GENERATIONS, b"<html>") == NOTHING


@pytest.mark.vectors
def test_recorded_images_are_counted(vectors: Path) -> None:
    raw = (vectors / "vercel-ai/openai/src/image/openai-image.json").read_bytes()
    assert sum(one.count for one in units(GENERATIONS, raw).images) == len(json.loads(raw)["data"])


@pytest.mark.parametrize(
    ("reply", "more", "expected"),
    [
        ({"text": "a", "usage": {"type": "duration", "seconds": 7}}, {}, Units(audio_in_s=7.0)),
        ({"text": "a", "duration": 8.47}, {}, Units(audio_in_s=8.47)),
        ({"text": "a", "duration": "8.47"}, {}, Units(audio_in_s=8.47)),
        ({"text": "a", "usage": {"type": "tokens", "input_tokens": 9}}, {}, Units()),
        ({"text": "a"}, {}, Units(unknown=("audio_in_s",))),
        ({"text": "a"}, {"upload_head": wav(bytes(16_000), 8_000)}, Units(audio_in_s=1.0)),
        ({"text": "a"}, {"usage": b'{"seconds":3}'}, Units(audio_in_s=3.0)),
        ({"text": "a", "duration": -1}, {}, Units(unknown=("audio_in_s",))),
        ({"text": "a", "duration": True}, {}, Units(unknown=("audio_in_s",))),
        ({"text": "a", "duration": "long"}, {}, Units(unknown=("audio_in_s",))),
        (b"1\n00:00", {"content_type": "text/plain"}, Units(unknown=("audio_in_s",))),
        (
            b'data: {"type":"transcript.text.done","usage":{"type":"duration","seconds":2}}\n\n',
            {"content_type": "text/event-stream"},
            Units(audio_in_s=2.0),
        ),
    ],
)
def test_seconds_heard_are_told_or_unknown(reply: object, more: dict[str, Any], expected: Units) -> None:
    assert units(HEARD, reply, **more) == expected
    assert units("openai.audio.translations", reply, **more) == expected


def test_speech_counts_characters_and_seconds_only_where_the_sound_tells_them() -> None:
    spoken = units(SPEECH, wav(bytes(96_000), 24_000), request={"input": "Grüße"}, content_type="audio/wav")
    assert spoken == Units(characters=5, audio_out_s=2.0)
    assert units(SPEECH, b"ID3", request={"input": "abc"}, content_type="audio/mpeg") == Units(characters=3)
    counted = units(
        SPEECH, b"ID3", request={"input": "abc"}, content_type="audio/mpeg", usage=b'{"characters":47}'
    )
    assert counted.characters == 47


DONE = {"object": "video", "id": "video_1", "status": "completed", "seconds": "8", "size": "1280x720"}


def test_a_video_counts_when_its_job_is_completed() -> None:
    assert units(VIDEO, DONE) == Units(videos=1, video_s=8.0, resolution="720p", job="video_1")
    by_usage = DONE | {"size": "", "usage": {"SR": 1080, "video_count": 2}}
    assert units(VIDEO, by_usage).resolution == "1080p"
    assert units(VIDEO, by_usage).videos == 2
    assert units("openai.videos.create", DONE).videos == 1


@pytest.mark.parametrize("status", ["queued", "in_progress", "failed", "cancelled"])
def test_a_job_that_is_not_completed_counts_nothing(status: str) -> None:
    assert units(VIDEO, DONE | {"status": status}) == NOTHING


def test_a_deleted_video_counts_nothing() -> None:
    assert units(VIDEO, {"object": "video.deleted", "id": "video_1", "deleted": True}) == NOTHING


def test_seconds_and_resolution_that_nobody_told_are_unknown() -> None:
    made = units(VIDEO, {"object": "video", "status": "completed"})
    assert made == Units(videos=1, unknown=("video_s", "resolution"))


def test_rerank_counts_searches_and_documents() -> None:
    request = {"documents": ["a", "b", "c"]}
    assert units("rerank", {"results": []}, request=request) == Units(searches=1, documents=3)
    told = {"meta": {"billed_units": {"search_units": 2}}}
    assert units("rerank", told, request=request) == Units(searches=2, documents=3)


@pytest.mark.parametrize(
    "operation", ["openai.chat.completions", "openai.embeddings", "openai.moderations", "raw"]
)
def test_the_rest_is_metered_by_tokens_alone(operation: str) -> None:
    assert units(operation, {"data": [{"x": 1}]}) is NOTHING


def test_categories_and_free_operations_exist() -> None:
    names = {one.name for one in OPERATIONS}
    assert set(CATEGORIES) <= names
    assert names >= FREE


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text("a7 {"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "usage", "size", "seconds", "meta", "status", "object"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=9,
)


@given(st.sampled_from(sorted(CATEGORIES)), JSON | st.binary(max_size=40), st.sampled_from(["application/json", "text/event-stream", "audio/wav", "text/plain"]))  # fmt: skip
def test_no_reply_makes_it_raise(operation: str, reply: object, content_type: str) -> None:
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    metered = Metered(
        request=loose_json.mapping(reply), reply=body, content_type=content_type, usage=body, upload_head=body
    )
    assert isinstance(read_units(operation, metered), Units)

"""Videos of Veo as OpenAI's video jobs. Answers as in Google's documents."""

import base64
from typing import Any

import pytest
from google.genai.types import GenerateVideosOperation
from openai.types import Video

from aigw_dev.core.modality_units import Metered, Units, read_units
from aigw_dev.core.providers.gemini_video import content, create, item
from aigw_dev.core.providers.video_job import Job, job_id
from tests.core.providers.run_adapter import answer, asked, run

MODEL = "veo-3.1-generate-preview"
NAME = f"models/{MODEL}/operations/abc123"
ID = job_id(Job(NAME, "1280x720", "8", 1_760_000_000))
PNG = b"\x89PNG\r\n\x1a\nrest"
VIDEO = b"\x00\x00\x00\x20ftypisom"
URI = "https://generativelanguage.googleapis.com/v1beta/files/f-1:download?alt=media"
OPERATION = "openai.videos.create"


def done(video: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    samples = {"generatedSamples": [{"video": video}]} if video else {}
    return {"name": NAME, "done": True, "response": {"generateVideoResponse": samples | more}}


def test_a_video_is_begun() -> None:
    body = {
        "prompt": "a cat",
        "size": "1280x720",
        "seconds": "8",
        "negative_prompt": "dogs",
        "seed": 3,
        "user": "me",
    }
    ran = run(create, asked(OPERATION, MODEL, body), [answer({"name": NAME})])
    assert ran.asks[0].path == f"/models/{MODEL}:predictLongRunning"
    assert ran.sent() == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {
            "aspectRatio": "16:9",
            "resolution": "720p",
            "durationSeconds": 8,
            "seed": 3,
            "negativePrompt": "dogs",
        },
    }
    assert ran.reply["id"] == ran.given.resource_id == ID
    assert ran.reply["status"] == "queued"
    assert ran.fates("dropped") == {"user"}
    assert not ran.fates("approximated")
    Video.model_validate(ran.reply)


def test_a_first_frame_goes_inside() -> None:
    text = base64.b64encode(PNG).decode()
    upload = asked(OPERATION, MODEL, fields={"prompt": "p"}, files={"input_reference": PNG})
    ran = run(create, upload, [answer({"name": NAME})])
    assert ran.sent()["instances"][0]["image"] == {"bytesBase64Encoded": text, "mimeType": "image/png"}
    body = {"prompt": "p", "input_reference": {"image_url": "data:image/png;base64," + text}}
    linked = run(create, asked(OPERATION, MODEL, body), [answer({"name": NAME})])
    assert linked.sent()["instances"][0]["image"]["bytesBase64Encoded"] == text


@pytest.mark.parametrize(
    ("size", "parameters", "is_near"),
    [
        ("720x1280", {"aspectRatio": "9:16", "resolution": "720p"}, True),
        ("1792x1024", {"aspectRatio": "16:9", "resolution": "1080p"}, False),
        ("640x480", {"aspectRatio": "16:9", "resolution": "720p"}, False),
        ("2560x1440", {"aspectRatio": "16:9", "resolution": "1080p"}, False),
        ("3840x2160", {"aspectRatio": "16:9", "resolution": "4k"}, True),
        ("auto", {}, True),
    ],
)
def test_a_size_becomes_ratio_and_resolution(size: str, parameters: dict[str, str], is_near: bool) -> None:
    ran = run(create, asked(OPERATION, MODEL, {"prompt": "p", "size": size}), [answer({"name": NAME})])
    assert ran.sent()["parameters"] == parameters
    assert bool(ran.fates("approximated")) is not is_near


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": "p", "size": "x"}, "size"),
        ({"prompt": "p", "seconds": 0}, "seconds"),
        ({"prompt": "p", "input_reference": "https://x/1.png"}, "input_reference"),
        ({"prompt": "p", "resolution": "8k"}, "resolution"),
    ],
)
def test_a_malformed_request_asks_nothing(body: dict[str, Any], param: str) -> None:
    assert run(create, asked(OPERATION, MODEL, body)).refusal.param == param


@pytest.mark.parametrize("name", [None, "", "operations/x", "models/../operations/x", f"{NAME}?x"])
def test_a_start_without_an_operation_is_unusable(name: object) -> None:
    ran = run(create, asked(OPERATION, MODEL, {"prompt": "p"}), [answer({"name": name})])
    assert ran.refusal.code == "upstream_protocol"


def look(said: Any, *, method: str = "GET", status: int = 200) -> Any:
    wanted = asked("openai.videos.item", "", resource_id=ID, method=method)
    return run(item, wanted, [answer(said, status)] if said is not None else [])


def test_a_poll_reads_the_operation() -> None:
    ran = look({"name": NAME})
    assert (ran.asks[0].method, ran.asks[0].path) == ("GET", "/" + NAME)
    assert (ran.reply["status"], ran.reply["model"], ran.reply["seconds"]) == ("in_progress", MODEL, "8")


def test_a_finished_operation_is_completed_and_metered() -> None:
    said = done({"uri": URI})
    assert GenerateVideosOperation.from_api_response(said).done
    ran = look(said)
    assert (ran.reply["status"], ran.reply["progress"]) == ("completed", 100)
    metered = Metered(request={}, reply=ran.given.body)
    assert read_units("openai.videos.item", metered) == Units(
        videos=1, video_s=8.0, resolution="720p", job=ID
    )


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (
            {"done": True, "error": {"code": 3, "message": "bad prompt"}},
            {"code": "3", "message": "bad prompt"},
        ),
        (
            {"done": True, "error": {"status": "INTERNAL", "message": "x"}},
            {"code": "INTERNAL", "message": "x"},
        ),
        (
            done(None, raiMediaFilteredReasons=["unsafe"]),
            {"code": "video_filtered", "message": "unsafe"},
        ),
        ({"done": True}, {"code": "video_filtered", "message": "the operation ended without a video"}),
    ],
)
def test_a_failure_tells_code_and_message(said: Any, error: dict[str, str]) -> None:
    ran = look(said)
    assert (ran.reply["status"], ran.reply["error"]) == ("failed", error)


def test_google_deletes_nothing_and_says_so() -> None:
    assert look(None, method="DELETE").refusal.code == "operation_not_supported"


def test_googles_own_error_goes_on() -> None:
    assert look({"error": {}}, status=404).given.status == 404
    assert run(create, asked(OPERATION, MODEL, {"prompt": "p"}), [answer({}, 429)]).given.status == 429


def read(*answers: Any) -> Any:
    return run(content, asked("openai.videos.content", resource_id=ID, method="GET"), answers)


def test_the_content_is_asked_with_the_key_where_it_lies_behind_the_api() -> None:
    ran = read(answer(done({"uri": URI})), answer(VIDEO))
    assert (ran.asks[1].method, ran.asks[1].path) == ("GET", "/files/f-1:download?alt=media")
    assert ran.fetches == []
    assert (ran.given.content_type, ran.given.body) == ("video/mp4", VIDEO)


def test_the_content_inside_an_answer_or_behind_a_signed_link_is_read_too() -> None:
    inline = read(answer(done({"encodedVideo": base64.b64encode(VIDEO).decode()})))
    assert inline.given.body == VIDEO
    linked = read(answer(done({"uri": "https://storage.googleapis.com/b/v.mp4?s=1"})), answer(b"??"))
    assert linked.fetches == ["https://storage.googleapis.com/b/v.mp4?s=1"]
    assert linked.given.content_type == "video/mp4"
    gone = read(answer(done({"uri": "https://storage.googleapis.com/b/v.mp4?s=1"})), answer(b"", 403))
    assert gone.refusal.code == "upstream_protocol"


def test_content_that_cannot_be_had_is_told() -> None:
    assert read(answer({"name": NAME})).refusal.code == "invalid_request"
    assert read(answer({}, 401)).given.status == 401
    assert read(answer(done({"uri": URI})), answer(b"", 302)).refusal.code == "upstream_protocol"
    assert read(answer(done({"uri": URI})), answer(b"no", 403)).given.status == 403


@pytest.mark.parametrize(
    "resource_id", ["", "x", job_id(Job("models/../operations/x")), job_id(Job("files/f"))]
)
def test_an_id_that_names_no_operation_asks_nothing(resource_id: str) -> None:
    for start in (item, content):
        assert run(start, asked("x", resource_id=resource_id, method="GET")).refusal.code == "invalid_request"

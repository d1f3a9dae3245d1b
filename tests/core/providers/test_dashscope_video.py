"""Videos of DashScope as OpenAI's video jobs. Answers as in Model Studio's API references."""

import base64
from typing import Any

import pytest
from openai.types import Video

from aigw_dev.core.modality_units import Metered, Units, read_units
from aigw_dev.core.providers.dashscope_video import content, create, item
from aigw_dev.core.providers.video_job import Job, job_id
from tests.core.providers.run_adapter import answer, asked, run

BEGUN = answer({"output": {"task_status": "PENDING", "task_id": "0385dc79-5ff8"}, "request_id": "r"})
PNG = b"\x89PNG\r\n\x1a\nrest"
OPERATION = "openai.videos.create"
ID = job_id(Job("0385dc79-5ff8", "1280x720", "5", 1_760_000_000))
DONE: dict[str, Any] = {
    "request_id": "r",
    "output": {
        "task_id": "0385dc79-5ff8",
        "task_status": "SUCCEEDED",
        "submit_time": "2025-10-09 16:53:20.000",
        "end_time": "2025-10-09 16:55:20.871",
        "video_url": "http://oss/v.mp4?Signature=x",
        "orig_prompt": "a cat",
    },
    "usage": {"video_count": 1, "SR": 720, "duration": 5, "size": "1280*720"},
}


def test_a_video_from_text_is_begun() -> None:
    body = {
        "prompt": "a cat",
        "size": "1280x720",
        "seconds": "5",
        "negative_prompt": "dogs",
        "seed": 3,
        "prompt_extend": True,
        "audio": False,
        "shot_type": "multi",
        "user": "me",
    }
    ran = run(create, asked(OPERATION, "wan2.5-t2v-preview", body), [BEGUN])
    assert ran.asks[0].path == "/services/aigc/video-generation/video-synthesis"
    assert ("x-dashscope-async", "enable") in ran.asks[0].headers
    assert ran.sent() == {
        "model": "wan2.5-t2v-preview",
        "input": {"prompt": "a cat", "negative_prompt": "dogs"},
        "parameters": {
            "size": "1280*720",
            "duration": 5,
            "seed": 3,
            "prompt_extend": True,
            "audio": False,
            "shot_type": "multi",
        },
    }
    assert (ran.reply["status"], ran.reply["seconds"], ran.reply["size"]) == ("queued", "5", "1280x720")
    assert ran.reply["id"] == ran.given.resource_id == ID
    assert ran.fates("dropped") == {"user"}
    Video.model_validate(ran.reply)


def test_newer_models_take_a_resolution_and_a_ratio() -> None:
    ran = run(create, asked(OPERATION, "wan2.7-t2v", {"prompt": "p", "size": "1792x1024"}), [BEGUN])
    assert ran.sent()["parameters"] == {"resolution": "1080P", "ratio": "16:9"}
    assert ran.fates("approximated") == {"size"}
    exact = run(create, asked(OPERATION, "wan2.7-t2v", {"prompt": "p", "size": "720x1280"}), [BEGUN])
    assert exact.sent()["parameters"] == {"resolution": "720P", "ratio": "9:16"}
    assert not exact.fates("approximated")
    native = run(
        create, asked(OPERATION, "wan2.7-t2v", {"prompt": "p", "size": "720p", "ratio": "1:1"}), [BEGUN]
    )
    assert native.sent()["parameters"] == {"resolution": "720P", "ratio": "1:1"}


def test_a_first_frame_goes_in_the_words_of_the_models_protocol() -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    old = asked(OPERATION, "wan2.5-i2v-preview", fields={"prompt": "p"}, files={"input_reference": PNG})
    assert run(create, old, [BEGUN]).sent()["input"] == {"prompt": "p", "img_url": url}
    body = {
        "prompt": "p",
        "input_reference": {"image_url": "https://x/1.png"},
        "last_frame_url": "https://x/2.png",
    }
    new = run(create, asked(OPERATION, "wan2.7-i2v", body | {"size": "1280x720"}), [BEGUN])
    assert new.sent()["input"]["media"] == [
        {"type": "first_frame", "url": "https://x/1.png"},
        {"type": "last_frame", "url": "https://x/2.png"},
    ]
    assert new.sent()["parameters"] == {"resolution": "720P"}
    assert new.fates("approximated") == {"size"}
    keyframes = run(create, asked(OPERATION, "wan2.2-kf2v-flash", body), [BEGUN])
    assert keyframes.asks[0].path == "/services/aigc/image2video/video-synthesis"
    assert keyframes.sent()["input"] == {
        "prompt": "p",
        "first_frame_url": "https://x/1.png",
        "last_frame_url": "https://x/2.png",
    }
    dropped = run(create, asked(OPERATION, "wan2.6-i2v", body), [BEGUN])
    assert dropped.fates("dropped") == {"last_frame_url"}
    single = {"prompt": "p", "img_url": "https://x/1.png"}
    assert len(run(create, asked(OPERATION, "wan2.7-i2v", single), [BEGUN]).sent()["input"]["media"]) == 1


@pytest.mark.parametrize(
    ("model", "body", "param"),
    [
        ("wan2.5-t2v-preview", {}, "prompt"),
        ("wan2.5-t2v-preview", {"prompt": "p", "size": "huge"}, "size"),
        ("wan2.5-t2v-preview", {"prompt": "p", "seconds": "long"}, "seconds"),
        ("wan2.5-t2v-preview", {"prompt": "p", "input_reference": "https://x/1.png"}, "input_reference"),
        ("wan2.5-i2v-preview", {"prompt": "p"}, "input_reference"),
        ("wan2.5-i2v-preview", {"prompt": "p", "input_reference": {"file_id": "f"}}, "input_reference"),
        ("wan2.7-t2v", {"prompt": "p", "ratio": "7:5"}, "ratio"),
    ],
)
def test_a_malformed_request_asks_nothing(model: str, body: dict[str, Any], param: str) -> None:
    assert run(create, asked(OPERATION, model, body)).refusal.param == param


def look(
    answers: list[Any], resource_id: str = ID, method: str = "GET", model: str = "wan2.5-t2v-preview"
) -> Any:
    return run(item, asked("openai.videos.item", model, resource_id=resource_id, method=method), answers)


@pytest.mark.parametrize(
    ("told", "status"),
    [("PENDING", "queued"), ("RUNNING", "in_progress"), ("CANCELED", "cancelled"), ("UNKNOWN", "failed")],
)
def test_a_poll_maps_the_status_and_remembers_what_was_asked_for(told: str, status: str) -> None:
    ran = look([answer({"output": {"task_id": "x", "task_status": told}})])
    assert (ran.asks[0].method, ran.asks[0].path) == ("GET", "/tasks/0385dc79-5ff8")
    assert (ran.reply["status"], ran.reply["seconds"], ran.reply["size"]) == (status, "5", "1280x720")
    assert ran.reply["created_at"] == 1_760_000_000
    assert ran.given.usage is None


def test_a_completed_video_is_told_and_metered() -> None:
    ran = look([answer(DONE)])
    assert (ran.reply["status"], ran.reply["progress"], ran.reply["prompt"]) == ("completed", 100, "a cat")
    assert ran.reply["completed_at"] == 1_760_000_120
    assert ran.given.usage is not None
    Video.model_validate(ran.reply)
    metered = Metered(request={}, reply=ran.given.body)
    assert read_units("openai.videos.item", metered) == Units(
        videos=1, video_s=5.0, resolution="720p", job=ID
    )


def test_a_providers_own_id_is_polled_too_and_its_times_are_beijings() -> None:
    ran = look([answer(DONE)], resource_id="0385dc79-5ff8")
    assert ran.reply["id"] == "0385dc79-5ff8"
    assert (ran.reply["created_at"], ran.reply["seconds"], ran.reply["size"]) == (
        1_760_000_000,
        "5",
        "1280x720",
    )
    odd = look(
        [answer({"output": {"task_status": "PENDING", "submit_time": "soon"}})], resource_id="0385dc79-5ff8"
    )
    assert odd.reply["created_at"] == 0


def test_a_failed_video_tells_code_and_message() -> None:
    ran = look([answer({"output": {"task_status": "FAILED", "code": "InternalError", "message": "sorry"}})])
    assert ran.given.status == 200
    assert ran.reply["error"] == {"code": "InternalError", "message": "sorry"}


def test_a_delete_cancels_the_job() -> None:
    ran = look([answer({"request_id": "r"})], method="DELETE")
    assert (ran.asks[0].method, ran.asks[0].path) == ("POST", "/tasks/0385dc79-5ff8/cancel")
    assert ran.reply == {"id": ID, "object": "video.deleted", "deleted": True}
    said = {"code": "UnsupportedOperation", "message": "Failed to cancel the task"}
    assert look([answer(said, 400)], method="DELETE").reply == said


def test_the_content_is_fetched_over_https() -> None:
    wanted = asked("openai.videos.content", resource_id=ID, method="GET")
    ran = run(content, wanted, [answer(DONE), answer(b"....ftypisom")])
    assert ran.fetches == ["https://oss/v.mp4?Signature=x"]
    assert (ran.given.content_type, ran.given.body) == ("video/mp4", b"....ftypisom")


def test_content_before_completion_is_a_400() -> None:
    wanted = asked("openai.videos.content", resource_id=ID, method="GET")
    ran = run(content, wanted, [answer({"output": {"task_status": "RUNNING"}})])
    assert (ran.refusal.code, ran.fetches) == ("invalid_request", [])


def test_content_that_cannot_be_had_is_told() -> None:
    def read(*answers: Any) -> Any:
        return run(content, asked("openai.videos.content", resource_id=ID, method="GET"), answers)

    assert read(answer({"code": "x"}, 401)).given.status == 401
    assert read(answer({"output": {"task_status": "SUCCEEDED"}})).refusal.code == "upstream_protocol"
    assert read(answer(DONE), answer(b"", 403)).refusal.code == "upstream_protocol"


@pytest.mark.parametrize("resource_id", ["", "a/../b", job_id(Job("../x")), job_id(Job("a?b"))])
def test_an_id_that_names_no_job_asks_nothing(resource_id: str) -> None:
    for start in (item, content):
        assert run(start, asked("x", resource_id=resource_id, method="GET")).refusal.code == "invalid_request"


def test_dashscopes_own_error_goes_on() -> None:
    assert (
        run(
            create, asked(OPERATION, "wan2.5-t2v-preview", {"prompt": "p"}), [answer({"code": "x"}, 429)]
        ).given.status
        == 429
    )
    assert look([answer({"code": "x"}, 404)]).given.status == 404

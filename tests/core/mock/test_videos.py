"""mock/video: jobs whose whole state is their id and the time."""

import struct
from typing import Any

import pytest

from aigw_dev.core.audio_length import measure
from aigw_dev.core.mock.videos import mp4
from aigw_dev.core.providers.video_job import Job, job_id
from tests.core.forms import field, file
from tests.core.mock.asking import NOW_S, fault, get, loaded, post, upload

PATH = "/v1/videos"


def begun(**fields: Any) -> dict[str, Any]:
    return loaded(post(PATH, prompt="waves", **fields))


def test_a_job_says_what_it_was_asked() -> None:
    video = begun(seconds="8", size="1280x720")
    del video["id"]
    assert video == {
        "object": "video",
        "created_at": 1_790_000_000,
        "status": "queued",
        "model": "mock/video",
        "prompt": "waves",
        "size": "1280x720",
        "seconds": "8",
        "progress": 0,
        "completed_at": None,
        "error": None,
    }
    usual = begun()
    assert (usual["seconds"], usual["size"]) == ("4", "720x1280")


def test_a_form_with_a_picture_is_taken_too() -> None:
    parts = (field("prompt", b"waves"), field("seconds", b"12"))
    plain, pictured = (
        loaded(upload(PATH, *parts, *more)) for more in ((), (file("input_reference", b"png"),))
    )
    assert plain["seconds"] == pictured["seconds"] == "12"
    assert plain["id"] != pictured["id"]


@pytest.mark.parametrize("path", ["/v1/videos/", "/v1/video/generations/"])
def test_it_goes_on_with_the_clock(path: str) -> None:
    name = begun(seconds=6)["id"]
    seen = [loaded(get(path + name, now_s=NOW_S + later)) for later in (0, 1, 2, 3, 86_400)]
    assert [(one["status"], one["progress"]) for one in seen] == [
        ("queued", 0),
        ("in_progress", 50),
        ("in_progress", 83),
        ("completed", 100),
        ("completed", 100),
    ]
    assert [one["completed_at"] for one in seen] == [None, None, None, 1_790_000_003, 1_790_000_003]
    assert {(one["id"], one["seconds"], one["size"]) for one in seen} == {(name, "6", "720x1280")}


def test_its_content_is_there_when_it_is_done() -> None:
    path = f"{PATH}/{begun(seconds=8)['id']}/content"
    assert fault(get(path)) == (400, "id")
    reply = get(path, now_s=NOW_S + 3)
    assert (reply.status, reply.content_type) == (200, "video/mp4")
    content = b"".join(reply.chunks)
    assert content == mp4(8)
    assert measure(content, content, len(content)) == (8.0, True)


@pytest.mark.parametrize(("size", "made"), [("1280x720", (320, 180)), ("720x1280", (180, 320))])
def test_a_picture_of_it_has_its_shape(size: str, made: tuple[int, int]) -> None:
    path = f"{PATH}/{begun(size=size)['id']}/content"
    reply = get(path, query="variant=thumbnail", now_s=NOW_S + 3)
    assert reply.content_type == "image/png"
    assert struct.unpack_from(">II", reply.chunks[0], 16) == made
    assert fault(get(path, query="variant=spritesheet", now_s=NOW_S + 3)) == (400, "variant")


def test_the_boxes_of_the_file_follow_each_other_to_its_end() -> None:
    content, at = mp4(4), 0
    names: list[bytes] = []
    while at < len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        names.append(name)
        at += size
    assert (names, at) == ([b"ftyp", b"moov", b"mdat"], len(content))
    assert struct.unpack_from(">I", content, content.index(b"mvhd") - 4) == (108,)  # version 0, with its head


def test_a_remix_is_a_new_job_of_the_same_shape() -> None:
    name = begun(seconds=8, size="1280x720")["id"]
    again = loaded(post(f"{PATH}/{name}/remix", prompt="calmer", now_s=NOW_S + 9))
    assert again["id"] != name
    assert (again["remixed_from_video_id"], again["prompt"]) == (name, "calmer")
    assert (again["seconds"], again["size"], again["status"]) == ("8", "1280x720", "queued")
    assert loaded(get(f"{PATH}/{again['id']}", now_s=NOW_S + 12))["status"] == "completed"
    assert fault(post(f"{PATH}/{name}/remix")) == (400, "prompt")


def test_none_is_kept() -> None:
    name = begun()["id"]
    deleted = loaded(get(f"{PATH}/{name}", method="DELETE"))
    assert deleted == {"id": name, "object": "video.deleted", "deleted": True}
    assert loaded(get(f"{PATH}/{name}"))["id"] == name
    assert loaded(get(PATH))["data"] == []


TASK = "mock-" + "0" * 24
STRANGE = [
    "video_123",
    "sora-7",
    job_id(Job("task-of-another", "1x1", "4", 1)),
    job_id(Job(TASK, "", "4", 1)),
    job_id(Job(TASK, "720x1280", "four", 1)),
    job_id(Job(TASK, "720x1280", "61", 1)),
    job_id(Job(TASK, "720x1280", "4", 2_000_000_000)),
    job_id(Job(TASK, "720x1280", "4", -1)),
    job_id(Job(TASK, "720x1280", "4", 1)) + "=",
]


@pytest.mark.parametrize("name", STRANGE)
def test_an_id_that_was_not_given_out_is_not_found(name: str) -> None:
    assert fault(get(f"{PATH}/{name}")) == (404, "id")
    assert fault(get(f"{PATH}/{name}/content")) == (404, "id")
    assert fault(post(f"{PATH}/{name}/remix", prompt="x")) == (404, "id")
    assert fault(get(f"{PATH}/{name}", method="DELETE")) == (404, "id")


def test_an_id_that_is_too_long_is_refused() -> None:
    assert fault(get(f"{PATH}/{'x' * 2000}")) == (400, "id")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "prompt"),
    ({"prompt": "x", "seconds": 0}, "seconds"),
    ({"prompt": "x", "seconds": "long"}, "seconds"),
    ({"prompt": "x", "size": "wide"}, "size"),
    ({"prompt": "x", "size": "9999x10"}, "size"),
]


@pytest.mark.parametrize(("body", "param"), WRONG)
def test_any_other_request_is_an_error(body: dict[str, Any], param: str) -> None:
    assert fault(post(PATH, **body)) == (400, param)

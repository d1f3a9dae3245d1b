"""Video of DashScope: OpenAI's videos (create, poll, content, delete) over its jobs.

Source: Alibaba Cloud Model Studio, "Wan text-to-video" and "Wan image-to-video" API references (2.1 to 2.6: September 2026;
2.7: June 2026), "first and last frame" (March 2026); paths as in its Python SDK of July 2026. Up to 2.6 a text-to-video
takes `size` and an image-to-video `img_url` and `resolution`; 2.7 takes `resolution` with `ratio`, and pictures in `media`.
"""

import datetime as dt
import fnmatch
import re
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.picture_size import nearest_ratio, read_size, write_size
from aigw_dev.core.providers import dashscope_task, video_job
from aigw_dev.core.providers.adapter import Adapter, Ask, Asked, Given
from aigw_dev.core.providers.answers import Read, dig, fetch, given_json, path_of, read, unusable, usage
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.media import data_url, picture

_PATH: Final = "/services/aigc/video-generation/video-synthesis"
_KEYFRAME_PATH: Final = "/services/aigc/image2video/video-synthesis"
_OLD: Final = ("wanx*", "wan2.[0-6]*")
"""Models of the protocol before 2.7."""
_TIER: Final = re.compile(r"(480|720|1080)[pP]")
_TIERS: Final = (480, 720, 1080)
_RATIOS: Final = ("16:9", "9:16", "1:1", "4:3", "3:4")
_MAX_SECONDS: Final = 60
_MAX_SEED: Final = 2_147_483_647
_FLAGS: Final = ("prompt_extend", "watermark", "audio")
_TEXTS: Final = ("shot_type", "template")
_MAX_VIDEO_BYTES: Final = 512 * 1024 * 1024
_STATUS: Final[dict[str, video_job.Status]] = {
    "PENDING": "queued",
    "SUSPENDED": "queued",
    "RUNNING": "in_progress",
    "SUCCEEDED": "completed",
    "CANCELED": "cancelled",
    "CANCELLED": "cancelled",
}
_CHINA: Final = dt.timezone(dt.timedelta(hours=8))
"""Times in answers have no zone and are those of Beijing."""


def create(asked: Asked) -> Adapter:
    """OpenAI's POST /videos: begins a job and tells it as queued."""
    fields = AskedFields(asked)
    prompt = fields.text("prompt", is_needed=True)
    first = _first_frame(asked, fields)
    given: dict[str, object] = {"prompt": prompt} | _texts(fields, ("negative_prompt", "audio_url"))
    given |= _frames(asked, fields, first)
    parameters, job_size = _shape(asked, fields, has_picture=bool(first))
    seconds = fields.count("seconds", 1, _MAX_SECONDS) or fields.count("duration", 1, _MAX_SECONDS)
    parameters |= {"duration": seconds} if seconds is not None else {}
    seed = fields.count("seed", 0, _MAX_SEED)
    parameters |= {"seed": seed} if seed is not None else {}
    parameters |= {name: flag for name in _FLAGS if (flag := fields.flag(name)) is not None}
    parameters |= _texts(fields, _TEXTS)
    if fields.refusal is not None:
        return fields.refusal
    fields.settle("DashScope's video models have no such field")
    path = _KEYFRAME_PATH if "kf2v" in asked.model else _PATH
    body: dict[str, object] = {"model": asked.model, "input": given, "parameters": parameters}
    task = yield from dashscope_task.begin(path, body)
    if not isinstance(task, str):
        return task
    job = video_job.Job(task, job_size, str(seconds or ""), asked.created)
    video = video_job.video(job, status="queued", model=asked.model, prompt=prompt)
    return given_json(video, resource_id=video_job.job_id(job))


def item(asked: Asked) -> Adapter:
    """OpenAI's GET /videos/{id}, the job as it is now; DELETE cancels it, which DashScope does while it is queued."""
    job = _job(asked)
    if isinstance(job, Refusal):
        return job
    if asked.method == "DELETE":
        path = f"/tasks/{path_of(job.task)}/cancel"
        answer = yield from read(Ask(path=path, headers=()))
        if not isinstance(answer, Read):
            return answer
        return given_json({"id": video_job.job_id(job), "object": "video.deleted", "deleted": True})
    answer = yield from dashscope_task.look(job.task)
    return _told(asked, job, answer.value) if isinstance(answer, Read) else answer


def content(asked: Asked) -> Adapter:
    """OpenAI's GET /videos/{id}/content: the bytes of the video, 400 before it is completed."""
    job = _job(asked)
    if isinstance(job, Refusal):
        return job
    answer = yield from dashscope_task.look(job.task)
    if not isinstance(answer, Read):
        return answer
    status = _STATUS.get(dashscope_task.status(answer.value), "failed")
    if status != "completed":
        return video_job.not_ready(job, status)
    link = loose_json.text(dig(answer.value, ("output", "video_url")))
    if not link:
        return unusable("the look at the job", "it has succeeded and there is no `output.video_url`")
    found = yield from fetch(link, limit_bytes=_MAX_VIDEO_BYTES)
    if isinstance(found, Refusal):
        return found
    return Given(status=200, body=found, content_type="video/mp4")


def _job(asked: Asked) -> video_job.Job | Refusal:
    job = video_job.read_job(asked.resource_id)
    if isinstance(job, video_job.Job) and not dashscope_task.is_task(job.task):
        return Refusal(
            code="invalid_request", message="the path's id names no video of DashScope", param="id"
        )
    return job


def _first_frame(asked: Asked, fields: AskedFields) -> str:
    """The picture that the video begins with, as a data URL or link; empty where there is none."""
    upload = asked.files.get("input_reference")
    if upload:
        return data_url(upload)
    for name in ("input_reference", "img_url", "first_frame_url"):
        if fields.has(name):
            return picture(fields, name, fields.value(name))
    return ""


def _frames(asked: Asked, fields: AskedFields, first: str) -> dict[str, object]:
    """The pictures under `input`, in the words of the model's protocol."""
    last = (
        picture(fields, "last_frame_url", fields.value("last_frame_url"))
        if fields.has("last_frame_url")
        else ""
    )
    if not first:
        if "i2v" in asked.model or "kf2v" in asked.model:
            fields.refuse("input_reference", f"is missing: {asked.model} makes a video from a picture")
        return {}
    if "t2v" in asked.model:
        fields.refuse(
            "input_reference", f"is not taken by {asked.model}, which makes videos from text; ask its i2v"
        )
    if "kf2v" in asked.model:
        return {"first_frame_url": first, **({"last_frame_url": last} if last else {})}
    if _is_old(asked.model):
        if last:
            asked.ledger.dropped("last_frame_url", "this model takes a first frame only")
        return {"img_url": first}
    media = [{"type": "first_frame", "url": first}]
    return {"media": [*media, *([{"type": "last_frame", "url": last}] if last else [])]}


def _shape(asked: Asked, fields: AskedFields, *, has_picture: bool) -> tuple[dict[str, object], str]:
    """Size under `parameters` in the words of the model's protocol, and as the video object says it."""
    size = fields.text("size") or fields.text("resolution")
    ratio = fields.choice("ratio", _RATIOS, "")
    with_ratio: dict[str, object] = {"ratio": ratio} if ratio else {}
    if not size or size == "auto":
        return with_ratio, ""
    tier = _TIER.fullmatch(size)
    if tier is not None:
        return {"resolution": f"{tier[1]}P"} | with_ratio, ""
    pixels = read_size(size)
    if pixels is None:
        fields.refuse("size", "must be WIDTHxHEIGHT, or 480P, 720P, 1080P")
        return {}, ""
    width, height = pixels
    told = write_size(pixels)
    if _is_old(asked.model) and not has_picture:
        return {"size": f"{width}*{height}"}, told
    nearest = min(_TIERS, key=lambda one: abs(one - min(width, height)))
    shape: dict[str, object] = {"resolution": f"{nearest}P"}
    if has_picture:
        asked.ledger.approximated("size", f"resolution {nearest}P; the picture decides the ratio")
        return shape, told
    near, is_near = nearest_ratio(pixels, _RATIOS)
    if not is_near or nearest != min(width, height):
        asked.ledger.approximated("size", f"resolution {nearest}P, ratio {near}")
    return shape | {"ratio": near}, told


def _told(asked: Asked, job: video_job.Job, task: dict[str, object]) -> Given:
    """The video object for a job as DashScope tells it."""
    output, wire = loose_json.mapping(task.get("output")), loose_json.mapping(task.get("usage"))
    status = _STATUS.get(dashscope_task.status(task), "failed")
    size = read_size(loose_json.text(wire.get("size")))
    seconds = next(
        (
            found
            for name in ("output_video_duration", "video_duration", "duration")
            if (found := loose_json.count(wire.get(name)))
        ),
        None,
    )
    now = video_job.Job(
        job.task, job.size, job.seconds, job.created or _utc_s(output.get("submit_time")) or 0
    )
    video = video_job.video(
        now,
        status=status,
        model=asked.model,
        prompt=loose_json.text(output.get("orig_prompt")),
        completed_at=_utc_s(output.get("end_time")) if status == "completed" else None,
        error=dashscope_task.reason(task) if status == "failed" else None,
        usage=wire,
    )
    video["id"] = asked.resource_id
    if size is not None:
        video["size"] = write_size(size)
    if seconds is not None:
        video["seconds"] = str(seconds)
    return given_json(
        video, usage=usage(wire) if status == "completed" else None, resource_id=asked.resource_id
    )


def _utc_s(text: object) -> int | None:
    """`2025-12-04 16:45:33.871` of Beijing as UTC seconds."""
    try:
        return int(dt.datetime.fromisoformat(loose_json.text(text)).replace(tzinfo=_CHINA).timestamp())
    except (ValueError, OverflowError):
        return None


def _texts(fields: AskedFields, names: tuple[str, ...]) -> dict[str, object]:
    return {name: text for name in names if (text := fields.text(name))}


def _is_old(model: str) -> bool:
    return any(fnmatch.fnmatchcase(model.lower(), pattern) for pattern in _OLD)

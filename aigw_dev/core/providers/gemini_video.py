"""Video of the Gemini API: OpenAI's videos (create, poll, content) over Veo's long-running operations.

Source: ai.google.dev/gemini-api/docs, "Generate videos with Veo", read in November 2026, and google-genai 3.4.0.
`:predictLongRunning` answers `{name: models/M/operations/O}`, which is read until `done`; the finished video lies at
`/files/F:download?alt=media` and wants the key. Google neither cancels nor deletes a video.
"""

import re
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.picture_size import nearest_ratio, read_size, video_tier, write_size
from aigw_dev.core.providers import video_job
from aigw_dev.core.providers.adapter import Adapter, Ask, Asked, Given, refused
from aigw_dev.core.providers.answers import (
    Read,
    dig,
    encode,
    fetch,
    given_json,
    path_of,
    read,
    send,
    unusable,
)
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.media import content_of, data_url, media_type, picture, unbase64

_NAME: Final = re.compile(
    r"models/[A-Za-z0-9][A-Za-z0-9._-]{0,127}/operations/[A-Za-z0-9][A-Za-z0-9._-]{0,255}"
)
_FILE: Final = re.compile(r"/files/([A-Za-z0-9_-]{1,128}):download")
_RATIOS: Final = ("16:9", "9:16")
_RESOLUTIONS: Final = ("720p", "1080p", "4k")
_MAX_SECONDS: Final = 60
_MAX_SEED: Final = 4_294_967_295
_MAX_VIDEO_BYTES: Final = 512 * 1024 * 1024
_ERROR: Final = 400
_REDIRECT: Final = 300
_OK: Final = 200
_TEXTS: Final = {"negative_prompt": "negativePrompt", "person_generation": "personGeneration"}


def create(asked: Asked) -> Adapter:
    """OpenAI's POST /videos: begins an operation and tells it as queued."""
    fields = AskedFields(asked)
    prompt = fields.text("prompt", is_needed=True)
    instance: dict[str, object] = {"prompt": prompt}
    upload = asked.files.get("input_reference")
    first = data_url(upload) if upload else ""
    if fields.has("input_reference"):
        first = picture(fields, "input_reference", fields.value("input_reference"), with_links=False)
    if first:
        kind, text = content_of(first)
        instance["image"] = {"bytesBase64Encoded": text, "mimeType": kind}
    parameters, size = _shape(asked, fields)
    seconds = fields.count("seconds", 1, _MAX_SECONDS)
    parameters |= {"durationSeconds": seconds} if seconds is not None else {}
    seed = fields.count("seed", 0, _MAX_SEED)
    parameters |= {"seed": seed} if seed is not None else {}
    parameters |= {wire: text for name, wire in _TEXTS.items() if (text := fields.text(name))}
    if fields.refusal is not None:
        return fields.refusal
    fields.settle("Veo has no such field")
    body = encode({"instances": [instance], "parameters": parameters})
    answer = yield from read(Ask(path=f"/models/{path_of(asked.model)}:predictLongRunning", body=body))
    if not isinstance(answer, Read):
        return answer
    name = loose_json.text(answer.value.get("name"))
    if _NAME.fullmatch(name) is None:
        return unusable("the start of the video", "there is no operation in `name`")
    job = video_job.Job(name, size, str(seconds or ""), asked.created)
    video = video_job.video(job, status="queued", model=asked.model, prompt=prompt)
    return given_json(video, resource_id=video_job.job_id(job))


def item(asked: Asked) -> Adapter:
    """OpenAI's GET /videos/{id}: the operation as it is now."""
    job = _job(asked)
    if isinstance(job, Refusal):
        return job
    if asked.method == "DELETE":
        return Refusal(
            code="operation_not_supported",
            message="Google neither cancels nor deletes a video; it removes it by itself after two days",
        )
    answer = yield from read(Ask(method="GET", path=f"/{path_of(job.task)}", headers=()))
    if not isinstance(answer, Read):
        return answer
    status, error = _status(answer.value)
    model = asked.model or job.task.split("/")[1]
    video = video_job.video(job, status=status, model=model, error=error)
    video["id"] = asked.resource_id
    return given_json(video, resource_id=asked.resource_id)


def content(asked: Asked) -> Adapter:
    """OpenAI's GET /videos/{id}/content: the bytes of the video, 400 before it is completed."""
    job = _job(asked)
    if isinstance(job, Refusal):
        return job
    answer = yield from read(Ask(method="GET", path=f"/{path_of(job.task)}", headers=()))
    if not isinstance(answer, Read):
        return answer
    status, _ = _status(answer.value)
    if status != "completed":
        return video_job.not_ready(job, status)
    return (yield from _bytes(_video(answer.value)))


def _bytes(video: dict[str, object]) -> Adapter:
    """The video itself: inside the answer, behind the API with the key, or behind a link without one."""
    inline = unbase64(video.get("encodedVideo")) or unbase64(video.get("bytesBase64Encoded"))
    if inline is not None:
        return _given(inline)
    link = loose_json.text(video.get("uri"))
    match = _FILE.search(link)
    if match is None:
        found = yield from fetch(link, limit_bytes=_MAX_VIDEO_BYTES)
        return found if isinstance(found, Refusal) else _given(found)
    path = f"/files/{match[1]}:download?alt=media"
    answer = yield from send(Ask(method="GET", path=path, headers=(), limit_bytes=_MAX_VIDEO_BYTES))
    if answer.status >= _ERROR:
        return refused(answer)
    if not _OK <= answer.status < _REDIRECT:
        return unusable("the download", f"status {answer.status}; redirects are never followed")
    return _given(answer.body)


def _given(video: bytes) -> Given:
    kind = media_type(video)
    return Given(status=200, body=video, content_type=kind if kind.startswith("video/") else "video/mp4")


def _job(asked: Asked) -> video_job.Job | Refusal:
    job = video_job.read_job(asked.resource_id)
    if isinstance(job, video_job.Job) and _NAME.fullmatch(job.task) is None:
        return Refusal(code="invalid_request", message="the path's id names no video of Google's", param="id")
    return job


def _video(operation: dict[str, object]) -> dict[str, object]:
    path = ("response", "generateVideoResponse", "generatedSamples", 0, "video")
    return loose_json.mapping(dig(operation, path))


def _status(operation: dict[str, object]) -> tuple[video_job.Status, tuple[str, str] | None]:
    """Status, and code and message of a failure: an error, or a video that was filtered away."""
    if operation.get("done") is not True:
        return "in_progress", None
    error = operation.get("error")
    if loose_json.is_object(error):
        code = loose_json.text(error.get("status")) or str(loose_json.count(error.get("code")) or "")
        return "failed", (code, loose_json.text(error.get("message")))
    if _video(operation):
        return "completed", None
    reasons = loose_json.items(
        dig(operation, ("response", "generateVideoResponse", "raiMediaFilteredReasons"))
    )
    said = " ".join(filter(None, (loose_json.text(one) for one in reasons)))
    return "failed", ("video_filtered", said or "the operation ended without a video")


def _shape(asked: Asked, fields: AskedFields) -> tuple[dict[str, object], str]:
    """Ratio and resolution as parameters, and the size as the video object says it."""
    ratio = fields.choice("aspect_ratio", _RATIOS, "")
    resolution = fields.choice("resolution", _RESOLUTIONS, "")
    size = fields.text("size")
    told = ""
    if size and size != "auto":
        pixels = read_size(size)
        if pixels is None:
            fields.refuse("size", "must be WIDTHxHEIGHT or auto")
            return {}, ""
        near, is_near = nearest_ratio(pixels, _RATIOS)
        tier = video_tier(size)
        tier = tier if tier in _RESOLUTIONS else "720p" if tier == "480p" else "1080p"
        ratio, resolution, told = ratio or near, resolution or tier, write_size(pixels)
        if not is_near or min(pixels) != {"720p": 720, "1080p": 1080, "4k": 2160}[tier]:
            asked.ledger.approximated("size", f"{resolution}, ratio {ratio}")
    named = {"aspectRatio": ratio, "resolution": resolution}
    return {name: value for name, value in named.items() if value}, told

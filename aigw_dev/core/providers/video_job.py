"""OpenAI's video object for providers whose videos are jobs of their own, and an id that carries what their answers leave out.

A poll at DashScope or Google tells neither the size nor the seconds that were asked for, so the id that the caller gets
holds them beside the provider's own name of the job: no table is needed, and a provider's own id is understood too.
Video object: OpenAI's API reference, `videos`, read in November 2026 (and CSGHub's `cancelled`).
"""

import base64
import binascii
from typing import Final, Literal

import msgspec

from aigw_dev.core.errors import Refusal

Status = Literal["queued", "in_progress", "completed", "failed", "cancelled"]
_PREFIX: Final = "video_"
_MAX_ID_CHARS: Final = 1_024
_DONE_PERCENT: Final = 100


class Job(msgspec.Struct, frozen=True, array_like=True):
    """What an id holds."""

    task: str
    """The provider's own name of the job."""
    size: str = ""
    """`1280x720`, as asked for; empty where the provider chose."""
    seconds: str = ""
    created: int = 0
    """UTC seconds; 0 where not known."""


def job_id(job: Job) -> str:
    """The id that the caller gets."""
    return _PREFIX + base64.urlsafe_b64encode(msgspec.json.encode(job)).decode().rstrip("=")


def read_job(resource_id: str) -> Job | Refusal:
    """The job that an id names; any text that is not one of ours is taken for the provider's own name."""
    if not resource_id or len(resource_id) > _MAX_ID_CHARS:
        return Refusal(
            code="invalid_request", message="the path names no video: ask for /v1/videos/ID", param="id"
        )
    if not resource_id.startswith(_PREFIX):
        return Job(resource_id)
    text = resource_id.removeprefix(_PREFIX)
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Job)
    except (ValueError, binascii.Error):  # msgspec's errors are ValueErrors
        return Job(resource_id)


def video(
    job: Job,
    *,
    status: Status,
    model: str,
    prompt: str = "",
    completed_at: int | None = None,
    error: tuple[str, str] | None = None,
    usage: dict[str, object] | None = None,
) -> dict[str, object]:
    """The video object; `error` is code and message. Progress is told as 0 or 100: these providers tell none between."""
    told: dict[str, object] = {
        "id": job_id(job),
        "object": "video",
        "created_at": job.created,
        "status": status,
        "model": model,
        "prompt": prompt or None,
        "size": job.size,
        "seconds": job.seconds,
        "progress": _DONE_PERCENT if status == "completed" else 0,
        "completed_at": completed_at,
        "error": {"code": error[0] or "failed", "message": error[1] or "the video failed"} if error else None,
    }
    return told | ({"usage": usage} if usage else {})


def not_ready(job: Job, status: Status) -> Refusal:
    """The content of a video that is not there."""
    why = "has failed" if status == "failed" else f"is {status.replace('_', ' ')}"
    return Refusal(
        code="invalid_request",
        message=f"video {job_id(job)} {why}: its content can be read when its status is completed",
        param="id",
    )

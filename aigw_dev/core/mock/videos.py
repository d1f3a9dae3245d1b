"""`mock/video`: jobs that nobody keeps. An id says when its job began and what was asked; it is done three seconds later.

So a job outlives a restart, is never found in a list, and is still there after it was deleted.
"""

import hashlib
import re
import struct
from typing import Final

from aigw_dev.core.errors import Refusal
from aigw_dev.core.mock import pictures
from aigw_dev.core.mock.media import AskedMedia
from aigw_dev.core.mock.reply import MockReply, answered, refused
from aigw_dev.core.picture_size import read_size, write_size
from aigw_dev.core.providers import video_job
from aigw_dev.core.providers.video_job import Job

DONE_AFTER_S: Final = 3.0
MAX_SECONDS: Final = 60
LONGEST_SIDE: Final = 4096
_QUEUED_S: Final = 1.0
_TASK: Final = re.compile(r"mock-[0-9a-f]{24}")
_SEED_CHARS: Final = 24
_USUAL_SECONDS: Final = 4
_USUAL_SIZE: Final = (720, 1280)
_THUMBNAIL: Final = (180, 320)
_MP4_SCALE: Final = 1000
_BOX: Final = struct.Struct(">I4s")
_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_VARIANTS: Final = ("video", "thumbnail")


def create(media: AskedMedia) -> MockReply:
    """A job for a prompt, and a picture to begin with where one came."""
    fields = media.fields
    prompt = fields.text("prompt", is_needed=True)
    seconds = fields.count("seconds", 1, MAX_SECONDS) or _USUAL_SECONDS
    size = fields.text("size")
    pixels = _USUAL_SIZE if size in {"", "auto"} else read_size(size)
    if pixels is None or max(pixels) > LONGEST_SIDE:
        fields.refuse("size", f"must be WIDTHxHEIGHT, neither of them more than {LONGEST_SIDE} pixels")
        pixels = _USUAL_SIZE
    if fields.refusal is not None:
        return refused(fields.refusal)
    job = Job(f"mock-{media.asked.id_seed}", write_size(pixels), str(seconds), media.asked.created)
    return answered(_told(media, job) | {"prompt": prompt})


def remix(media: AskedMedia) -> MockReply:
    """A new job of another's size and length."""
    before = _job(media)
    if isinstance(before, Refusal):
        return refused(before)
    prompt = media.fields.text("prompt", is_needed=True)
    if media.fields.refusal is not None:
        return refused(media.fields.refusal)
    seed = hashlib.sha256(f"{before.task} {media.asked.id_seed}".encode()).hexdigest()[:_SEED_CHARS]
    job = Job(f"mock-{seed}", before.size, before.seconds, media.asked.created)
    return answered(_told(media, job) | {"prompt": prompt, "remixed_from_video_id": media.asked.resource_id})


def item(media: AskedMedia) -> MockReply:
    """The job as it is now; deleting it changes nothing."""
    job = _job(media)
    if isinstance(job, Refusal):
        return refused(job)
    if media.asked.method == "DELETE":
        return answered({"id": media.asked.resource_id, "object": "video.deleted", "deleted": True})
    return answered(_told(media, job))


def listed(_media: AskedMedia) -> MockReply:
    """No job: none is kept."""
    return answered({"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False})


def content(media: AskedMedia) -> MockReply:
    """An MP4 without pictures that is as long as was asked, or a picture (`variant=thumbnail`); 400 before it is done."""
    job = _job(media)
    if isinstance(job, Refusal):
        return refused(job)
    variant = media.query.get("variant") or "video"
    if variant not in _VARIANTS:
        message = f"`variant` must be one of {', '.join(_VARIANTS)}: mock/video makes no other"
        return refused(Refusal(code="invalid_request", message=message, param="variant"))
    status, _ = _progress(media, job)
    if status != "completed":
        return refused(video_job.not_ready(job, status))
    if variant == "thumbnail":
        width, height = _THUMBNAIL
        wide, high = read_size(job.size) or _USUAL_SIZE
        if wide > high:
            width, height = height, width
        return MockReply(
            status=200, content_type="image/png", chunks=(pictures.png(job.task, width, height),)
        )
    return MockReply(status=200, content_type="video/mp4", chunks=(mp4(int(job.seconds)),))


def mp4(seconds: int) -> bytes:
    """A file of that length without a track. Source: ISO 14496-12, sections 4.3, 8.2.1 and 8.2.2."""
    kind = _box(b"ftyp", b"isom" + struct.pack(">I", 512) + b"isomiso2mp41")
    times = struct.pack(">IIIII", 0, 0, 0, _MP4_SCALE, seconds * _MP4_SCALE)
    sound = struct.pack(">IH10x", 0x10000, 0x100)
    head = _box(b"mvhd", times + sound + _MATRIX + bytes(24) + struct.pack(">I", 1))
    return kind + _box(b"moov", head) + _box(b"mdat", b"")


def _box(name: bytes, content: bytes) -> bytes:
    return _BOX.pack(_BOX.size + len(content), name) + content


def _job(media: AskedMedia) -> Job | Refusal:
    """The job that the path names, as far as it is one that was begun here."""
    name = media.asked.resource_id
    job = video_job.read_job(name)
    if isinstance(job, Refusal):
        return job
    is_ours = _TASK.fullmatch(job.task) is not None and video_job.job_id(job) == name
    seconds = int(job.seconds) if re.fullmatch("[0-9]{1,2}", job.seconds) else 0
    has_shape = read_size(job.size) is not None and 1 <= seconds <= MAX_SECONDS
    return job if is_ours and has_shape and 0 <= job.created <= media.now_s + 1 else _unknown(name)


def _unknown(name: str) -> Refusal:
    return Refusal(code="thing_not_found", message=f"mock has no video {name[:200]}", param="id")


def _progress(media: AskedMedia, job: Job) -> tuple[video_job.Status, int]:
    """Status, and how much of it is done in percent."""
    elapsed = max(media.now_s - job.created, 0.0)
    if elapsed >= DONE_AFTER_S:
        return "completed", 100
    if elapsed < _QUEUED_S:
        return "queued", 0
    return "in_progress", int(100 * elapsed / DONE_AFTER_S)


def _told(media: AskedMedia, job: Job) -> dict[str, object]:
    status, percent = _progress(media, job)
    done_at = job.created + int(DONE_AFTER_S) if status == "completed" else None
    told = video_job.video(job, status=status, model=media.asked.model, completed_at=done_at)
    return told | {"progress": percent}

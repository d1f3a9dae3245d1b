"""Blobs: bytes beside fixtures, by their hash. `_blobs/<first 16 digits of the sha256>.<ext>`.

Two writers of the same bytes write the same file, so they cannot disturb each other; what is read is checked against
the whole hash.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

from aigw_dev.core.recording.fixture import Blob
from aigw_dev.fixture_files import limits
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.fixture_files.naming import BLOBS

_DIGITS: Final = 16
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_FILE: Final = re.compile(r"[0-9a-f]{16}\.[a-z0-9]{1,12}")
_EXTENSIONS: Final = {
    "application/json": "json", "application/octet-stream": "bin", "application/pdf": "pdf", "application/zip": "zip",
    "application/x-ndjson": "jsonl", "application/jsonl": "jsonl", "audio/aac": "aac", "audio/flac": "flac",
    "audio/mp4": "m4a", "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/opus": "opus", "audio/pcm": "pcm",
    "audio/wav": "wav", "audio/wave": "wav", "audio/x-wav": "wav", "audio/webm": "weba", "image/gif": "gif",
    "image/heic": "heic", "image/jpeg": "jpg", "image/png": "png", "image/svg+xml": "svg", "image/webp": "webp",
    "text/csv": "csv", "text/event-stream": "sse", "text/html": "html", "text/markdown": "md", "text/plain": "txt",
    "video/mp4": "mp4", "video/quicktime": "mov", "video/webm": "webm",
}  # fmt: skip
"""So that a blob opens in the right program; anything else is `bin`."""


def describe(content: bytes, media_type: str = "") -> Blob:
    """What refers to these bytes."""
    return Blob(sha256=hashlib.sha256(content).hexdigest(), type=media_type, bytes=len(content))


def file_of(blob: Blob) -> str:
    """The file of a blob, relative to the folder of fixtures; a hash that is none is a `FixtureFileError`."""
    if not _HASH.fullmatch(blob.sha256):
        raise FixtureFileError(
            "a blob is named by 64 hex digits of its sha256.", file=f"{BLOBS}/{blob.sha256[:16]!r}"
        )
    kind = blob.type.partition(";")[0].strip().lower()
    return f"{BLOBS}/{blob.sha256[:_DIGITS]}.{_EXTENSIONS.get(kind, 'bin')}"


def is_blob_file(name: str) -> bool:
    """Whether a file in the folder of blobs is named like one of ours."""
    return _FILE.fullmatch(name) is not None


def digits_of(name: str) -> str:
    """What the name of a blob's file says of its hash."""
    return name.partition(".")[0]


def read(root: Path, blob: Blob) -> bytes:
    """The bytes of `blob`, checked against its hash; absent or other ones are a `FixtureFileError`.

    The hash decides, not the extension: a media type that was edited by hand does not lose the bytes.
    """
    file = file_of(blob)
    try:
        content = _read(root, file)
    except FileNotFoundError:
        file = _under_another_extension(root, blob, file)
        content = _read(root, file)
    found = hashlib.sha256(content).hexdigest()
    if found != blob.sha256:
        raise FixtureFileError(
            f"its bytes have the sha256 {found[:_DIGITS]}…, the fixture wants {blob.sha256[:_DIGITS]}….",
            file=file,
            hint="Take the file from version control again, or record the fixture again.",
        )
    if blob.bytes and blob.bytes != len(content):
        raise FixtureFileError(f"{len(content)} bytes, the fixture says {blob.bytes}.", file=file)
    return content


def write(root: Path, blob: Blob, content: bytes) -> None:
    """Put a blob's bytes in their place, unless they are there."""
    if len(content) > limits.LARGEST_BYTES:
        raise FixtureFileError(
            f"{len(content) // 2**20} MiB: more than the {limits.LARGEST_BYTES // 2**20} MiB that a file may have.",
            file=file_of(blob),
            hint="Use smaller media in tests.",
        )
    parts = limits.segments(file_of(blob))
    path = limits.inside(root, parts)
    try:
        if limits.read_regular(path, file=file_of(blob)) == content:
            return
    except FileNotFoundError:
        limits.make_folders(root, parts)
    limits.write_whole(path, content)


def _read(root: Path, file: str) -> bytes:
    return limits.read_regular(limits.inside(root, limits.segments(file)), file=file)


def _under_another_extension(root: Path, blob: Blob, file: str) -> str:
    folder = limits.inside(root, (BLOBS, "any")).parent
    names = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    for name in names:
        if is_blob_file(name) and digits_of(name) == blob.sha256[:_DIGITS]:
            return f"{BLOBS}/{name}"
    raise FixtureFileError(
        "this blob is missing.",
        file=file,
        hint="Take it from version control (is it ignored there?), or record the fixture again.",
    )

"""Files beside a prompt: read in a thread, made into the parts that chat completions take."""

import base64
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.logs.amounts import size
from aigw_dev.tui.widgets.picker import Option

MOST_BYTES: Final = 20_000_000
"""The gateway takes 32 MiB of JSON, and base64 is a third longer."""
_MOST_LISTED: Final = 2_000
_SOUNDS: Final = {".wav": "wav", ".mp3": "mp3"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file, as it is sent."""

    name: str
    size_bytes: int
    part: dict[str, Any]

    @property
    def label(self) -> str:
        """`cat.png 812 B`."""
        return f"{self.name} {size(self.size_bytes)}"


def load(path: Path) -> Attachment:
    """Read a file. Blocks. A `GatewayError` says why it cannot be sent."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise GatewayError(
                f"{path.name} has {size(path.stat().st_size)}; the most is {size(MOST_BYTES)}.",
                code="usage_error",
            )
        content = path.read_bytes()
    except OSError as error:
        raise GatewayError(f"{path} cannot be read: {error.strerror}.", code="usage_error") from error
    return Attachment(path.name, len(content), part_of(path.name, content))


def part_of(name: str, content: bytes) -> dict[str, Any]:
    """The content part of a file: picture, sound, text, or a file of any other kind."""
    suffix = Path(name).suffix.lower()
    kind = mimetypes.guess_type(name)[0] or ""
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": _data_url(kind, content)}}
    if suffix in _SOUNDS:
        sound = {"data": base64.b64encode(content).decode(), "format": _SOUNDS[suffix]}
        return {"type": "input_audio", "input_audio": sound}
    if kind != "application/pdf":
        try:
            return {"type": "text", "text": f"{name}:\n\n{content.decode()}"}
        except UnicodeDecodeError:
            pass
    return {
        "type": "file",
        "file": {"filename": name, "file_data": _data_url(kind or "application/octet-stream", content)},
    }


def listing(folder: Path) -> list[Option]:
    """What can be picked in a folder: the way up, folders, files with their sizes. Blocks."""
    options = [Option(value=str(folder.parent), label="../", detail=str(folder.parent))]
    try:
        found = sorted(folder.iterdir(), key=lambda path: (not path.is_dir(), path.name.lower()))[
            :_MOST_LISTED
        ]
    except OSError as error:
        return [*options, Option(value=str(folder), label=".", detail=error.strerror or "", style="bad")]
    for path in found:
        if path.name.startswith("."):
            continue
        try:
            is_folder, size_bytes = path.is_dir(), path.stat().st_size
        except OSError:
            continue
        options.append(
            Option(
                value=str(path),
                label=f"{path.name}/" if is_folder else path.name,
                detail="" if is_folder else size(size_bytes),
            )
        )
    return options


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"

"""Where conversations are kept: one private JSON file each, replaced whole. Blocks: call it in a thread."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from aigw_dev.tui.chat.talk import Listed, Talk, decode, encode, is_id, listed

FOLDER: Final = "conversations"
MOST_LISTED: Final = 500


class Shelf:
    """The files of one gateway; with None they last as long as the process."""

    def __init__(self, folder: Path | None) -> None:
        """`folder` is the memory's; made when the first conversation is kept."""
        self._folder = None if folder is None else folder / FOLDER
        self._kept: dict[str, bytes] = {}

    def save(self, talk_id: str, content: bytes) -> None:
        """Write one, encoded; an `OSError` says why not."""
        if self._folder is None:
            self._kept[talk_id] = content
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self._folder / f".{talk_id}.{secrets.token_hex(4)}"
        try:
            with open(beside, "xb", opener=_private) as file:
                file.write(content)
            beside.replace(self._folder / f"{talk_id}.json")
        finally:
            with contextlib.suppress(OSError):
                beside.unlink()

    def load(self, talk_id: str) -> Talk | None:
        """One conversation; None where it is not there or cannot be read."""
        try:
            content = self._kept[talk_id] if self._folder is None else self._path(talk_id).read_bytes()
            return decode(content)
        except (OSError, KeyError, ValueError):
            return None

    def list(self) -> "list[Listed]":
        """Every conversation, newest first; files that are none are left alone."""
        found = [talk for name in self._names() if (talk := self.load(name)) is not None]
        rows = [listed(talk) for talk in found if not talk.is_empty]
        return sorted(rows, key=lambda row: row.began_at, reverse=True)[:MOST_LISTED]

    def remove(self, talk_id: str) -> bytes | None:
        """Take one away; its content, which `save` puts back."""
        if self._folder is None:
            return self._kept.pop(talk_id, None)
        path = self._path(talk_id)
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            path.unlink()
            return content
        return None

    def _path(self, talk_id: str) -> Path:
        if self._folder is None or not is_id(talk_id):
            raise KeyError(talk_id)
        return self._folder / f"{talk_id}.json"

    def _names(self) -> "list[str]":
        if self._folder is None:
            return list(self._kept)
        try:
            paths = [path for path in self._folder.glob("*.json") if is_id(path.stem)]
        except OSError:
            return []
        return [path.stem for path in paths]


def new_id(now: float) -> str:
    """An id that sorts by time."""
    return f"{int(now):08x}-{secrets.token_hex(4)}"


def encoded(talk: Talk) -> bytes:
    """What `save` takes; made on the loop, where the conversation changes."""
    return encode(talk)


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)

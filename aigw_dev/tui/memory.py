"""What the screens remember from one run to the next: selections, filters, unsent prompts, conversations.

One small JSON file per gateway, replaced whole and atomically from a thread, so that a crash loses a second at most.
"""

import contextlib
import os
import secrets
import threading
from pathlib import Path
from typing import Any, Final

import msgspec


class Memory:
    """The file behind `kept`. A broken one is set aside and begun anew."""

    def __init__(self, path: Path | None) -> None:
        """None keeps nothing beyond this run."""
        self._path: Final = path
        self._lock = threading.Lock()
        self._written = b""
        self.kept: dict[str, Any] = self._read()

    @property
    def folder(self) -> Path | None:
        """Where else something private can be kept (conversations, a copied text)."""
        return self._path.parent if self._path is not None else None

    def room(self, name: str) -> dict[str, Any]:
        """What a screen left; empty where it left nothing."""
        found = self.kept.get(name)
        return found if isinstance(found, dict) else {}

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Keep `value` (JSON-able) for a screen; `save` writes it."""
        self.kept[name] = value

    def encoded(self) -> bytes:
        """What `save` would write; taken on the loop, where `kept` changes."""
        return msgspec.json.encode(self.kept)

    def save(self, content: bytes) -> None:
        """Write, from any thread. Nothing happens where nothing changed."""
        if self._path is None:
            return
        with self._lock:
            if content == self._written:
                return
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
            try:
                with open(beside, "xb", opener=_private) as file:
                    file.write(content)
                beside.replace(self._path)
            finally:
                with contextlib.suppress(OSError):
                    beside.unlink()
            self._written = content

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            content = self._path.read_bytes()
        except OSError:
            return {}
        try:
            found: Any = msgspec.json.decode(content)
        except (msgspec.DecodeError, RecursionError):
            found = None
        if isinstance(found, dict):
            return found  # pyright: ignore[reportUnknownVariableType]  -- JSON's keys are text
        with contextlib.suppress(OSError):
            self._path.replace(self._path.with_suffix(".broken"))
        return {}


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)

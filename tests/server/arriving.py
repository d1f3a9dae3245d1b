"""Bodies that arrive, as an ASGI server hands them over."""

from pathlib import Path
from typing import Any


class Pieces:
    """An ASGI receive that gives out these messages and counts how many were taken."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        self.taken += 1
        return self.messages.pop(0)


class Endless:
    """An ASGI receive of zeros, without an end unless `total` bytes are one."""

    def __init__(self, step: int, total: int | None) -> None:
        self.step = step
        self.left = total
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        self.taken += 1
        if self.left is None:
            return piece(b"\0" * self.step, more=True)
        size = min(self.step, self.left)
        self.left -= size
        return piece(b"\0" * size, more=self.left > 0)


def piece(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def cut(body: bytes, step: int) -> Pieces:
    pieces = [body[at : at + step] for at in range(0, len(body), step)] or [b""]
    return Pieces(*[piece(one, more=True) for one in pieces], piece(b""))


def endless(step: int = 100_000, total: int | None = None) -> Endless:
    return Endless(step, total)


def is_empty(folder: Path) -> bool:
    """Nothing was left in it."""
    return not any(folder.iterdir())

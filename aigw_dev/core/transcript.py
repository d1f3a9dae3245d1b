"""The messages of a socket as the log keeps them: one JSON line each, long base64 (audio, images) replaced by its size.

Lines: `{"at_ms": 12, "from": "client" | "server", ...}` with `text` (a text message), `bytes` (the size of a binary one)
or `close` and `reason`. Up to a cap; a last line says how many messages are missing.
"""

import re
from typing import Final, Literal

import msgspec

CAP_BYTES: Final = 1024 * 1024
"""How much of a socket is kept."""
TEXT_BYTES: Final = 64 * 1024
"""How much of one message, after long base64 has been replaced."""
_BASE64: Final = re.compile(rb'"([A-Za-z0-9+/_-]{256,}={0,2})"')
"""Linear: a run holds no quote, and only a quote begins one."""

Side = Literal["client", "server"]


class Transcript:
    """Collects lines until it is full."""

    def __init__(self, *, cap_bytes: int = CAP_BYTES) -> None:
        """`cap_bytes` limits the lines together."""
        self._cap = cap_bytes
        self._lines: list[bytes] = []
        self._size = 0
        self.left_out = 0
        """Messages that found no room."""

    def text(self, at_ms: int, side: Side, message: bytes) -> None:
        """A text message; valid UTF-8."""
        if self._size >= self._cap:
            self.left_out += 1
            return
        line: dict[str, object] = {"at_ms": at_ms, "from": side}
        short = shortened(message)
        line["text"] = short[:TEXT_BYTES].decode("utf-8", "ignore")
        if len(short) > TEXT_BYTES:
            line["cut_bytes"] = len(short) - TEXT_BYTES
        self._add(line)

    def binary(self, at_ms: int, side: Side, size: int) -> None:
        """A binary message of `size` bytes."""
        self._add({"at_ms": at_ms, "from": side, "bytes": size})

    def close(self, at_ms: int, side: Side, code: int, reason: str) -> None:
        """`side` closed; always kept."""
        self._lines.append(
            msgspec.json.encode({"at_ms": at_ms, "from": side, "close": code, "reason": reason})
        )

    def lines(self) -> bytes:
        """Everything kept, each line ended."""
        lines = self._lines
        if self.left_out:
            lines = [*lines, msgspec.json.encode({"left_out": self.left_out})]
        return b"".join(line + b"\n" for line in lines)

    def _add(self, line: dict[str, object]) -> None:
        encoded = msgspec.json.encode(line)
        if self._size + len(encoded) > self._cap:
            self._size = self._cap  # later, shorter ones would tell another story
            self.left_out += 1
            return
        self._size += len(encoded) + 1
        self._lines.append(encoded)


def shortened(message: bytes) -> bytes:
    """`message` with every long base64 string replaced by a note of its size; the same object where there was none."""
    return _BASE64.sub(_note, message) if len(message) > 256 else message  # noqa: PLR2004  -- what `_BASE64` needs


def _note(found: re.Match[bytes]) -> bytes:
    return b'"[%d characters of base64]"' % len(found[1])

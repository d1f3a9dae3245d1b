"""A binary reply as it passes: its size, hash and two ends, so that nobody has to keep it.

Sans-IO; memory is bounded by 128 KiB and one piece, whatever the reply holds.
"""

import collections
import hashlib

from aigw_dev.core.audio_length import ENDS_BYTES, Length, measure
from aigw_dev.core.binary_note import note, sniff


class BinaryReply:
    """Listens to a reply; feed it every piece in order."""

    def __init__(self) -> None:
        self.size = 0
        """Bytes so far."""
        self._digest = hashlib.sha256()
        self._head: list[bytes] = []
        self._tail: collections.deque[bytes] = collections.deque()
        self._tail_bytes = 0

    def feed(self, chunk: bytes) -> None:
        """The next piece."""
        self._digest.update(chunk)
        if self.size < ENDS_BYTES:
            self._head.append(chunk[: ENDS_BYTES - self.size])
        self.size += len(chunk)
        self._tail.append(chunk)
        self._tail_bytes += len(chunk)
        while self._tail_bytes - len(self._tail[0]) >= ENDS_BYTES:
            self._tail_bytes -= len(self._tail.popleft())

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        return b"".join(self._head)

    @property
    def tail(self) -> bytes:
        """The last 64 KiB."""
        return b"".join(self._tail)[-ENDS_BYTES:]

    def note(self, content_type: str = "") -> str:
        """What the log keeps instead; the kind is read from the bytes where nobody says."""
        return note(content_type or sniff(self.head), self.size, self._digest.hexdigest())

    def audio_length(self, *, content_type: str = "", pcm_hz: int = 0) -> Length | None:
        """How long it is, where it is audio (`audio_length.measure`)."""
        return measure(self.head, self.tail, self.size, content_type=content_type, pcm_hz=pcm_hz)

"""A request body kept while it is passed on: memory up to 1 MiB, beyond that a private temporary file.

The file has mode 0600 and no name: it is unlinked as it is made (on Windows deleted when closed), so nothing is left
whatever ends the process. Files are only touched in threads; the next piece is received while the last ones are
written, but not while more than 1 MiB waits. A body can be read again for every attempt.
"""

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import IO, Final

from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.multipart import Splice, spliced_bytes
from aigw_dev.server.body import CallerLeft
from aigw_dev.server.downstream import Receive

MEMORY_BYTES: Final = 1 << 20
"""The longest body that stays in memory, and the most that may wait to be written."""
BATCH_BYTES: Final = 256 * 1024
"""How much is written, or read again, in one go."""
_MIB: Final = 1 << 20

Listen = Callable[[bytes], Refusal | None]
"""Hears every byte once, in order, one call at a time, large bodies in threads; a refusal ends the reading."""


class Spool:
    """One request's body. `fill` once; then `stream` as often as needed; `close` always, at the end."""

    def __init__(self, *, folder: Path | None = None, listen: Listen | None = None) -> None:
        """`folder` is where the file goes (None: the system's, which may be memory); `listen` hears every piece."""
        self.size = 0
        """Bytes received; the body's whole length once `fill` has returned."""
        self._folder = folder
        self._listen = listen
        self._pieces: list[bytes] = []
        self._waiting_bytes = 0
        self._writing: asyncio.Future[Refusal | None] | None = None
        self._file: IO[bytes] | None = None
        self._guard = threading.Lock()
        """Held around every use of the file: it is never closed under a reader or a writer."""
        self._is_closed = False

    @property
    def is_in_memory(self) -> bool:
        """The body is short enough to need no file."""
        return self.size <= MEMORY_BYTES

    def length(self, splices: Sequence[Splice] = ()) -> int:
        """Exactly how many bytes `stream` will give."""
        return spliced_bytes(self.size, splices)

    async def fill(self, receive: Receive, *, declared: int | None, limit_mb: int) -> Refusal | None:
        """Take the whole body; why not, where it is too long, not as declared, refused by `listen` or the disk is full.

        A caller that leaves raises `CallerLeft`. After anything but None the spool is closed and its file gone.
        """
        try:
            refusal = await self._fill(receive, declared=declared, limit_mb=limit_mb)
        except BaseException:
            self.close()
            raise
        if refusal is not None:
            self.close()
        return refusal

    async def _fill(self, receive: Receive, *, declared: int | None, limit_mb: int) -> Refusal | None:
        limit = limit_mb * _MIB
        if declared is not None and declared > limit:
            return _too_large(declared, limit_mb)
        has_more = True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise CallerLeft
            has_more = message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            self.size += len(piece)
            if self.size > limit:
                return _too_large(self.size, limit_mb)
            refusal = await self._take(piece)
            if refusal is not None:
                return refusal
        if declared is not None and declared != self.size:
            return Refusal(
                code="invalid_http",
                message=f"the body has {self.size} bytes and content-length says {declared}; send them alike",
            )
        if not self.is_in_memory:
            return await self._write_out()
        self._pieces = [b"".join(self._pieces)]
        return None

    async def _take(self, piece: bytes) -> Refusal | None:
        """Keep a piece; waits only where the disk does not keep up."""
        if not piece:
            return None
        self._pieces.append(piece)
        if self.size <= MEMORY_BYTES:
            return self._listen(piece) if self._listen is not None else None
        # What came before the file was needed has been heard already.
        self._waiting_bytes += len(piece)
        if self._writing is not None and self._writing.done():
            refusal = await self._settled()
            if refusal is not None:
                return refusal
        if self._writing is None and self._waiting_bytes >= BATCH_BYTES:
            self._begin_write()
        if self._waiting_bytes > MEMORY_BYTES:
            return await self._settled()
        return None

    def _begin_write(self) -> None:
        pieces, self._pieces = self._pieces, []
        heard = sum(map(len, pieces)) - self._waiting_bytes
        self._waiting_bytes = 0
        self._writing = asyncio.get_running_loop().run_in_executor(None, self._write, pieces, heard)

    async def _settled(self) -> Refusal | None:
        """Wait for the write under way, and begin the next one."""
        if self._writing is None:
            return None
        # A thread cannot be cancelled: the wait is, and the write ends by itself.
        refusal = await asyncio.shield(self._writing)
        self._writing = None
        if refusal is None and self._waiting_bytes >= BATCH_BYTES:
            self._begin_write()
        return refusal

    async def _write_out(self) -> Refusal | None:
        """Write everything that waits."""
        while self._writing is not None or self._pieces:
            if self._writing is None:
                self._begin_write()
            refusal = await self._settled()
            if refusal is not None:
                return refusal
        return None

    def _write(self, pieces: list[bytes], heard: int) -> Refusal | None:
        """Append `pieces`, whose first `heard` bytes were listened to before. In a thread, one at a time."""
        content = b"".join(pieces)  # a caller may send single bytes: one write for all of them
        try:
            with self._guard:
                if self._is_closed:
                    return None
                if self._listen is not None and (refusal := self._listen(content[heard:])) is not None:
                    return refusal
                self._append(content)
        except OSError as error:
            return Refusal(
                code="spool_full",
                message=f"the upload could not be kept on disk ({error.strerror or type(error).__name__}); free some "
                "space and send it again",
            )
        finally:
            self._shut()
        return None

    def _append(self, content: bytes) -> None:
        if self._file is None:
            self._file = self.open_file()
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]

    def open_file(self) -> IO[bytes]:
        """The file that is written; for tests of disks that fail. In a thread. Raises OSError."""
        return open_private(self._folder)

    async def read(self, start: int, end: int) -> bytes:
        """Bytes `start` to `end` (cut to what there is) of the body. Raises `UpstreamError` where the file cannot be read."""
        if not self.is_in_memory:
            return await asyncio.get_running_loop().run_in_executor(None, self._read_file, start, end)
        if self._is_closed:
            raise _gone()
        (body,) = self._pieces
        return body[start:end]

    async def stream(self, splices: Sequence[Splice] = ()) -> AsyncIterator[bytes]:
        """The body with `splices` (in order of place) done, in pieces of at most 256 KiB; `length` bytes in all.

        Any number of times, also at the same time. Raises `UpstreamError` where the file cannot be read to its end.
        """
        at = 0
        for splice in (*splices, Splice(self.size, self.size, b"")):
            while at < splice.start:
                piece = await self.read(at, min(at + BATCH_BYTES, splice.start))
                if not piece:
                    raise UpstreamError("the spooled upload is shorter than it was", code="spool_full")
                at += len(piece)
                yield piece
            if splice.text:
                yield splice.text
            at = splice.end

    def _read_file(self, start: int, end: int) -> bytes:
        try:
            with self._guard:
                if self._is_closed or self._file is None:
                    raise _gone()
                self._file.seek(start)
                return self._file.read(max(0, min(end, self.size) - start))
        except OSError as error:
            raise UpstreamError(
                f"the spooled upload cannot be read: {error.strerror or error}", code="spool_full"
            ) from error
        finally:
            self._shut()

    def close(self) -> None:
        """Let go of memory and file, from the event loop, at any time, any number of times.

        Where a thread is at the file just now, that thread closes it.
        """
        self._is_closed = True
        self._pieces = []
        self._waiting_bytes = 0
        self._shut()

    def _shut(self) -> None:
        """Close the file of a closed spool, unless somebody is at it: whoever that is calls this afterwards."""
        if not self._is_closed or not self._guard.acquire(blocking=False):
            return
        try:
            file, self._file = self._file, None
        finally:
            self._guard.release()
        if file is not None:
            file.close()


def open_private(folder: Path | None) -> IO[bytes]:
    """A file without a name, for its owner alone, unbuffered; gone when closed. Raises OSError."""
    return tempfile.TemporaryFile(
        buffering=0, dir=folder, prefix="aigw-dev-upload-"
    )  # 0600, unlinked at once (POSIX)


def _gone() -> UpstreamError:
    return UpstreamError("the upload has been let go of", code="cancelled")


def _too_large(size: int, limit_mb: int) -> Refusal:
    return Refusal(
        code="body_too_large",
        message=f"the body has at least {size} bytes; this gateway accepts {limit_mb} MiB (gateway.limits.upload_mb)",
    )

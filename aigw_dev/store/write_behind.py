"""Small writes to state.db that nobody should wait for: collected on the event loop, durable within 100 ms.

`put` takes constant time and never blocks. One thread writes what came within 50 ms in one transaction; it starts with
the first write. Where the file cannot be used the writes wait and are tried again; what waits is bounded, and what is
turned away is counted. Owns no file: it shares the `StateFile` of the gateway, which is closed after this.
"""

import collections
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final

from aigw_dev.core.errors import StoreError
from aigw_dev.store.state_file import StateFile

BATCH_S: Final = 0.05
"""How long the first write of a batch waits for others."""
RETRY_S: Final = 0.5
"""Between two attempts to use a file that cannot be used."""
MOST_WRITES: Final = 20_000
MOST_BYTES: Final = 64 << 20
_BATCH_WRITES: Final = 1_000

Write = Callable[[sqlite3.Connection], None]
"""One change, carried out inside a transaction, in the order it was put; may be called again after a failure."""

_log: Final = logging.getLogger(__name__)


class WriteBehind:
    """The queue and its thread. Any thread may call."""

    def __init__(self, file: StateFile) -> None:
        """Touches nothing; the first `put` starts the thread."""
        self._file = file
        self._waiting: collections.deque[tuple[Write, int]] = collections.deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._is_hurried = False
        self._is_closed = False
        self._is_busy = False
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """Writes that were not taken: too much waited, or the file was of a newer program."""
        self.trouble = ""
        """Why nothing can be written now; empty when well."""

    def put(self, write: Write, *, weight_bytes: int = 0) -> bool:
        """Take a write; False where too much waits or this is closed. `weight_bytes` is what it holds in memory."""
        with self._changed:
            is_full = len(self._waiting) >= MOST_WRITES or self._bytes + weight_bytes > MOST_BYTES
            if self._is_closed or is_full:
                self.dropped += 1
                return False
            self._waiting.append((write, weight_bytes))
            self._bytes += weight_bytes
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="aigw-dev state writer", daemon=True)
                self._thread.start()
            elif len(self._waiting) == 1:
                self._changed.notify_all()
        return True

    @property
    def has_waiting(self) -> bool:
        """Something put is not durable yet."""
        return self._is_busy or bool(self._waiting)

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was put is durable; False where it is not in time. Never on the event loop."""
        with self._changed:
            if not self.has_waiting:
                return True
            self._is_hurried = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self.has_waiting or bool(self.trouble), timeout_s) and (
                not self.has_waiting
            )

    def close(self, timeout_s: float = 10.0) -> bool:
        """Write what waits and end the thread; False where something could not be written. Never on the event loop."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return not self.has_waiting

    # -- the thread

    def _run(self) -> None:
        while self._wait():
            with self._changed:
                batch = [self._waiting[at] for at in range(min(len(self._waiting), _BATCH_WRITES))]
                self._is_busy = True
            error = self._write([write for write, _ in batch])
            with self._changed:
                self._is_busy = False
                self.trouble = error.message if error is not None else ""
                is_hopeless = error is not None and (self._is_closed or error.code == "store_newer")
                if error is None or is_hopeless:
                    for _ in batch:
                        self._bytes -= self._waiting.popleft()[1]
                    self.dropped += len(batch) if is_hopeless else 0
                self._is_hurried = self._is_hurried and error is None and bool(self._waiting)
                self._changed.notify_all()
                if error is not None and not is_hopeless:
                    self._changed.wait_for(lambda: self._is_closed, RETRY_S)

    def _wait(self) -> bool:
        """Sleep until a batch is due; False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._is_closed)
            if not self._waiting:
                return False
            self._changed.wait_for(lambda: self._is_hurried or self._is_closed, BATCH_S)
        return True

    def _write(self, writes: list[Write]) -> StoreError | None:
        began = time.monotonic()
        try:
            with self._file.writing() as db:
                for write in writes:
                    write(db)
        except StoreError as error:
            if error.message != self.trouble:
                _log.warning("what providers keep for callers is not written down: %s", error.message)
            return error
        _log.debug("%d writes took %.1f ms", len(writes), (time.monotonic() - began) * 1e3)
        return None

"""What is asked of the log's writer thread, and how it answers. One future each; asked from any thread."""

import concurrent.futures
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Literal

from aigw_dev.core.errors import StoreError
from aigw_dev.store.filters import Filter


class Command:
    """Something asked of the writer thread."""

    def __init__(
        self,
        kind: Literal["flush", "settle", "purge", "move"],
        filter_: Filter,
        move: tuple[Path, Callable[[], None]] | None = None,
    ) -> None:
        """`filter_` says what to purge, `move` where to go on and what moves the file there."""
        self.kind = kind
        self.move = move
        self.filter_ = filter_
        self.steps: Generator[int] | None = None
        """The purge under way."""
        self.count: int = 0
        """Rows purged so far."""
        self.done: concurrent.futures.Future[int] = concurrent.futures.Future()

    def begin_anew(self) -> None:
        """Let go of the database; what was purged so far counts."""
        if self.steps is not None:
            self.steps.close()
            self.steps = None

    def answer(self) -> None:
        """It is done."""
        if self.done.set_running_or_notify_cancel():
            self.done.set_result(self.count)

    def fail(self, error: StoreError) -> None:
        """It cannot be done."""
        if self.done.set_running_or_notify_cancel():
            self.done.set_exception(error)

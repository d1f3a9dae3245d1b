"""The writer thread of log.db: takes finished exchanges from the event loop and makes them durable within 100 ms.

Thread rules: `put` and `open` are called from one thread (the event loop), take constant time and never block; the
rest may be called from anywhere. An exchange that was put belongs to the writer: nobody changes it any more. Only
the writer thread touches the database. The gateway works whatever the database does: a file that is locked, full,
damaged or of a newer schema is a state with a reason (`health`), not an error, and the writer keeps trying.
"""

import collections
import concurrent.futures
import logging as python_logging
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import msgspec

from aigw_dev.core.config import Logging
from aigw_dev.core.errors import GatewayError, StoreError
from aigw_dev.core.exchange import Exchange
from aigw_dev.store import database
from aigw_dev.store.batches import Counts
from aigw_dev.store.commands import Command
from aigw_dev.store.filters import Filter
from aigw_dev.store.intake import Finish, Intake, Item
from aigw_dev.store.interning import Mask
from aigw_dev.store.journal import Journal
from aigw_dev.store.migrations import LOG_VERSION, migrate_log
from aigw_dev.store.upkeep import OpenLog

BATCH_ROWS: Final = 250
"""Exchanges in one transaction."""

RETRY_S: Final = 0.5
"""Between two attempts to use a database that cannot be used."""

_log: Final = python_logging.getLogger(__name__)

Open = Callable[[Path], sqlite3.Connection]
"""Opens a log for writing; raises `StoreError`."""


class LogHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the log is doing."""

    state: Literal["starting", "ok", "degraded", "closed"]
    code: str = ""
    """Why degraded: `store_locked`, `store_full`, `store_newer`, `store_corrupt` or `store_unavailable`."""
    reason: str = ""
    """The same in words, with the file."""
    set_aside: str = ""
    """Where a damaged log was moved to, since this writer began; empty for nowhere."""
    dropped_bodies: int = 0
    """Exchanges kept without their bodies because too much was waiting."""
    dropped_rows: int = 0
    """Exchanges neither kept nor counted in the roll-ups."""
    waiting: int = 0
    """Exchanges in memory, not durable yet."""
    written: int = 0
    """Rows of exchanges that ended."""
    sampled_out: int = 0
    """Exchanges that are counted in the roll-ups only, as `logging.sample` says."""
    pruned: int = 0
    interrupted: int = 0
    """Exchanges of an earlier process that had not ended when it died."""


def open_log(path: Path) -> sqlite3.Connection:
    """A writable log.db, its schema up to date. Raises `StoreError`."""
    return database.open_writable(path, database.LOG, newest=LOG_VERSION, migrate=migrate_log)


class LogWriter:
    """Owns log.db. The constructor touches no file and never fails; the thread starts at once."""

    def __init__(
        self,
        path: Path,
        *,
        mask: Mask,
        logging: Logging | None = None,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
        open_database: Open = open_log,
    ) -> None:
        """`mask` hides secrets in bytes; `draw` (for sampling), `clock` (UTC seconds), `open_database`: for tests."""
        self.path = path
        self.journal: Final = Journal()
        """What happened to rows since this writer began: for lists that follow the log."""
        self._mask = mask
        self._logging = logging or Logging()
        self._draw = draw
        self._clock = clock
        self._open_database = open_database
        self._intake = Intake()
        self._pending: list[Exchange] = []
        self._commands: collections.deque[Command] = collections.deque()
        self._counts = Counts()
        self._discarded = 0
        self._pruned = 0
        self._interrupted = 0
        self._set_aside = ""
        self._is_first = True
        self._is_closing = False
        self._health = LogHealth(state="starting")
        self._lock = database.WriterLock(path)
        self._log: OpenLog | None = None
        self._thread = threading.Thread(target=self._run, name="aigw-dev log writer", daemon=True)
        self._thread.start()

    def open(self, exchange: Exchange) -> None:
        """Tell of an exchange that began: it gets an `open` row if it still runs at a flush 50 ms later."""
        self._intake.open(exchange)

    def put(self, exchange: Exchange, finish: Finish | None = None) -> None:
        """Hand over an exchange that ended; `finish` completes it in the writer thread before it is encoded."""
        self._intake.put(exchange, finish)

    def set_logging(self, logging: Logging) -> None:
        """Use other settings from the next batch on: sample rate, switches, age, size."""
        self._logging = logging

    def health(self) -> LogHealth:
        """How the log is doing now."""
        log = self._log
        return msgspec.structs.replace(
            self._health,
            set_aside=self._set_aside,
            dropped_bodies=self._intake.dropped_bodies,
            dropped_rows=self._intake.dropped_rows + self._discarded + self._counts.unreadable,
            waiting=len(self._intake) + len(self._pending),
            written=self._counts.written,
            sampled_out=self._counts.sampled_out,
            pruned=self._pruned + (log.retention.pruned if log is not None else 0),
            interrupted=self._interrupted,
        )

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until everything put so far is durable; False when it is not (in time). Never on the event loop."""
        return self._ask("flush", timeout_s)

    def settle(self, timeout_s: float = 60.0) -> bool:
        """Wait until index, roll-ups and pruning are done too. Never on the event loop."""
        return self._ask("settle", timeout_s)

    def purge(self, filter_: Filter) -> "concurrent.futures.Future[int]":
        """Delete what passes, in slices between batches; the number of exchanges. `StoreError` where it cannot be."""
        return self._command("purge", filter_).done

    def move(self, path: Path, act: Callable[[], None], *, timeout_s: float = 30.0) -> None:
        """Let go of the file, call `act`, which moves it to `path`, and go on there. What comes meanwhile waits.

        Raises what `act` raises (the file stays in use where it was) and `StoreError` where the writer has ended.
        Never on the event loop.
        """
        command = Command("move", Filter(), (path, act))
        self._send(command)
        try:
            command.done.result(timeout_s)
        except TimeoutError:
            if command.done.cancel():  # or it would be moved when nobody expects it any more
                raise StoreError("the log writer is busy; nothing was moved") from None
            command.done.result()

    def close(self, timeout_s: float = 10.0) -> bool:
        """Write everything that waits and end the thread; False when it did not end in time."""
        self._is_closing = True
        self._intake.urge()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _command(self, kind: Literal["flush", "settle", "purge"], filter_: Filter | None = None) -> Command:
        command = Command(kind, filter_ or Filter())
        self._send(command)
        return command

    def _send(self, command: Command) -> None:
        if self._thread.is_alive():
            self._commands.append(command)
            self._intake.urge()
        else:
            command.fail(StoreError("the log is closed"))

    def _ask(self, kind: Literal["flush", "settle"], timeout_s: float) -> bool:
        try:
            self._command(kind).done.result(timeout_s)
        except (TimeoutError, StoreError):
            return False
        return True

    # -- everything below runs in the writer thread

    def _run(self) -> None:
        try:
            while self._turn():
                pass
            self._health = msgspec.structs.replace(self._health, state="closed")
        except Exception as error:  # noqa: BLE001 -- the thread's root: the gateway goes on without its log, and says so
            _log.exception("the log writer stopped")
            self._degraded(StoreError(f"the log writer stopped by a fault of ours ({type(error).__name__})"))
        finally:
            self._release()
            self._lock.free()
            self._discarded += self._intake.close()
            self._refuse_commands(StoreError("the log is closed"))

    def _turn(self) -> bool:
        """Wait for work and do it; False at the end."""
        for command in self._asked("move"):
            self._commands.remove(command)
            self._moved(command)
        log = self._log or self._opened()
        if log is None:
            return self._wait_degraded()
        if not self._pending:
            self._intake.wait(log.rest_s())
        # First, so that what is asked from now on is seen in the next turn.
        self._intake.begin()
        is_closing = self._is_closing
        try:
            self._drain(log)
            while not is_closing and not self._intake.is_due():
                if not self._slice(log):
                    break
        except sqlite3.Error as error:
            self._failed(error)
            return True
        return not is_closing

    def _drain(self, log: OpenLog) -> None:
        """Write all that waits, batch by batch, then answer those who asked for it."""
        flushes = self._asked("flush")
        while True:
            running = self._intake.still_running()
            self._pending += [
                self._finished(item) for item in self._intake.take(BATCH_ROWS - len(self._pending))
            ]
            if not self._pending and not running:
                break
            try:
                log.write(self._pending, running, self._logging)
            except sqlite3.Error:
                self._intake.give_back(running)
                raise
            self._pending = []
        self._intake.end()
        for command in flushes:
            self._commands.remove(command)
            command.answer()

    def _moved(self, command: Command) -> None:
        """Close the file, have it moved, and open it where it is now with the next turn."""
        if command.move is None or not command.done.set_running_or_notify_cancel():
            return
        path, act = command.move
        for purge in self._asked("purge"):
            purge.begin_anew()  # its next slice is one of the file that is opened then
        self._release()
        self._lock.free()
        try:
            act()
        except (GatewayError, OSError) as error:
            command.done.set_exception(error)
            return
        self.path = path
        self._lock = database.WriterLock(path)
        command.done.set_result(0)

    def _asked(self, kind: Literal["flush", "settle", "purge", "move"]) -> list[Command]:
        # A copy first: others append while this thread looks.
        return [command for command in tuple(self._commands) if command.kind == kind]

    def _finished(self, item: Item) -> Exchange:
        if item.finish is not None:
            try:
                item.finish(item.exchange)
            except Exception:  # noqa: BLE001 -- another room's code at this thread's root: the exchange is kept as it is
                _log.exception("an exchange could not be completed")
        return item.exchange

    def _slice(self, log: OpenLog) -> bool:
        """One slice of upkeep or of a purge; False when there is nothing to do."""
        settles = self._asked("settle")
        if log.slice(self._logging, now_s=self._clock(), is_urgent=bool(settles)):
            return True
        for command in settles:
            self._commands.remove(command)
            command.answer()
        purges = self._asked("purge")
        if not purges:
            return False
        purge = purges[0]
        if purge.steps is None:
            purge.steps = log.purge(purge.filter_)
        try:
            purge.count += next(purge.steps)
        except StopIteration:
            self._commands.remove(purge)
            purge.answer()
        return True

    def _opened(self) -> OpenLog | None:
        db = None
        try:
            self._lock.take_or_raise()
            db = self._open_database(self.path)
            self._log = OpenLog(
                db,
                mask=self._mask,
                draw=self._draw,
                counts=self._counts,
                is_first=self._is_first,
                journal=self.journal,
            )
        except (StoreError, sqlite3.Error, OSError) as error:
            if db is not None:
                db.close()
            failure = error if isinstance(error, StoreError) else database.store_error(error, self.path)
            self._degraded(failure)
            return None
        self._interrupted += self._log.interrupted
        self._is_first = False
        self._health = LogHealth(state="ok")
        return self._log

    def _failed(self, error: sqlite3.Error) -> None:
        """The database failed in use: let it go; the next turn opens it again."""
        failure = database.store_error(error, self.path)
        self._refuse_commands(failure)
        self._release()
        self._degraded(failure)

    def _degraded(self, failure: StoreError) -> None:
        if self._health.reason != failure.message:
            _log.warning("the log is not written: %s", failure.message)
        self._health = LogHealth(state="degraded", code=failure.code, reason=failure.message)
        if failure.code != "store_corrupt":
            return
        aside = database.set_aside(self.path, now_s=self._clock())
        if aside is not None:
            self._set_aside = str(aside)
            _log.warning("%s was damaged and is now %s; a new log begins", self.path, aside)
            self._is_first = True

    def _wait_degraded(self) -> bool:
        """Nothing can be written now: refuse what was asked, wait a little; False at the end."""
        health = self._health
        self._intake.calm()
        self._intake.forget_ended()
        self._refuse_commands(StoreError(health.reason, code=health.code))
        if health.code == "store_newer":
            # It does not heal while this program runs: holding on to exchanges would only fill memory.
            self._discarded += self._intake.discard() + len(self._pending)
            self._pending = []
        if health.code == "store_corrupt" and not self.path.exists():
            # The damaged file is out of the way: a new one can be made at once.
            return True
        if self._is_closing:
            self._discarded += self._intake.discard() + len(self._pending)
            self._pending = []
            return False
        self._intake.pause(RETRY_S)
        return True

    def _refuse_commands(self, error: StoreError) -> None:
        while self._commands:
            self._commands.popleft().fail(error)

    def _release(self) -> None:
        log, self._log = self._log, None
        if log is not None:
            self._pruned += log.retention.pruned
            log.close()

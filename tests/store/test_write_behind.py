"""Small writes that nobody waits for."""

import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from aigw_dev.store import write_behind
from aigw_dev.store.state_file import StateFile
from aigw_dev.store.write_behind import MOST_BYTES, MOST_WRITES, Write, WriteBehind

Until = Callable[..., None]


@pytest.fixture
def file(tmp_path: Path) -> Generator[StateFile]:
    opened = StateFile(tmp_path / "state.db", clock=lambda: 0.0)
    yield opened
    opened.close()


def counting(name: str = "n") -> Write:
    def write(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO counter VALUES(?,1) ON CONFLICT(name) DO UPDATE SET value=value+1", (name,))

    return write


def value(path: Path, name: str = "n") -> int:
    db = sqlite3.connect(path)
    row = (
        db.execute("SELECT value FROM counter WHERE name=?", (name,)).fetchone()
        if path.stat().st_size
        else None
    )
    db.close()
    return row[0] if row else 0


def test_nothing_is_touched_before_the_first_write(file: StateFile) -> None:
    before = threading.active_count()
    behind = WriteBehind(file)
    assert behind.flush()
    assert behind.close()
    assert threading.active_count() == before
    assert not file.path.exists()


def test_a_write_is_durable_soon_without_being_asked_for(file: StateFile, until: Until) -> None:
    with file.writing():
        pass  # the file is there, as in a running gateway
    behind = WriteBehind(file)
    began = time.monotonic()
    assert behind.put(counting())
    assert behind.has_waiting
    until(lambda: value(file.path) == 1, timeout_s=5, what="the write")
    assert time.monotonic() - began < 2  # 0.06 s on an idle machine
    assert behind.close()


def test_writes_keep_their_order_and_share_transactions(file: StateFile) -> None:
    behind = WriteBehind(file)
    seen: list[int] = []
    for number in range(3000):
        behind.put(lambda _db, number=number: seen.append(number))
    assert behind.flush()
    assert seen == list(range(3000))
    assert behind.close()


def test_closing_writes_what_waits_and_ends_the_thread(file: StateFile) -> None:
    before = threading.active_count()
    behind = WriteBehind(file)
    for _ in range(5):
        behind.put(counting())
    assert behind.close()
    assert value(file.path) == 5
    assert threading.active_count() == before
    assert not behind.put(counting())
    assert behind.dropped == 1


def test_what_waits_is_bounded_in_number_and_bytes(file: StateFile) -> None:
    behind = WriteBehind(file)
    go = threading.Event()

    def hold(_db: sqlite3.Connection) -> None:
        assert go.wait(10)

    assert behind.put(hold)
    assert behind.put(counting(), weight_bytes=MOST_BYTES)
    assert not behind.put(counting(), weight_bytes=1)
    for _ in range(MOST_WRITES):
        behind.put(counting())
    assert behind.dropped == 3
    go.set()
    assert behind.flush()
    assert behind.put(counting(), weight_bytes=MOST_BYTES)
    assert behind.close()


def test_a_file_that_is_locked_is_tried_again(
    file: StateFile, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_behind, "RETRY_S", 0.02)
    with file.writing():
        pass
    other = sqlite3.connect(file.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    behind = WriteBehind(file)
    behind.put(counting())
    until(lambda: behind.trouble, what="the trouble")
    assert not behind.flush()
    assert "locked" in behind.trouble
    other.execute("ROLLBACK")
    other.close()
    until(lambda: not behind.has_waiting, what="the write")
    assert (value(file.path), behind.trouble, behind.dropped) == (1, "", 0)
    assert behind.close()


def test_closing_gives_up_on_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    behind = WriteBehind(StateFile(tmp_path / "state.db", clock=lambda: 0.0))
    behind.put(counting())
    assert not behind.flush()
    behind.close()
    assert behind.dropped == 1


def test_a_newer_file_is_not_waited_for(file: StateFile, until: Until) -> None:
    with file.writing() as db:
        db.execute("SELECT 1")
    file.close()
    db = sqlite3.connect(file.path)
    db.execute("PRAGMA user_version=99")
    db.close()
    behind = WriteBehind(file)
    behind.put(counting())
    until(lambda: behind.dropped == 1, what="giving up")
    assert "newer" in behind.trouble
    behind.close()

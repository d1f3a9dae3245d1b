import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw_dev.core.config import Logging
from aigw_dev.store.batches import Counts
from aigw_dev.store.filters import Filter
from aigw_dev.store.fulltext import indexed
from aigw_dev.store.upkeep import OpenLog
from tests.store.making import KEEP_ALL, NOON, exchange, quick_log, request, unmasked


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return quick_log(tmp_path / "log.db")


def opened(db: sqlite3.Connection, *, is_first: bool = True) -> OpenLog:
    return OpenLog(db, mask=unmasked, draw=lambda: 0.5, counts=Counts(), is_first=is_first)


@pytest.fixture
def log(db: sqlite3.Connection) -> Iterator[OpenLog]:
    one = opened(db)
    yield one
    one.close()


def test_when_somebody_waits_everything_is_done_slice_by_slice(db: sqlite3.Connection, log: OpenLog) -> None:
    log.write([exchange(started_at=NOON + second) for second in range(200)], [], KEEP_ALL)
    slices = 0
    while log.slice(KEEP_ALL, now_s=NOON + 90_000, is_urgent=True):
        slices += 1
    assert slices > 10
    assert indexed(db) == 200
    assert db.execute("SELECT sum(requests) FROM roll WHERE level=900").fetchone() == (200,)


def test_right_after_a_batch_the_index_waits(db: sqlite3.Connection, log: OpenLog) -> None:
    log.write([exchange()], [], KEEP_ALL)
    while log.slice(KEEP_ALL, now_s=NOON + 1):
        pass
    assert indexed(db) == 0
    assert log.rest_s() < 1


def test_with_nothing_to_do_the_thread_rests(log: OpenLog) -> None:
    log.write([exchange()], [], KEEP_ALL)
    while log.slice(KEEP_ALL, now_s=NOON + 1, is_urgent=True):
        pass
    assert log.rest_s() >= 5


def test_pruning_is_part_of_upkeep(db: sqlite3.Connection, log: OpenLog) -> None:
    log.write([exchange() for _ in range(120)], [], KEEP_ALL)
    while log.slice(Logging(keep_s=60), now_s=NOON + 86_400, is_urgent=True):
        pass
    assert db.execute("SELECT count(*) FROM exchange").fetchone() == (0,)
    assert log.retention.pruned == 120


def test_what_an_earlier_process_left_open_is_interrupted_but_not_our_own(
    db: sqlite3.Connection, log: OpenLog
) -> None:
    log.write([], [exchange()], KEEP_ALL)
    assert opened(db, is_first=False).interrupted == 0
    assert opened(db, is_first=True).interrupted == 1


def test_one_bad_exchange_does_not_take_a_batch_with_it(db: sqlite3.Connection, log: OpenLog) -> None:
    log.write([exchange(id="a"), exchange(response_bytes=1 << 80), exchange(id="b")], [], KEEP_ALL)
    assert db.execute("SELECT id FROM exchange").fetchall() == [("a",), ("b",)]
    assert db.execute("SELECT sum(requests) FROM roll").fetchone() == (2,)


def test_a_purge_takes_shared_texts_too(db: sqlite3.Connection, log: OpenLog) -> None:
    log.write(
        [exchange(decision=b'{"seen":"secret"}', request_body=request("x")) for _ in range(3)], [], KEEP_ALL
    )
    assert db.execute("SELECT count(*) FROM shared").fetchone() == (2,)
    assert sum(log.purge(Filter())) == 3
    assert db.execute("SELECT count(*) FROM shared").fetchone() == (0,)


def test_a_log_without_an_index_is_kept_up_all_the_same(db: sqlite3.Connection) -> None:
    db.execute("DROP TABLE text_index")
    log = opened(db)
    log.write([exchange()], [], KEEP_ALL)
    while log.slice(KEEP_ALL, now_s=NOON + 100, is_urgent=True):
        pass
    assert indexed(db) == 0
    log.close()

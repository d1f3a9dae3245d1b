import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw_dev.core.config import Logging
from aigw_dev.store.batches import Batches
from aigw_dev.store.filters import Filter, parse
from aigw_dev.store.fulltext import index_some
from aigw_dev.store.retention import TARGET_S, Retention, file_cap, purge
from tests.store.making import KEEP_ALL, NOON, batches, copies, exchange, quick_log, request

DAY_S = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    one = quick_log(path)
    yield one
    one.close()


def pruned(retention: Retention, logging: Logging, now_s: float) -> int:
    """Slices until nothing is due."""
    slices = 0
    while retention.prune_some(logging, now_s=now_s):
        slices += 1
        assert slices < 20_000
    return slices


def count(db: sqlite3.Connection) -> int:
    found: tuple[int] = db.execute("SELECT count(*) FROM exchange").fetchone()
    return found[0]


def fill(
    writing: Batches, number: int, *, began_s: float = NOON, size: int = 20_000, gap_s: float = 60
) -> None:
    for start in range(0, number, 50):
        writing.write(
            [
                exchange(
                    started_at=began_s + at * gap_s,
                    request_body=bytes(range(256)) * (size // 256),
                    response_body=None,
                )
                for at in range(start, min(number, start + 50))
            ],
            [],
            KEEP_ALL,
        )


def test_rows_older_than_they_are_kept_go_with_all_that_hangs_on_them(db: sqlite3.Connection) -> None:
    writing = batches(db)
    fill(writing, 100, gap_s=3600, size=300)
    while index_some(db, 50):
        pass
    retention = Retention(db, writing.rollups)
    logging = Logging(keep_s=2 * DAY_S)
    assert pruned(retention, logging, NOON + 100 * 3600) > 1
    left = [row[0] for row in db.execute("SELECT started_at FROM exchange ORDER BY seq")]
    assert min(left) >= NOON + 100 * 3600 - 2 * DAY_S - 900
    assert 47 <= len(left) <= 49
    assert db.execute("SELECT count(*) FROM content").fetchone() == (len(left),)
    assert retention.pruned == 100 - len(left)
    kept: tuple[int] = db.execute("SELECT sum(requests) FROM roll WHERE level=1").fetchone()
    assert kept[0] == 100
    db.execute("INSERT INTO text_index(text_index) VALUES('integrity-check')")
    assert db.execute("SELECT count(*) FROM text WHERE seq NOT IN (SELECT seq FROM exchange)").fetchone() == (
        0,
    )


def test_a_row_that_still_runs_is_never_pruned(db: sqlite3.Connection) -> None:
    writing = batches(db)
    writing.write([exchange()], [exchange(id="running")], KEEP_ALL)
    pruned(Retention(db, writing.rollups), Logging(keep_s=60), NOON + 30 * DAY_S)
    assert [row[0] for row in db.execute("SELECT id FROM exchange")] == ["running"]


def test_a_clock_that_jumped_does_not_keep_old_rows_nor_take_new_ones(db: sqlite3.Connection) -> None:
    writing = batches(db)
    for at in (NOON, NOON + 40 * DAY_S, NOON + 2, NOON + 20 * DAY_S, NOON + 3, NOON + 20 * DAY_S + 5):
        writing.write([exchange(started_at=at)], [], KEEP_ALL)
    pruned(Retention(db, writing.rollups), Logging(keep_s=DAY_S), NOON + 20 * DAY_S + 60)
    left = [row[0] for row in db.execute("SELECT started_at FROM exchange ORDER BY seq")]
    assert left == [NOON + 40 * DAY_S, NOON + 20 * DAY_S, NOON + 20 * DAY_S + 5]


def test_old_rows_among_very_many_new_ones_are_found(db: sqlite3.Connection) -> None:
    batches(db).write([exchange(started_at=NOON)], [], KEEP_ALL)
    copies(db, 25_000, started_at=NOON + 20 * DAY_S)
    writing = batches(db)
    writing.write([exchange(started_at=NOON + 1)], [], KEEP_ALL)
    pruned(Retention(db, writing.rollups), Logging(keep_s=DAY_S), NOON + 20 * DAY_S + 60)
    assert count(db) == 24_999
    assert db.execute("SELECT count(*) FROM span").fetchone() == (0,)


def test_a_log_stays_below_its_size_and_keeps_the_newest(db: sqlite3.Connection, path: Path) -> None:
    writing = batches(db)
    logging = Logging(max_mb=10)
    retention = Retention(db, writing.rollups)
    for _ in range(3):
        fill(writing, 500, began_s=NOON)
        pruned(retention, logging, NOON + 5)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert path.stat().st_size <= 10 << 20
    left = [row[0] for row in db.execute("SELECT seq FROM exchange ORDER BY seq")]
    assert 250 <= len(left) < 500
    assert left == list(range(1500 - len(left) + 1, 1501))
    assert db.execute("SELECT sum(requests) FROM roll WHERE level=1").fetchone() == (1500,)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_slices_are_small_and_the_file_shrinks_without_vacuum(db: sqlite3.Connection, path: Path) -> None:
    writing = batches(db)
    fill(writing, 1500, size=8_000)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    large = path.stat().st_size
    retention = Retention(db, writing.rollups)
    assert pruned(retention, Logging(keep_s=60), NOON + 9 * DAY_S) > 10
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert path.stat().st_size < large / 2
    assert retention.longest_s < 0.25


def test_slices_adapt_to_how_long_they_take(db: sqlite3.Connection) -> None:
    writing = batches(db)
    fill(writing, 300, size=300)
    ticks = iter(range(100_000))
    slow = Retention(db, writing.rollups, clock=lambda: next(ticks) * TARGET_S * 1.5)
    pruned(slow, Logging(keep_s=60), NOON + 9 * DAY_S)
    assert slow.longest_s == pytest.approx(TARGET_S * 1.5)
    deleted = slow.pruned
    assert deleted == 300


def test_under_pressure_fine_roll_ups_go_before_the_days_rows(db: sqlite3.Connection) -> None:
    writing = batches(db)
    for day in range(4):
        writing.write([exchange(started_at=NOON + day * DAY_S)], [], KEEP_ALL)
    while writing.rollups.close_some(NOON + 5 * DAY_S):
        pass
    retention = Retention(db, writing.rollups)
    pruned(retention, Logging(max_mb=0), NOON + 5 * DAY_S)
    assert count(db) == 0
    assert dict(db.execute("SELECT level, sum(requests) FROM roll GROUP BY level").fetchall()) == {
        900: 4,
        3600: 4,
        21600: 4,
        86400: 4,
    }


def test_numbers_are_not_given_twice_after_the_newest_rows_went(db: sqlite3.Connection) -> None:
    writing = batches(db)
    writing.write([exchange() for _ in range(5)], [], KEEP_ALL)
    assert sum(purge(db, Filter())) == 5
    batches(db).write([exchange()], [], KEEP_ALL)
    assert db.execute("SELECT seq FROM exchange").fetchall() == [(6,)]


def test_a_purge_leaves_no_trace_of_what_it_deleted(db: sqlite3.Connection, path: Path) -> None:
    writing = batches(db)
    words = [f"zan{number:03d}zibar" for number in range(120)]
    made = [
        exchange(request_body=request(word), provider="openai" if at % 2 else "qwen")
        for at, word in enumerate(words)
    ]
    writing.write(made, [], KEEP_ALL)
    while index_some(db, 50):
        pass
    wanted = parse("provider:openai", now_s=NOON)
    assert isinstance(wanted, Filter)
    deleted = list(purge(db, wanted))
    assert (sum(deleted), max(deleted)) == (60, 50)
    writing.words.sweep_shared()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    raw = path.read_bytes()
    assert b"zan004zibar" in raw
    found = [word for word in words[1::2] if word.encode() in raw]
    assert found == []
    assert count(db) == 60
    assert db.execute("SELECT count(*) FROM text_index WHERE text_index MATCH 'zan*'").fetchone() == (60,)
    db.execute("INSERT INTO text_index(text_index) VALUES('integrity-check')")


def test_a_purge_overwrites_what_it_deletes_and_only_that_is_slower(db: sqlite3.Connection) -> None:
    batches(db).write([exchange() for _ in range(60)], [], KEEP_ALL)
    db.execute("PRAGMA secure_delete=OFF")
    slices = purge(db, Filter())
    next(slices)
    assert db.execute("PRAGMA secure_delete").fetchone() == (1,)
    assert sum(slices) == 10
    assert db.execute("PRAGMA secure_delete").fetchone() == (0,)


def test_a_purge_works_without_an_index(db: sqlite3.Connection) -> None:
    batches(db).write([exchange()], [], KEEP_ALL)
    db.execute("DROP TABLE text_index")
    assert sum(purge(db, Filter())) == 1


def test_a_purge_leaves_what_still_runs(db: sqlite3.Connection) -> None:
    batches(db).write([exchange()], [exchange(id="running")], KEEP_ALL)
    assert sum(purge(db, Filter())) == 1
    assert db.execute("SELECT id FROM exchange").fetchall() == [("running",)]


def test_file_and_write_ahead_log_together_stay_below_the_cap() -> None:
    assert file_cap(Logging(max_mb=200)) == 192 << 20
    assert file_cap(Logging(max_mb=8)) == 6 << 20

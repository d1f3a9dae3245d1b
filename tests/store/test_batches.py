import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Cost, Exchange, Usage
from aigw_dev.core.units import Units
from aigw_dev.store.batches import Batches
from tests.store.making import KEEP_ALL, NOON, batches, exchange, quick_log, refused


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    one = quick_log(tmp_path / "log.db")
    yield one
    one.close()


@pytest.fixture
def writing(db: sqlite3.Connection) -> Batches:
    return batches(db)


def rows(db: sqlite3.Connection) -> list[tuple[int, str, int]]:
    return db.execute("SELECT seq, id, state FROM exchange ORDER BY seq").fetchall()


def test_a_row_is_written_once_with_its_content(db: sqlite3.Connection, writing: Batches) -> None:
    writing.write([exchange(id="a"), exchange(id="b")], [], KEEP_ALL)
    assert rows(db) == [(1, "a", 0), (2, "b", 0)]
    assert db.execute("SELECT count(*) FROM content").fetchone() == (2,)
    assert writing.counts.written == 2


def test_an_open_row_is_replaced_by_its_end(db: sqlite3.Connection, writing: Batches) -> None:
    one = exchange(id="a")
    writing.write([], [one], KEEP_ALL)
    assert rows(db) == [(1, "a", 1)]
    writing.write([exchange(id="b"), one], [], KEEP_ALL)
    assert rows(db) == [(1, "a", 0), (2, "b", 0)]
    writing.write([exchange(id="a")], [], KEEP_ALL)
    assert rows(db)[-1] == (3, "a", 0)


def test_an_exchange_that_opens_and_ends_in_one_batch_has_one_row(
    db: sqlite3.Connection, writing: Batches
) -> None:
    one = exchange(id="a")
    writing.write([one], [one], KEEP_ALL)
    assert rows(db) == [(1, "a", 0)]


def test_rows_open_at_the_start_were_interrupted(db: sqlite3.Connection, writing: Batches) -> None:
    writing.write([exchange(id="b")], [exchange(id="a")], KEEP_ALL)
    later = batches(db)
    assert later.interrupt() == 1
    assert later.interrupt() == 0
    assert rows(db) == [(1, "a", 2), (2, "b", 0)]


@pytest.mark.parametrize(
    ("fields", "is_kept"),
    [
        ({}, False),
        ({"status": 500}, True),
        ({"marks": {"fallback"}}, True),
        ({"status": 429, "marks": {"throttled"}}, True),
    ],
)
def test_sampling_always_keeps_what_failed_or_was_marked(
    db: sqlite3.Connection, fields: dict[str, object], *, is_kept: bool
) -> None:
    writing = batches(db, draw=lambda: 0.5)
    writing.write([exchange(**fields)], [], Logging(sample=0.5))
    assert len(rows(db)) == int(is_kept)
    assert writing.counts.sampled_out == int(not is_kept)


def test_sampling_keeps_its_share(db: sqlite3.Connection) -> None:
    draws = iter([0.1, 0.9] * 50)
    batches(db, draw=lambda: next(draws)).write([exchange() for _ in range(100)], [], Logging(sample=0.5))
    assert len(rows(db)) == 50


def test_sampling_keeps_the_slowest(db: sqlite3.Connection) -> None:
    writing = batches(db, draw=lambda: 0.9)
    writing.write([exchange(duration_s=0.5) for _ in range(300)], [], Logging(sample=0.1))
    writing.write([exchange(id="slow", duration_s=60.0)], [], Logging(sample=0.1))
    assert [row[1] for row in rows(db)] == ["slow"]


def test_the_open_row_of_an_exchange_that_is_not_kept_goes(db: sqlite3.Connection) -> None:
    writing = batches(db, draw=lambda: 0.9)
    one = exchange()
    writing.write([], [one], KEEP_ALL)
    writing.write([one], [], Logging(sample=0.1))
    assert rows(db) == []
    assert db.execute("SELECT count(*) FROM content").fetchone() == (0,)


def test_a_batch_that_fails_leaves_nothing_and_can_be_written_again(
    db: sqlite3.Connection, writing: Batches
) -> None:
    running = exchange(id="running")
    ended = [exchange(id="a", client="new client", session="s")]
    db.execute("CREATE TRIGGER no BEFORE INSERT ON span BEGIN SELECT raise(ABORT, 'no'); END")
    for _ in range(2):
        with pytest.raises(sqlite3.IntegrityError):
            writing.write(ended, [running], KEEP_ALL)
    assert rows(db) == []
    db.execute("DROP TRIGGER no")
    writing.write(ended, [running], KEEP_ALL)
    assert rows(db) == [(1, "running", 1), (2, "a", 0)]
    writing.write([running], [], KEEP_ALL)
    assert rows(db) == [(1, "running", 0), (2, "a", 0)]
    assert writing.counts.written == 2
    assert db.execute("SELECT client FROM exchanges WHERE id='a'").fetchone() == ("new client",)


def test_a_providers_absurd_usage_is_not_counted(db: sqlite3.Connection, writing: Batches) -> None:
    writing.write(
        [exchange(usage=Usage(input=10**30)), exchange(usage=Usage(input=-1)), exchange()], [], KEEP_ALL
    )
    assert db.execute("SELECT input_tokens FROM exchange").fetchall() == [(None,), (None,), (57,)]


def test_an_exchange_that_cannot_be_encoded_is_left_out_and_counted(
    db: sqlite3.Connection, writing: Batches
) -> None:
    broken = exchange(id="broken")
    writing.write([], [broken], KEEP_ALL)
    broken.request_headers = [("x", object())]  # pyright: ignore[reportAttributeAccessIssue] - what must not happen
    writing.write([broken, exchange(id="good")], [exchange(request_headers=None)], KEEP_ALL)
    assert [row[1] for row in rows(db)] == ["good"]
    assert writing.counts.unreadable == 1


def test_spans_tell_which_rows_a_quarter_of_an_hour_holds(db: sqlite3.Connection, writing: Batches) -> None:
    writing.write([exchange(started_at=NOON + at) for at in (0, 1000, 5, 890)], [], KEEP_ALL)
    writing.write([exchange(started_at=NOON + 7)], [refused(started_at=NOON + 2000)], KEEP_ALL)
    slot = int(NOON) // 900
    assert db.execute("SELECT * FROM span ORDER BY slot").fetchall() == [
        (slot, 1, 6),
        (slot + 1, 2, 2),
        (slot + 2, 5, 5),
    ]


def test_shared_texts_are_looked_through_once_a_day(db: sqlite3.Connection, writing: Batches) -> None:
    db.execute("INSERT INTO shared VALUES(1, 3, 'old')")
    writing.forget_shared(86_400)
    assert db.execute("SELECT count(*) FROM shared").fetchone() == (0,)
    db.execute("INSERT INTO shared VALUES(1, 3, 'old')")
    writing.forget_shared(86_400)
    assert db.execute("SELECT count(*) FROM shared").fetchone() == (1,)


def video(exchange_id: str, job: str = "video_1", provider: str = "openai") -> Exchange:
    units = Units(videos=1, video_s=8.0, resolution="720p", job=job)
    cost = Cost(status="exact", nanousd=800)
    return exchange(id=exchange_id, operation="openai.videos.item", units=units, cost=cost, provider=provider)


def counted(db: sqlite3.Connection) -> tuple[int, int]:
    found: tuple[int, int] = db.execute(
        "SELECT sum(videos), sum(cost_nanousd) FROM roll WHERE level=1"
    ).fetchone()
    return found


def test_a_videos_job_is_counted_once_whoever_looks_at_it_and_when(
    db: sqlite3.Connection, writing: Batches
) -> None:
    writing.write([video("a"), video("b")], [], KEEP_ALL)
    batches(db).write([video("c")], [], Logging(sample=0))  # another process, and a row that is not kept
    assert counted(db) == (1, 800)
    writing.write([video("d", job="video_2"), video("e", provider="gemini")], [], KEEP_ALL)
    assert counted(db) == (3, 2_400), "another job, and another provider's job of the same name"
    db.execute("PRAGMA trusted_schema=ON")  # as it is for whoever opens the file with a tool
    assert db.execute("SELECT exchange_id, videos FROM units ORDER BY seq").fetchall() == [
        ("a", 1),
        ("d", 1),
        ("e", 1),
    ]


def test_a_video_whose_batch_was_lost_is_counted_when_it_is_written_again(
    db: sqlite3.Connection, writing: Batches
) -> None:
    db.execute("CREATE TRIGGER no BEFORE INSERT ON span BEGIN SELECT raise(ABORT, 'no'); END")
    looks = [video("a"), video("b")]
    with pytest.raises(sqlite3.IntegrityError):
        writing.write(looks, [], KEEP_ALL)
    db.execute("DROP TRIGGER no")
    writing.write(looks, [], KEEP_ALL)
    assert counted(db) == (1, 800)


def test_counted_videos_are_forgotten_when_no_provider_keeps_them(
    db: sqlite3.Connection, writing: Batches
) -> None:
    writing.write([video("a")], [], KEEP_ALL)
    db.execute("INSERT INTO counted_job VALUES(x'00', 86400)")
    writing.forget_shared(86_400)
    assert db.execute("SELECT count(*) FROM counted_job").fetchone() == (1,)


@pytest.mark.parametrize("units", [Units(characters=10**30), Units(searches=-1)])
def test_absurd_units_are_not_counted(units: Units, db: sqlite3.Connection, writing: Batches) -> None:
    writing.write([exchange(units=units)], [], KEEP_ALL)
    assert db.execute("SELECT characters, searches FROM roll").fetchall() == [(0, 0)]

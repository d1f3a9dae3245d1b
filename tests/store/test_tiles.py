import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw_dev.core.rollup import COUNTERS, DURATION, NON_STREAM, STREAM, Tile, bucket
from aigw_dev.store.filters import Filter, parse
from aigw_dev.store.tiles import GROUPS, Grouping, added, histograms, sums
from aigw_dev.store.vocabulary import Vocabulary
from tests.store.making import KEEP_ALL, NOON, batches, exchange, quick_log

SECONDS = [Tile(1, int(NOON), int(NOON) + 5), Tile(1, int(NOON) + 5, int(NOON) + 60)]
REQUESTS = COUNTERS.index("requests")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    one = quick_log(tmp_path / "log.db")
    made = [
        exchange(started_at=NOON + at, provider=("openai", "qwen")[at % 2], is_stream=at % 3 == 0)
        for at in range(10)
    ]
    batches(one).write(made, [], KEEP_ALL)
    yield one
    one.close()


def grouping(db: sqlite3.Connection, *by: str, text: str = "") -> Grouping:
    wanted = parse(text, now_s=NOON)
    assert isinstance(wanted, Filter)
    return Grouping(Vocabulary(db), by, wanted)


def requests(
    db: sqlite3.Connection, groups: Grouping, step_s: int | None = None
) -> dict[tuple[int, str, int], int]:
    found = sums(db, SECONDS, groups, step_s=step_s)
    return {
        (at, ",".join(groups.key(number).values()), kind): row[REQUESTS]
        for (at, number, kind), row in found.items()
    }


def test_everything_is_one_group_of_two_kinds(db: sqlite3.Connection) -> None:
    assert requests(db, grouping(db)) == {(0, "", NON_STREAM): 6, (0, "", STREAM): 4}
    assert grouping(db).is_everything


def test_a_filter_without_groups_is_added_up_by_dim(db: sqlite3.Connection) -> None:
    assert requests(db, grouping(db, text="provider:qwen")) == {(0, "", NON_STREAM): 3, (0, "", STREAM): 2}
    assert requests(db, grouping(db, text="provider:nobody")) == {}


def test_groups_are_added_up_over_all_tiles(db: sqlite3.Connection) -> None:
    found = requests(db, grouping(db, "provider"))
    assert found == {
        (0, "openai", NON_STREAM): 3,
        (0, "openai", STREAM): 2,
        (0, "qwen", NON_STREAM): 3,
        (0, "qwen", STREAM): 2,
    }
    assert requests(db, grouping(db, "stream")) == {(0, "no", NON_STREAM): 6, (0, "yes", STREAM): 4}


def test_steps_are_told_apart(db: sqlite3.Connection) -> None:
    found = requests(db, grouping(db, "provider", text="-provider:qwen"), step_s=4)
    begin = int(NOON)
    assert {at - begin for at, _, _ in found} == {0, 4, 8}
    assert sum(found.values()) == 5


def test_histograms_are_added_up_the_same_way(db: sqlite3.Connection) -> None:
    groups = grouping(db, "provider")
    found = histograms(db, SECONDS, groups)
    by_text = {
        (groups.texts[number][0], kind, metric): counts for (_, number, kind, metric), counts in found.items()
    }
    assert by_text["qwen", NON_STREAM, DURATION] == {bucket(500_000): 3}
    assert histograms(db, SECONDS, grouping(db))[0, 0, NON_STREAM, DURATION] == {bucket(500_000): 6}


def test_histograms_are_told_apart_by_step(db: sqlite3.Connection) -> None:
    whole = histograms(db, SECONDS, grouping(db))
    by_step = histograms(db, SECONDS, grouping(db), step_s=1)
    assert len({at for at, _, _, _ in by_step}) > 1
    together: dict[tuple[int, int, int, int], dict[int, int]] = {}
    for (_, number, kind, metric), counts in by_step.items():
        for place, count in counts.items():
            row = together.setdefault((0, number, kind, metric), {})
            row[place] = row.get(place, 0) + count
    assert together == whole


def test_a_connection_that_only_reads_stays_so(tmp_path: Path) -> None:
    from aigw_dev.store import database
    from aigw_dev.store.migrations import LOG_VERSION

    quick_log(tmp_path / "log.db").close()
    db = database.open_readable(tmp_path / "log.db", database.LOG, newest=LOG_VERSION)
    assert db is not None
    groups = grouping(db, "provider")
    with database.snapshot(db):
        assert sums(db, SECONDS, groups, step_s=None) == {}
    assert db.execute("PRAGMA query_only").fetchone() == (1,)
    with pytest.raises(sqlite3.OperationalError):
        db.execute("DELETE FROM exchange")
    db.close()


def test_every_name_of_a_group_is_a_field(db: sqlite3.Connection) -> None:
    assert len(grouping(db, *GROUPS).texts) == 4
    assert added((1, 2), (3, 4)) == (4, 6)


def test_sqlite_looks_the_group_of_a_row_up(db: sqlite3.Connection) -> None:
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    sums(db, SECONDS[:1], grouping(db, "provider"), step_s=None)
    db.set_trace_callback(None)
    (statement,) = [text for text in statements if "roll_dim" in text]
    plan = "\n".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}"))
    assert "SEARCH p USING INTEGER PRIMARY KEY" in plan
    assert "USING PRIMARY KEY (level=? AND ts>? AND ts<?)" in plan

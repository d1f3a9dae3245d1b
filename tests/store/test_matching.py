"""Runs of numbers are exactly the rows that a plain look finds, whichever index answers, whatever is missing."""

import itertools
import random
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.store.filters import Filter
from aigw_dev.store.find import find
from aigw_dev.store.fulltext import index_some
from aigw_dev.store.matching import matching, passing, runs_of
from aigw_dev.store.retention import delete_rows
from aigw_dev.store.vocabulary import Vocabulary
from tests.store.making import KEEP_ALL, batches, copies, exchange, quick_log, write
from tests.store.test_find import CASES, traffic, wanted

EVERYTHING = Filter()


def spread(runs: list[tuple[int, int]]) -> list[int]:
    """Every number of the runs."""
    return [seq for first, count in runs for seq in range(first, first + count)]


@given(st.sets(st.integers(1, 60)))
def test_runs_hold_the_same_numbers_and_never_touch(numbers: set[int]) -> None:
    runs = runs_of(sorted(numbers))
    assert spread(runs) == sorted(numbers)
    assert all(a + count < b for (a, count), (b, _) in itertools.pairwise(runs))


@pytest.fixture(scope="module", params=["indexed", "half indexed", "no index"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "log.db"
    write(path, traffic(300))
    db = quick_log(path)
    delete_rows(db, [3, 4, 5, 100, 299])
    if request.param == "no index":
        db.execute("DROP TABLE text_index")
    for most in {"indexed": [200] * 5, "half indexed": [151]}.get(request.param, []):
        index_some(db, most)
    db.close()
    return path


@pytest.mark.parametrize("text", [text for text, _ in CASES], ids=lambda text: text or "everything")
def test_a_filter_matches_the_rows_that_it_finds(log: Path, text: str) -> None:
    db = quick_log(log)
    vocabulary = Vocabulary(db)
    expected = sorted(row.seq for row in find(db, vocabulary, wanted(text), limit=1000).rows)
    found = matching(db, vocabulary, wanted(text), limit=1000)
    assert (spread(found.runs), found.total, found.is_complete) == (expected, len(expected), True)
    later = matching(db, vocabulary, wanted(text), after=150, limit=1000)
    assert spread(later.runs) == [seq for seq in expected if seq > 150]
    newest = matching(db, vocabulary, wanted(text), limit=7)
    assert spread(newest.runs) == expected[-7:]
    assert newest.is_complete == (len(expected) <= 7)
    some = random.Random(2).sample(range(1, 320), 60)  # noqa: S311 -- the same dice every time
    assert passing(db, vocabulary, wanted(text), some) == set(some) & set(expected)


def filled(path: Path, rows: int) -> sqlite3.Connection:
    db = quick_log(path)
    batches(db).write([exchange()], [], KEEP_ALL)
    copies(db, rows)
    return db


@pytest.mark.parametrize(
    "gone", [[], [5000], [1, 2, 3], [4096, 4097, 8192], list(range(2000, 9000)), list(range(2, 12_000))]
)
def test_everything_is_runs_around_what_is_gone(tmp_path: Path, gone: list[int]) -> None:
    db = filled(tmp_path / "log.db", 12_100)
    delete_rows(db, gone)
    left = [seq for seq in range(1, 12_101) if seq not in set(gone)]
    found = matching(db, Vocabulary(db), EVERYTHING, limit=50_000)
    assert found.runs == runs_of(left)
    assert (found.total, found.is_complete) == (len(left), True)
    some = matching(db, Vocabulary(db), EVERYTHING, limit=60)
    assert (spread(some.runs), some.is_complete) == (left[-60:], False)
    assert spread(matching(db, Vocabulary(db), EVERYTHING, after=8_000, limit=50_000).runs) == [
        seq for seq in left if seq > 8_000
    ]


def test_everything_of_a_whole_log_costs_no_pass_over_it(tmp_path: Path) -> None:
    db = filled(tmp_path / "log.db", 30_000)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    db.set_progress_handler(count, 100)
    assert matching(db, Vocabulary(db), EVERYTHING, limit=100_000).runs == [(1, 30_000)]
    assert steps < 10, "hundreds of instructions of SQLite, not tens of thousands"


def test_a_search_for_time_ends_when_the_time_is_up_with_the_newest(tmp_path: Path) -> None:
    db = filled(tmp_path / "log.db", 120_000)
    found = matching(db, Vocabulary(db), wanted("ms:>100"), limit=200_000, is_late=lambda: True)
    assert not found.is_complete
    assert found.runs == [(70_001, 50_000)]
    whole = matching(db, Vocabulary(db), wanted("ms:>100"), limit=200_000, is_late=lambda: False)
    assert (whole.runs, whole.is_complete) == ([(1, 120_000)], True)


def test_an_empty_log_matches_nothing(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    for text in ("", "status:200", "word"):
        assert matching(db, Vocabulary(db), wanted(text), limit=10).runs == []

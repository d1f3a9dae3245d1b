"""A filter in terms of one log: what it can concern, and whether it is about everything."""

from pathlib import Path

import pytest

from aigw_dev.store.query import SLOT_S, prepare, span_bounds, statement, with_dims
from aigw_dev.store.vocabulary import Vocabulary
from tests.store.making import NOON, exchange, quick_log, write
from tests.store.test_find import wanted


@pytest.mark.parametrize(
    ("text", "is_everything", "is_empty"),
    [("", True, False), ("provider:openai", True, False), ("provider:nobody", False, True), ("status:200", False, False),
     ("word", False, False), ("until:9d", False, True)],
)  # fmt: skip
def test_what_concerns_every_row_and_what_none(
    tmp_path: Path, text: str, is_everything: bool, is_empty: bool
) -> None:
    write(tmp_path / "log.db", [exchange(), exchange()])
    db = quick_log(tmp_path / "log.db")
    query = prepare(db, Vocabulary(db), wanted(text))
    assert (query.is_everything, query.is_empty) == (is_everything, is_empty)


def test_the_rows_of_a_time_lie_between_two_numbers(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [exchange(started_at=NOON + place * SLOT_S) for place in range(4)])
    db = quick_log(tmp_path / "log.db")
    assert span_bounds(db, NOON + SLOT_S, NOON + 2 * SLOT_S) == (2, 4)
    assert span_bounds(db, None, None) == (1, 5)
    assert span_bounds(db, NOON + 99 * SLOT_S, None) is None


def test_what_a_person_wrote_travels_as_a_parameter(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [exchange(), exchange(provider="qwen")])
    db = quick_log(tmp_path / "log.db")
    query = prepare(db, Vocabulary(db), wanted('session:"x\'); DROP" provider:qwen'), before=2, after=0)
    assert (query.floor, query.ceiling) == (1, 2)
    sql, parameters = statement("SELECT {columns} FROM exchange e WHERE 1{where}", "e.seq", with_dims(query))
    assert "DROP" not in sql
    assert parameters == ["x'); DROP", "[2]"]

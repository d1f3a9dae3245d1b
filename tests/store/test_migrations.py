import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aigw_dev.core.errors import StoreError
from aigw_dev.core.exchange import COST_STATUSES, MARKS
from aigw_dev.core.rollup import COUNTERS, OUTCOMES, Totals
from aigw_dev.core.units import Images, Units
from aigw_dev.store.migrations import (
    LOG_STEPS,
    LOG_VERSION,
    STATE_VERSION,
    bring_up,
    migrate_log,
    migrate_state,
)
from aigw_dev.store.records import Record
from aigw_dev.store.rows import COST_NUMBERS, MARK_BITS, OUTCOME_NUMBERS
from aigw_dev.store.state_file import open_state
from aigw_dev.store.stats import Summary, summary
from aigw_dev.store.writer import open_log
from tests.store.making import NOON, attempt, exchange, log_reader, write


def test_sqlite_utils_records_which_steps_were_taken(tmp_path: Path) -> None:
    for path, name, version in (
        (tmp_path / "log.db", "aigw_dev.log", LOG_VERSION),
        (tmp_path / "state.db", "aigw_dev.state", STATE_VERSION),
    ):
        db = open_log(path) if name.endswith("log") else open_state(path)
        steps = db.execute("SELECT migration_set, name FROM _sqlite_migrations").fetchall()
        assert steps == [(name, f"{number:04d}") for number in range(1, version + 1)]
        assert db.execute("PRAGMA user_version").fetchone() == (version,)
        db.close()


def test_a_file_that_is_up_to_date_opens_without_sqlite_utils(tmp_path: Path) -> None:
    open_log(tmp_path / "log.db").close()
    open_state(tmp_path / "state.db").close()
    script = (
        "import sys; from pathlib import Path; from aigw_dev.store.writer import open_log;"
        "from aigw_dev.store.state_file import open_state; place = Path(sys.argv[1]);"
        "open_log(place / 'log.db').close(); open_state(place / 'state.db').close();"
        "sys.exit('sqlite_utils' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=30).returncode == 0
    )


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    open_log(path).close()
    steps = (*LOG_STEPS, ("CREATE TABLE more(a)", "CREATE TABLE exchange(again)"))
    db = opened(path)
    with pytest.raises(sqlite3.OperationalError):
        bring_up(db, path, name="aigw_dev.log", steps=steps)
    assert db.execute("PRAGMA user_version").fetchone() == (LOG_VERSION,)
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name='more'").fetchone() == (0,)
    db.close()


def test_a_later_step_is_taken_once_and_keeps_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    write(path, [exchange()])
    db = opened(path)
    for _ in range(2):
        bring_up(db, path, name="aigw_dev.log", steps=(*LOG_STEPS, ("CREATE TABLE more(a)",)))
    assert db.execute("PRAGMA user_version").fetchone() == (LOG_VERSION + 1,)
    assert db.execute("SELECT count(*) FROM exchange").fetchone() == (1,)
    db.close()


@pytest.mark.parametrize("migrate", [migrate_log, migrate_state])
def test_a_newer_schema_is_refused(
    migrate: Callable[[sqlite3.Connection, Path], None], tmp_path: Path
) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute("PRAGMA user_version=99")
    with pytest.raises(StoreError) as caught:
        migrate(db, tmp_path / "x.db")
    assert caught.value.code == "store_newer"
    db.close()


def test_every_word_of_the_record_has_a_number_and_the_view_spells_it(tmp_path: Path) -> None:
    assert set(MARK_BITS) == set(MARKS)
    assert set(OUTCOME_NUMBERS) == set(OUTCOMES)
    assert set(COST_NUMBERS) == set(COST_STATUSES)
    db = open_log(tmp_path / "log.db")
    view: tuple[str] = db.execute("SELECT sql FROM sqlite_master WHERE name='exchanges'").fetchone()
    for word, bit in MARK_BITS.items():
        assert f"e.marks & {bit}, '{word} '" in view[0]
    costs = view[0][view[0].index("CASE e.cost_status") :]
    for word, number in COST_NUMBERS.items():
        assert f"WHEN {number} THEN '{word}'" in costs
    outcomes = re.search(r"CASE e\.outcome(.*?)END", view[0], re.DOTALL)
    assert outcomes is not None
    assert all(f"'{word}'" in outcomes[1] for word in OUTCOME_NUMBERS)
    db.close()


def test_roll_ups_have_a_column_for_every_counter(tmp_path: Path) -> None:
    db = open_log(tmp_path / "log.db")
    for table, keys in (("roll", 3), ("roll_dim", 4)):
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        assert tuple(columns[keys:]) == COUNTERS
    db.close()


def test_the_views_show_a_log_to_any_tool(tmp_path: Path) -> None:
    one = exchange(
        marks={"fallback", "retried"},
        attempts=[attempt(status=429, error="upstream_status"), attempt("qwen", number=2, reason="fallback")],
        provider="qwen",
    )
    write(tmp_path / "log.db", [one])
    db = opened(tmp_path / "log.db")
    statement = "SELECT id, state, outcome, marks, provider, cost_status, finish, price_id FROM exchanges"
    found = db.execute(statement).fetchone()
    assert found == (one.id, "ended", "ok", "fallback retried", "qwen", "exact", "stop", one.cost.price_id)
    tried = db.execute("SELECT number, provider, reason, status, error FROM attempts").fetchall()
    assert tried == [(1, "openai", "first", 429, "upstream_status"), (2, "qwen", "fallback", 200, "")]
    db.close()


def test_without_fts5_there_is_a_log_without_an_index(tmp_path: Path) -> None:
    db = opened(tmp_path / "log.db")
    absent = ("CREATE VIRTUAL TABLE text_index USING no_such_module(a)",)
    bring_up(db, tmp_path / "log.db", name="aigw_dev.log", steps=LOG_STEPS, optional=absent)
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name='text_index'").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM exchange").fetchone() == (0,)
    db.close()
    db = opened(tmp_path / "other.db")
    with pytest.raises(sqlite3.OperationalError):
        bring_up(db, tmp_path / "other.db", name="x", steps=LOG_STEPS, optional=("CREATE TABLE exchange(a)",))
    db.close()


@pytest.fixture
def older(tmp_path: Path, repository: Path) -> Path:
    """A log.db as the release of issue 2 left it."""
    path = tmp_path / "log.db"
    db = opened(path)
    db.executescript((repository / "fixtures" / "store" / "log-1.sql").read_text("utf-8"))
    db.close()
    return path


def _totals(path: Path, *by: str) -> dict[tuple[str, ...], Totals]:
    found = summary(log_reader(path), since_s=NOON - 10, until_s=NOON + 3 * 86_400, by=by)
    assert isinstance(found, Summary)
    return {tuple(group.key.values()): group.totals for group in found.groups}


def test_a_log_of_schema_1_is_read_as_it_is_where_nothing_may_write_it(older: Path) -> None:
    assert _totals(older)[()].requests == 5
    by_category = _totals(older, "category", "tier")
    assert {key: one.requests for key, one in by_category.items()} == {("chat", ""): 4, ("image", ""): 1}
    assert by_category["image", ""].images == 0
    db = opened(older)
    assert db.execute("PRAGMA user_version").fetchone() == (1,), "reading changes nothing"
    db.close()


def test_a_log_of_schema_1_is_brought_up_to_date_and_goes_on_counting(older: Path) -> None:
    before = _totals(older)[()]
    made = exchange(
        started_at=NOON + 2 * 86_400,
        operation="openai.images.generations",
        units=Units(images=(Images(2, "1024x1024"),)),
    )
    write(older, [made])
    db = opened(older)
    assert db.execute("PRAGMA user_version").fetchone() == (LOG_VERSION,)
    assert db.execute("SELECT images, tier FROM units").fetchall() == [(2, "1K")]
    db.close()
    after = _totals(older)[()]
    assert (after.requests, after.images, after.input_tokens) == (
        before.requests + 1,
        2,
        before.input_tokens + 57,
    )
    by_tier = _totals(older, "category", "tier")
    assert (by_tier["image", ""].requests, by_tier["image", "1K"].images) == (1, 2)
    kept = log_reader(older).get("00000000000000a3")
    assert isinstance(kept, Record)
    assert kept.exchange.units is None


def test_every_schema_that_was_released_ends_as_a_new_file_begins(older: Path, tmp_path: Path) -> None:
    open_log(older).close()
    open_log(tmp_path / "new.db").close()
    columns: list[dict[str, list[str]]] = []
    for path in (older, tmp_path / "new.db"):
        db = opened(path)
        tables: list[tuple[str]] = db.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'text_index%'"
        ).fetchall()
        columns.append(
            {name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")] for (name,) in tables}
        )
        db.close()
    assert columns[0] == columns[1]

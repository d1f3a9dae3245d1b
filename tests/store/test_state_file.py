import sqlite3
from collections.abc import Generator
from pathlib import Path

import pytest

from aigw_dev.core.errors import StoreError
from aigw_dev.store.migrations import STATE_VERSION
from aigw_dev.store.state_file import StateFile, open_state
from tests.store.making import NOON


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def file(path: Path) -> Generator[StateFile]:
    one = StateFile(path, clock=lambda: NOON)
    yield one
    one.close()


def test_state_is_durable_when_it_is_committed(path: Path) -> None:
    db = open_state(path)
    assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    db.close()


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path, file: StateFile) -> None:
    path.write_text("not a database " * 300)
    with file.writing() as db:
        db.execute("INSERT INTO counter VALUES('x', 1)")
    health = file.health()
    assert health.state == "ok"
    assert Path(health.set_aside).name == "state.db.corrupt-20261118T120000Z"
    assert Path(health.set_aside).read_text().startswith("not a database")
    file.close()


def test_damage_found_in_use_is_told_and_mended_by_the_next_call(path: Path, file: StateFile) -> None:
    with file.writing() as db:
        for number in range(2000):
            db.execute("INSERT INTO counter VALUES(?, 1)", (f"counter {number:060d}",))
    with file.reading() as db:
        assert db is not None
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        db.execute("PRAGMA shrink_memory")
    with path.open("r+b") as raw:
        raw.seek(16_384)
        raw.write(b"\xee" * (path.stat().st_size - 16_384))
    with pytest.raises(StoreError) as caught, file.reading() as db:  # noqa: PT012 -- the file opens well
        assert db is not None
        db.execute("SELECT sum(value) FROM counter").fetchone()
    assert caught.value.code == "store_corrupt"
    assert file.health().set_aside
    with file.writing() as db:
        assert db.execute("SELECT count(*) FROM counter").fetchone() == (0,)
    file.close()


def test_a_newer_file_is_refused_and_left_alone(path: Path, file: StateFile) -> None:
    with file.writing():
        pass
    file.close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version={STATE_VERSION + 1}")
    db.close()
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError) as caught, file.reading():
            pass
        assert caught.value.code == "store_newer"
    assert (file.health().state, file.health().code) == ("degraded", "store_newer")
    assert path.read_bytes() == before


def test_a_locked_file_heals_with_the_next_call(path: Path, file: StateFile) -> None:
    with file.writing():
        pass
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError), file.writing():
        pass
    assert file.health().code == "store_locked"
    other.execute("ROLLBACK")
    other.close()
    with file.writing():
        pass
    assert file.health().state == "ok"
    file.close()


def test_an_error_of_the_caller_is_the_callers(file: StateFile) -> None:
    with pytest.raises(KeyError), file.writing():
        raise KeyError
    with pytest.raises(sqlite3.IntegrityError), file.writing() as db:
        db.execute("INSERT INTO counter VALUES('x', 1), ('x', 2)")
    with file.reading() as db:
        assert db is not None
        assert db.execute("SELECT count(*) FROM counter").fetchone() == (0,)
    file.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError), StateFile(tmp_path / "file" / "state.db", clock=lambda: NOON).writing():
        pass

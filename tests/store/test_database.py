import os
import sqlite3
import stat
from pathlib import Path

import pytest

from aigw_dev.core.errors import CODES, StoreError
from aigw_dev.store import database
from aigw_dev.store.database import LOG, STATE, WriterLock, set_aside, store_error, transaction
from aigw_dev.store.migrations import LOG_VERSION, migrate_log
from aigw_dev.store.writer import open_log

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")


def pragma(db: sqlite3.Connection, name: str) -> int | str:
    row: tuple[int | str] = db.execute(f"PRAGMA {name}").fetchone()
    return row[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one" / "log.db"


def test_a_log_has_large_pages_a_durable_wal_and_can_shrink(path: Path) -> None:
    db = open_log(path)
    found = {
        name: pragma(db, name)
        for name in ("page_size", "auto_vacuum", "journal_mode", "synchronous", "application_id")
    }
    assert found == {
        "page_size": 16384,
        "auto_vacuum": 2,
        "journal_mode": "wal",
        "synchronous": 2,
        "application_id": LOG.application_id,
    }
    assert pragma(db, "journal_size_limit") == database.WAL_BYTES
    db.close()


@posix_only
def test_files_and_folder_are_for_their_owner_alone(path: Path) -> None:
    old = os.umask(0)
    try:
        db = open_log(path)
        db.execute("INSERT INTO mark VALUES('x', 1)")
        assert {file.name: mode(file) for file in path.parent.iterdir()} == {
            "log.db": 0o600,
            "log.db-wal": 0o600,
            "log.db-shm": 0o600,
        }
        assert mode(path.parent) == 0o700
        db.close()
        path.chmod(0o644)
        open_log(path).close()
        assert mode(path) == 0o600
    finally:
        os.umask(old)


def test_a_reader_cannot_write(path: Path) -> None:
    open_log(path).close()
    db = database.open_readable(path, LOG, newest=LOG_VERSION)
    assert db is not None
    with pytest.raises(sqlite3.OperationalError):
        db.execute("INSERT INTO mark VALUES('x', 1)")
    db.close()


def test_a_log_that_is_absent_or_empty_reads_as_none(path: Path) -> None:
    assert database.open_readable(path, LOG, newest=LOG_VERSION) is None
    path.parent.mkdir()
    path.touch()
    assert database.open_readable(path, LOG, newest=LOG_VERSION) is None


def test_what_a_killed_writer_committed_is_read(path: Path) -> None:
    db = open_log(path)
    db.execute("INSERT INTO mark VALUES('x', 7)")
    # The write-ahead log is still there, as after a kill.
    reader = database.open_readable(path, LOG, newest=LOG_VERSION)
    assert reader is not None
    assert reader.execute("SELECT value FROM mark").fetchone() == (7,)
    reader.close()
    db.close()


@pytest.mark.parametrize("application_id", [0, 0x12345678])
def test_a_database_of_another_program_is_left_alone(path: Path, application_id: int) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE precious(a)")
        other.execute(f"PRAGMA application_id={application_id}")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_log(path)
    with pytest.raises(StoreError, match="another program"):
        database.open_readable(path, LOG, newest=1)
    assert path.read_bytes() == before


def test_a_state_database_is_not_taken_for_a_log(path: Path) -> None:
    open_log(path).close()
    with pytest.raises(StoreError, match="another program"):
        database.open_writable(path, STATE, newest=1, migrate=migrate_log)


def test_a_log_killed_before_it_was_stamped_is_ours(path: Path) -> None:
    db = open_log(path)
    db.execute("PRAGMA application_id=0")
    db.close()
    db = open_log(path)
    assert pragma(db, "application_id") == LOG.application_id
    db.close()


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_BUSY, "store_locked"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "store_locked"),
        (sqlite3.SQLITE_FULL, "store_full"),
        (sqlite3.SQLITE_CORRUPT, "store_corrupt"),
        (sqlite3.SQLITE_NOTADB, "store_corrupt"),
        (sqlite3.SQLITE_IOERR, "store_unavailable"),
        (None, "store_unavailable"),
    ],
)
def test_every_failure_has_a_code_that_explain_knows(number: int | None, code: str) -> None:
    error = sqlite3.OperationalError("what SQLite says")
    if number is not None:
        error.sqlite_errorcode = number
    found = store_error(error, Path("log.db"))
    assert found.code == code
    assert code in CODES
    assert "log.db" in found.message
    assert "what SQLite says" in found.message


def test_a_transaction_that_fails_leaves_nothing_behind(path: Path) -> None:
    db = open_log(path)
    with pytest.raises(ZeroDivisionError), transaction(db):  # noqa: PT012 -- what is rolled back comes first
        db.execute("INSERT INTO mark VALUES('x', 1)")
        raise ZeroDivisionError
    assert not db.in_transaction
    assert db.execute("SELECT count(*) FROM mark").fetchone() == (0,)
    db.close()


def test_damaged_files_are_set_aside_under_names_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    names: list[str] = []
    for text in ("one", "two"):
        path.write_text(text)
        path.with_name("log.db-wal").write_text(f"{text} wal")
        aside = set_aside(path, now_s=1_795_003_200)
        assert aside is not None
        assert not path.exists()
        assert aside.read_text() == text
        assert aside.with_name(f"{aside.name}-wal").read_text() == f"{text} wal"
        names.append(aside.name)
    assert names == ["log.db.corrupt-20261118T120000Z", "log.db.corrupt-20261118T120000Z-1"]


def test_a_file_that_cannot_be_renamed_stays(tmp_path: Path) -> None:
    assert set_aside(tmp_path / "absent.db", now_s=0) is None


def test_a_writer_lock_has_one_holder(tmp_path: Path) -> None:
    one, other = WriterLock(tmp_path / "log.db"), WriterLock(tmp_path / "log.db")
    assert one.take()
    assert one.take()
    assert not other.take()
    with pytest.raises(StoreError) as caught:
        other.take_or_raise()
    assert caught.value.code == "store_locked"
    assert str(tmp_path / "log.db") in caught.value.message
    one.free()
    one.free()
    assert other.take()
    other.free()

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.trust_db import APPLICATION_ID, SCHEMA, KeyRecord, TrustDb


def record(name: str = "openai-api-key", *origins: str, added_at: float = 1.0) -> KeyRecord:
    return KeyRecord(
        name=name,
        provider="openai",
        source="keyring",
        place=name,
        origins=origins or ("https://api.openai.com",),
        fingerprint="abc",
        added_at=added_at,
    )


def test_a_database_that_is_not_there_reads_as_empty_and_is_not_made(tmp_path: Path) -> None:
    db = TrustDb(tmp_path / "trust.db")
    assert (db.records(), db.record("x"), db.slots(), db.trusted()) == ([], None, [], [])
    assert list(tmp_path.iterdir()) == []


def test_the_file_and_its_folder_are_the_owners_only(tmp_path: Path) -> None:
    db = TrustDb(tmp_path / "state" / "trust.db")
    db.put_record(record())
    if os.name == "posix":
        assert stat.S_IMODE(db.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(db.path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in db.path.parent.iterdir()] == ["trust.db"]


def test_a_record_comes_back_with_its_origins_in_the_order_allowed(tmp_path: Path) -> None:
    db = TrustDb(tmp_path / "trust.db")
    db.put_record(record("a", "https://one", "https://another"))
    assert db.allow("a", "https://last", 9.0)
    assert db.allow("a", "https://one", 9.0)
    assert db.record("a") == record("a", "https://one", "https://another", "https://last")
    assert db.disallow("a", "https://one")
    assert not db.disallow("a", "https://one")
    assert not db.allow("unknown", "https://one", 9.0)


def test_replacing_a_record_forgets_its_origins_and_dropping_it_everything(tmp_path: Path) -> None:
    db = TrustDb(tmp_path / "trust.db")
    db.put_record(record("a", "https://old"))
    db.open_slot("a", role="previous", fingerprint="f", until=5.0)
    db.put_record(record("a", "https://new", added_at=2.0))
    kept = db.record("a")
    assert kept is not None
    assert (kept.origins, kept.added_at) == (("https://new",), 2.0)
    assert db.drop_record("a")
    assert not db.drop_record("a")
    assert (db.records(), db.slots()) == ([], [])


def test_last_use_only_moves_forward_and_unknown_names_are_skipped(tmp_path: Path) -> None:
    db = TrustDb(tmp_path / "trust.db")
    db.touch({})
    assert not db.path.exists()
    db.put_record(record("a"))
    db.touch({"a": 20.0, "unknown": 1.0})
    db.touch({"a": 10.0})
    kept = db.record("a")
    assert kept is not None
    assert kept.last_used_at == 20.0


def test_slot_numbers_are_never_used_twice(tmp_path: Path) -> None:
    db = TrustDb(tmp_path / "trust.db")
    db.put_record(record("a"))
    first = db.open_slot("a", role="candidate", fingerprint="f", until=5.0)
    db.close_slot(first)
    second = db.open_slot("a", role="previous", fingerprint="f", until=5.0)
    assert (first.number, second.number) == (1, 2)
    assert db.slots("a") == [second]
    assert db.slots("b") == []
    kept = db.record("a")
    assert kept is not None
    assert kept.previous == second


def test_the_salt_is_made_once_and_differs_between_homes(tmp_path: Path) -> None:
    one, other = TrustDb(tmp_path / "one" / "trust.db"), TrustDb(tmp_path / "other" / "trust.db")
    assert one.salt() == TrustDb(one.path).salt()
    assert len(one.salt()) == 16
    assert one.salt() != other.salt()


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from aigw_dev.secrets.trust_db import TrustDb\n"
        "TrustDb(Path(sys.argv[1])).put_trusted('/a', 'hash', 1.0)\n"
        "os.kill(os.getpid(), signal.SIGTERM if os.name != 'posix' else signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "trust.db")], check=False, timeout=30)
    assert [(one.path, one.hash) for one in TrustDb(tmp_path / "trust.db").trusted()] == [("/a", "hash")]


def test_several_processes_write_at_the_same_time_and_none_is_lost(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from aigw_dev.secrets.trust_db import TrustDb\n"
        "for number in range(10): TrustDb(Path(sys.argv[1])).put_trusted(f'/{sys.argv[2]}/{number}', 'h', 1.0)\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "trust.db"), str(writer)])
        for writer in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    assert len(TrustDb(tmp_path / "trust.db").trusted()) == 40


def trouble_of(path: Path) -> SecretError:
    with pytest.raises(SecretError) as caught:
        TrustDb(path).records()
    assert caught.value.code == "trust_unavailable"
    assert str(path) in caught.value.message
    return caught.value


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_told_kept_and_explained(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "trust.db"
    path.write_bytes(content)
    assert "keys stay in the keyring" in trouble_of(path).hint
    with pytest.raises(SecretError):
        TrustDb(path).put_record(record())
    assert path.read_bytes() == content


def test_an_empty_file_left_by_a_crash_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / "trust.db").touch(mode=0o600)
    db = TrustDb(tmp_path / "trust.db")
    assert db.records() == []
    db.put_record(record())
    assert len(db.records()) == 1


def edit(path: Path, statement: str) -> None:
    db = sqlite3.connect(path)
    db.execute(statement)
    db.commit()
    db.close()


def test_a_newer_major_version_is_refused_and_a_newer_minor_one_read(tmp_path: Path) -> None:
    path = tmp_path / "trust.db"
    TrustDb(path).put_record(record())
    edit(path, "ALTER TABLE keys ADD COLUMN from_the_future TEXT")
    edit(path, f"PRAGMA user_version = {SCHEMA + 1}")
    assert len(TrustDb(path).records()) == 1
    edit(path, f"PRAGMA user_version = {SCHEMA + 100}")
    assert "newer aigw-dev" in trouble_of(path).message


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "trust.db"
    edit(path, "PRAGMA user_version = 7")
    assert "another program" in trouble_of(path).message
    edit(path, "PRAGMA application_id = 1")
    with pytest.raises(SecretError, match="another program"):
        TrustDb(path).put_record(record())
    assert APPLICATION_ID != 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:  # pragma: no cover - not as root
    tmp_path.chmod(0o500)
    with pytest.raises(SecretError, match="cannot be used"):
        TrustDb(tmp_path / "trust.db").put_record(record())


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretError) as caught:
        TrustDb(tmp_path / "file" / "trust.db").put_record(record())
    assert caught.value.code in {"trust_unavailable", "home_unusable"}

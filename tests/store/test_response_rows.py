"""Kept responses, on disk."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from aigw_dev.store.response_rows import KEEP_S, ResponseRows
from aigw_dev.store.state_file import StateFile
from aigw_dev.store.write_behind import WriteBehind

NOW = 1e9


class Kept:
    def __init__(self, path: Path, *, most_bytes: int = 1 << 20) -> None:
        self.file = StateFile(path, clock=lambda: NOW)
        self.writer = WriteBehind(self.file)
        self.rows = ResponseRows(self.file, self.writer, most_bytes=most_bytes)

    def close(self) -> None:
        assert self.writer.close()
        assert self.writer.dropped == 0
        self.file.close()


@pytest.fixture
def kept(tmp_path: Path) -> Generator[Kept]:
    made = Kept(tmp_path / "state.db")
    yield made
    made.close()


@pytest.mark.parametrize("body", [b"", b"small", b"large " * 5000, os.urandom(5000)])
def test_a_body_comes_back_as_it_was(kept: Kept, body: bytes) -> None:
    assert kept.rows.get("resp_1", since_s=0) is None
    assert kept.rows.put("resp_1", body, consumer="alice", at=NOW)
    assert kept.rows.get("resp_1", since_s=NOW) == (body, "alice", NOW)
    assert kept.rows.get("resp_1", since_s=NOW + 1) is None
    assert kept.rows.put("resp_1", b"again", consumer="bob", at=NOW + 1)
    assert kept.rows.get("resp_1", since_s=NOW) == (b"again", "bob", NOW + 1)
    kept.rows.delete("resp_1")
    assert kept.rows.get("resp_1", since_s=0) is None


def test_the_oldest_go_where_there_is_no_room(kept: Kept) -> None:
    for number in range(400):
        kept.rows.put(f"r{number}", os.urandom(5000), consumer="", at=NOW + number)
    assert kept.rows.get("r399", since_s=0) is not None
    assert kept.rows.get("r0", since_s=0) is None
    with kept.file.reading() as db:
        assert db is not None
        ((used, first),) = db.execute("SELECT sum(size), min(at) FROM stored_response").fetchall()
    assert 0.9 * (1 << 20) < used <= 1 << 20
    assert first > NOW


def test_a_month_later_a_body_is_gone(kept: Kept) -> None:
    kept.rows.put("old", b"a", consumer="", at=NOW)
    kept.rows.put("new", b"b", consumer="", at=NOW + KEEP_S + 1)
    assert kept.rows.get("new", since_s=0) is not None
    assert kept.rows.get("old", since_s=0) is None


def test_bodies_survive_the_process(tmp_path: Path) -> None:
    first = Kept(tmp_path / "state.db")
    first.rows.put("r", b"body", consumer="c", at=NOW)
    first.close()
    second = Kept(tmp_path / "state.db")
    assert second.rows.get("r", since_s=0) == (b"body", "c", NOW)
    second.close()

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw_dev.store import interning
from aigw_dev.store.interning import OTHER, Interning
from tests.store.making import attempt, exchange, quick_log, unmasked


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    one = quick_log(tmp_path / "log.db")
    yield one
    one.close()


@pytest.fixture
def words(db: sqlite3.Connection) -> Interning:
    return Interning(db, unmasked)


def test_the_same_text_has_the_same_number_also_after_a_restart(
    db: sqlite3.Connection, words: Interning
) -> None:
    numbers = words.names("stop", "length", "stop", "")
    assert numbers == [1, 2, 1, 0]
    assert words.name("") == 0
    assert words.dim(exchange()) == 1
    assert words.dim(exchange(consumer="alice")) == 2
    assert words.target(attempt()) == 1
    again = Interning(db, unmasked)
    assert again.names("length", "new", "") == [2, 3, 0]
    assert (again.dim(exchange()), again.target(attempt()), again.target(attempt(node="x"))) == (1, 1, 2)


def test_a_dim_takes_its_address_from_the_last_attempt(db: sqlite3.Connection, words: Interning) -> None:
    words.dim(exchange(attempts=[attempt("openai"), attempt("qwen")], provider="qwen"))
    words.dim(exchange(attempts=[]))
    rows = db.execute("SELECT kind, base_url FROM dim").fetchall()
    assert rows == [("qwen", "https://qwen.test/v1"), ("", "")]


def test_numbers_given_before_a_rollback_are_void(db: sqlite3.Connection, words: Interning) -> None:
    words.name("stop")
    db.execute("BEGIN")
    assert words.name("length") == 2
    db.execute("ROLLBACK")
    words.reload()
    assert words.name("other") == 2
    assert words.name("length") == 3


def test_everything_is_masked_on_its_way_in(db: sqlite3.Connection) -> None:
    words = Interning(db, lambda text: text.replace(b"secret", b"***"))
    words.name("a secret")
    words.dim(exchange(original_model="secret"))
    words.target(attempt(base_url="https://secret@host"))
    words.share(b'"secret head"')
    words.share(b'"secret head"')
    dump = "\n".join(db.iterdump())
    assert "secret" not in dump
    assert '"*** head"' in dump
    assert words.name("a secret") == 1


def test_a_text_is_shared_from_its_second_time_on(db: sqlite3.Connection, words: Interning) -> None:
    words.today = 100
    assert [words.share(b"head"), words.share(b"head"), words.share(b"head")] == [0, 1, 1]
    assert words.share(b"other") == 0
    assert db.execute("SELECT id, used_day, text FROM shared").fetchall() == [(1, 100, "head")]
    words.today = 101
    words.share(b"head")
    assert db.execute("SELECT used_day FROM shared").fetchall() == [(101,)]


def test_long_and_countless_texts_are_not_shared(db: sqlite3.Connection, words: Interning) -> None:
    long = b"x" * 20_000
    assert [words.share(long), words.share(long)] == [0, 0]
    for number in range(2_500):
        text = b"%d" % number
        words.share(text)
        words.share(text)
    assert db.execute("SELECT count(*) FROM shared").fetchone() == (2_000,)
    words.share(b"waiting")
    for number in range(600):
        words.share(b"passing %d" % number)
    assert words.share(b"waiting") == 0


def test_shared_texts_go_when_no_row_can_use_them(db: sqlite3.Connection, words: Interning) -> None:
    for text, day in ((b"old", 100), (b"new", 120)):
        words.today = day
        words.share(text)
        words.share(text)
    words.forget_shared(keep_s=14 * 86_400)
    assert db.execute("SELECT text FROM shared").fetchall() == [("new",)]
    assert words.share(b"old") == 0
    words.sweep_shared()
    assert db.execute("SELECT count(*) FROM shared").fetchone() == (0,)
    assert words.share(b"new") == 0


def test_callers_cannot_make_the_tables_grow_for_ever(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO dim SELECT 10000, '', '', '', '', '', '', '', '', '', '', '', '', ''")
    db.execute("INSERT INTO name VALUES(10000, 'x')")
    db.execute("INSERT INTO target VALUES(10000, '', '', '', '', '', '')")
    words = Interning(db, unmasked)
    assert words.is_capped()
    assert words.dim(exchange(request_model="m1")) == words.dim(exchange(request_model="m2")) == 10_001
    assert db.execute("SELECT provider, request_model FROM dim WHERE id=10001").fetchone() == (
        "openai",
        OTHER,
    )
    for number in range(1_100):
        words.dim(exchange(run=f"run {number}"))
    assert db.execute("SELECT max(id) FROM dim").fetchone()[0] <= 11_002
    assert words.dim(exchange(run="one more")) == words.dim(exchange(run="and more"))
    assert words.name("y") == words.name("z") == 10_001
    assert words.target(attempt()) == [
        "openai",
        "openai",
        "https://openai.test/v1",
        "gpt-4o-mini",
        "openai-api-key",
        "",
    ]
    assert interning.OTHER == OTHER

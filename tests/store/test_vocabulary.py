import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigw_dev.store.interning import DIM_COLUMNS, Interning
from aigw_dev.store.vocabulary import Dim, Vocabulary
from tests.store.making import attempt, exchange, quick_log, unmasked


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    one = quick_log(tmp_path / "log.db")
    yield one
    one.close()


def test_a_number_is_read_back_as_its_text_also_when_it_is_new(db: sqlite3.Connection) -> None:
    words, vocabulary = Interning(db, unmasked), Vocabulary(db)
    for consumer in ("alice", "bob"):
        number = words.dim(exchange(consumer=consumer))
        assert vocabulary.dim(number).consumer == consumer
    for text in ("stop", "length", ""):
        assert vocabulary.name(words.name(text)) == text
    target = words.target(attempt(node="then"))
    assert isinstance(target, int)
    for _ in range(2):
        assert vocabulary.target(target)[0] == "openai"
        assert vocabulary.target(target)[5] == "then"
    words.share(b"head")
    assert vocabulary.shared(words.share(b"head")) == "head"
    assert vocabulary.shared(0) == vocabulary.shared(99) == ""


def test_a_dim_has_the_fields_of_its_table() -> None:
    assert Dim._fields == DIM_COLUMNS

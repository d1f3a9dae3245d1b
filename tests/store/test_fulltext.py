import sqlite3
from pathlib import Path

import pytest

from aigw_dev.store import fulltext
from aigw_dev.store.filters import Filter, parse
from tests.store.making import KEEP_ALL, NOON, batches, exchange, log_reader, quick_log, reply, request


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return quick_log(tmp_path / "log.db")


def found(db: sqlite3.Connection, text: str) -> list[int]:
    path = Path(db.execute("PRAGMA database_list").fetchone()[2])
    wanted = parse(text, now_s=NOON)
    assert isinstance(wanted, Filter)
    reader = log_reader(path)
    seqs = [entry.seq for entry in reader.page(wanted).entries]
    reader.close()
    return seqs


def entries(db: sqlite3.Connection) -> int:
    """Rows that the index itself finds."""
    count: tuple[int] = db.execute("SELECT count(*) FROM text_index WHERE text_index MATCH 'card'").fetchone()
    return count[0]


def test_rows_are_taken_in_order_a_few_at_a_time(db: sqlite3.Connection) -> None:
    batches(db).write([exchange() for _ in range(7)], [], KEEP_ALL)
    assert fulltext.index_some(db, 5) == 5
    assert (fulltext.indexed(db), entries(db)) == (5, 5)
    assert fulltext.index_some(db, 5) == 2
    assert fulltext.index_some(db, 5) == 0
    assert fulltext.unindexed(db, 10) == []


def test_a_search_finds_what_is_not_indexed_yet(db: sqlite3.Connection) -> None:
    writing = batches(db)
    writing.write([exchange(), exchange(request_body=request("refund"))], [], KEEP_ALL)
    assert found(db, "declined") == [1]
    fulltext.index_some(db, 1)
    assert found(db, "declined") == [1]
    assert found(db, "refund") == [2]


def test_a_row_that_ends_after_the_indexer_passed_it_is_indexed_late(db: sqlite3.Connection) -> None:
    writing = batches(db)
    running = exchange(request_body=request("slow card"))
    writing.write([exchange()], [running], KEEP_ALL)
    assert fulltext.index_some(db, 10) == 2
    assert fulltext.unindexed(db, 10) == []
    writing.write([running], [], KEEP_ALL)
    assert fulltext.unindexed(db, 10) == [1]
    assert found(db, "slow") == [1]
    assert fulltext.index_some(db, 10) == 1
    assert fulltext.unindexed(db, 10) == []
    assert found(db, "slow") == [1]
    assert entries(db) == 2


def test_words_of_east_asia_are_found_inside_a_sentence(db: sqlite3.Connection) -> None:
    batches(db).write(
        [exchange(request_body=request("请帮我查询价格"), response_body=reply("東京タワー"))], [], KEEP_ALL
    )
    fulltext.index_some(db, 10)
    assert found(db, "价格") == [1]
    assert found(db, '"东西"') == []
    assert found(db, "response:タワー") == [1]
    assert found(db, "格价") == []


def test_accents_and_case_do_not_matter(db: sqlite3.Connection) -> None:
    batches(db).write([exchange(request_body=request("Crème BRÛLÉE"))], [], KEEP_ALL)
    fulltext.index_some(db, 10)
    assert found(db, "creme brulee") == [1]


def test_what_is_removed_is_gone_from_the_index_too(db: sqlite3.Connection) -> None:
    batches(db).write([exchange() for _ in range(3)], [], KEEP_ALL)
    fulltext.index_some(db, 10)
    fulltext.remove(db, [2])
    assert entries(db) == 2
    assert db.execute("SELECT seq FROM text").fetchall() == [(1,), (3,)]
    db.execute("INSERT INTO text_index(text_index) VALUES('integrity-check')")


def test_removing_works_without_an_index(db: sqlite3.Connection) -> None:
    batches(db).write([exchange()], [], KEEP_ALL)
    fulltext.index_some(db, 10)
    db.execute("DROP TABLE text_index")
    fulltext.remove(db, [1])
    assert db.execute("SELECT count(*) FROM text").fetchone() == (0,)


def test_a_row_without_words_is_passed(db: sqlite3.Connection) -> None:
    batches(db).write([exchange(request_body=None, response_body=None, assembled=None)], [], KEEP_ALL)
    assert fulltext.index_some(db, 10) == 1
    assert db.execute("SELECT count(*) FROM text").fetchone() == (0,)
    assert fulltext.searchable(db, 99) == ("", "")

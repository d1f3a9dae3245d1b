import os
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from aigw_dev.core.errors import CODES, Refusal, StoreError
from aigw_dev.core.exchange import Exchange
from aigw_dev.store.filters import Filter, parse
from aigw_dev.store.reader import LogReader, Tail
from aigw_dev.store.records import Record
from tests.store.making import KEEP_ALL, NOON, batches, exchange, log_reader, quick_log, reply, request, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def wanted(text: str) -> Filter:
    found = parse(text, now_s=NOON + 60)
    assert isinstance(found, Filter), found
    return found


def named(reader: LogReader, name: str) -> str:
    found = reader.get(name)
    return found.exchange.id if isinstance(found, Record) else found.code


def test_a_log_that_is_not_there_yet_is_empty(path: Path) -> None:
    reader = log_reader(path)
    assert reader.page().entries == []
    assert reader.get("last") == reader.get("last")
    assert isinstance(reader.get("last"), Refusal)
    assert reader.at(1) is None
    assert reader.count() == 0
    assert list(reader.export()) == []
    assert reader.end() == Tail(seq=0)
    assert reader.tail(Tail(seq=0)) == ([], Tail(seq=0))
    assert not path.exists()
    write(path, [exchange()])
    assert len(reader.page().entries) == 1


def test_pages_go_back_without_gap_or_double(path: Path) -> None:
    write(path, [exchange() for _ in range(25)])
    reader = log_reader(path)
    seen: list[int] = []
    before: int | None = None
    while True:
        page = reader.page(before=before, limit=7)
        seen += [entry.seq for entry in page.entries]
        before = page.next_before
        assert page.is_complete
        if before is None:
            break
    assert seen == list(range(25, 0, -1))
    assert reader.count() == 25


def test_an_entry_tells_what_a_list_shows(path: Path) -> None:
    write(path, [exchange(consumer="alice", route="ai-test", session="s", marks={"fallback"}, status=200)])
    (entry,) = log_reader(path).page(previews=True).entries
    assert (entry.status, entry.started_at, entry.request_model) == (200, NOON, "gpt-4o-mini")
    assert (entry.request_preview, entry.response_preview) == (
        "My card was declined",
        "Please check the balance",
    )
    assert (entry.consumer, entry.route, entry.session, entry.marks) == (
        "alice",
        "ai-test",
        "s",
        ["fallback"],
    )
    assert (entry.input_tokens, entry.output_tokens, entry.cost_nanousd, entry.cost_status) == (
        57,
        40,
        32_550,
        "exact",
    )
    assert (entry.client, entry.finish, entry.error, entry.state) == (
        "OpenAI/Python 1.60.0",
        "stop",
        "",
        "ended",
    )


def test_previews_come_from_the_index_where_there_is_one(path: Path) -> None:
    from aigw_dev.store.fulltext import index_some

    write(path, [exchange(request_body=request("查询价格"), response_body=reply("a\n b"))])
    db = quick_log(path)
    assert index_some(db, 10) == 1
    db.execute("DELETE FROM content")
    db.close()
    (entry,) = log_reader(path).page(previews=True).entries
    assert (entry.request_preview, entry.response_preview) == ("查询价格", "a b")


def test_a_very_large_row_has_no_preview_until_it_is_indexed(path: Path) -> None:
    write(path, [exchange(request_bytes=5_000_000)])
    assert log_reader(path).page(previews=True).entries[0].request_preview == ""


def test_an_exchange_is_named_by_id_prefix_or_place(path: Path) -> None:
    names = ["aaaa000000000001", "aaaa000000000002", "bbbb000000000001"]
    write(path, [exchange(id=name) for name in names])
    reader = log_reader(path)
    assert named(reader, "last") == names[2]
    assert named(reader, "-1") == names[2]
    assert named(reader, "-3") == names[0]
    assert named(reader, names[1]) == names[1]
    assert named(reader, "b") == names[2]
    for name in ("-4", "zzz", "", "-0", "c" * 20, "-99999999999"):
        assert named(reader, name) == "exchange_not_found"
    assert named(reader, "aaaa") == "exchange_ambiguous"
    found = reader.get("aaaa")
    assert isinstance(found, Refusal)
    assert names[0] in found.message
    assert {"exchange_not_found", "exchange_ambiguous"} <= CODES.keys()
    at = reader.at(2)
    assert at is not None
    assert at.exchange.id == names[1]
    assert reader.at(99) is None


def test_an_id_that_another_begins_with_is_itself(path: Path) -> None:
    write(path, [exchange(id="abcdef"), exchange(id="abc")])
    assert named(log_reader(path), "abc") == "abc"


def test_who_follows_sees_rows_begin_and_end_once(path: Path) -> None:
    db = quick_log(path)
    writing = batches(db)
    reader = log_reader(path)
    writing.write([exchange(id="old")], [], KEEP_ALL)
    seen = reader.end()

    def news() -> list[tuple[str, str]]:
        nonlocal seen
        entries, seen = reader.tail(seen)
        return [(entry.id, entry.state) for entry in entries]

    assert news() == []
    running = exchange(id="long")
    writing.write([exchange(id="short")], [running], KEEP_ALL)
    assert news() == [("long", "open"), ("short", "ended")]
    assert news() == []
    writing.write([exchange(id="next")], [], KEEP_ALL)
    assert news() == [("next", "ended")]
    writing.write([running], [], KEEP_ALL)
    assert news() == [("long", "ended")]
    assert news() == []
    db.close()


def test_what_ran_when_the_following_began_is_seen_to_end(path: Path) -> None:
    db = quick_log(path)
    writing = batches(db)
    running = exchange(id="long", provider="qwen")
    writing.write([], [running], KEEP_ALL)
    reader = log_reader(path)
    seen = reader.end()
    assert seen.running == (1,)
    writing.write([running], [], KEEP_ALL)
    entries, _ = reader.tail(seen, wanted("provider:openai"))
    assert entries == []
    entries, _ = reader.tail(seen, wanted("provider:qwen"), previews=True)
    assert [(entry.id, entry.request_preview) for entry in entries] == [("long", "My card was declined")]
    db.close()


def test_an_export_is_whole_and_newest_first(path: Path) -> None:
    write(path, [exchange(provider="qwen" if number % 2 else "openai") for number in range(130)])
    exported = list(log_reader(path).export(wanted("provider:qwen")))
    assert len(exported) == 65
    assert [one["seq"] for one in exported] == sorted((one["seq"] for one in exported), reverse=True)
    assert exported[0]["request_body"].startswith("{")


def test_a_log_that_was_replaced_is_read_anew(path: Path) -> None:
    write(path, [exchange(provider="openai")])
    reader = log_reader(path)
    assert reader.page().entries[0].provider == "openai"
    for name in ("log.db", "log.db-wal", "log.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    assert reader.page().entries == []
    write(path, [exchange(provider="qwen")])
    assert reader.page().entries[0].provider == "qwen"
    reader.close()
    assert reader.page().entries[0].provider == "qwen"


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be replaced elsewhere")
def test_a_log_that_was_replaced_between_two_reads_is_read_anew(path: Path) -> None:
    write(path, [exchange(provider="openai")])
    reader = log_reader(path)
    assert reader.page().entries[0].provider == "openai"
    write(path.with_name("other.db"), [exchange(provider="qwen")])
    for name in ("log.db-wal", "log.db-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.with_name("other.db").replace(path)
    assert reader.page().entries[0].provider == "qwen"


def test_a_file_that_cannot_be_read_is_an_error_with_a_code(path: Path) -> None:
    write(path, [exchange() for _ in range(50)])
    reader = log_reader(path)
    path.write_bytes(path.read_bytes()[:16384] + b"\xee" * 200_000)
    reader.close()
    with pytest.raises(StoreError) as caught:
        reader.page()
    assert caught.value.code == "store_corrupt"
    path.write_bytes(b"no database " * 500)
    with pytest.raises(StoreError):
        reader.page()


def test_many_threads_may_read_one_reader(path: Path) -> None:
    write(path, [exchange() for _ in range(200)])
    reader = log_reader(path)
    found: list[Sequence[int]] = []

    def read() -> None:
        found.extend([entry.seq for entry in reader.page(limit=50).entries] for _ in range(20))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [list(range(200, 150, -1))] * 80


def test_a_reader_holds_nothing_open_between_calls(path: Path) -> None:
    write(path, [exchange() for _ in range(300)])
    reader = log_reader(path)
    rows = reader.records()
    assert isinstance(next(rows), Record)
    db = sqlite3.connect(path, isolation_level=None)
    assert db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    db.close()
    assert sum(1 for _ in rows) == 299


def test_unused_exchange_type_is_the_records(path: Path) -> None:
    write(path, [exchange()])
    found = log_reader(path).at(1)
    assert found is not None
    assert isinstance(found.exchange, Exchange)


def test_who_reads_while_the_log_is_moved_waits_and_reads_it_where_it_is(path: Path) -> None:
    write(path, [exchange()])
    reader, new = log_reader(path), path.with_name("new.db")
    found: list[int] = []
    other = threading.Thread(target=lambda: found.append(len(reader.page().entries)))

    def act() -> None:
        other.start()
        for file in path.parent.glob("log.db*"):
            file.rename(new.with_name(file.name.replace("log.db", "new.db")))
        assert found == []

    reader.move(new, act)
    other.join(10)
    assert (found, reader.path) == ([1], new)


def test_where_the_log_could_not_be_moved_it_is_read_where_it_was(path: Path) -> None:
    write(path, [exchange()])
    reader = log_reader(path)

    def act() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        reader.move(path.with_name("new.db"), act)
    assert len(reader.page().entries) == 1

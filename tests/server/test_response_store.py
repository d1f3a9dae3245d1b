"""Responses kept for `previous_response_id`."""

import asyncio
from collections.abc import Generator
from pathlib import Path

import pytest

from aigw_dev.server.response_store import MOST_BODY_BYTES, ResponseStore
from aigw_dev.store.response_rows import KEEP_S, ResponseRows
from aigw_dev.store.state_file import StateFile
from aigw_dev.store.write_behind import WriteBehind

pytestmark = pytest.mark.anyio


class CountedRows(ResponseRows):
    """Knows how often the database was asked."""

    asked = 0

    def get(self, id_: str, *, since_s: float) -> tuple[bytes, str, float] | None:
        self.asked += 1
        return super().get(id_, since_s=since_s)


class Stage:
    """A table on disk and a clock; each `store` is one more process's memory."""

    def __init__(self, path: Path) -> None:
        self.now_s = 1e9
        self.file = StateFile(path, clock=lambda: self.now_s)
        self.writer = WriteBehind(self.file)
        self.rows = CountedRows(self.file, self.writer)

    def store(self, memory_bytes: int = 10_000) -> ResponseStore:
        return ResponseStore(self.rows, clock=lambda: self.now_s, memory_bytes=memory_bytes)

    def close(self) -> None:
        assert self.writer.close()
        self.file.close()


@pytest.fixture
def stage(tmp_path: Path) -> Generator[Stage]:
    made = Stage(tmp_path / "state.db")
    yield made
    made.close()


async def test_a_response_is_found_at_once_and_after_a_restart(stage: Stage) -> None:
    store = stage.store()
    assert store.keep("resp_1", b"one", consumer="alice")
    assert await store.get("resp_1", consumer="alice") == b"one"
    assert store.keep("resp_1", b"two", consumer="alice")
    assert await store.get("resp_1", consumer="alice") == b"two"
    assert await stage.store().get("resp_1", consumer="alice") == b"two"
    assert await store.get("resp_2", consumer="alice") is None


async def test_a_response_is_its_consumers_alone(stage: Stage) -> None:
    stage.store().keep("resp_1", b"one", consumer="alice")
    for store in (stage.store(), stage.store()):
        assert await store.get("resp_1", consumer="bob") is None
        assert not await store.delete("resp_1", consumer="bob")
        assert await store.get("resp_1", consumer="alice") == b"one"


async def test_what_is_deleted_is_gone_everywhere(stage: Stage) -> None:
    store = stage.store()
    store.keep("resp_1", b"one", consumer="alice")
    assert await store.delete("resp_1", consumer="alice")
    assert not await store.delete("resp_1", consumer="alice")
    assert await stage.store().get("resp_1", consumer="alice") is None


async def test_memory_is_bounded_and_the_database_has_the_rest(stage: Stage) -> None:
    store = stage.store(memory_bytes=10_000)
    for number in range(20):
        store.keep(f"r{number}", bytes([number]) * 2000, consumer="")
    assert 4 * 2000 < store.held_bytes <= 10_000
    for number in (16, 17, 18, 19, 16):
        assert await store.get(f"r{number}", consumer="") == bytes([number]) * 2000
    assert stage.rows.asked == 0
    assert await store.get("r0", consumer="") == bytes(2000)
    assert await store.get("r0", consumer="") == bytes(2000)
    assert await store.get("r16", consumer="") == bytes([16]) * 2000  # used last: what was not goes first
    assert stage.rows.asked == 1
    assert await store.get("r17", consumer="") == bytes([17]) * 2000
    assert stage.rows.asked == 2
    store.keep("large", b"x" * 20_000, consumer="")
    assert store.held_bytes == 0
    assert await store.get("large", consumer="") == b"x" * 20_000


async def test_a_month_later_it_is_gone(stage: Stage) -> None:
    store = stage.store()
    store.keep("r", b"a", consumer="")
    stage.now_s += KEEP_S + 1
    assert await store.get("r", consumer="") is None
    assert await stage.store().get("r", consumer="") is None


async def test_what_cannot_be_kept_is_said(stage: Stage) -> None:
    store = stage.store()
    assert not store.keep("a b", b"", consumer="")
    assert not store.keep("r", bytes(MOST_BODY_BYTES + 1), consumer="")
    assert await store.get("a b", consumer="") is None


async def test_reading_twice_at_once_and_keeping_meanwhile(stage: Stage) -> None:
    stage.store().keep("r", b"a", consumer="")
    store = stage.store()
    both = asyncio.gather(store.get("r", consumer=""), store.get("r", consumer=""))
    await asyncio.sleep(0)
    assert await both == [b"a", b"a"]
    reading = asyncio.create_task(stage.store().get("r", consumer=""))
    await asyncio.sleep(0)
    store.keep("r", b"b", consumer="")
    assert await reading in {b"a", b"b"}
    assert await store.get("r", consumer="") == b"b"


async def test_an_answer_from_before_a_deletion_is_not_held(stage: Stage) -> None:
    stage.store().keep("r", b"a", consumer="")
    store = stage.store()
    store.keep("other", b"", consumer="")
    reading = asyncio.create_task(store.get("r", consumer=""))
    await asyncio.sleep(0)
    assert await store.delete("other", consumer="")
    assert await reading == b"a"
    assert store.held_bytes < 1000  # `other` alone was, and is gone
    assert await store.get("r", consumer="") == b"a"
    assert stage.rows.asked == 2


async def test_a_database_that_cannot_be_read_has_none(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    stage = Stage(tmp_path / "state.db")
    assert await stage.store().get("r", consumer="") is None
    stage.writer.close()

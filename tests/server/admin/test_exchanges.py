"""The log as a list over the admin API: an index, the rows in sight, what changed."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.server.admin.desk import Desk
from tests.server.admin.test_intent import ask, got
from tests.server.admin.test_live import Watching, chats
from tests.server.house import house
from tests.server.test_gateway import GOOD

pytestmark = pytest.mark.anyio


async def test_a_list_is_an_index_and_the_rows_in_sight(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "first", "second", "third")
        index = await got(one, "/exchanges/index")
        assert index["runs"] == [[1, 3]]
        assert (index["total"], index["logged"], index["is_complete"]) == (3, 3, True)
        rows = (await got(one, "/exchanges/rows?first=2&last=3"))["entries"]
        assert [(row["seq"], row["request_preview"]) for row in rows] == [(2, "second"), (3, "third")]
        assert rows[0]["upstream_status"] == 200
        rows = (await got(one, "/exchanges/rows?seqs=3,1"))["entries"]
        assert [row["seq"] for row in rows] == [1, 3]
        assert (await ask(one, "GET", "/exchanges/rows?seqs=1,x")).status_code == 400


async def test_the_filter_goes_for_index_rows_and_changes(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "hello")
        index = await got(one, "/exchanges/index?q=status:404&limit=5")
        assert index["runs"] == []
        await one.chat("nobody/knows")
        await chats(one, "again")
        found = await got(one, f"/exchanges/changes?end={index['end']}&q=status:404")
        assert found["runs"] == [[2, 1]]
        assert [
            row["status"]
            for row in (await got(one, "/exchanges/rows?first=1&last=9&q=status:404"))["entries"]
        ] == [404]
        assert (await ask(one, "GET", "/exchanges/index?q=nofield:1")).json()["error"][
            "code"
        ] == "filter_invalid"


async def test_what_is_purged_is_dropped_from_the_list(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "a", "b")
        end = (await got(one, "/exchanges/index"))["end"]
        await ask(one, "POST", "/exchanges/purge", {"q": "id:*"})
        assert (await got(one, f"/exchanges/changes?end={end}"))["dropped"] == [1, 2]
        assert (await got(one, "/exchanges/changes?end=other"))["is_reset"]


def told(event: bytes) -> dict[str, Any]:
    """The data of an event of `watch`."""
    assert event.startswith(b"event: changes\ndata: ")
    return msgspec.json.decode(event.partition(b"data: ")[2].strip())


async def test_a_watch_tells_only_what_changed(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "before")
        end = (await got(one, "/exchanges/index"))["end"]
        feed = Watching(one, f"q=status:200&end={end}", path="/exchanges/watch")
        assert await feed.next() == b": watching\n\n"
        assert feed.headers[b"content-type"].startswith(b"text/event-stream")
        await one.chat("nobody/knows")
        await chats(one, "after")
        assert told(await feed.next())["runs"] == [[3, 1]]
        await ask(one, "POST", "/exchanges/purge", {"q": "status:200"})
        assert 3 in told(await feed.next())["dropped"]
        one.gateway.is_draining = True
        async with asyncio.timeout(10):
            await feed.task
        assert feed.pieces.empty()


async def test_a_filter_is_completed_from_the_log(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "hello")
        assert (await got(one, "/exchanges/words?field=provider&prefix=mo"))["words"] == ["mock"]
        assert "provider" in (await got(one, "/exchanges/words"))["words"]


async def test_a_routes_traffic_is_counted_by_node(tmp_path: Path) -> None:
    text = (
        "version: 1\nroutes:\n  r: {flow: {if: stream, then: {send: mock/think}, else: {send: mock/echo}}}\n"
    )
    async with house(tmp_path, text) as one:
        for _ in range(2):
            await one.chat("dynamic/r")
        await one.chat("dynamic/r", stream=True)
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        found = await got(one, "/routes/r/traffic?since=5m")
        assert found["nodes"] == {"flow": 3, "flow.then": 1, "flow.else": 2}
        assert (found["calls"], found["errors"], found["is_complete"]) == (3, 0, True)
        assert (await ask(one, "GET", "/routes/x/traffic")).status_code == 404
        assert (await ask(one, "GET", "/routes/r/traffic?since=yesterday")).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/exchanges/rows?seqs=", "/stats/series?step=", "/exchanges/rows?last="],
)
async def test_a_number_that_no_database_holds_is_no_fault(tmp_path: Path, path: str) -> None:
    async with house(tmp_path) as one:
        await chats(one, "a")
        assert (await ask(one, "GET", path + "9" * 30)).status_code < 500


async def test_lists_are_bounded_whatever_is_asked_for(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        for limit in (-1, 10**30):
            for path in ("/deployments", "/audit", "/exchanges/index"):
                assert (await ask(one, "GET", f"{path}?limit={limit}")).status_code == 200, path


async def test_many_reads_of_the_log_leave_threads_for_others(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "a")
        desk, is_free, running = Desk(one.gateway), threading.Event(), list[int]()

        def slow() -> int:
            running.append(1)
            is_free.wait(20)
            return len(running)

        reads = [asyncio.create_task(desk.read(slow)) for _ in range(100)]
        try:
            async with asyncio.timeout(10):
                assert await asyncio.to_thread(lambda: "others") == "others"
            assert len(running) <= 2
        finally:
            is_free.set()
            await asyncio.gather(*reads)

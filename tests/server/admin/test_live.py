"""The log over the admin API: pages, the live feed, totals, purging, pausing."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.server.door import Door
from tests.server.admin.test_intent import ask, got
from tests.server.house import PORT, House, house

pytestmark = pytest.mark.anyio


async def chats(one: House, *texts: str) -> None:
    for text in texts:
        await one.chat("mock/echo", text)
    assert one.gateway.recorder.writer.flush()


async def test_pages_go_from_the_newest_back(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "first", "second", "third")
        page = await got(one, "/exchanges?limit=2")
        assert len(page["entries"]) == 2
        assert "third" in str(page["entries"][0])
        rest = await got(one, f"/exchanges?limit=2&before={page['next_before']}")
        assert ["first" in str(entry) for entry in rest["entries"]] == [True]
        assert "first" not in str(await got(one, "/exchanges?previews=false"))


async def test_a_filter_decides_what_is_on_the_page(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "hello")
        await one.chat("nobody/knows")
        assert one.gateway.recorder.writer.flush()
        assert [entry["status"] for entry in (await got(one, "/exchanges?q=status:404"))["entries"]] == [404]


async def test_one_exchange_is_shown_whole(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "hello")
        shown = await got(one, "/exchanges/last")
        assert (await got(one, f"/exchanges/{shown['id'][:8]}"))["id"] == shown["id"]
        assert shown["state"] == "ended"
        assert "hello" in str(shown)


class Watching:
    """A live feed, read as it comes: httpx's ASGI transport would wait for its end."""

    def __init__(self, one: House, query: str, *, path: str = "/exchanges/live") -> None:
        self.pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self.headers: dict[bytes, bytes] = {}
        self.is_over = asyncio.Event()
        headers = {"host": f"127.0.0.1:{PORT}", **one.admin()}
        path = f"/admin/v1{path}"
        scope: dict[str, Any] = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "asgi": {"version": "3.0"},
            "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", PORT),
        }  # fmt: skip
        self.task = asyncio.create_task(Door(one.gateway)(scope, self.receive, self.send))

    async def receive(self) -> MutableMapping[str, Any]:
        await self.is_over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
            return
        if message["body"]:
            self.pieces.put_nowait(message["body"])
        if not message["more_body"]:
            self.is_over.set()

    async def next(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.pieces.get()


async def test_the_live_feed_yields_what_ends_from_now_on(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "before")
        feed = Watching(one, "q=status:200")
        assert await feed.next() == b": live\n\n"
        assert feed.headers[b"content-type"].startswith(b"text/event-stream")
        await one.chat("nobody/knows")
        await chats(one, "after")
        event = await feed.next()
        assert event.startswith(b"event: exchange\ndata: {")
        assert b"after" in event
        one.gateway.is_draining = True
        async with asyncio.timeout(10):
            await feed.task
        assert feed.pieces.empty(), "what ended before, and what the filter leaves out, does not come"


async def test_totals_are_grouped_and_follow_the_interval(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "a", "b")
        await one.chat("nobody/knows")
        assert one.gateway.recorder.writer.flush()
        found = await got(one, "/stats?since=1h&by=provider")
        assert {group["key"]["provider"]: group["totals"]["requests"] for group in found["groups"]} == {
            "mock": 2,
            "": 1,
        }
        found = await got(one, "/stats?since=1h&q=provider:mock")
        assert [group["totals"]["requests"] for group in found["groups"]] == [2]
        past = await got(one, "/stats?since=3h&until=2h")
        assert sum(group["totals"]["requests"] for group in past["groups"]) == 0
        series = await got(one, "/stats/series?step=60&since=10m&q=provider:mock")
        assert "'requests': 2" in str(series)


async def test_a_series_holds_the_counters_that_are_asked_for(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "a", "b")
        for step in (1, 15, 60):
            path = f"/stats/series?step={step}&since=5m&fields=requests,ok,ttft_us&percentiles=true"
            points = (await got(one, path))["points"]
            assert sum(point["totals"]["requests"] for point in points) == 2
            assert sum(point["non_stream"]["ok"] for point in points) == 2
            assert set(points[0]["stream"]) == {"requests", "ok", "ttft_us"}
            assert any(point["latency"] and point["latency"]["p95_s"] for point in points)
        refused = await ask(one, "GET", "/stats/series?step=1&since=1m&fields=nothing")
        assert (refused.status_code, "input_tokens" in refused.text) == (400, True)


async def test_purging_deletes_what_passes_and_is_audited(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "a")
        await one.chat("nobody/knows")
        assert one.gateway.recorder.writer.flush()
        assert (await ask(one, "POST", "/exchanges/purge", {"q": "status:404"})).json() == {"deleted": 1}
        assert len((await got(one, "/exchanges"))["entries"]) == 1
        (row,) = (await got(one, "/audit"))["audit"]
        assert row["action"] == "logs.purge"
        assert "1 exchanges" in str(row["detail"])


async def test_a_pause_is_told_and_audited(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        assert (await ask(one, "POST", "/logging", {"paused": True})).json() == {"paused": True}
        assert one.gateway.is_paused
        await ask(one, "POST", "/logging", {"paused": False})
        assert not one.gateway.is_paused
        assert [row["action"] for row in (await got(one, "/audit"))["audit"]] == ["logs.resume", "logs.pause"]

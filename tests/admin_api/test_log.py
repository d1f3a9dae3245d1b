"""The admin API's calls about the log, against a real gateway on a real socket."""

import asyncio
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from aigw_dev.client import AdminClient, AdminError
from tests.test_client import open_house

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The client is synchronous; one loop is enough for the other end."""
    return "asyncio"


async def test_it_watches_what_ends_until_the_gateway_goes(tmp_path: Path) -> None:
    watching = threading.Event()
    seen: list[str] = []
    first = threading.Event()

    def watch(client: AdminClient) -> None:
        for entry in client.live(on_open=watching.set):
            seen.append(entry["request_model"])
            first.set()

    async with open_house(tmp_path) as (one, client):
        task = asyncio.create_task(asyncio.to_thread(watch, client))
        assert await asyncio.to_thread(watching.wait, 10)
        await one.chat("mock/echo", headers=one.token() | {"host": f"127.0.0.1:{one.gateway.port}"})
        assert await asyncio.to_thread(first.wait, 10)
        one.gateway.is_draining = True
        async with asyncio.timeout(10):
            await task
    assert seen == ["echo"]


async def test_a_refused_watch_says_why(tmp_path: Path) -> None:
    async with open_house(tmp_path) as (_, client):
        with pytest.raises(AdminError) as caught:
            await asyncio.to_thread(lambda: list(client.live(query="status:")))
        assert caught.value.code == "filter_invalid"


async def test_it_follows_the_log_as_a_list(tmp_path: Path) -> None:
    async with open_house(tmp_path) as (one, client):
        own = one.token() | {"host": f"127.0.0.1:{one.gateway.port}"}
        await one.chat("mock/echo", "hello", headers=own)
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        index = await asyncio.to_thread(client.index, "status:200", limit=10)
        assert index["runs"] == [[1, 1]]
        for rows in (
            await asyncio.to_thread(client.rows, 1, 1, "status:200"),
            await asyncio.to_thread(lambda: client.rows(seqs=[1])),
        ):
            assert [row["request_preview"] for row in rows["entries"]] == ["hello"]
        assert (await asyncio.to_thread(client.changes, index["end"]))["runs"] == []
        is_open = threading.Event()
        events = client.watch("status:200", index["end"], on_open=is_open.set)
        coming = asyncio.create_task(asyncio.to_thread(next, events))
        assert await asyncio.to_thread(is_open.wait, 10)
        await one.chat("mock/echo", "more", headers=own)
        assert (await coming)["runs"] == [[2, 1]]
        assert isinstance(events, Generator)
        await asyncio.to_thread(events.close)


async def test_it_replays_compares_counts_and_completes(tmp_path: Path) -> None:
    async with open_house(tmp_path) as (one, client):
        own = one.token() | {"host": f"127.0.0.1:{one.gateway.port}"}
        await one.chat("dynamic/r", "hello", headers=own)
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        answer = await asyncio.to_thread(
            lambda: client.replay("last", models=["mock/echo"], edits={"top_p": 1})
        )
        (made,) = answer["replays"]
        assert made["comparison"]["text"]["similarity"] == 1.0
        compared = await asyncio.to_thread(client.compare, answer["of"], made["id"])
        assert [each["path"] for each in compared["request"]] == ["model", "top_p"]
        series = await asyncio.to_thread(
            lambda: client.series(60, since="5m", fields=["requests"], by=["route"])
        )
        assert {point["key"]["route"]: point["totals"] for point in series["points"]}["r"] == {"requests": 1}
        assert await asyncio.to_thread(client.words, "route") == ["r"]
        assert (await asyncio.to_thread(client.traffic, "r"))["nodes"] == {"flow": 1}

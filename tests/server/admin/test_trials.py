"""Tests over the admin API: what cannot be asked, and gates."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.house import house
from tests.server.testbench.stage import Stage, answer, lay, staged

pytestmark = pytest.mark.anyio


async def refused(stage: Stage, path: str, **body: Any) -> httpx.Response:
    return await stage.house.http.post(f"/admin/v1{path}", json=body, headers=stage.house.admin())


async def test_a_gateway_without_a_bench_says_how_to_get_one(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.http.get("/admin/v1/tests", headers=one.admin())
        path = await one.http.post("/t/a/openai/v1/chat/completions", json={}, headers=one.token())
    assert reply.status_code == 409
    assert "aigw-dev replay DIR" in reply.json()["error"]["message"]
    assert path.status_code == 404
    assert "names a test" in path.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"test": ""}, 400, "name it"),
        ({"test": "t", "mode": "live"}, 409, "only replays"),
        ({"test": "t", "timing": "slow"}, 400, "timing"),
        ({"test": "t", "max_cost": "much"}, 400, "max_cost: an amount in USD"),
        ({"test": "t", "max_cost": "Infinity"}, 400, "max_cost: an amount in USD"),
        ({"test": "t", "max_cost": "NaN"}, 400, "max_cost: an amount in USD"),
        ({"test": "t", "max_cost": "sNaN"}, 400, "max_cost: an amount in USD"),
        ({"test": "t", "max_cost": "1e999999"}, 400, "max_cost: an amount in USD"),
        ({"test": "t", "max_cost": "-1"}, 400, "max_cost: an amount in USD"),
        ({"test": "t", "max_calls": 0}, 400, "max_calls"),
        ({"test": "t", "nonsense": 1}, 400, "nonsense"),
        ({"test": "t", "ignore": ["$["]}, 422, "$["),
    ],
)
async def test_what_cannot_be_begun_is_said(
    tmp_path: Path, body: dict[str, Any], status: int, words: str
) -> None:
    lay(tmp_path, "t", answer())
    async with staged(tmp_path, "replay") as stage:
        reply = await refused(stage, "/tests", **body)
    assert reply.status_code == status, reply.text
    assert words in reply.text


async def test_a_test_that_has_not_begun_is_unknown(tmp_path: Path) -> None:
    async with staged(tmp_path, "live") as stage:
        for path in ("/tests/x/stubs", "/tests/x/gates"):
            assert (await refused(stage, path)).status_code == 404


async def test_a_test_that_made_no_call_can_be_ended_and_tells_what_is_unused(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer())
    async with staged(tmp_path, "replay", is_told=True) as stage:
        ended = await stage.admin("/tests/t/end", "POST", json={"passed": True})
    assert [one["number"] for one in ended["unused"]] == [0]
    assert ended["calls"] == []


async def test_a_gate_holds_a_stream_until_it_is_opened(tmp_path: Path) -> None:
    async with staged(tmp_path, "live") as stage:
        await stage.admin("/tests", "POST", json={"test": "t"})
        gate = (await stage.admin("/tests/t/gates", "POST", json={"call": 0, "before_event": 2}))["gate"]
        task = asyncio.create_task(stage.chat("t", model="mock/echo", stream=True))
        assert (await stage.admin(f"/tests/t/gates/{gate}?timeout_ms=5000"))["reached"]
        assert not task.done()
        found = await stage.admin("/tests/t")
        assert found["calls"][0]["ended_by"] is None
        await stage.admin(f"/tests/t/gates/{gate}", "POST", json={})
        reply = await task
    assert "[DONE]" in reply.text


async def test_a_gate_nobody_reaches_is_not_reached(tmp_path: Path) -> None:
    async with staged(tmp_path, "live") as stage:
        await stage.admin("/tests", "POST", json={"test": "t"})
        gate = (await stage.admin("/tests/t/gates", "POST", json={}))["gate"]
        assert (await stage.admin(f"/tests/t/gates/{gate}?timeout_ms=10"))["reached"] is False
        assert (await refused(stage, "/tests/t/gates/g9")).status_code == 404


@pytest.mark.parametrize(
    ("means", "field", "value"),
    [
        ("stubs", "times", 0),
        ("stubs", "tps", -1.0),
        ("stubs", "status", 199),
        ("stubs", "status", 600),
        ("stubs", "ttft_ms", -1),
        ("stubs", "chunks", 0),
        ("gates", "call", -1),
        ("gates", "before_event", -1),
    ],
)
async def test_numbers_that_mean_nothing_are_refused_by_name(
    tmp_path: Path, means: str, field: str, value: float
) -> None:
    async with staged(tmp_path, "live") as stage:
        await stage.admin("/tests", "POST", json={"test": "t", "max_cost": "0.5", "max_calls": 1})
        reply = await refused(stage, f"/tests/t/{means}", **{field: value})
        await stage.admin("/tests/t/stubs", "POST", json={"times": None, "status": 503})
    assert reply.status_code == 400, reply.text
    assert field in reply.text


async def test_a_gate_that_is_reached_says_so_to_who_does_not_wait(tmp_path: Path) -> None:
    async with staged(tmp_path, "live") as stage:
        await stage.admin("/tests", "POST", json={"test": "t"})
        gate = (await stage.admin("/tests/t/gates", "POST", json={}))["gate"]
        found = stage.bench.trials["t"].gates.find(gate)
        assert found is not None
        found.is_reached.set()
        assert (await stage.admin(f"/tests/t/gates/{gate}?timeout_ms=0"))["reached"] is True

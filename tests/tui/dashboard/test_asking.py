"""One look at a real gateway."""

import asyncio
import time
from pathlib import Path

import pytest

from aigw_dev.tui.dashboard.asking import look
from aigw_dev.tui.dashboard.picture import Picture, Question
from aigw_dev.tui.dashboard.ranges import RANGES
from tests.tui.harness import Desk, desk

pytestmark = pytest.mark.anyio


async def seen(at: Desk, by: str = "model") -> Picture:
    question = Question(RANGES[1], by, 5, int(time.time()) + 1)
    return await asyncio.to_thread(look, at.app.shell.link.admin, question)


async def until_counted(at: Desk, calls: int) -> None:
    writer = at.house.gateway.recorder.writer
    await at.until(lambda: at.house.gateway.recorder.ended >= calls, "the calls ended")
    await asyncio.to_thread(writer.flush)


async def test_a_gateway_that_was_never_called_is_empty(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        found = await seen(at)
        assert found.is_empty
        assert found.totals.requests == 0


async def test_calls_and_errors_are_counted_grouped_and_found_again(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        for number in range(3):
            await at.house.chat("mock/echo", f"hello {number}")
        await at.house.chat("mock/echo", "streamed", stream=True)
        await at.house.chat("nobody/knows", "hm")
        await until_counted(at, 5)
        found = await seen(at)
        assert not found.is_empty
        assert (found.totals.requests, found.totals.failed, found.stream.requests) == (5, 1, 1)
        assert found.totals.cost_free
        assert {one.name: one.totals.requests for one in found.groups}["echo"] == 4
        assert sum(step.totals.requests for step in found.steps) == 5
        assert any(step.times.p95_s for step in found.steps)
        assert found.times.p95_s is not None
        [fault] = found.faults
        assert (fault.status, fault.words) == (404, "model_not_found")
        listed = await asyncio.to_thread(
            at.app.shell.link.admin.exchanges, query=f"{fault.filter} {found.question.window()}"
        )
        assert len(listed["entries"]) == fault.calls == 1


async def test_every_grouping_is_known_to_the_gateway(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        await at.house.chat("mock/echo", "hello")
        await until_counted(at, 1)
        for by in ("model", "provider", "route", "consumer", "key"):
            assert sum(one.totals.requests for one in (await seen(at, by)).groups) == 1


def test_a_log_without_any_group_is_an_empty_picture() -> None:
    class Nothing:
        """A gateway whose log has never had a row."""

        def stats(self, **_: object) -> dict[str, object]:
            return {"since_s": 0, "until_s": 1, "is_widened": False, "groups": []}

        def series(self, step: int, **_: object) -> dict[str, object]:
            return {"step_s": step, "since_s": 0, "until_s": 1, "points": []}

        def exchanges(self, **_: object) -> dict[str, object]:
            return {"entries": []}

        def deployments(self) -> list[object]:
            return []

    question = Question(RANGES[1], "model", 5, 1_800_000_000)
    assert look(Nothing(), question).is_empty  # pyright: ignore[reportArgumentType]  -- stands for the client

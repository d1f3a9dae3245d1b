"""One test while it runs."""

import asyncio

import pytest

from aigw_dev.core.recording.fixture import Fixture
from aigw_dev.server.testbench.trial import Trial
from aigw_dev.server.testbench.trial_options import TrialOptions
from tests.server.testbench.stage import answer

pytestmark = pytest.mark.anyio


def trial(**options: object) -> Trial:
    fixture = Fixture(interactions=[answer()])
    return Trial("t", TrialOptions(**{"mode": "replay", **options}), file="t", fixture=fixture)  # pyright: ignore[reportArgumentType]


async def test_what_is_unused_counts_only_where_recordings_are_replayed() -> None:
    assert len(trial().unused()) == 1
    assert trial(mode="live").unused() == []
    assert trial(mode="drift").unused() == []


async def test_waiting_ends_when_the_time_is_over() -> None:
    assert not await trial().wait_until(lambda: False, within_s=0.01)
    assert await trial().wait_until(lambda: True, within_s=0.0)


async def test_dear_tests_are_stopped() -> None:
    one = trial(max_cost_nanousd=5)
    assert one.refusal() is None
    one.cost_nanousd = 6
    refusal = one.refusal()
    assert refusal is not None
    assert refusal.code == "test_limit"
    assert "max_cost" in refusal.message
    assert [found.kind for found in one.misses()] == ["limit"]
    await asyncio.sleep(0)

"""One timer for moving deadlines."""

import asyncio

import pytest

from aigw_dev.server.patience import Patience

pytestmark = pytest.mark.anyio


async def looks(patience_until: list[float | None], *by: float) -> list[float]:
    """When it looked, in seconds from now, asked to look `by` these and told to look again at those."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    seen: list[float] = []
    done = asyncio.Event()

    def look(now: float) -> float | None:
        seen.append(now - began)
        again = patience_until.pop(0) if patience_until else None
        if again is None:
            done.set()
            return None
        return began + again

    patience = Patience(loop, look)
    for at in by:
        patience.look_by(began + at)
    await asyncio.wait_for(done.wait(), 5)
    patience.stop()
    return seen


async def test_it_looks_when_asked_and_again_when_told() -> None:
    seen = await looks([0.1, None], 0.02)
    assert len(seen) == 2
    assert seen[0] >= 0.015
    assert seen[1] >= 0.095


async def test_a_later_wish_does_not_delay_an_earlier_one() -> None:
    seen = await looks([None], 0.02, 5.0)
    assert seen[0] < 2


async def test_an_earlier_wish_brings_it_forward() -> None:
    seen = await looks([None], 5.0, 0.02)
    assert len(seen) == 1
    assert seen[0] < 2


async def test_after_stop_it_never_looks() -> None:
    loop = asyncio.get_running_loop()
    seen: list[float] = []

    def look(now: float) -> None:
        seen.append(now)

    patience = Patience(loop, look)
    patience.look_by(loop.time())
    patience.stop()
    patience.stop()
    passed = loop.create_future()
    loop.call_later(0.02, passed.set_result, None)
    await passed
    assert not seen

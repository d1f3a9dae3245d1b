"""Deadlines of one attempt. Real time, in hundredths of a second: every wait here ends with its deadline."""

import asyncio

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.watchdog import Watchdog

pytestmark = pytest.mark.anyio
FOREVER = 3600.0


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize(
    ("total_s", "first_packet_s", "code"),
    [
        (0.02, None, "total_timeout"),
        (FOREVER, 0.02, "first_packet_timeout"),
        (None, 0.02, "first_packet_timeout"),
    ],
)
async def test_a_deadline_becomes_an_upstream_error(
    total_s: float | None, first_packet_s: float | None, code: str
) -> None:
    with (
        pytest.raises(UpstreamError) as caught,
        Watchdog(total_s=total_s, first_packet_s=first_packet_s, idle_s=FOREVER),
    ):
        await forever()
    assert caught.value.code == code


async def touched_once(watchdog: Watchdog) -> None:
    """Some bytes arrive, then nothing."""
    with watchdog:
        watchdog.touch()
        await forever()


async def test_idle_time_counts_from_the_first_bytes_only() -> None:
    with pytest.raises(UpstreamError) as caught, Watchdog(total_s=0.08, first_packet_s=None, idle_s=0.02):
        await forever()
    assert caught.value.code == "total_timeout"
    with pytest.raises(UpstreamError) as caught:
        await touched_once(Watchdog(total_s=FOREVER, first_packet_s=None, idle_s=0.02))
    assert caught.value.code == "idle_timeout"


async def test_a_comment_does_not_meet_the_first_packets_deadline() -> None:
    with pytest.raises(UpstreamError) as caught:
        await touched_once(Watchdog(total_s=None, first_packet_s=0.03, idle_s=FOREVER))
    assert caught.value.code == "first_packet_timeout"


async def test_a_met_deadline_is_forgotten() -> None:
    with Watchdog(total_s=None, first_packet_s=0.01, idle_s=None) as watchdog:
        watchdog.first_packet()
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(0.03, done.set)
        await done.wait()


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def attempt() -> None:
        with Watchdog(total_s=FOREVER, first_packet_s=None, idle_s=None):
            await forever()

    task = asyncio.create_task(attempt())
    asyncio.get_running_loop().call_soon(task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_without_deadlines_nothing_is_armed() -> None:
    with Watchdog(total_s=None, first_packet_s=0, idle_s=None) as watchdog:
        watchdog.touch()
        watchdog.first_packet()


async def test_while_the_caller_is_slow_the_provider_is_not_idle() -> None:
    with Watchdog(total_s=None, first_packet_s=None, idle_s=0.02) as watchdog:
        watchdog.touch()
        watchdog.is_caller_slow = True
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(0.07, done.set)
        await done.wait()
        watchdog.is_caller_slow = False
        watchdog.touch()


async def test_what_arrived_while_this_process_stood_still_counts() -> None:
    """The loop is blocked past the deadline with bytes already waiting: they are heard before the deadline counts."""
    loop = asyncio.get_running_loop()
    with Watchdog(total_s=None, first_packet_s=None, idle_s=0.02) as watchdog:
        watchdog.touch()
        until_s = loop.time() + 0.05
        while loop.time() < until_s:
            pass
        arrived = loop.create_future()
        loop.call_soon(arrived.set_result, None)
        await arrived
        await asyncio.sleep(0)
        watchdog.touch()
        await asyncio.sleep(0)

"""One spelling for plain and async tests."""

import asyncio
import threading

import pytest

from aigw_dev.pytest_plugin.waiting import Waited, run_after_turns, wait_or_later


class Found(Waited):
    name = "found"


def test_plain_code_gets_the_thing() -> None:
    assert wait_or_later(Found, "it").name == "found"


def test_async_code_awaits_it_and_the_loop_goes_on() -> None:
    opened = threading.Event()

    def blocking() -> Found:
        assert opened.wait(10)
        return Found()

    async def main() -> None:
        asyncio.get_running_loop().call_soon(opened.set)
        found = await wait_or_later(blocking, "it")
        assert (await found).name == "found"

    asyncio.run(main())


def test_what_waits_for_turns_comes_after_a_cancelled_task_has_ended() -> None:
    order: list[str] = []

    async def cancelled() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(0)
            order.append("left")

    async def main() -> None:
        task = asyncio.create_task(cancelled())
        await asyncio.sleep(0)
        opened = asyncio.Event()
        loop = asyncio.get_running_loop()
        task.cancel()
        run_after_turns(lambda: (order.append("opened"), loop.call_soon_threadsafe(opened.set)))
        await asyncio.wait_for(opened.wait(), 10)

    asyncio.run(main())
    assert order == ["left", "opened"]
    run_after_turns(lambda: order.append("at once"))
    assert order[-1] == "at once"


def test_a_forgotten_await_says_so() -> None:
    async def main() -> None:
        with pytest.raises(AttributeError, match=r"it is to be awaited in async code; then it has `\.name`"):
            _ = wait_or_later(Found, "it").name

    asyncio.run(main())

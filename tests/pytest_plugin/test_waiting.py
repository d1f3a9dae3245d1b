"""One spelling for plain and async tests."""

import asyncio
import threading

import pytest

from aigw_dev.pytest_plugin.waiting import Waited, wait_or_later


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


def test_a_forgotten_await_says_so() -> None:
    async def main() -> None:
        with pytest.raises(AttributeError, match=r"it is to be awaited in async code; then it has `\.name`"):
            _ = wait_or_later(Found, "it").name

    asyncio.run(main())

"""Waits that read the same in a plain test and in an async one: `aigw.calls.wait(0)`, `await aigw.calls.wait(0)`."""

import asyncio
import sys
from collections.abc import Callable, Generator
from typing import Any, Final, Generic, Protocol, Self, TypeVar, cast

SLICE_S: Final = 5.0
"""The longest single question to the gateway while waiting: a thread left behind ends soon."""
_TURNS: Final = 50
"""How often the loop turns before a test goes on: more than a client needs to read what is there, or to close its connection."""
_Found = TypeVar("_Found")


class Later(Generic[_Found]):
    """What an async test awaits; the wait runs in a thread, so that the loop goes on."""

    def __init__(self, wait: Callable[[], _Found], what: str) -> None:
        """`wait` blocks until there is something; `what` names it to who forgets `await`."""
        self._wait = wait
        self._what = what

    def __await__(self) -> Generator[Any, Any, _Found]:
        """Wait without holding the loop up, under asyncio or trio."""
        return _in_thread(self._wait).__await__()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self._what} is to be awaited in async code; then it has `.{name}`")


def wait_or_later(wait: Callable[[], _Found], what: str) -> _Found:
    """In async code something to await, elsewhere the thing itself.

    Typed as the thing: what is returned outside of async code can be awaited too (see `Waited`).
    """
    return cast("_Found", Later(wait, what)) if _is_async() else wait()


def run_after_turns(run: Callable[[], object]) -> None:
    """Under asyncio: in a thread, once what the test has just set going (a cancelled task) has had its turns; else now."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        run()
        return

    def turn(left: int) -> None:
        if left:
            loop.call_soon(turn, left - 1)
        else:
            loop.run_in_executor(None, run)

    turn(_TURNS)


class Waited:
    """Awaiting what is there already gives it."""

    def __await__(self) -> Generator[Any, Any, Self]:
        """The same object, at once."""
        yield from ()
        return self


class _Threads(Protocol):
    async def run_sync(self, function: Callable[[], Any]) -> Any: ...


def _is_async() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _trio_threads() is not None
    return True


def _trio_threads() -> _Threads | None:
    """Trio's threads, where a trio task is what runs now; never imported from here."""
    trio: Any = sys.modules.get("trio")
    if trio is None:
        return None
    try:
        trio.lowlevel.current_task()
    except RuntimeError:
        return None
    return cast("_Threads", trio.to_thread)


async def _in_thread(wait: Callable[[], _Found]) -> _Found:
    threads = _trio_threads()
    if threads is not None:
        return cast("_Found", await threads.run_sync(wait))
    found = await asyncio.to_thread(wait)
    for _ in range(_TURNS):  # what arrived before the answer did is read by the app's own tasks first
        await asyncio.sleep(0)
    return found

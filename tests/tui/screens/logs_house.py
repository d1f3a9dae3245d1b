"""A gateway with a route of a few branches and some calls behind it, in front of the Logs screen."""

import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from aigw_dev.tui.logs.detail import Detail
from aigw_dev.tui.logs.log_list import LogList
from aigw_dev.tui.screens.logs import LogsRoom
from tests.tui.harness import Desk, desk, toasts

CONFIG = """version: 1
gateway: {name: my-app}
routes:
  smart:
    metadata: optional
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/echo}
      else:
        if: metadata.region in ["eu", "uk"]
        then: {send: mock/think}
        else: {send: mock/tools, fallback: [mock/echo]}
"""


@contextlib.asynccontextmanager
async def logs(
    folder: Path, *, calls: int = 0, is_again: bool = False, **options: Any
) -> AsyncGenerator[Desk]:
    """`is_again`: over the log and the memory that another run left in `folder`."""
    async with desk(folder, CONFIG, room="logs", **options) as at:
        if is_again:
            yield at
            return
        await make(at, calls)
        await at.until(lambda: len(listing(at)) == calls, f"{calls} rows")
        await at.until(lambda: not calls or the_list(at).line_here(), "the newest row")
        yield at


async def make(at: Desk, calls: int, text: str = "question") -> None:
    for number in range(calls):
        metadata = json.dumps({"tier": "free", "region": "eu" if number % 2 else "us"})
        headers = at.house.token() | {"x-ai-route-metadata": metadata}
        await at.house.chat("dynamic/smart", f"{text} {number}", headers=headers, stream=number % 3 == 1)


def room(at: Desk) -> LogsRoom:
    screen = at.app.screen_stack[0]
    assert isinstance(screen, LogsRoom)
    return screen


def the_list(at: Desk) -> LogList:
    return room(at).query_one(LogList)


def listing(at: Desk) -> Any:
    return the_list(at).listing


def detail(at: Desk) -> Detail:
    return room(at).query_one(Detail)


async def opened(at: Desk, tab: str = "overview") -> None:
    """The detail of the row under the cursor, at a tab."""
    await at.press("enter")
    line = the_list(at).line_here()
    assert line is not None
    await at.until(lambda: (detail(at).exchange or {}).get("id") == line.id, "the exchange")
    await at.until(lambda: len(detail(at).view.source) > 0, "the overview")
    if tab != detail(at).tab:
        await picked(at, tab)


async def told(at: Desk, *texts: str) -> None:
    """Wait until toasts have said all these."""
    await at.until(lambda: all(text in " ".join(toasts(at.app)) for text in texts), f"{texts} in a toast")


async def picked(at: Desk, tab: str) -> None:
    """Another tab of the detail, filled."""
    old = detail(at).view.source
    detail(at).set_tab(tab)
    await at.until(lambda: detail(at).view.source is not old, tab)

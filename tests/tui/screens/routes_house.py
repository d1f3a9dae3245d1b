"""What the tests of the Routes screen share: a config of mock models, the admin API's own word, the screen's parts."""

import functools
import time
from pathlib import Path
from typing import Any, cast

from aigw_dev.tui.routes.route_canvas import RouteCanvas
from aigw_dev.tui.screens.routes import RoutesRoom
from tests.tui import harness
from tests.tui.harness import Desk

CONFIG = """\
version: 1
gateway: {name: my-app}
routes:
  # who pays gets the thinker
  ai-test:
    description: Pro users think
    flow:
      if: metadata.tier == "pro"
      then:
        send: mock/think
        fallback: [mock/echo]  # always there
      else:
        if: metadata.lang != "en"
        then: {send: mock/tools}
        else: {send: mock/echo}
  eu-only:
    models: [smart]
    flow: {send: mock/echo}
"""


desk = functools.partial(harness.desk, has_toasts=True)
"""With toasts on the screen: they say what an action did."""


def room(at: Desk) -> RoutesRoom:
    """The screen."""
    return cast("RoutesRoom", at.app._rooms["routes"])  # pyright: ignore[reportPrivateUsage]  -- there is no other way to it from outside


def canvas(at: Desk) -> RouteCanvas:
    """The picture."""
    return room(at).canvas


async def loaded(at: Desk, name: str = "ai-test") -> None:
    """Wait until the routes are there, and one of them is on the canvas."""
    await at.until(lambda: room(at).bench.shelf.is_loaded and room(at).bench.at, "routes are loaded")
    if name:
        await at.until(lambda: room(at).bench.at == name, f"{name} is on the canvas")


async def sent(at: Desk) -> None:
    """Wait until every edit is at the gateway."""
    await at.until(lambda: room(at).bench.outbox.is_empty, "every edit is sent")


async def told(at: Desk, *words: str) -> None:
    """Wait until toasts say all of this; on the screen they are broken into lines."""
    await at.until(
        lambda: all(word in " ".join(harness.toasts(at.app)) for word in words), f"{words} in a toast"
    )


async def draft(at: Desk) -> dict[str, Any]:
    """The draft as the admin API has it; empty where there is none."""
    reply = await at.house.http.get("/admin/v1/draft", headers=at.house.admin())
    return reply.json()["draft"] or {}


async def drafted(at: Desk, name: str) -> dict[str, Any]:
    """A route's row in the draft."""
    return next(row for row in (await draft(at))["routes"] if row["name"] == name)


async def live(at: Desk) -> dict[str, Any]:
    """The flows in force, by route."""
    reply = await at.house.http.get("/admin/v1/routes", headers=at.house.admin())
    return {row["name"]: row["flow"] for row in reply.json()["routes"]}


async def deployments(at: Desk) -> list[dict[str, Any]]:
    """Newest first."""
    reply = await at.house.http.get("/admin/v1/deployments", headers=at.house.admin())
    return reply.json()["deployments"]


async def logged(at: Desk) -> dict[str, Any]:
    """The last exchange, once it is written."""
    end = time.monotonic() + harness.DEADLINE_S
    while time.monotonic() < end:
        reply = await at.house.http.get("/admin/v1/exchanges/last", headers=at.house.admin())
        if reply.status_code == 200 and reply.json().get("state") == "ended":
            return reply.json()
        await at.pilot.pause(0.02)
    raise AssertionError("nothing was logged")


def file(folder: Path) -> str:
    """The config file."""
    return (folder / "aigw-dev.yaml").read_text("utf-8")


async def quick(at: Desk, words: str) -> None:
    """The quick-add line on the selected node."""
    await at.press("colon")
    await at.type(words)
    await at.press("enter")
    await at.until(lambda: not at.app.screen.is_modal, "the form is closed")


async def flipped(at: Desk) -> None:
    """On the canvas, true and false of the first node exchanged, and that sent."""
    await loaded(at)
    await at.press("enter", "x")
    await sent(at)


async def deploy(at: Desk, note: str = "") -> None:
    """Save and deploy what is on the canvas."""
    before = (await deployments(at))[0]["number"]
    await at.press("s")
    await at.sees("enter deploys")
    await at.type(note)
    await at.press("enter")
    await at.sees(f"Deployed #{before + 1}")


async def add(at: Desk, name: str, *, sample: int = 0) -> None:
    await at.press("a")
    await at.sees("New route")
    await at.type(name)
    await at.press("tab", "tab", "tab", *["right"] * sample, "ctrl+j")
    await at.until(lambda: room(at).bench.at == name, f"{name} is there")

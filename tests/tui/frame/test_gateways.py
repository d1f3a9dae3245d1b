"""Picking another running gateway, or starting this one."""

from dataclasses import replace
from pathlib import Path

import pytest

from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.shell import Choice, Opening
from aigw_dev.tui.widgets.picker import Picker
from tests.server.house import PORT
from tests.tui.harness import Desk, desk, toasts

pytestmark = pytest.mark.anyio
HERE = Choice(name="test", url=f"http://127.0.0.1:{PORT}", config="/here/aigw-dev.yaml")
OTHER = Choice(name="other", url="http://127.0.0.1:2450", config="/other/aigw-dev.yaml")


async def picker(at: Desk) -> None:
    await at.press("ctrl+g")
    await at.until(lambda: isinstance(at.app.screen, Picker))


async def test_another_gateway_is_attached_to(tmp_path: Path) -> None:
    asked: list[Choice] = []

    def attach(choice: Choice) -> Opening:
        asked.append(choice)
        return Opening(name=choice.name, url=choice.url, admin_token="a", token="t")

    async with desk(tmp_path, room="providers", gateways=lambda: [HERE, OTHER], attach=attach) as at:
        await picker(at)
        await at.sees("test  127.0.0.1:2449", "shown now", "other  127.0.0.1:2450", "/other/aigw-dev.yaml")
        await at.press("down", "enter")
        await at.until(lambda: at.app.next_opening is not None)
        assert at.app.next_opening is not None
        assert at.app.next_opening.url == OTHER.url
        assert asked == [OTHER]


async def test_the_one_that_is_shown_is_not_attached_to_again(tmp_path: Path) -> None:
    async with desk(tmp_path, room="providers", gateways=lambda: [HERE]) as at:
        await picker(at)
        await at.press("enter")
        await at.until(lambda: any("is the one that is shown" in one for one in toasts(at.app)))
        assert at.app.next_opening is None


async def test_without_a_way_to_attach_the_command_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path, room="providers", gateways=lambda: [OTHER]) as at:
        await picker(at)
        await at.press("enter")
        await at.until(
            lambda: any("aigw-dev tui --config /other/aigw-dev.yaml" in one for one in toasts(at.app))
        )


async def test_no_gateway_at_all_says_how_to_start_one(tmp_path: Path) -> None:
    async with desk(tmp_path, room="providers") as at:
        await at.press("ctrl+g")
        await at.until(lambda: any("No gateway runs" in one for one in toasts(at.app)))


async def test_a_failing_search_says_why(tmp_path: Path) -> None:
    def broken() -> list[Choice]:
        raise GatewayError("the folder cannot be read", code="internal_error")

    async with desk(tmp_path, room="providers", gateways=broken) as at:
        await at.press("ctrl+g")
        await at.until(lambda: any("the folder cannot be read" in one for one in toasts(at.app)))


async def test_one_that_is_down_is_started_from_here(tmp_path: Path) -> None:
    started: list[bool] = []
    async with desk(tmp_path, room="providers") as at:

        def start() -> Opening:
            started.append(True)
            at.bridge.is_down = False
            return at.app.shell.opening

        at.app.shell.opening = replace(at.app.shell.opening, start=start, config_path="/here/aigw-dev.yaml")
        at.bridge.is_down = True
        await at.until(lambda: not at.app.shell.link.is_up)
        await picker(at)
        await at.sees("start test", "/here/aigw-dev.yaml")
        await at.press("enter")
        await at.until(lambda: started)
        await at.until(lambda: at.app.shell.link.is_up)

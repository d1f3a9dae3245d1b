"""The eye on the gateway."""

from pathlib import Path

import pytest

from tests.tui.harness import desk, toasts

pytestmark = pytest.mark.anyio


async def test_a_config_put_in_force_elsewhere_is_said(tmp_path: Path) -> None:
    async with desk(tmp_path, "version: 1\n", room="logs") as at:
        await at.until(lambda: at.app.shell.status)
        (tmp_path / "aigw-dev.yaml").write_text("version: 1\ngateway: {name: other}\n")
        await at.house.gateway.reread(actor="test")
        await at.until(lambda: any("Config in force" in said for said in toasts(at.app)))
        await at.sees("other")


async def test_a_broken_file_is_said_with_its_line_and_the_old_config_stays(tmp_path: Path) -> None:
    async with desk(tmp_path, "version: 1\ngateway: {name: good}\n", room="logs") as at:
        await at.until(lambda: at.app.shell.status)
        (tmp_path / "aigw-dev.yaml").write_text("version: 1\nroutez: {}\n")
        await at.house.gateway.reread(actor="test")
        await at.until(lambda: any("routez" in said and ":2" in said for said in toasts(at.app)))
        await at.sees("good")


async def test_without_a_way_to_start_it_is_said_how(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        at.app.start_gateway()
        await at.until(lambda: any("aigw-dev up" in said for said in toasts(at.app)))

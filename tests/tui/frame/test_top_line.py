"""The first line."""

from pathlib import Path

import pytest

from tests.tui.harness import desk

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (240, 70)])
async def test_all_five_screens_are_named_at_every_width(tmp_path: Path, size: tuple[int, int]) -> None:
    async with desk(tmp_path, size=size, room="routes") as at:
        first = at.screen_text().split("\n")[0]
        assert "[2 Routes]" in first
        assert all(
            f"{digit} {name}" in first
            for digit, name in enumerate(("Dash", "Routes", "Chat", "Logs", "Prov"), 1)
        )


async def test_a_click_on_a_name_goes_there(tmp_path: Path) -> None:
    async with desk(tmp_path, room="routes") as at:
        x = at.screen_text().split("\n")[0].index("4 Logs")
        await at.pilot.click(offset=(x + 1, 0))
        await at.sees("[4 Logs]")


async def test_a_long_or_hostile_name_is_cut_and_harmless(tmp_path: Path) -> None:
    config = 'version: 1\ngateway: {name: "a-very-long-name-of-a-gateway-that-does-not-fit"}\n'
    async with desk(tmp_path, config, room="logs") as at:
        await at.sees("a-very-long-name-…")
        at.app.shell.status = {"name": "x\x1b[2J\u202ey"}
        at.app.screen.query_one("TopLine").changed()  # pyright: ignore[reportAttributeAccessIssue]  -- by its name
        await at.sees("x\\x1b[2J\\u202ey"[:17])


async def test_problems_of_the_config_are_marked(tmp_path: Path) -> None:
    async with desk(tmp_path, "version: 1\n", room="logs") as at:
        await at.sees("●")
        (tmp_path / "aigw-dev.yaml").write_text("version: 1\nroutes: {x: {flow: {}}}\n")
        await at.house.gateway.reread(actor="test")
        await at.sees(" ! ")


async def test_the_screen_words_stand_whole_or_not_at_all(tmp_path: Path) -> None:
    async with desk(tmp_path, size=(80, 24), room="logs") as at:
        for words, shown in [
            ("not live", "not live"),
            ("live #7 · draft +2", "live #7"),
            ("TAIL ▸ 123,456/s", "TAIL"),
            ("WORD" * 9, ""),
        ]:
            at.app.screen.top_words = lambda said=words: said  # pyright: ignore[reportAttributeAccessIssue]  -- a screen's own
            at.app.screen.query_one("TopLine").changed()  # pyright: ignore[reportAttributeAccessIssue]  -- by its name
            await at.until(lambda said=shown: at.screen_text().split("\n")[0].endswith(f" {said}  ^p ?"))
            assert "…" not in at.screen_text().split("\n")[0]

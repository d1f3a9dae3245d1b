"""The filter: typed, completed, brought back."""

from pathlib import Path

import pytest

from tests.tui.screens.logs_house import listing, logs, make, room

pytestmark = pytest.mark.anyio


async def test_a_filter_is_tried_while_it_is_typed_and_counted(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=6) as at:
        await at.press("slash")
        await at.type("model:think")
        await at.sees("3 of 6", "ms")
        assert {listing(at).line(seq).request_model for seq in listing(at).runs.seqs(0, 9)} == {"think"}
        await at.press("enter")
        await at.sees("$ aigw-dev logs list model:think")
        await make(at, 2)
        await at.until(lambda: len(listing(at)) == 4, "a new row that passes")
        await at.press("escape")
        await at.until(lambda: len(listing(at)) == 8, "all rows")


async def test_a_wrong_filter_is_said_in_its_place_and_the_rows_stay(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await at.press("slash")
        await at.type("modle:x ")
        await at.sees("There is no field modle", "did you mean model", "question 1")
        await at.press("ctrl+u", "enter")
        await at.until(lambda: "There is no field" not in at.screen_text())


async def test_fields_and_values_are_completed(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=3) as at:
        await at.press("slash")
        await at.type("rou")
        await at.sees("the route that decided")
        await at.press("tab")
        entry = room(at).query_one("#log-filter")
        assert entry.value == "route:"  # pyright: ignore[reportAttributeAccessIssue]
        await at.sees("smart")
        await at.press("tab")
        assert entry.value == "route:smart "  # pyright: ignore[reportAttributeAccessIssue]
        await at.type("-mark:")
        await at.sees("throttled")
        await at.press("down", "down", "enter")
        assert entry.value == "route:smart -mark:retried "  # pyright: ignore[reportAttributeAccessIssue]


async def test_up_brings_earlier_filters_back(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        for said in ("status:200", "status:404"):
            await at.press("slash")
            await at.type(said)
            await at.press("enter", "escape")
        await at.press("slash", "up", "up")
        entry = room(at).query_one("#log-filter")
        assert entry.value == "status:200"  # pyright: ignore[reportAttributeAccessIssue]
        await at.press("down", "down")
        assert entry.value == ""  # pyright: ignore[reportAttributeAccessIssue]

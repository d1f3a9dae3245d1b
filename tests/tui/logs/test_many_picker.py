"""Several of many."""

from pathlib import Path

import pytest

from tests.tui.screens.logs_house import logs, room

pytestmark = pytest.mark.anyio


async def test_columns_are_chosen(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await at.press("C")
        await at.sees("[x]  model")
        await at.type("consumer")
        await at.press("tab", "enter")
        await at.sees("consumer", "none", "$ aigw-dev logs list --columns")
        assert room(at).remember()["list"]["columns"][-1] == "consumer"

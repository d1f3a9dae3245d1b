"""The screen's keys."""

from pathlib import Path

import pytest

from aigw_dev.tui.logs.keys import KEYS
from tests.tui.screens.logs_house import listing, logs, the_list, told

pytestmark = pytest.mark.anyio

HOSTILE = "a\x1b[31mred\x1b]0;title\x07 \u202ertl \x9b1m [bold]markup[/] \x00"


async def test_a_key_that_cannot_work_says_why(tmp_path: Path) -> None:
    async with logs(tmp_path) as at:
        await at.house.chat("mock/nope", "x")
        await at.until(lambda: len(listing(at)) == 1)
        await at.until(lambda: the_list(at).line_here())
        for key, why in (
            ("o", "no route decided this call"),
            ("c", "none is marked"),
        ):
            await at.press(key)
            await told(at, why)


def test_every_key_has_an_id_a_sentence_and_one_meaning() -> None:
    assert len({binding.id for binding in KEYS}) == len(KEYS)
    assert len({binding.key for binding in KEYS}) == len(KEYS)
    assert all(binding.tooltip and (binding.id or "").startswith("logs.") for binding in KEYS)
    assert sum(binding.show for binding in KEYS) <= 10

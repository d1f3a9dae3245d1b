"""The lists' columns follow the room there is."""

from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, desk, loaded

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("size", "seen", "unseen"),
    [
        ((80, 24), ("live", "description", "Pro users think"), ()),
        ((120, 36), ("calls", "err"), ("description",)),
        ((160, 45), ("live",), ("description",)),
    ],
    ids=["narrow", "middle", "wide"],
)
async def test_columns_follow_the_room(
    tmp_path: Path, size: tuple[int, int], seen: tuple[str, ...], unseen: tuple[str, ...]
) -> None:
    async with desk(tmp_path, CONFIG, room="routes", size=size) as at:
        await loaded(at)
        await at.sees("Route ", *seen)
        assert not any(word in at.screen_text() for word in unseen)

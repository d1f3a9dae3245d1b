"""What the parts of the screen may ask of it."""

from pathlib import Path

import pytest

from aigw_dev.tui.providers.host import Host
from tests.tui.providers.screen import room, sitting

pytestmark = pytest.mark.anyio


async def test_the_screen_is_a_host(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        host: Host = room(at)
        assert host.node is room(at)
        assert host.app is at.app
        chosen = host.chosen()
        assert chosen is not None
        assert chosen is host.board.find(chosen.name)

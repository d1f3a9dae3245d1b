"""Text in front."""

import pytest

from aigw_dev.tui.widgets.viewer import Viewer
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio


async def test_arrows_scroll_c_copies_and_any_other_key_closes() -> None:
    copied: list[tuple[str, str]] = []
    async with stage() as app:
        await app.show(
            Viewer("Words", "one\x1b[0m\ntwo", copy=lambda text, what: copied.append((text, what)))
        )
        assert "one\\x1b[0m" in app.text()
        await app.press("down", "c")
        assert copied == [("one\\x1b[0m\ntwo", "Words")]
        assert app.results == []
        await app.press("x")
        assert app.results == [None]

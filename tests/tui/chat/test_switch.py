"""A switch is turned by key and by mouse."""

import pytest

from aigw_dev.tui.chat.switch import Switch
from aigw_dev.tui.look import Look
from tests.tui.stage import said, stage

pytestmark = pytest.mark.anyio


async def test_it_turns_and_says_so() -> None:
    async with stage(lambda: Switch("Stream", Look(), is_on=True, id="s")) as app:
        assert "[x]" in app.text()
        await app.press("space")
        assert "[ ]" in app.text()
        await app.pilot.click(Switch)
        assert [message.is_on for message in said(app, Switch.Turned)] == [False, True]

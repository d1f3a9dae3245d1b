"""A number is stepped within its limits, typed beyond them, or not sent."""

import pytest

from aigw_dev.core.panel import PARAMETERS
from aigw_dev.tui.chat.number_field import NumberField
from aigw_dev.tui.look import Look
from tests.tui.stage import said, stage

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "keys", "value"),
    [
        ("temperature", ["right"], "1.05"),
        ("temperature", ["shift+left", "shift+left", "shift+left"], "0"),
        ("top_p", ["right", "right"], "1"),
        ("max_tokens", ["right"], "1088"),
        ("max_tokens", ["7", "backspace", "5", "0"], "50"),
        ("max_tokens", ["x"], ""),
        ("max_tokens", ["x", "x"], "1024"),
        ("temperature", ["9"], "9"),
    ],
)
async def test_keys_make_a_value(name: str, keys: list[str], value: str) -> None:
    async with stage(lambda: NumberField(PARAMETERS[name], Look(), id="n")) as app:
        await app.press(*keys)
        assert said(app, NumberField.Changed)[-1].value == value


async def test_what_is_wrong_or_refused_stands_below() -> None:
    async with stage(lambda: NumberField(PARAMETERS["top_p"], Look(), id="n")) as app:
        field = app.query_one(NumberField)
        field.put("3", wrong="0 to 1")
        await app.pilot.pause()
        assert "✗ 0 to 1" in app.text()
        field.put("1", note="the model refuses it: x")
        await app.pilot.pause()
        assert "! the model refuses it" in app.text()
        field.put("")
        await app.pilot.pause()
        assert "not sent" in app.text()

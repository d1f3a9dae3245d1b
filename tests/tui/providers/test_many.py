"""Picking several."""

import pytest

from aigw_dev.tui.look import Look
from aigw_dev.tui.providers.many import Many
from aigw_dev.tui.widgets.picker import Option
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio
OPTIONS = (Option(value="A", detail="openai"), Option(value="B"), Option(value="C"))


async def test_what_is_ticked_comes_out_in_order() -> None:
    async with stage() as at:
        await at.show(Many("Import", OPTIONS, Look(), ticked=("C",), note="copied"))
        assert "copied" in at.text()
        await at.press("space", "enter")
        assert at.results == [["A", "C"]]


async def test_a_ticks_all_and_then_none() -> None:
    async with stage() as at:
        await at.show(Many("Import", OPTIONS, Look()))
        await at.press("a")
        assert at.text().count("[x]") == 3
        await at.press("a", "enter")
        assert at.results == [[]]


async def test_escape_wants_nothing() -> None:
    async with stage() as at:
        await at.show(Many("Import", OPTIONS, Look(), ticked=("A",)))
        await at.press("escape")
        assert at.results == [None]

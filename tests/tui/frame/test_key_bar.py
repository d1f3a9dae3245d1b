"""The last line."""

from pathlib import Path
from typing import ClassVar

import pytest
from textual.binding import Binding, BindingType

from aigw_dev.tui.frame.key_bar import MOST, KeyBar, hints
from aigw_dev.tui.widgets.lines import Lines, Row, Span
from tests.tui.harness import desk, toasts

pytestmark = pytest.mark.anyio


class Busy(Lines):
    """Has more keys than fit, one of which cannot work now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"say('{key}')", f"Key {key}", id=f"busy.{key}") for key in "bcdefghijklm"
    ]

    def row(self, y: int) -> Row:
        return [Span("x")]

    def action_say(self, key: str) -> None:
        self.app.notify(f"pressed {key}")

    def why_not(self, action: str) -> str:
        return "not yet" if action == "say" and self.disabled else ""


async def test_at_most_ten_keys_of_what_has_the_focus_then_all_keys(tmp_path: Path) -> None:
    async with desk(tmp_path, size=(240, 24), room="logs") as at:
        busy = Busy()
        await at.app.screen.mount(busy)
        busy.focus()
        await at.sees("b Key b")
        bar = at.app.screen.query_one(KeyBar)
        last = at.screen_text().split("\n")[-1]
        assert last.count("Key ") == MOST
        assert last.rstrip().endswith("? all keys")
        assert [hint.key for hint in hints(bar)][:2] == ["b", "c"]


async def test_a_click_on_a_key_presses_it_and_one_on_the_end_shows_all(tmp_path: Path) -> None:
    async with desk(tmp_path, size=(240, 24), room="logs") as at:
        busy = Busy()
        await at.app.screen.mount(busy)
        busy.focus()
        await at.sees("b Key b")
        x = at.screen_text().split("\n")[-1].index("Key c")
        await at.pilot.click(offset=(x, 23))
        await at.until(lambda: any("pressed c" in said for said in toasts(at.app)))


async def test_at_80_columns_the_way_to_all_keys_stays(tmp_path: Path) -> None:
    async with desk(tmp_path, size=(80, 24), room="logs") as at:
        busy = Busy()
        await at.app.screen.mount(busy)
        busy.focus()
        await at.sees("b Key b")
        last = at.screen_text().split("\n")[-1]
        assert len(last) <= 80
        assert last.rstrip().endswith("? all keys")

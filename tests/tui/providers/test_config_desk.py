"""Providers added, edited, renamed and deleted by keys; each step taken back."""

from pathlib import Path

import pytest

from aigw_dev.tui.providers.key_form import KeyForm
from aigw_dev.tui.widgets.form import Form
from aigw_dev.tui.widgets.picker import Picker
from tests.tui.harness import toasts
from tests.tui.providers.screen import choose, room, sitting, written

pytestmark = pytest.mark.anyio


async def test_adding_from_a_template_writes_it_selects_it_and_asks_for_its_key(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await at.press("a")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.type("groq")
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.sees("Add groq", "GROQ_API_KEY")
        await at.press("enter")
        await at.until(lambda: "  groq: {}" in written(tmp_path))
        await at.sees("where does the key live?", "a variable")
        line = room(at).chosen()
        assert line is not None
        assert line.name == "groq"
        assert written(tmp_path).startswith("# who answers\n")
        assert "# the one we test with" in written(tmp_path)


async def test_a_wrong_address_is_told_under_its_field_and_nothing_is_written(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        before = written(tmp_path)
        await at.press("a")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.type("openai-comp")
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.press("enter")
        await at.sees("this kind has no address of its own")
        await at.press("escape")
        assert written(tmp_path) == before


async def test_editing_writes_only_what_differs_and_undo_restores_the_file_byte_for_byte(
    tmp_path: Path,
) -> None:
    async with sitting(tmp_path) as (at, _):
        before = written(tmp_path)
        await choose(at, "spare")
        await at.press("e")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.press("tab", "tab")
        await at.type("alpha, beta")
        await at.press("ctrl+j")
        await at.until(lambda: "alpha" in written(tmp_path))
        assert "auth: none  # open" in written(tmp_path)
        await at.until(
            lambda: (line := room(at).board.find("spare")) is not None and line.written.get("models")
        )
        await at.sees("aigw-dev edit  # providers.spare.models")
        changed = written(tmp_path)
        await at.press("u")
        await at.until(lambda: written(tmp_path) == before)
        await at.until(lambda: any("Undone" in one for one in toasts(at.app)))
        await at.press("U")
        await at.until(lambda: written(tmp_path) == changed)


async def test_a_form_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "up")
        before = written(tmp_path)
        await at.press("e", "ctrl+j")
        await at.until(lambda: any("Nothing changed" in one for one in toasts(at.app)))
        assert written(tmp_path) == before


async def test_renaming_follows_into_the_routes(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "up")
        await at.press("R")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.sees("1 targets of 1 routes")
        await at.press("ctrl+u", *"main", "enter")
        await at.until(lambda: "main/m1" in written(tmp_path))
        assert "  main: {kind: openai-compatible" in written(tmp_path)
        assert "# the one we test with" in written(tmp_path)
        await at.until(lambda: (line := room(at).chosen()) is not None and line.name == "main")


async def test_deleting_one_that_a_route_uses_shows_the_route_instead(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "up")
        before = written(tmp_path)
        await at.press("d")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.sees("up is used by 1 route: enter opens one", "pro", "m1")
        assert written(tmp_path) == before
        await at.press("enter")
        await at.sees("[2 Routes]")


async def test_deleting_one_that_nothing_uses_is_undone_with_u_also_after_another_change(
    tmp_path: Path,
) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "spare")
        await at.press("d")
        await at.until(lambda: "spare" not in written(tmp_path))
        await at.until(lambda: room(at).board.find("spare") is None)
        path = tmp_path / "aigw-dev.yaml"
        path.write_text(path.read_text("utf-8") + "# later\n", "utf-8")
        await at.house.gateway.reread(actor="test")
        await at.press("u")
        await at.until(lambda: "spare" in written(tmp_path))
        assert "# later" in written(tmp_path)
        await at.until(lambda: room(at).board.find("spare") is not None)


async def test_nothing_to_undo_says_so(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await at.press("u", "U")
        assert any("Nothing to undo" in one for one in toasts(at.app))
        assert any("Nothing to redo" in one for one in toasts(at.app))


async def test_the_built_in_provider_can_be_neither_edited_nor_deleted(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "mock")
        await at.press("e", "d", "K")
        assert sum("built in" in one for one in toasts(at.app)) == 2
        assert any("needs no key" in one for one in toasts(at.app))
        assert not isinstance(at.app.screen, KeyForm | Form)

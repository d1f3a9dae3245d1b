"""The frame around the screens."""

import json
from pathlib import Path

import pytest

from aigw_dev.tui.settings import Settings
from aigw_dev.tui.shell import Opening
from aigw_dev.tui.widgets.picker import Picker
from aigw_dev.tui.widgets.viewer import Viewer
from tests.tui.harness import desk, toasts

pytestmark = pytest.mark.anyio
ROOMS = ("Dashboard", "Routes", "Chat", "Logs", "Providers")


@pytest.mark.parametrize("digit", range(1, 6))
async def test_a_digit_shows_its_screen_and_brackets_it(tmp_path: Path, digit: int) -> None:
    async with desk(tmp_path) as at:
        await at.press(str(digit))
        await at.sees(f"[{digit} {ROOMS[digit - 1]}]")


async def test_the_top_line_names_the_gateway_and_its_state(tmp_path: Path) -> None:
    async with desk(tmp_path, "version: 1\ngateway: {name: my-app}\n", room="logs") as at:
        await at.sees("my-app", ":2449", "●")


async def test_q_leaves_with_zero(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.press("q")
        await at.until(lambda: at.app.return_value == 0)


async def test_ctrl_c_twice_leaves_and_once_does_not(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.press("ctrl+c")
        assert at.app.return_value is None
        await at.press("ctrl+c")
        await at.until(lambda: at.app.return_value == 0)


async def test_backquote_goes_back_like_cd_minus(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.press("4", "2")
        await at.sees("[2 Routes]")
        await at.press("grave_accent")
        await at.sees("[4 Logs]")


async def test_question_mark_lists_the_keys_and_the_closing_key_goes_no_further(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.press("question_mark")
        await at.until(lambda: isinstance(at.app.screen, Viewer))
        await at.sees("The whole Dashboard screen")
        await at.press("end")
        await at.sees("Everywhere", "Every key that works here.")
        await at.press("q")
        await at.until(lambda: not isinstance(at.app.screen, Viewer))
        assert at.app.return_value is None


async def test_the_palette_offers_the_keys_of_the_place(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.press("ctrl+p")
        await at.until(lambda: isinstance(at.app.screen, Picker))
        await at.type("go: logs")
        await at.sees("go: Logs")
        await at.press("enter")
        await at.sees("[4 Logs]")


async def test_a_gateway_that_goes_and_comes_back_is_said_and_nothing_crashes(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        await at.sees("●")
        at.bridge.is_down = True
        await at.sees("✗")
        assert any("does not answer" in said for said in toasts(at.app))
        at.bridge.is_down = False
        await at.until(lambda: any("answers again" in said for said in toasts(at.app)))
        await at.sees("●")


async def test_toasts_are_harmless_and_take_no_markup(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.app.notify("\x1b[2J[bold red]x[/] \u202e", title="[b]t", severity="error")
        await at.until(lambda: any("\\x1b[2J[bold red]x[/] \\u202e" in said for said in toasts(at.app)))
        await at.press("exclamation_mark")
        await at.sees("\\x1b[2J[bold red]x[/]")


async def test_the_last_screen_and_theme_come_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.press("5")
        at.app.theme = "nord"
        await at.press("q")
    kept = json.loads((tmp_path / "tui" / "memory.json").read_bytes())
    assert kept["app"] == {"room": "providers", "theme": "nord"}
    async with desk(tmp_path) as at:
        await at.sees("[5 Providers]")
        assert at.app.theme == "nord"


async def test_a_persons_keymap_holds(tmp_path: Path) -> None:
    async with desk(tmp_path, settings=Settings(keymap={"app.logs": "f9"})) as at:
        await at.press("f9")
        await at.sees("[4 Logs]")


async def test_a_keymap_with_a_conflict_is_not_used_and_says_which(tmp_path: Path) -> None:
    async with desk(tmp_path, settings=Settings(keymap={"app.logs": "2"})) as at:
        await at.until(lambda: any("app.logs" in said and "app.routes" in said for said in toasts(at.app)))
        await at.press("2")
        await at.sees("[2 Routes]")


async def test_without_a_gateway_one_is_started_while_the_screens_are_there(tmp_path: Path) -> None:
    async with desk(tmp_path, is_started=False) as at:
        await at.sees("●", ":2449")


async def test_a_gateway_that_does_not_start_shows_why(tmp_path: Path) -> None:
    from aigw_dev.core.errors import GatewayError

    def start() -> Opening:
        raise GatewayError("line 3: there is no provider `opnai`", code="config_invalid")

    async with desk(tmp_path, is_started=False, start=start) as at:
        await at.sees("there is no provider `opnai`")


@pytest.mark.parametrize("size", [(20, 5), (60, 18), (80, 24), (240, 70)])
@pytest.mark.parametrize("is_ascii", [False, True])
async def test_every_screen_stands_at_every_size(
    tmp_path: Path, size: tuple[int, int], is_ascii: bool
) -> None:
    async with desk(tmp_path, size=size, is_ascii=is_ascii, is_colour=not is_ascii) as at:
        for digit in "12345":
            await at.press(digit)
        await at.pilot.resize_terminal(60, 18)
        for digit in "12345":
            await at.press(digit)
            assert at.app.return_code in {None, 0}
        if is_ascii:
            shown = at.screen_text()
            assert shown.isascii(), [char for char in shown if not char.isascii()]


async def test_ascii_mode_names_keys_by_words(tmp_path: Path) -> None:
    async with desk(tmp_path, is_ascii=True) as at:
        await at.sees("enter Open in Logs")
        await at.press("question_mark")
        await at.sees("enter")
        assert "⏎" not in at.screen_text()


async def test_a_crash_shows_where_and_no_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def crash() -> None:
        said = chr(99) + "anary"  # a local that must not be shown
        raise ValueError(len(said))

    async def crashed() -> None:
        async with desk(tmp_path, room="logs") as at:
            at.app.call_later(crash)
            await at.until(lambda: at.app._exception is not None)

    with pytest.raises(ValueError, match="6"):
        await crashed()
    shown = capsys.readouterr().err
    assert "in crash" in shown
    assert "ValueError: 6" in shown
    assert "canary" not in shown
    assert "aigwdev-" not in shown

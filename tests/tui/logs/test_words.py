"""What the screen says beside its rows."""

from pathlib import Path

import pytest

from aigw_dev.tui.logs import words
from aigw_dev.tui.logs.line import Line
from tests.tui.screens.logs_house import logs, make, room

pytestmark = pytest.mark.anyio


async def test_an_empty_log_teaches_the_address_and_a_first_call(tmp_path: Path) -> None:
    async with logs(tmp_path) as at:
        await at.sees("Waiting for calls on http://127.0.0.1:2449/v1", "curl -sS", "Y copies it")
        await make(at, 1)
        await at.sees("question 0")
        assert "Waiting for calls" not in at.screen_text()


async def test_no_match_says_how_to_go_on(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        room(at).open_at(filter="status:500")
        await at.sees("0 of 2 match · esc clears · > widens")
        await at.press("escape")
        await at.sees("question 1")


async def test_sampling_and_paused_recording_are_said(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        at.app.shell.status = {**at.app.shell.status, "logging": {"sample": 0.25, "paused": True}}
        room(at).on_config()
        await at.sees("sample 25 %", "bodies not recorded")


@pytest.mark.parametrize(
    ("action", "line", "marked", "is_up", "why"),
    [
        ("fixture", Line(seq=1, id="a", state="open"), 0, True, "not ended yet"),
        ("fixture", Line(seq=1, id="a"), 0, False, "does not answer"),
        ("replay", Line(seq=1, id="a"), 0, False, "does not answer"),
        ("replay", None, 0, True, "no exchange under the cursor"),
        ("replay", Line(seq=1, id="a", state="open"), 0, True, "not ended yet"),
        ("compare", Line(seq=1, id="a"), 3, True, "3 are marked"),
        ("flow", Line(seq=1, id="a"), 0, True, "no route"),
    ],
)
def test_a_key_that_cannot_work_has_a_reason(
    action: str, line: Line | None, marked: int, is_up: bool, why: str
) -> None:
    assert why in words.why_not(action, line=line, marked=marked, is_up=is_up)


@pytest.mark.parametrize("action", ["replay", "flow", "compare", "copy", "filter"])
def test_a_key_that_works_has_none(action: str) -> None:
    assert words.why_not(action, line=Line(seq=1, id="a", route="r"), marked=2, is_up=True) == ""

"""`s` in Logs and Chat: a form, the texts before they are written, and files that are there afterwards."""

from pathlib import Path

import pytest

from aigw_dev.tui import promote
from aigw_dev.tui.promote import Review
from aigw_dev.tui.widgets.form import Form
from tests.tui.chat.sitting import ask, known, opened
from tests.tui.harness import Desk, desk
from tests.tui.screens.logs_house import listing, logs, the_list, told

pytestmark = pytest.mark.anyio


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the TUI was started."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def found(project: Path, pattern: str) -> list[str]:
    """What lies below a project, as texts where they are files."""
    return [one.read_text("utf-8") if one.is_file() else one.name for one in sorted(project.rglob(pattern))]


async def asked(at: Desk) -> None:
    """The form is there."""
    await at.press("s")
    await at.until(lambda: isinstance(at.app.screen, Form), "the form")


async def reviewed(at: Desk) -> None:
    """The texts are there."""
    await at.press("ctrl+j")
    await at.until(lambda: isinstance(at.app.screen, Review), "the texts")


async def test_a_call_becomes_a_fixture_and_a_test_shown_before_they_are_written(
    tmp_path: Path, project: Path
) -> None:
    async with logs(tmp_path, calls=1) as at:
        line = the_list(at).line_here()
        assert line is not None
        name = f"test_smart_{line.id[:6]}"
        await asked(at)
        await at.sees(
            "Save as fixture", f"tests/{name}.py", "tests/llm_fixtures", "status text tool_calls finish"
        )
        await reviewed(at)
        await at.sees("To be written", f"def {name}(aigw):", "the route smart decides again")
        assert not found(project, "*.py")
        await at.press("enter")
        await told(at, "Saved", f"pytest tests/{name}.py::{name}")
        assert f"def {name}(aigw)" in (project / "tests" / f"{name}.py").read_text("utf-8")
        assert (project / "tests" / "llm_fixtures" / name / f"{name}.aigw.json").is_file()
        await at.sees("$ aigw-dev logs promote")


async def test_esc_over_the_texts_writes_nothing(tmp_path: Path, project: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        await asked(at)
        await reviewed(at)
        await at.press("escape")
        await at.until(lambda: not at.app.screen.is_modal)
        assert found(project, "*") == ["tests"]


async def test_marked_calls_are_one_test_and_a_second_time_is_told_that_it_is_there(
    tmp_path: Path, project: Path
) -> None:
    async with logs(tmp_path, calls=2) as at:
        await at.press("g", "m", "m")
        await at.until(lambda: len(the_list(at).marked) == 2 and len(listing(at)) == 2)
        for said in ("Saved", "there already"):
            await asked(at)
            await at.sees("Of these 2 calls")
            await at.press("tab")
            await at.press("ctrl+u", *"test_two")
            await at.press(
                "tab",
                "ctrl+u",
                *"tests/test_two.py",
                "tab",
                "ctrl+u",
                *("status" if said == "Saved" else "finish"),
            )
            await reviewed(at)
            await at.press("enter")
            await told(at, said)
        text = (project / "tests" / "test_two.py").read_text("utf-8")
        assert text.count("aigw.calls[") == 2
        assert "finish" not in text


async def test_what_cannot_be_is_said_in_the_form(tmp_path: Path, project: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        await asked(at)
        await at.press("tab", "ctrl+u", *"refund", "ctrl+j")
        await at.sees("is no name of a test")
    assert found(project, "*") == ["tests"]


async def test_a_refusal_of_the_gateway_is_a_toast(tmp_path: Path, project: Path) -> None:
    async with logs(tmp_path, calls=0) as at:
        await at.house.chat("nobody/knows", "x")
        await at.until(lambda: the_list(at).line_here())
        await asked(at)
        await at.press("ctrl+j")
        await told(at, "Not saved", "no provider was asked")
    assert found(project, "*") == ["tests"]


async def test_chat_saves_a_fixture_alone(tmp_path: Path, project: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        await opened(at, "mock/echo")
        await at.press("escape", "s")
        await told(at, "Nothing to save yet")
        await at.press("i")
        await ask(at, "hello there")
        await known(at)
        await at.press("escape")
        await asked(at)
        await at.press("right")
        await reviewed(at)
        await at.sees("openai.chat.completions-mock-echo-", "hello there")
        await at.press("enter")
        await told(at, "Saved")
        (fixture,) = found(project, "*.aigw.json")
        assert '"repeat": "last"' in fixture
        assert not found(project, "*.py")


async def test_a_file_that_cannot_be_put_there_is_said(tmp_path: Path, project: Path) -> None:
    (project / "tests" / "llm_fixtures").write_text("a file", "utf-8")
    async with logs(tmp_path, calls=1) as at:
        await asked(at)
        await reviewed(at)
        await at.press("enter")
        await told(at, "Not saved")
        assert not found(project, "*.py")


def test_rows_of_the_review_hold_no_controls() -> None:
    from aigw_dev.tui.look import Look

    made = {
        "notes": ["a\x1b[31m"],
        "module": "x = 1\x1b\n",
        "file": "t\x1b.py",
        "fixture": "f",
        "content": "{}\n",
        "blobs": [],
    }
    shown = "".join(span.text for row in promote._rows(made, Look()) for span in row)  # pyright: ignore[reportPrivateUsage]  -- what the modal shows
    assert "\x1b" not in shown

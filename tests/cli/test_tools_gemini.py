"""The home of one run of Gemini CLI: its settings differ in one thing, all else is the user's own and stays his."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.cli.tools_gemini import Overlay, overlay

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links want a right there")


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """The user's `.gemini`."""
    folder = tmp_path / "user" / ".gemini"
    folder.mkdir(parents=True)
    return folder


def made(real: Path) -> Overlay | str | None:
    return overlay({"HOME": str(real.parent)}, lambda: real.parent.parent / "private")


def select(real: Path, settings: object) -> None:
    (real / "settings.json").write_text(json.dumps(settings), "utf-8")


def test_one_setting_differs_and_the_rest_is_a_link(real: Path) -> None:
    select(real, {"ui": {"theme": "x"}, "security": {"auth": {"selectedType": "oauth-personal", "more": 1}}})
    (real / "history").mkdir()
    found = made(real)
    assert isinstance(found, Overlay)
    inside = found.home / ".gemini"
    settings: Any = json.loads((inside / "settings.json").read_text("utf-8"))
    assert settings["ui"] == {"theme": "x"}
    assert settings["security"]["auth"] == {"selectedType": "gemini-api-key", "more": 1}
    assert (inside / "history").is_symlink()
    assert "oauth-personal" in (real / "settings.json").read_text("utf-8"), "the user's own is as it was"


def test_what_the_run_made_or_replaced_goes_back(real: Path) -> None:
    (real / "projects.json").write_text("old", "utf-8")
    found = made(real)
    assert isinstance(found, Overlay)
    inside = found.home / ".gemini"
    (inside / "projects.json").unlink()  # as a program does that replaces a file in one step
    (inside / "projects.json").write_text("new", "utf-8")
    (inside / "tmp").mkdir()
    (inside / "tmp" / "chat").write_text("kept", "utf-8")
    found.give_back()
    assert (real / "projects.json").read_text("utf-8") == "new"
    assert (real / "tmp" / "chat").read_text("utf-8") == "kept"
    assert not (real / "settings.json").exists()


def test_where_the_key_is_selected_already_nothing_is_made(real: Path) -> None:
    select(real, {"security": {"auth": {"selectedType": "gemini-api-key"}}})
    assert made(real) is None


def test_a_user_who_never_ran_it_gets_one_too(tmp_path: Path) -> None:
    found = overlay({"GEMINI_CLI_HOME": str(tmp_path / "nobody")}, lambda: tmp_path / "private")
    assert isinstance(found, Overlay)
    found.give_back()
    assert not (tmp_path / "nobody").exists(), "nothing to give back, nothing made"


@pytest.mark.parametrize("text", ["{ // a comment\n}", "[]", "\xff"])
def test_settings_that_cannot_be_read_are_left_alone_and_that_is_said(real: Path, text: str) -> None:
    (real / "settings.json").write_bytes(text.encode("latin-1"))
    found = made(real)
    assert isinstance(found, str)
    assert "gemini-api-key" in found


def test_where_no_link_can_be_made_the_advice_says_what_to_set(real: Path) -> None:
    (real / "history").mkdir()
    private = real.parent.parent / "private"
    private.write_text("a file stands where the folder would", "utf-8")
    found = made(real)
    assert isinstance(found, str)
    assert "selectedType" in found

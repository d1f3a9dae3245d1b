"""A route's YAML in the person's own editor."""

import stat
import sys
from pathlib import Path

import pytest

from tests.tui.screens.routes_house import CONFIG, desk, draft, drafted, loaded, sent, told

pytestmark = pytest.mark.anyio


def editor(folder: Path, body: str) -> tuple[str, ...]:
    """An $EDITOR that does `body` with the file's `path`."""
    script = folder / "editor.py"
    script.write_text(f"import pathlib, sys, os\npath = pathlib.Path(sys.argv[1])\n{body}\n", "utf-8")
    return (sys.executable, str(script))


async def test_the_yaml_in_the_editor_becomes_the_draft(tmp_path: Path) -> None:
    body = (
        "import stat\n(path.parent / 'x').exists()\n"
        f"pathlib.Path({str(tmp_path / 'mode')!r}).write_text(oct(stat.S_IMODE(os.stat(path).st_mode)) + path.suffix)\n"
        "path.write_text(path.read_text().replace('mock/think', 'mock/tools'))"
    )
    async with desk(tmp_path, CONFIG, room="routes", editor=editor(tmp_path, body)) as at:
        await loaded(at)
        await at.press("f4")
        await at.sees("Edited ai-test", "aigw-dev routes edit ai-test")
        await sent(at)
        assert (await drafted(at, "ai-test"))["tree"]["flow"]["then"]["send"] == "mock/tools"
        mode = (tmp_path / "mode").read_text()
        assert mode.endswith(".yaml")
        assert mode.startswith(oct(stat.S_IRUSR | stat.S_IWUSR)) or sys.platform == "win32"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("path.write_text('ai-test: [')", "F4 opens your text again"),
        ("path.write_text('other: {flow: {send: a/b}}')", "wants one entry"),
        ("pass", "Nothing changed"),
        ("path.write_text('')", "Nothing changed"),
    ],
)
async def test_what_the_editor_leaves_is_checked(tmp_path: Path, body: str, said: str) -> None:
    async with desk(tmp_path, CONFIG, room="routes", editor=editor(tmp_path, body)) as at:
        await loaded(at)
        await at.press("f4")
        await told(at, said)
        assert await draft(at) == {}


async def test_without_an_editor_it_says_how_to_set_one(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="routes") as at:
        await loaded(at)
        await at.press("f4")
        await told(at, "set $VISUAL or $EDITOR")

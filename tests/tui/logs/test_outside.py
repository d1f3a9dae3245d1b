"""A text in the person's own programs."""

import sys
from pathlib import Path

import msgspec
import pytest

from tests.tui.screens.logs_house import logs, opened, told

pytestmark = pytest.mark.anyio

HOSTILE = "a\x1b[31mred\x1b]0;title\x07 \u202ertl \x9b1m [bold]markup[/] \x00"


async def test_a_text_goes_into_the_pager(tmp_path: Path) -> None:
    kept = tmp_path / "paged.json"
    script = f"import shutil, sys; shutil.copy(sys.argv[1], {str(kept)!r})"
    async with logs(tmp_path, calls=1, pager=(sys.executable, "-c", script)) as at:
        await opened(at, "request")
        await at.press("tab", "f3")
        assert msgspec.json.decode(kept.read_bytes())["model"] == "dynamic/smart"
        await at.press("f4")
        await told(at, "$EDITOR names none")

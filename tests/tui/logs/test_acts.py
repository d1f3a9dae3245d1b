"""What can be done with logged exchanges."""

from pathlib import Path

import msgspec
import pytest

from tests.tui.screens.logs_house import listing, logs, the_list, told

pytestmark = pytest.mark.anyio

HOSTILE = "a\x1b[31mred\x1b]0;title\x07 \u202ertl \x9b1m [bold]markup[/] \x00"


async def test_replay_sends_it_again_and_compares(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        name = the_list(at).line_here().id  # pyright: ignore[reportOptionalMemberAccess]
        await at.press("r")
        await at.sees("Replay of", "A program would see the same", "$ aigw-dev logs replay")
        await at.press("escape")
        await at.until(lambda: len(listing(at)) == 2)
        await at.sees("↳")
        again = await at.until(lambda: listing(at).line(listing(at).runs.seq(1)))
        assert again.replay_of == name


async def test_replay_against_several_models_shows_each(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1, size=(120, 60)) as at:
        await at.press("R")
        await at.sees("against", "dynamic/smart")
        await at.type("mock/echo")
        await at.press("tab", "ctrl+u")
        await at.type("mock/think")
        await at.press("tab", "enter")
        await at.sees("── mock/echo ──", "A program would see the same", "mock/think")
        await at.press("escape")
        await at.until(lambda: len(listing(at)) == 3)


async def test_two_marked_rows_are_compared(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=3) as at:
        await at.press("c")
        await told(at, "two exchanges can be compared")
        await at.press("g", "m", "m")
        await at.until(lambda: len(the_list(at).marked) == 2)
        await at.press("c")
        await at.sees("They differ", "[-0-]", "{+1+}", "messages[0].content")


async def test_copying_offers_what_there_is(tmp_path: Path) -> None:
    copied: list[tuple[str, str]] = []
    async with logs(tmp_path, calls=1) as at:
        at.app.copy_text = lambda text, what: copied.append((text, what))  # pyright: ignore[reportAttributeAccessIssue]  -- the seam of Ways
        for word in ("id", "curl", "request body", "answer", "filter"):
            await at.press("y")
            await at.type(word)
            before = len(copied)
            await at.press("enter")
            await at.until(lambda before=before: len(copied) > before, word)
    line_id, curl, request, answer, command = (text for text, _ in copied)
    assert len(line_id) > 8
    assert "curl -sS" in curl
    assert "x-ai-route-metadata" in curl
    assert msgspec.json.decode(request)["model"] == "dynamic/smart"
    assert answer == "question 0"
    assert command == "aigw-dev logs list"


@pytest.mark.parametrize(("form", "suffix"), [("jsonl", ".jsonl"), ("har", ".har"), ("curl", ".sh")])
async def test_export_writes_a_private_file(tmp_path: Path, form: str, suffix: str) -> None:
    async with logs(tmp_path, calls=3) as at:
        await at.press("x")
        await at.sees("Export", "JSON lines")
        if form != "jsonl":
            await at.press("tab", *["right"] * (1 if form == "har" else 2))
        field = at.app.screen.query_one("#f-path")
        field.value = str(tmp_path / "out")  # pyright: ignore[reportAttributeAccessIssue]
        field.focus()
        await at.press("enter")
        await told(at, "Exported 3 exchanges")
        written = tmp_path / f"out{suffix}"
        assert written.stat().st_mode & 0o077 == 0
        content = written.read_text()
        if form == "har":
            entries = msgspec.json.decode(content)["log"]["entries"]
            assert [one["response"]["status"] for one in entries] == [200, 200, 200]
        elif form == "jsonl":
            assert [msgspec.json.decode(line)["route"] for line in content.splitlines()] == ["smart"] * 3
        else:
            assert content.count("curl -sS") == 3


async def test_edit_takes_request_and_metadata_to_chat(tmp_path: Path) -> None:
    went: list[tuple[str, dict[str, object]]] = []

    async with logs(tmp_path, calls=1) as at:
        at.app.go = lambda room, **place: went.append((room, place))  # pyright: ignore[reportAttributeAccessIssue]  -- the seam of Ways
        await at.press("e")
        await at.until(lambda: went)
        room_, place = went[0]
        assert room_ == "chat"
        assert place["model"] == "dynamic/smart"
        assert place["metadata"] == {"tier": "free", "region": "us"}
        await at.press("o")
        assert went[1][0] == "routes"
        assert went[1][1]["route"] == "smart"

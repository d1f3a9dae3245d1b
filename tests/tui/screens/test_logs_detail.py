"""One exchange whole: its tabs, searching, other programs; and what can be done with it."""

import sys
from pathlib import Path

import msgspec
import pytest

from tests.tui.screens.logs_house import detail, listing, logs, opened, room, the_list, told

pytestmark = pytest.mark.anyio

HOSTILE = "a\x1b[31mred\x1b]0;title\x07 \u202ertl \x9b1m [bold]markup[/] \x00"


async def test_enter_opens_and_moving_takes_the_detail_along(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        await opened(at)
        await at.sees("[Overview]", "asked for as dynamic/smart", "$ aigw-dev logs show")
        first = (detail(at).exchange or {})["id"]
        await at.press("up")
        await at.until(lambda: (detail(at).exchange or {})["id"] != first)
        await at.press("escape")
        assert not room(at).has_class("detail")


async def test_every_tab_shows_what_it_is_for(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await opened(at)
        await at.press("tab")
        for tab, said in (
            ("request", '"role": "user"'),
            ("response", "question 1"),
            ("stream", "at ms"),
            ("route", 'metadata.tier is "free"'),
            ("attempts", "1 mock/think"),
            ("ledger", "Nothing was translated"),
            ("curl", "curl -sSN http://127.0.0.1:2449/v1/chat/completions"),
        ):
            await at.press("right_square_bracket")
            assert detail(at).tab == tab
            await at.sees(said)
        await at.press("right_square_bracket")
        assert detail(at).tab == "overview"


async def test_the_route_tab_names_the_path_and_its_targets(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1, size=(120, 60)) as at:
        await opened(at, "route")
        await at.sees(
            "else (taken): mock/tools", "fallback 1: mock/echo", "1 mock/tools", "2 mock/echo", "not tried"
        )


async def test_words_are_searched_in_the_text(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        await opened(at, "request")
        await at.press("tab", "slash")
        await at.type("ROLE")
        await at.press("enter")
        await at.sees("/role: 1 of 1 lines")
        await at.press("n", "N")
        await at.press("slash")
        await at.type("zzz")
        await at.press("enter")
        await at.sees("found nowhere here")
        await at.press("slash", "escape")
        await at.sees("z zoom")


async def test_the_pane_is_zoomed_and_fills_small_screens(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await opened(at)
        assert "request" in at.screen_text().split("\n")[2]
        await at.press("z")
        await at.until(lambda: detail(at).size.height > 25)
        await at.press("z")
        await at.until(lambda: detail(at).size.height < 25)
        await at.pilot.resize_terminal(80, 24)
        await at.until(lambda: detail(at).size.width >= 76 and detail(at).size.height > 15)
        await at.pilot.resize_terminal(240, 70)
        await at.until(lambda: the_list(at).size.width > 100 and detail(at).size.width > 100)


async def test_a_text_goes_into_the_pager(tmp_path: Path) -> None:
    kept = tmp_path / "paged.json"
    script = f"import shutil, sys; shutil.copy(sys.argv[1], {str(kept)!r})"
    async with logs(tmp_path, calls=1, pager=(sys.executable, "-c", script)) as at:
        await opened(at, "request")
        await at.press("tab", "f3")
        assert msgspec.json.decode(kept.read_bytes())["model"] == "dynamic/smart"
        await at.press("f4")
        await told(at, "$EDITOR names none")


async def test_hostile_texts_reach_the_screen_spelled_out(tmp_path: Path) -> None:
    async with logs(tmp_path, size=(160, 45)) as at:
        await at.house.chat("mock/echo", HOSTILE, stream=True)
        await at.house.chat(f"mock/{HOSTILE}", HOSTILE)
        await at.until(lambda: len(listing(at)) == 2)
        await at.sees("a\\x1b[31mred")
        await at.press("up")
        await opened(at)
        await at.press("tab")
        for _ in range(8):
            await at.press("right_square_bracket")
            await at.until(lambda: len(detail(at).view.source) > 0)
            shown = at.screen_text()
            assert not any(char in shown for char in "\x1b\x07\u202e\x9b\x00")
        await at.sees("\\u202ertl", "[bold]markup[/]")
        assert not any(char in at.screen_text() for char in "\x1b\x07\u202e\x9b\x00")


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


async def test_a_key_that_cannot_work_says_why(tmp_path: Path) -> None:
    async with logs(tmp_path) as at:
        await at.house.chat("mock/nope", "x")
        await at.until(lambda: len(listing(at)) == 1)
        await at.until(lambda: the_list(at).line_here())
        for key, why in (
            ("s", "have not landed yet"),
            ("o", "no route decided this call"),
            ("c", "none is marked"),
        ):
            await at.press(key)
            await told(at, why)


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

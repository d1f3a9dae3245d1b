"""The Providers screen as a whole: ways in and out, memory, a gateway that goes and comes back."""

from pathlib import Path

import pytest

from aigw_dev.tui.providers.board import Health
from aigw_dev.tui.room import Room
from tests.tui.harness import desk, toasts
from tests.tui.providers.screen import choose, room, sitting

pytestmark = pytest.mark.anyio


async def test_another_screen_leads_to_a_provider(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await at.press("1")
        at.app.go("providers", provider="spare")
        await at.until(lambda: (line := room(at).chosen()) is not None and line.name == "spare")
        await at.sees("[5 Providers]", "╭─ spare")


async def test_l_shows_the_log_of_this_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[tuple[str, object]] = []
    async with sitting(tmp_path) as (at, _):
        await choose(at, "spare")
        monkeypatch.setattr(at.app, "go", lambda room, **place: places.append((room, place)))
        await at.press("l")
        assert places == [("logs", {"filter": "provider:spare"})]


async def test_the_keyring_is_always_in_sight(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await at.sees("keyring: none !")
    async with sitting(tmp_path, size=(80, 24)) as (at, _):
        await at.sees("keyring: none !")


async def test_the_cursor_and_the_last_tests_are_remembered_without_words(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        room(at).health["spare"] = Health(is_well=False, status=401, reason="said by the provider", at=5.0)
        await choose(at, "spare")
        memory = tmp_path / "tui" / "memory.json"
        await at.until(lambda: memory.exists() and '"provider":"spare"' in memory.read_text("utf-8"))
        assert "said by" not in memory.read_text("utf-8")
    async with sitting(tmp_path) as (at, _):
        line = room(at).chosen()
        assert line is not None
        assert line.name == "spare"
        assert room(at).health["spare"].status == 401


async def test_a_memory_of_another_version_is_taken_as_far_as_it_fits(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        room(at).recall({"provider": 3, "health": {"a": {"is_well": "?"}, "b": {"is_well": True}, "c": 1}})
        assert set(room(at).health) == {"b"}
        room(at).recall({"health": "no"})


async def test_a_gateway_that_goes_leaves_what_is_shown_and_one_that_comes_back_is_asked(
    tmp_path: Path,
) -> None:
    async with sitting(tmp_path) as (at, _):
        at.bridge.is_down = True
        await at.press("t")
        await at.until(lambda: not at.app.shell.link.is_up)
        await at.sees("spare", "API keys")
        path = tmp_path / "aigw-dev.yaml"
        path.write_text(path.read_text("utf-8").replace("  spare:", "  other:"), "utf-8")
        await at.house.gateway.reread(actor="test")
        at.bridge.is_down = False
        await at.press("t")
        await at.until(lambda: room(at).board.find("other") is not None)


async def test_without_a_config_there_is_mock_and_the_way_to_more(tmp_path: Path) -> None:
    async with desk(tmp_path, room="providers") as at:
        await at.until(lambda: room(at).is_loaded)
        await at.sees("Providers (1)", "mock", "It needs no key.", "a Add")


async def test_n_goes_to_the_next_problem_and_says_where_there_is_none(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await at.press("n")
        line = room(at).chosen()
        assert line is not None
        assert line.name == "up"
    async with desk(tmp_path / "none", room="providers") as at:
        await at.until(lambda: room(at).is_loaded)
        await at.press("N")
        assert any("No problem" in one for one in toasts(at.app))


async def test_a_key_that_does_nothing_now_is_dim_and_says_why(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, _):
        await choose(at, "mock")
        screen = room(at)
        assert isinstance(screen, Room)
        assert screen.why_not("edit") == "mock is built in."
        assert screen.why_not("key") == "mock needs no key."
        assert screen.why_not("test") == ""
        await at.press("e")
        assert any("mock is built in" in one for one in toasts(at.app))


async def test_another_address_forgets_the_last_test(tmp_path: Path) -> None:
    async with sitting(tmp_path) as (at, upstream):
        await choose(at, "spare")
        await at.press("t")
        await at.until(lambda: "spare" in room(at).health)
        path = tmp_path / "aigw-dev.yaml"
        text = path.read_text("utf-8")
        path.write_text(text.replace(f"{upstream.url}/v1\n", f"{upstream.url}/v2\n"), "utf-8")
        await at.house.gateway.reread(actor="test")
        room(at).load()
        await at.until(lambda: "spare" not in room(at).health)

"""The Dashboard screen."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.tui.dashboard.panels import PlotPanel, Tile
from tests.tui.dashboard.made import UNTIL_S
from tests.tui.harness import desk
from tests.tui.screens.dashboard_house import numbers, room

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
    yield
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()


async def test_an_empty_gateway_teaches_and_g_makes_the_first_request(tmp_path: Path) -> None:
    async with desk(tmp_path, room="dashboard") as at:
        await at.sees("No requests yet", "export OPENAI_BASE_URL=http://127.0.0.1:2449/v1", "opens Chat")
        await at.press("g")
        await at.sees("Requests", "By model", "echo")
        assert "No requests yet" not in at.screen_text()
        assert room(at).picture is not None


async def test_what_is_shown_is_what_the_gateway_counted(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        for _ in range(3):
            await at.house.chat("mock/echo", "hello")
        await at.house.chat("nobody/knows", "hm")
        await at.press("1")
        await at.until(lambda: room(at).picture is not None and room(at).picture.totals.requests == 4)  # pyright: ignore[reportOptionalMemberAccess]  -- just looked
        await at.sees("model_not_found", "1  25.0 %", "free", "404")


async def test_the_range_and_the_grouping_are_asked_for_and_said(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, answers):
        await at.press(">")
        await at.sees("[1h]", "$ aigw-dev stats --since 1h --by model")
        await at.press("b", "b")
        await at.sees("[route]", "--by route", "By route")
        assert answers.asked[-1].range.name == "1h"
        assert answers.asked[-1].by == "route"
        await at.press("<", "<", "<", "<", "<")
        await at.sees("[live]", "--since 2m")
        await at.press("B")
        await at.sees("[provider]")


async def test_buckets_are_as_many_as_the_plot_is_wide(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, answers):
        await at.until(lambda: answers.asked)
        question = answers.asked[-1]
        width = room(at).query_one("#latency").size.width
        assert question.range.span_s / question.step_s <= width


async def test_arrows_go_from_panel_to_panel_and_the_second_plot_follows(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        await at.until(lambda: at.app.focused is not None and at.app.focused.id == "tile-requests")
        await at.sees("Requests per 20 s")
        await at.press("right", "right")
        await at.sees("Tokens per 20 s")
        await at.press("l", "l")
        await at.sees("Cost per 20 s")
        await at.press("down")
        assert at.app.focused is not None
        assert at.app.focused.id == "tile-rt"
        await at.press("down")
        assert at.app.focused.id == "groups"
        await at.press("left")
        assert at.app.focused.id == "latency"
        await at.press("j")
        assert at.app.focused.id == "faults"
        await at.press("up")
        assert at.app.focused.id == "latency"


async def test_in_a_table_arrows_move_the_row_first(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        room(at).query_one("#groups").focus()
        await at.press("down", "down")
        assert at.app.focused is not None
        assert at.app.focused.id == "groups"
        await at.press("down", "down")
        assert at.app.focused.id == "metric"


@pytest.mark.parametrize(
    ("panel", "keys", "filtered"),
    [
        ("tile-requests", (), "since:15m"),
        ("tile-errors", (), "outcome:failed since:15m"),
        ("tile-latency", (), "ms:>=2870 since:15m"),
        ("groups", ("down",), "model:claude-sonnet-4-5 since:15m"),
        ("faults", (), "outcome:failed status:429 error:upstream_status provider:openai model:gpt-4o since:15m"),
        ("metric", ("comma",), "since:2026-09-21T14:14:40Z until:2026-09-21T14:15:00Z"),
    ],
)  # fmt: skip
async def test_enter_drills_into_logs_with_the_same_filter(
    tmp_path: Path, panel: str, keys: tuple[str, ...], filtered: str
) -> None:
    async with numbers(tmp_path) as (at, _):
        gone: list[tuple[str, dict[str, Any]]] = []
        ways = at.app.shell.ways

        class Ways:
            def go(self, where: str, **place: Any) -> None:
                gone.append((where, place))

            def __getattr__(self, name: str) -> Any:
                return getattr(ways, name)

        at.app.shell.ways = Ways()  # pyright: ignore[reportAttributeAccessIssue]  -- the rest is the app's
        room(at).query_one(f"#{panel}").focus()
        await at.press(*keys, "enter")
        assert gone == [("logs", {"filter": filtered})]


async def test_logs_open_with_the_filter(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        await at.press("right", "enter")
        await at.sees("[4 Logs]", "outcome:failed since:15m")


async def test_space_stops_asking_and_goes_on(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, answers):
        await at.press("space")
        await at.sees("paused at 14:15:00")
        assert room(at)._timer is None
        asked = len(answers.asked)
        await at.press("enter")
        await at.sees("[4 Logs]")
        assert len(answers.asked) == asked
        await at.press("1", "space")
        await at.sees("every 3 s")
        await at.until(lambda: len(answers.asked) > asked)


async def test_it_asks_only_while_it_is_shown(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, answers):
        await at.until(lambda: room(at)._timer is not None)
        dashboard = room(at)
        await at.press("4")
        await at.sees("[4 Logs]")
        assert dashboard._timer is None
        asked = len(answers.asked)
        await at.press("1")
        await at.until(lambda: len(answers.asked) > asked)


async def test_z_shows_one_panel_alone_where_the_arrows_point_at_buckets(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        room(at).query_one("#latency").focus()
        await at.press("z")
        await at.until(lambda: not room(at).query_one("#tiles").display)
        plot = room(at).query_one("#latency", PlotPanel)
        assert plot.size.width > 110
        await at.press("left", "left")
        await at.sees("14:14:20", "requests · p50")
        await at.press("escape")
        assert plot.cursor is None
        await at.press("escape")
        await at.sees("By model", "Cost")
        assert not room(at).zoomed


async def test_y_copies_what_the_panel_shows(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        copied: list[tuple[str, str]] = []
        at.app.copy_text = lambda text, what: copied.append((text, what))  # pyright: ignore[reportAttributeAccessIssue]  -- caught before the terminal
        for panel in ("tile-cost", "groups", "faults"):
            room(at).query_one(f"#{panel}").focus()
            await at.press("y")
        assert [what for _, what in copied] == [
            "45 buckets as CSV",
            "4 groups as CSV",
            "4 kinds of error as CSV",
        ]
        assert [text.split(",")[0] for text, _ in copied] == ["start", "model", "count"]


async def test_a_gateway_that_goes_leaves_the_numbers_and_says_how_old_they_are(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        await at.house.chat("mock/echo", "hello")
        await at.press("1")
        await at.sees("By model", "echo")
        at.bridge.is_down = True
        await at.press("b")
        await at.sees("stale since")
        assert "echo" in at.screen_text()
        assert room(at).has_class("-stale")
        at.bridge.is_down = False
        await at.press("b")
        await at.until(lambda: "stale since" not in at.screen_text(), "it is fresh again")


async def test_where_one_was_is_kept(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        await at.press(">", "b", "right", "right")
        room(at).query_one("#faults").focus()
        await at.press("z")
        kept = room(at).remember()
        assert kept == {
            "range": "1h",
            "by": "provider",
            "metric": "tokens",
            "focus": "faults",
            "zoomed": "faults",
        }
    (tmp_path / "tui" / "memory.json").write_text(json.dumps({"dashboard": kept}), "utf-8")
    async with numbers(tmp_path) as (at, answers):
        await at.sees("[1h]", "[provider]")
        assert answers.asked[-1].by == "provider"
        assert room(at).zoomed == "faults"
        await at.press("z")
        await at.sees("Tokens per 20 s")


async def test_what_an_older_version_left_does_no_harm(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        room(at).recall({"range": "3y", "by": 7, "metric": None, "focus": 3, "zoomed": "nothing"})
        await at.press("right")
        await at.sees("[15m]", "[model]")


async def test_words_of_the_head_can_be_clicked(tmp_path: Path) -> None:
    async with numbers(tmp_path) as (at, _):
        line = at.screen_text().split("\n")[1]
        await at.pilot.click(offset=(line.index("24h"), 1))
        await at.sees("[24h]")
        line = at.screen_text().split("\n")[1]
        await at.pilot.click(offset=(line.index("route"), 1))
        await at.sees("[route]")


@pytest.mark.parametrize("name", ["evil\x1b[31m[red]x[/]", "a" * 300, "名" * 40])
async def test_names_from_anywhere_are_harmless(tmp_path: Path, name: str) -> None:
    async with numbers(tmp_path) as (at, answers):
        from tests.tui.dashboard.made import entry, group

        answers.other = {
            "groups": {"groups": [group(name, 3)]},
            "faults": [entry(500, name, name, UNTIL_S - 5.0, provider=name)],
            "deployments": [{"id": 9, "at": UNTIL_S - 100.0, "note": name}],
        }
        room(at).on_shown()
        await at.until(lambda: room(at).picture.groups[0].name == name and room(at).picture.faults)  # pyright: ignore[reportOptionalMemberAccess]  -- it has come
        await at.sees(name[:2])
        shown = at.screen_text()
        assert "\x1b" not in shown
        assert max(len(line) for line in shown.split("\n")) <= 120


async def test_little_room_keeps_every_tile_and_one_plot(tmp_path: Path) -> None:
    async with numbers(tmp_path, size=(80, 24)) as (at, _):
        assert all(tile.region.area for tile in room(at).query(Tile))
        await at.sees(
            "Requests", "~409 k / ~114 k", "QPS", "RT 640 whl 640 str", "Requests per", "Errors (37)"
        )
        await at.press("right", "right", "right")
        await at.sees("Latency ms per")
        assert not room(at).query_one("#metric").display


@pytest.mark.parametrize("size", [(40, 12), (60, 18)])
async def test_a_window_that_is_too_small_does_no_harm(tmp_path: Path, size: tuple[int, int]) -> None:
    async with numbers(tmp_path, size=size) as (at, _):
        await at.press("b", ">", "z", "z", "right", "down")
        await asyncio.to_thread(lambda: None)
        assert room(at).picture is not None


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 45)])
async def test_looks(tmp_path: Path, size: tuple[int, int], snapshot: Any) -> None:
    async with numbers(tmp_path, size=size) as (at, _):
        await at.until(lambda: "p95" in at.screen_text() or size[0] < 100)
        assert at.screen_text() == snapshot


async def test_looks_in_ascii_without_colour(tmp_path: Path, snapshot: Any) -> None:
    async with numbers(tmp_path, is_ascii=True, is_colour=False) as (at, _):
        await at.until(lambda: "p95" in at.screen_text())
        assert at.screen_text() == snapshot

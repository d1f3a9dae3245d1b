"""The Logs screen over a real gateway: the list, its filter, following."""

from pathlib import Path

import pytest

from tests.tui.screens.logs_house import detail, listing, logs, make, opened, room, the_list, told

pytestmark = pytest.mark.anyio


async def test_an_empty_log_teaches_the_address_and_a_first_call(tmp_path: Path) -> None:
    async with logs(tmp_path) as at:
        await at.sees("Waiting for calls on http://127.0.0.1:2449/v1", "curl -sS", "Y copies it")
        await make(at, 1)
        await at.sees("question 0")
        assert "Waiting for calls" not in at.screen_text()


async def test_calls_show_up_as_they_are_made_the_newest_at_the_bottom(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=3) as at:
        await at.sees("question 0", "question 1", "question 2", "mock/think", "TAIL")
        lines = [line for line in at.screen_text().split("\n") if "question" in line]
        assert [line.index("question") for line in lines]
        assert ["question 0" in lines[0], "question 2" in lines[2]] == [True, True]
        assert "▌" in lines[2]


async def test_going_up_stops_following_and_says_what_came_meanwhile(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=3) as at:
        await at.press("up")
        await at.sees("paused · G to follow", "PAUSED")
        here = the_list(at).seq_here()
        await make(at, 4, "later")
        await at.sees("+4 new · G to follow", "PAUSED · +4")
        assert the_list(at).seq_here() == here
        await at.press("G")
        await at.sees("later 3", "TAIL")
        assert "to follow" not in at.screen_text()
        assert the_list(at).seq_here() == listing(at).runs.seq(6)


async def test_space_stops_and_goes_on(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await at.press("space")
        await at.sees("PAUSED")
        await at.press("space")
        await at.sees("TAIL")


async def test_a_filter_is_tried_while_it_is_typed_and_counted(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=6) as at:
        await at.press("slash")
        await at.type("model:think")
        await at.sees("3 of 6", "ms")
        assert {listing(at).line(seq).request_model for seq in listing(at).runs.seqs(0, 9)} == {"think"}
        await at.press("enter")
        await at.sees("$ aigw-dev logs list model:think")
        await make(at, 2)
        await at.until(lambda: len(listing(at)) == 4, "a new row that passes")
        await at.press("escape")
        await at.until(lambda: len(listing(at)) == 8, "all rows")


async def test_a_wrong_filter_is_said_in_its_place_and_the_rows_stay(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await at.press("slash")
        await at.type("modle:x ")
        await at.sees("There is no field modle", "did you mean model", "question 1")
        await at.press("ctrl+u", "enter")
        await at.until(lambda: "There is no field" not in at.screen_text())


async def test_no_match_says_how_to_go_on(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        room(at).open_at(filter="status:500")
        await at.sees("0 of 2 match · esc clears · > widens")
        await at.press("escape")
        await at.sees("question 1")


async def test_fields_and_values_are_completed(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=3) as at:
        await at.press("slash")
        await at.type("rou")
        await at.sees("the route that decided")
        await at.press("tab")
        entry = room(at).query_one("#log-filter")
        assert entry.value == "route:"  # pyright: ignore[reportAttributeAccessIssue]
        await at.sees("smart")
        await at.press("tab")
        assert entry.value == "route:smart "  # pyright: ignore[reportAttributeAccessIssue]
        await at.type("-mark:")
        await at.sees("throttled")
        await at.press("down", "down", "enter")
        assert entry.value == "route:smart -mark:retried "  # pyright: ignore[reportAttributeAccessIssue]


async def test_up_brings_earlier_filters_back(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        for said in ("status:200", "status:404"):
            await at.press("slash")
            await at.type(said)
            await at.press("enter", "escape")
        await at.press("slash", "up", "up")
        entry = room(at).query_one("#log-filter")
        assert entry.value == "status:200"  # pyright: ignore[reportAttributeAccessIssue]
        await at.press("down", "down")
        assert entry.value == ""  # pyright: ignore[reportAttributeAccessIssue]


async def test_the_last_term_is_turned_around_and_the_range_goes_wider(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        room(at).open_at(filter="model:think")
        await at.until(lambda: len(listing(at)) == 2)
        await at.press("exclamation_mark")
        await at.sees("filter ▸ -model:think")
        await at.until(lambda: {line.request_model for line in listing(at).kept()} >= {"tools"})
        await at.press("less_than_sign")
        await at.sees("-model:think since:7d")
        await at.press("less_than_sign", "greater_than_sign")
        await at.sees("-model:think since:7d")


async def test_marking_only_keeps_every_row_and_n_goes_through_the_matches(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=6) as at:
        room(at).open_at(filter="model:think")
        await at.press("ctrl+f")
        await at.sees("mark ▸ model:think", "3 of 6", "question 0", "question 5")
        await at.press("N")
        first = the_list(at).line_here()
        await at.press("N")
        second = the_list(at).line_here()
        assert first is not None
        assert second is not None
        assert (first.request_model, second.request_model) == ("think", "think")
        assert second.seq < first.seq
        await make(at, 2)
        await at.sees("4 of 8")
        await at.press("ctrl+f")
        await at.until(lambda: len(listing(at)) == 4)


async def test_a_running_call_is_shown_and_completed_when_it_ends(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        import asyncio

        task = asyncio.create_task(
            at.house.chat("mock/echo", "slow one", stream=True, mock={"delay_ms": 400})
        )
        await task
        await at.until(lambda: len(listing(at)) == 2)


async def test_the_gateway_going_keeps_rows_and_place_and_coming_back_goes_on(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        await at.press("up", "up")
        here = the_list(at).seq_here()
        at.bridge.is_down = True
        await at.sees("STALE", "question 3")
        at.bridge.is_down = False
        await make(at, 2)
        await at.sees("+2 new", "PAUSED")
        assert the_list(at).seq_here() == here


async def test_a_purge_is_asked_for_and_takes_the_rows_out(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        room(at).open_at(filter="model:think")
        await at.until(lambda: len(listing(at)) == 2)
        await at.press("D")
        await at.sees("2 exchanges that pass", "type purge")
        await at.type("purge")
        await at.press("enter")
        await told(at, "Deleted 2 exchanges")
        await at.sees("$ aigw-dev logs purge model:think")
        await at.press("escape")
        await at.until(lambda: len(listing(at)) == 2)


async def test_columns_are_chosen(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=2) as at:
        await at.press("C")
        await at.sees("[x]  model")
        await at.type("consumer")
        await at.press("tab", "enter")
        await at.sees("consumer", "none", "$ aigw-dev logs list --columns")
        assert room(at).remember()["list"]["columns"][-1] == "consumer"


async def test_filter_columns_row_and_tab_survive_a_restart(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=4) as at:
        room(at).open_at(filter="model:think")
        await at.until(lambda: len(listing(at)) == 2)
        await at.press("up")
        await opened(at, "attempts")
        here = the_list(at).seq_here()
        kept = room(at).remember()
        await at.until(lambda: at.app.shell.memory.kept.get("logs") == kept, "kept")
        at.app.shell.memory.save(at.app.shell.memory.encoded())
    async with logs(tmp_path, calls=0, is_again=True) as at:
        await at.until(lambda: len(listing(at)) == 2)
        assert the_list(at).seq_here() == here
        assert room(at).remember() == kept
        await at.sees("[Attempts]", "1 mock/think")


async def test_another_screen_sends_here_by_filter_and_exchange(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=5) as at:
        name = listing(at).line(listing(at).runs.seq(1)).id
        await at.press("2")
        at.app.shell.go("logs", filter="model:think", exchange=name)
        await at.sees("[4 Logs]", "model:think", name[:12])
        await at.until(lambda: the_list(at).line_here() and the_list(at).line_here().id == name)  # pyright: ignore[reportOptionalMemberAccess]
        assert (detail(at).exchange or {})["id"] == name


async def test_moving_in_a_long_list_paints_where_the_cursor_is_and_was(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=40, size=(100, 24)) as at:
        await at.press("up", "up", "up")
        shown = [line[0] for line in at.screen_text().split("\n") if "question" in line]
        assert shown.count("▌") == 1
        await at.press("g")
        await at.sees("question 0")
        await at.press("down", "down")
        lines = [line for line in at.screen_text().split("\n") if "question" in line]
        assert [place for place, line in enumerate(lines) if line.startswith("▌")] == [2]
        await at.press("pagedown")
        await at.sees("question 20")


async def test_sampling_and_paused_recording_are_said(tmp_path: Path) -> None:
    async with logs(tmp_path, calls=1) as at:
        at.app.shell.status = {**at.app.shell.status, "logging": {"sample": 0.25, "paused": True}}
        room(at).on_config()
        await at.sees("sample 25 %", "bodies not recorded")

"""`f8`: what can be broken, what is broken, and how it is switched."""

from pathlib import Path

import pytest

from aigw_dev.tui.frame.faults import Faults, active_rows, spec_of
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.form import Form
from aigw_dev.tui.widgets.table import Table
from tests.tui.harness import Desk, desk, toasts

pytestmark = pytest.mark.anyio


async def shown(at: Desk) -> None:
    await at.press("f8")
    await at.until(lambda: isinstance(at.app.screen, Faults), "the list of faults")


async def test_a_fault_is_switched_on_strikes_and_is_switched_off(tmp_path: Path) -> None:
    async with desk(tmp_path, room="dashboard", size=(140, 40)) as at:
        await shown(at)
        await at.type("http.429")
        await at.sees("[ ]  http.429")
        await at.press("enter")
        await at.sees("[x]  http.429", "struck 0 of 0 calls", "client", "always")
        assert (await at.house.chat("mock/echo")).status_code == 429
        await at.sees("struck 1 of 1 calls")
        table = at.app.screen.query_one(Table)
        await at.press("pageup")
        await at.until(lambda: table.key.startswith("on:"))
        await at.press("enter")
        await at.until(lambda: at.house.gateway.faults.is_empty)
        assert (await at.house.chat("mock/echo")).status_code == 200
        await at.press("escape")
        await at.until(lambda: not at.app.screen.is_modal)


async def test_where_and_how_often_are_asked_for(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs", size=(140, 40)) as at:
        await shown(at)
        await at.type("http.503")
        await at.press("tab")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.sees("How: http.503")
        await at.press(*"provider:mock", "tab", "tab", *"2", "ctrl+j")
        await at.sees("[x]  http.503@provider:mock;times=2", "--fault")
        await at.press("ctrl+r")
        await at.until(lambda: at.house.gateway.faults.is_empty)


async def test_what_cannot_be_done_is_said_and_nothing_is_in_force(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs", size=(140, 40)) as at:
        await shown(at)
        await at.type("http.503")
        await at.press("tab")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.press("tab", "tab", "tab", *"after_evnts=3", "ctrl+j")
        await at.until(lambda: any("Not done" in one for one in toasts(at.app)))
        assert at.house.gateway.faults.is_empty


async def test_nothing_is_asked_of_a_gateway_that_is_gone(tmp_path: Path) -> None:
    async with desk(tmp_path, room="logs") as at:
        at.bridge.is_down = True
        await at.press("f8")
        await at.until(lambda: any("No faults to show" in one for one in toasts(at.app)))


def test_a_form_is_written_as_the_command_line_takes_it() -> None:
    values = {"where": "route:a/b", "edge": "provider", "times": "2", "more": " after_events=3 ; ;delay_ms=1"}
    assert spec_of("stream.cut.clean", values) == (
        "stream.cut.clean@route:a/b;edge=provider;times=2;after_events=3;delay_ms=1"
    )
    assert spec_of("http.429", {"where": "", "edge": "", "times": "", "more": ""}) == "http.429"


def test_names_of_a_gateway_are_shown_harmless() -> None:
    (row,) = active_rows(
        [{"id": "f1", "spec": "x\x1b[31m;times=3", "edge": "client", "fired": 1, "seen": 2}], Look()
    )
    assert row.key == "on:f1"
    assert row.cells[3] == "3"

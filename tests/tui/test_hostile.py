"""Hostile texts in every widget and screen: each strip that is painted is printable and as wide as its place.

tests/e2e/test_tui_hostile.py shows the same byte by byte in a terminal; here it is quick, and random.
"""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events

from aigw_dev.tui.logs.detail import TABS
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.confirm import Confirm
from aigw_dev.tui.widgets.entry import Editor, Entry
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.lines import Lines
from aigw_dev.tui.widgets.picker import Option, Picker
from aigw_dev.tui.widgets.stream_view import StreamView
from aigw_dev.tui.widgets.table import Column, Table
from aigw_dev.tui.widgets.table import Entry as TableEntry
from aigw_dev.tui.widgets.viewer import Viewer
from aigw_dev.tui.widgets.words import Words
from tests.e2e.hostile_stage import ANSWERS, answer, calls, config
from tests.hostile import BLOCKS, FLOODS, FORBIDDEN, LONE, NASTY, SHORT
from tests.scripted import ScriptedUpstream
from tests.tui.harness import Desk, desk
from tests.tui.screens.logs_house import detail, opened, picked, the_list
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio
MOST_ROWS = 400
HOSTILE = st.lists(
    st.sampled_from((*BLOCKS, *FLOODS, *LONE, "\n", " ", "|", "```", "word"))
    | st.text(st.characters(), max_size=12),
    max_size=12,
).map("".join)
quick = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def judge(app: Any) -> None:
    """What is on the screen, and every row that scrolling would bring."""
    screen = app.screen
    for strip in screen._compositor.render_strips(screen.size):
        assert_harmless(strip.text)
        assert strip.cell_length == screen.size.width
    for widget in screen.query(Lines):
        if widget.display and widget.size.area:
            for y in range(min(widget.row_count(), MOST_ROWS)):
                assert_harmless("".join(span.text for span in widget.row(y)))


def assert_harmless(shown: str) -> None:
    bad = sorted(FORBIDDEN & set(shown))
    assert bad == [], (bad, shown)
    assert len(shown) <= 40 * max(4, cell_len(shown)), "a flood of marks"


@quick
@given(HOSTILE)
async def test_parts_of_an_answer(said: str) -> None:
    async with stage(lambda: StreamView(Look()), size=(70, 20)) as app:
        view = app.query_one(StreamView)
        for kind in ("user", "answer", "thought", "tool", "bad", "note"):
            part = view.add(kind, title=said)
            for at in range(0, len(said), 5):
                view.write(part, said[at : at + 5])
            judge(app)
            view.end(part)
        await app.pilot.pause()
        judge(app)


@quick
@given(HOSTILE)
async def test_lists_fields_and_boxes(said: str) -> None:
    columns = (Column("a", width=12), Column("b", is_elastic=True), Column("c", most=9))
    async with stage(
        lambda: Table(columns, Look()), lambda: Entry(said, placeholder=said), lambda: Editor(placeholder=said),
        lambda: Editor(said), lambda: Words(said), size=(70, 24),
    ) as app:  # fmt: skip
        app.query_one(Table).fill([TableEntry(said, (said, said, said))])
        await app.pilot.pause()
        judge(app)
        field = Field(name="f", label=said[:15], value=said, placeholder=said)
        area = Field(name="a", kind="area", value="", placeholder=said)
        for modal in (
            Picker(said, [Option(value=said, label=said, detail=said), Option(value="x")], Look(), note=said),
            Form(said, [field, area], Look(), note=said, check=lambda _: said),
            Viewer(said, said),
            Confirm(said, said, said),
        ):
            await app.show(modal)
            judge(app)
            await app.press("enter")
            judge(app)
            await app.press("escape")


async def filled(at: Desk, every: int = 1) -> None:
    for content, headers in calls()[::every]:
        own = [(b"authorization", at.house.token()["authorization"].encode()), *headers]
        await at.house.http.post("/v1/chat/completions", content=content, headers=own)


@pytest.mark.parametrize(("size", "is_ascii"), [((80, 24), False), ((120, 36), True), ((240, 70), False)])
async def test_every_screen_over_a_hostile_gateway(
    tmp_path: Path, size: tuple[int, int], *, is_ascii: bool
) -> None:
    env = {"UP_KEY": "sk-test-0123456789abcdefghij"}
    with ScriptedUpstream(answer) as upstream:
        async with desk(
            tmp_path, config(upstream.url), size=size, is_ascii=is_ascii, env=env, has_toasts=True
        ) as at:
            await filled(at)
            for room in ("dashboard", "routes", "chat", "logs", "providers"):
                at.app.go(room)
                await at.until(lambda room=room: at.app.screen.id == f"room-{room}")
                for _ in range(6):
                    await at.pilot.pause()
                    judge(at.app)
            at.app.toast(SHORT, NASTY, "error")
            await at.pilot.pause()
            judge(at.app)
            await at.press("exclamation_mark")
            judge(at.app)


async def test_every_tab_of_every_exchange(tmp_path: Path) -> None:
    env = {"UP_KEY": "sk-test-0123456789abcdefghij"}
    with ScriptedUpstream(answer) as upstream:
        async with desk(tmp_path, config(upstream.url), room="logs", env=env) as at:
            await filled(at, 2)
            await at.until(lambda: the_list(at).line_here())
            await opened(at)
            for _ in calls()[::2]:
                for tab in TABS[1:]:
                    await picked(at, tab)
                    judge(at.app)
                await picked(at, TABS[0])
                before = (detail(at).exchange or {})["id"]
                the_list(at).action_move(-1)
                await at.until(
                    lambda before=before: (
                        before != (detail(at).exchange or {})["id"] or not the_list(at)._cursor()
                    )
                )


async def test_a_picture_of_the_screen_is_xml_that_holds_the_text_and_nothing_else(tmp_path: Path) -> None:
    env = {"UP_KEY": "sk-test-0123456789abcdefghij"}
    with ScriptedUpstream(answer) as upstream:
        async with desk(tmp_path, config(upstream.url), room="logs", env=env) as at:
            await filled(at)
            await at.sees("status:>=400", "[bold]BOLD[/]", "\\x1b[2J")
            picture = at.app.export_screenshot()  # as ctrl-S saves it: its title is the app's
            assert not FORBIDDEN & set(picture.replace("\n", ""))
            root = ET.fromstring(picture)  # noqa: S314  -- our own picture
            assert not [
                one
                for one in root.iter()
                if one.tag.rpartition("}")[2] in {"script", "a", "image", "foreignObject"}
            ]
            assert "[bold]BOLD[/]" in "".join(root.itertext()).replace("\xa0", " ")


async def test_pasted_text_reaches_no_field_alive(tmp_path: Path) -> None:
    async with desk(tmp_path, room="chat") as at:
        for room in ("chat", "routes", "logs"):
            at.app.go(room)
            await at.until(lambda room=room: at.app.screen.id == f"room-{room}")
            for widget in list(at.app.screen.query(Entry)) + list(at.app.screen.query(Editor)):
                if widget.focusable and widget.display and widget.size.area:
                    widget.focus()
                    await at.pilot.pause()
                    at.app.post_message(events.Paste(f"{NASTY}\n{ANSWERS['floods']}"))
                    await at.pilot.pause()
                    judge(at.app)

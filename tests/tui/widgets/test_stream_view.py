"""Answers as they come: followed unless the person reads further up, laid out once, copied whole."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Span, plain
from aigw_dev.tui.widgets.stream_view import StreamView
from tests.tui.stage import Stage, said, stage

pytestmark = pytest.mark.anyio
ANSWER = "# Head\n\nsome **bold** text\n\n```python\nx = 1\n```\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


def view_of(app: Stage) -> StreamView:
    return app.query_one(StreamView)


def shown(view: StreamView) -> list[str]:
    return [plain(view.row(y)) for y in range(view.row_count())]


async def settle(app: Stage, view: StreamView) -> None:
    """Until everything that was written is laid out."""
    while any(part.waiting for part in view.parts):
        await app.pilot.pause(0.02)


@pytest.mark.parametrize("size", [1, 3, 50, 1000])
async def test_it_shows_the_same_however_the_text_came(size: int) -> None:
    async with stage(lambda: StreamView(Look())) as app:
        view = view_of(app)
        whole = view.add("answer", ANSWER)
        view.end(whole)
        expected = shown(view)
        view.clear()
        part = view.add("answer")
        for at in range(0, len(ANSWER), size):
            view.write(part, ANSWER[at : at + size])
            if at % 7 == 0:
                await app.pilot.pause()
        await settle(app, view)
        view.end(part)
        assert shown(view) == expected
        assert view.said("answer") == ANSWER


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user", "answer", "thought", "tool", "bad", "note"]), st.text(max_size=80)
        ),
        max_size=6,
    )
)
async def test_parts_stand_one_below_the_other_and_every_row_can_be_asked_for(
    parts: list[tuple[str, str]],
) -> None:
    async with stage(lambda: StreamView(Look())) as app:
        view = view_of(app)
        for kind, content in parts:
            view.end(view.add(kind, content, title="t"))  # pyright: ignore[reportArgumentType]  -- sampled from the kinds
        assert len(shown(view)) == view.row_count()
        assert "\x1b" not in "".join(shown(view))


async def test_the_end_is_followed_until_one_scrolls_up_and_again_from_the_end() -> None:
    async with stage(lambda: StreamView(Look()), size=(40, 8)) as app:
        view = view_of(app)
        part = view.add("answer")
        view.write(part, "line\n" * 50)
        await settle(app, view)
        await app.pilot.pause()
        assert view.scroll_offset.y == view.max_scroll_y > 0
        await app.press("up", "up")
        await app.pilot.pause()
        before = view.scroll_offset.y
        view.write(part, "more\n" * 10)
        await settle(app, view)
        await app.pilot.pause()
        assert view.scroll_offset.y == before
        assert said(app, StreamView.Grown)[-1].unseen == 10
        await app.press("G")
        await app.pilot.pause()
        assert view.scroll_offset.y == view.max_scroll_y
        assert said(app, StreamView.Grown)[-1].unseen == 0


async def test_a_resize_lays_everything_out_anew() -> None:
    async with stage(lambda: StreamView(Look()), size=(30, 10)) as app:
        view = view_of(app)
        view.end(view.add("answer", "a paragraph that has to be wrapped at the edge\n" * 3))
        narrow = view.row_count()
        await app.pilot.resize_terminal(100, 10)
        await app.pilot.pause()
        assert view.row_count() < narrow


async def test_reasoning_folds_to_its_title() -> None:
    async with stage(lambda: StreamView(Look())) as app:
        view = view_of(app)
        view.end(view.add("thought", "deep\nthoughts", title="reasoning"), title="reasoning · 1.0 s")
        view.end(view.add("answer", "so"))
        assert shown(view) == ["▌ ▼ reasoning · 1.0 s", "▌ deep", "▌ thoughts", "", "  so"]
        await app.press("v")
        assert shown(view) == ["▌ ▸ reasoning · 1.0 s", "", "  so"]


async def test_code_blocks_are_hopped_from_the_last_to_the_first() -> None:
    async with stage(lambda: StreamView(Look())) as app:
        view = view_of(app)
        view.end(view.add("answer", "```py\none\n```\n\n```js\ntwo\n```\n"))
        await app.press("Y", "Y", "Y")
        assert [message.code.text for message in said(app, StreamView.CodeChosen)] == ["two", "one", "two"]
        assert "copied" in app.text()


async def test_without_code_the_hop_says_so() -> None:
    async with stage(lambda: StreamView(Look())) as app:
        view_of(app).end(view_of(app).add("answer", "none"))
        await app.press("Y")
        assert said(app, StreamView.CodeChosen)[-1].code.lines == []


async def test_what_teaches_is_wrapped_and_goes_with_the_first_part() -> None:
    async with stage(lambda: StreamView(Look(), empty=[[Span("teach " * 20)]])) as app:
        view = view_of(app)
        assert view.row_count() > 1
        view.end(view.add("note", "x"))
        assert shown(view) == ["  x"]
        view.clear([[Span("again")]])
        assert shown(view) == [" again"]

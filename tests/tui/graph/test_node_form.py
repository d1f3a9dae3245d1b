"""Each form asks for what it names and makes one edit of the answer."""

import pytest
from textual.widgets import Input, TextArea

from aigw_dev.tui.graph import exports, node_form
from aigw_dev.tui.widgets.choice import Choice
from tests.tui.graph.bare import sitting
from tests.tui.graph.flows import CHAIN, either, send, split
from tests.tui.graph.test_ops import GOLD

CHAINED = send("a/a", "b/b", {"send": "c/c", "key": "k", "params": {"top_p": 1}})


def test_a_fallback_that_stays_keeps_what_no_line_can_say() -> None:
    before = CHAINED["fallback"]
    assert [node_form.entry_line(entry) for entry in before] == ["b/b", "c/c key k"]
    assert node_form.entries_of("c/c key k\n\nnew/one key n\n b/b", before) == [
        before[1],
        {"send": "new/one", "key": "n"},
        "b/b",
    ]
    assert node_form.entries_of("", before) == []


@pytest.mark.anyio
async def test_fallbacks_are_put_in_another_order() -> None:
    async with sitting(CHAINED) as one:
        await one.press("F")
        await one.form()
        area = one.app.screen.query_one(TextArea)
        area.text = "c/c key k\nbad"
        await one.press("ctrl+j")
        assert "line 2" in one.app.screen_text()
        area.text = "c/c key k\nb/b"
        await one.press("ctrl+j")
        await one.closed()
        assert one.canvas.flow["fallback"] == [CHAINED["fallback"][1], "b/b"]


@pytest.mark.anyio
async def test_weights_and_draw_are_set() -> None:
    async with sitting(split((90, send("a/a")), (10, send("b/b")))) as one:
        await one.press("e")
        await one.form()
        one.app.screen.query_one("#f-w0", Input).value = "0"
        await one.press("ctrl+j")
        assert "above 0" in one.app.screen_text()
        one.app.screen.query_one("#f-w0", Input).value = "2.5"
        one.app.screen.query_one("#f-sticky", Choice).put("request")
        await one.press("ctrl+j")
        await one.closed()
        assert one.canvas.flow == split((2.5, send("a/a")), (10, send("b/b")), sticky="request")


@pytest.mark.anyio
async def test_what_is_no_node_is_mended_as_json() -> None:
    async with sitting(either(GOLD, {"model": "gpt-4o"}, send("mock/echo"))) as one:
        await one.press("right", "e")
        await one.form()
        area = one.app.screen.query_one(TextArea)
        assert '"model": "gpt-4o"' in area.text
        area.text = "{"
        await one.press("ctrl+j")
        assert "no JSON" in one.app.screen_text()
        area.text = '{"send": "openai/gpt-4o"}'
        await one.press("ctrl+j")
        await one.closed()
        assert one.canvas.flow == either(GOLD, send("openai/gpt-4o"), send("mock/echo"))


@pytest.mark.anyio
async def test_nodes_are_found_by_their_words() -> None:
    async with sitting(CHAIN) as one:
        await one.press("slash")
        await one.form()
        await one.type("mistral")
        await one.press("enter")
        await one.closed()
        node = one.canvas.selected_node
        assert one.canvas.flow_tree.root.id != node.id
        assert "mistral/large" in str(node)
        assert one.canvas.find("nothing like it") == 0


@pytest.mark.anyio
async def test_the_flow_is_copied_as_what_was_picked() -> None:
    async with sitting(CHAIN) as one:
        await one.press("y")
        await one.form()
        await one.type("mermaid")
        await one.press("enter")
        await one.closed()
        ((copied, what),) = one.app.copied
        assert copied.startswith("flowchart TD")
        assert what == f"the flow as {exports.KINDS['mermaid']}"


@pytest.mark.anyio
async def test_what_belongs_to_other_screens_is_left_to_them() -> None:
    async with sitting(CHAIN) as one:
        assert not node_form.answer(one.canvas, "key")
        assert not node_form.answer(one.canvas, "copy")

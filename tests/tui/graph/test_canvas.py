"""The canvas in a bare app: keys, mouse, undo, forms."""

import pytest

from aigw_dev.core.routing.facts import Facts
from aigw_dev.tui.graph import trace
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.canvas import FlowCanvas
from aigw_dev.tui.look import ASCII, Look
from tests.tui.graph.bare import sitting
from tests.tui.graph.flows import CHAIN, MIXED, either, send, split
from tests.tui.graph.test_ops import GOLD

pytestmark = pytest.mark.anyio


async def test_arrows_and_letters_walk_the_flow() -> None:
    async with sitting(CHAIN) as one:
        ids = trees.core_ids(one.canvas.flow_tree.root)
        await one.press("down", "l")
        assert one.canvas.selected == ids["flow.else.then"]
        await one.press("h", "k")
        assert one.canvas.selected == ids["flow"]
        await one.press("G")
        assert one.canvas.selected == ids["flow.else.else.else.else"]
        await one.press("g")
        assert one.canvas.selected == ids["flow"]
        assert any(isinstance(event, FlowCanvas.Selected) for event in one.app.told)


async def test_edits_are_undone_and_done_again_to_the_same_objects() -> None:
    async with sitting(CHAIN) as one:
        first = one.canvas.flow_tree
        await one.press("x", "d")
        last = one.canvas.flow_tree
        assert one.canvas.history.labels == [f"flip if {GOLD}", f"delete if {GOLD}, keep openai/gpt-4o"]
        await one.press("u", "ctrl+z")
        assert one.canvas.flow_tree is first
        await one.press("U", "ctrl+y")
        assert one.canvas.flow_tree is last
        await one.press("U")
        assert one.app.reasons == ["nothing to redo"]
        changed = [event for event in one.app.told if isinstance(event, FlowCanvas.Changed)]
        assert [event.way for event in changed] == ["did", "did", "undid", "undid", "redid", "redid"]


async def test_a_condition_is_added_in_one_form_and_one_step() -> None:
    async with sitting(send("openai/gpt-4o", "azure/gpt-4o")) as one:
        await one.press("a")
        await one.form()
        await one.type("tier")
        await one.press("tab", "tab")
        await one.type("gold")
        await one.press("enter")
        await one.closed()
        assert one.canvas.flow == either(GOLD, send("openai/gpt-4o", "azure/gpt-4o"), send("azure/gpt-4o"))
        assert one.app.labels == [f"add if {GOLD}"]
        await one.press("u")
        assert one.canvas.flow == send("openai/gpt-4o", "azure/gpt-4o")


async def test_a_form_that_is_left_changes_nothing() -> None:
    async with sitting(CHAIN) as one:
        before = one.canvas.flow_tree
        for key in ("a", "e", "colon", "slash", "y"):
            await one.press(key)
            await one.form()
            await one.press("escape")
            await one.closed()
        assert one.canvas.flow_tree is before
        assert one.app.labels == []


async def test_an_empty_flow_teaches_and_takes_a_model() -> None:
    async with sitting(None, (80, 24)) as one:
        assert "choose a model" in one.app.screen_text()
        await one.press("e")
        await one.form()
        await one.type("4o-mini")
        await one.press("enter")
        await one.closed()
        assert one.canvas.flow == send("openai/gpt-4o-mini")
        assert one.canvas.is_valid


async def test_a_fallback_is_picked_and_a_split_made() -> None:
    async with sitting(send("openai/gpt-4o")) as one:
        await one.press("f")
        await one.form()
        await one.type("mock")
        await one.press("enter")
        await one.closed()
        assert one.canvas.flow == send("openai/gpt-4o", "mock/echo")
        await one.press("percent_sign", "percent_sign")
        assert one.canvas.flow == split(
            (90, send("openai/gpt-4o", "mock/echo")), (10, send("mock/echo")), (10, {})
        )


async def test_a_line_adds_a_branch() -> None:
    async with sitting(send("mock/echo")) as one:
        await one.press("colon")
        await one.form()
        await one.type("tier == gold ->")
        await one.press("enter")
        assert "a model is missing" in one.app.screen_text()
        await one.type(" openai/gpt-4o")
        await one.press("enter")
        await one.closed()
        assert one.canvas.flow == either(GOLD, send("openai/gpt-4o"), send("mock/echo"))


async def test_a_node_is_copied_and_pasted() -> None:
    async with sitting(CHAIN) as one:
        await one.press("p")
        assert "nothing was copied" in one.app.reasons[0]
        await one.press("right", "c", "left", "p")
        assert one.canvas.flow == CHAIN["then"]
        assert [event.words for event in one.app.told if isinstance(event, FlowCanvas.Copied)] == [
            "openai/gpt-4o"
        ]


async def test_a_condition_is_moved_down_its_chain() -> None:
    async with sitting(CHAIN) as one:
        await one.press("ctrl+down")
        assert one.canvas.flow["else"]["if"] == GOLD
        await one.press("ctrl+up")
        assert one.canvas.flow == CHAIN
        await one.press("down", "P")
        assert one.canvas.flow == CHAIN["else"]


async def test_problems_are_walked_and_marked() -> None:
    async with sitting(either(GOLD, send("openai/gpt-4o"), None)) as one:
        assert not one.canvas.is_valid
        await one.press("n")
        assert one.canvas.selected == trees.core_ids(one.canvas.flow_tree.root)["flow.else"]
        assert "this branch has no model" in "\n".join(
            "".join(span.text for span in row) for row in one.canvas.inspect(40)
        )
        await one.press("A")
        await one.form()
        await one.type("mock/echo")
        await one.press("enter")
        await one.closed()
        assert one.canvas.is_valid
        await one.press("n")
        assert one.app.reasons == ["nothing is wrong with this flow"]


async def test_a_click_selects_a_double_click_edits_and_the_words_of_a_wire_flip() -> None:
    async with sitting(either(GOLD, send("openai/gpt-4o"), send("mock/echo"))) as one:
        plan = one.canvas._picture.plan
        box = plan.boxes["n2"]
        await one.pilot.click(FlowCanvas, offset=(box.x + 2, box.y + 1))
        await one.until(lambda: one.canvas.selected == "n2")
        x, y = plan.wires[1].label_at
        await one.pilot.click(FlowCanvas, offset=(x + 1, y))
        await one.until(lambda: one.app.labels == [f"flip if {GOLD}"])
        await one.pilot.click(FlowCanvas, offset=(box.x + 2, box.y + 1), times=2)
        await one.form()


async def test_a_path_traffic_and_layouts_are_shown() -> None:
    async with sitting(MIXED, (160, 45)) as one:
        one.canvas.set_trace(
            trace.dry_run(one.canvas.flow_tree, Facts(metadata={"tier": "free"}), draw=lambda: 0.0)
        )
        one.canvas.set_traffic({"flow.then": 412, "flow.else": 194})
        await one.pilot.pause()
        assert 'got "free"' in one.app.screen_text()
        assert "true 68 % 412" in one.app.screen_text()
        for key, seen in (("z", "T 68%"), ("v", "●━━▶"), ("o", "1.1 true, 68 % 412: if metadata.task")):
            await one.press(key)
            assert seen in one.app.screen_text()
        await one.press("j", "l")
        assert one.canvas.selected == trees.core_ids(one.canvas.flow_tree.root)["flow.then.then"]
        assert one.canvas.view == {"density": "dense", "layout": "left-right", "outline": True}


async def test_an_edit_puts_the_path_out() -> None:
    async with sitting(CHAIN) as one:
        one.canvas.set_trace(
            trace.dry_run(one.canvas.flow_tree, Facts(metadata={"tier": "free"}), draw=lambda: 0.0)
        )
        await one.press("x")
        assert one.canvas.trace.stops == ()


async def test_an_arrow_repaints_only_what_it_changed() -> None:
    async with sitting(MIXED, (160, 45)) as one:
        sent: list[int] = []
        one.canvas.row_changed = lambda *rows: sent.extend(rows)  # type: ignore[method-assign]
        await one.press("down")
        assert 0 < len(sent) <= 8


async def test_a_plain_terminal_gets_plain_signs() -> None:
    async with sitting(CHAIN, look=Look(glyphs=ASCII, is_ascii=True)) as one:
        assert "#= > if ===" in one.app.screen_text()
        assert one.app.screen_text().isascii()


async def test_the_same_flow_again_keeps_what_was_done() -> None:
    async with sitting(CHAIN) as one:
        await one.press("right", "d")
        one.canvas.load(one.canvas.flow)
        assert one.canvas.history.labels == ["delete openai/gpt-4o"]
        one.canvas.load(CHAIN)
        assert one.canvas.history.labels == []
        assert one.canvas.selected == one.canvas.flow_tree.root.id


async def test_a_key_that_cannot_work_says_why() -> None:
    async with sitting(CHAIN) as one:
        await one.press("f", "F", "A")
        assert len(one.app.reasons) == 3
        await one.press("right", "x")
        assert "select one" in one.app.reasons[3]
        assert one.canvas.why_not("flip")
        assert one.canvas.why_not("undo")
        await one.press("d")
        assert not one.canvas.why_not("undo")


async def test_the_selected_node_is_scrolled_into_sight() -> None:
    async with sitting(MIXED, (80, 12)) as one:
        await one.press("G")
        await one.until(lambda: "mock/echo" in one.app.screen_text())
        await one.press("g")
        await one.until(lambda: "start" in one.app.screen_text())

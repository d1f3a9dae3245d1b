"""A picture that is only looked at."""

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding

from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.flow_view import FlowView
from aigw_dev.tui.look import Look
from tests.tui.graph.flows import CHAIN


class Shown(App[None]):
    AUTO_FOCUS = "FlowView"

    def compose(self) -> ComposeResult:
        yield FlowView(Look())


@pytest.mark.anyio
async def test_it_is_walked_and_not_changed() -> None:
    app = Shown()
    async with app.run_test(size=(120, 30)) as pilot:
        view = app.query_one(FlowView)
        view.load(CHAIN)
        await pilot.press("down", "x", "d", "right")
        assert view.flow == CHAIN
        assert view.selected == trees.core_ids(view.flow_tree.root)["flow.else.then"]


def test_it_has_no_key_that_edits() -> None:
    ids = {each.id for each in FlowView.BINDINGS if isinstance(each, Binding)}
    assert "routes.delete" not in ids
    assert "routes.layout" in ids


def test_a_view_kept_is_taken_up_as_far_as_it_fits() -> None:
    view = FlowView(Look())
    view.recall({"density": "dense", "layout": "sideways", "outline": True})
    assert view.view == {"density": "dense", "layout": "ladder", "outline": True}


def test_another_tree_is_checked_and_shown() -> None:
    view = FlowView(Look())
    assert not view.is_valid
    view.flow_tree = trees.load(CHAIN)
    assert view.is_valid
    assert view.flow == CHAIN

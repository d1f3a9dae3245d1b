"""No two nodes share a cell, wires run straight and through no box, and everything can be reached by arrows."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.tui import text
from aigw_dev.tui.graph import moves, traffic
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.plan import Form, Plan, Wire, fitting, plan
from tests.tui.graph.flows import CHAIN, MIXED, odd_values, whole_flows

FORMS = [
    Form(layout="ladder", is_dense=True),
    Form(layout="ladder"),
    Form(layout="left-right", is_dense=True),
    Form(layout="left-right"),
]
forms = st.sampled_from(FORMS)
flows = whole_flows | odd_values


def cells_of(wire: Wire) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for (x, y), (to_x, to_y) in pairwise(wire.points):
        for at_x in range(min(x, to_x), max(x, to_x) + 1):
            found |= {(at_x, at_y) for at_y in range(min(y, to_y), max(y, to_y) + 1)}
    return found


def box_cells(drawn: Plan) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    for box in drawn.boxes.values():
        for y in range(box.y, box.y + box.height):
            for x in range(box.x, box.x + box.width):
                assert (x, y) not in found, f"{box.id} over {found[x, y]}"
                found[x, y] = box.id
    return found


@settings(deadline=None)
@given(flows, forms, st.booleans())
def test_nothing_lies_over_anything_else(value: object, form: Form, has_traffic: bool) -> None:
    root = trees.load(value).root
    calls = {name: 7 + len(name) for name in trees.core_ids(root)} if has_traffic else {}
    drawn = plan(root, form, labels=traffic.labels(root, calls, is_dense=form.is_dense))
    boxes = box_cells(drawn)
    taken: dict[tuple[int, int], str] = {}
    for wire in drawn.wires:
        for (x, y), (to_x, to_y) in pairwise(wire.points):
            assert x == to_x or y == to_y, "a wire runs straight"
        for cell in cells_of(wire):
            assert cell not in boxes, f"wire to {wire.target} through {boxes[cell]}"
            assert taken.setdefault(cell, wire.source) == wire.source, "wires of two nodes cross"
    for wire in drawn.wires:
        x, y = wire.label_at
        for at in range(x, x + text.width(wire.label)):
            assert (at, y) not in boxes
            assert taken.get((at, y), wire.source) == wire.source
    for box in drawn.boxes.values():
        note = {(x, box.y + 1) for x in range(box.note_x, box.note_x + box.note_width)}
        assert not note & (set(boxes) | set(taken)), "a note has room of its own"
    assert all(x < drawn.width and y < drawn.height for x, y in boxes.keys() | taken.keys())


@settings(deadline=None)
@given(flows, forms)
def test_every_node_is_reached_by_arrows_from_the_first_one_and_leads_back(value: object, form: Form) -> None:
    root = trees.load(value).root
    drawn = plan(root, form)
    ids = {node.id for node in trees.walk(root)}
    ways: dict[str, set[str]] = {}
    for node_id in ids:
        led = [moves.move(drawn, root, node_id, way) for way in ("up", "down", "left", "right")]
        ways[node_id] = {to for to in led if to is not None}
        assert ways[node_id] <= ids
    assert closure(ways, root.id) == ids
    for node_id in ids:
        assert root.id in closure(ways, node_id)


def closure(ways: dict[str, set[str]], begin: str) -> set[str]:
    found, edge = {begin}, [begin]
    while edge:
        new = ways[edge.pop()] - found
        found |= new
        edge += new
    return found


@settings(deadline=None, max_examples=30)
@given(flows, forms)
def test_the_same_flow_is_drawn_the_same(value: object, form: Form) -> None:
    assert plan(trees.load(value).root, form) == plan(trees.load(value).root, form)


@settings(deadline=None, max_examples=50)
@given(flows, forms)
def test_no_node_is_wider_than_its_cap(value: object, form: Form) -> None:
    for box in plan(trees.load(value).root, form).boxes.values():
        assert box.width <= form.widest


@pytest.mark.parametrize(
    ("flow", "form", "width", "height"),
    [(CHAIN, FORMS[0], 80, 24), (MIXED, FORMS[1], 125, 64)],
    ids=["chain at 80x24", "mixed beside an inspector"],
)
def test_usual_flows_fit_their_terminal(flow: object, form: Form, width: int, height: int) -> None:
    drawn = plan(trees.load(flow).root, form)
    assert drawn.width <= width
    assert drawn.height <= height


def test_a_dense_picture_cuts_long_nodes_to_the_room_there_is() -> None:
    words = "metadata.a_rather_long_name in ['one', 'two'] and input_chars > 4000"
    root = trees.load(
        {"if": words, "then": {"send": "openai/gpt-4o-mini"}, "else": {"send": "mock/echo"}}
    ).root
    dense = Form(is_dense=True)
    usual = plan(root, dense)
    assert fitting(root, dense) == usual
    assert fitting(root, Form(is_dense=True, room=usual.width)).boxes == usual.boxes
    tight = fitting(root, Form(is_dense=True, room=usual.width - 5))
    assert usual.width - 9 <= tight.width <= usual.width - 5
    assert tight.boxes["n2"].width == usual.boxes["n2"].width
    assert fitting(root, Form(is_dense=True, room=12)) == plan(root, Form(is_dense=True, room=12))

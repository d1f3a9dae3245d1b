"""What is painted again, and what lies under a cell."""

from aigw_dev.tui.graph import trace
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.check import check
from aigw_dev.tui.graph.picture import Lighting, Picture, Subject
from aigw_dev.tui.graph.plan import Form
from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.graph.flows import MIXED, either, send


def picture(flow: object, *, is_outline: bool = False) -> Picture:
    tree = trees.load(flow)
    made = Picture(
        Subject(
            root=tree.root, form=Form(), is_outline=is_outline, problems=check(tree), calls={}, glyphs=UNICODE
        )
    )
    made.light(lit("n1"))
    return made


def lit(selected: str, *found: str) -> Lighting:
    return Lighting(selected=selected, trace=trace.Trace(stops=()), found=frozenset(found))


def test_only_the_rows_of_what_changed_are_told() -> None:
    made = picture(MIXED)
    box, other = made.plan.boxes["n1"], made.plan.boxes["n2"]
    changed = made.light(lit("n2"))
    assert changed == sorted({*range(box.y, box.y + box.height), *range(other.y, other.y + other.height)})
    assert made.light(lit("n2")) == []
    assert made.light(lit("n2", "n1")) != []


def test_nodes_and_forks_are_found_by_cell() -> None:
    made = picture(MIXED)
    for box in made.plan.boxes.values():
        assert made.node_at(box.x, box.y) == box.id
        assert made.node_at(box.x + box.width - 1, box.y + box.height - 1) == box.id
    wire = made.plan.wires[0]
    assert made.fork_at(*wire.label_at) == wire.source
    assert made.node_at(0, 0) is None
    assert made.fork_at(0, 0) is None


def test_an_outline_has_a_row_for_each_node() -> None:
    made = picture(MIXED, is_outline=True)
    assert len(made.rows) == 15
    assert made.node_at(50, 1) == "n2"
    assert made.fork_at(*made.plan.wires[0].label_at) is None
    assert made.place_of("n2") == (0, 1, 1, 1)
    assert made.width == max(len(plain(row)) for row in made.rows)


def test_the_first_node_is_seen_with_its_start() -> None:
    assert picture(MIXED).place_of("n1")[1] == 0


def test_a_branch_that_is_never_reached_says_so() -> None:
    flow = either("stream", either("stream", send("a/a"), send("b/b")), send("c/c"))
    assert any("▼ false never" in plain(row) for row in picture(flow).rows)


def test_an_empty_flow_teaches() -> None:
    assert any("choose a model" in plain(row) for row in picture(None).rows)

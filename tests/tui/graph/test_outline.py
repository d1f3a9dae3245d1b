"""The flow in words, a node a line. Golden ones are in test_paint."""

from aigw_dev.tui.graph import check, paint, trace
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.outline import outline
from aigw_dev.tui.widgets.lines import plain
from tests.tui.graph.flows import either, send


def test_each_line_says_place_branch_node_finding_and_problem() -> None:
    tree = trees.load(either('metadata.lang != "en"', send("a/b", "c/d"), None))
    marks = check.by_node(check.check(tree))
    path = trace.Trace(stops=(trace.Stop(node="n1", branch=1, got='got "de"'),))
    rows = outline(
        tree.root, paint.Scene(selected="n2", trace=path), marks=marks, labels={("n1", 0): "68 % 412"}
    )
    assert [plain(row) for row in rows] == [
        '» 1 if metadata.lang != "en"  got "de"',
        "▸   1.1 true, 68 % 412: model a/b, else c/d",
        "    1.2 false: no model yet  ✗ this branch has no model",
    ]

"""All about one node beside the picture."""

from typing import Any

from hypothesis import given, settings

from aigw_dev.core.routing.facts import Facts
from aigw_dev.tui import text
from aigw_dev.tui.graph import check, inspector, trace
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.graph.flows import BROKEN, MIXED, SPLIT, either, odd_values, send


def said(flow: Any, place: str, *, cells: int = 34, **metadata: Any) -> str:
    tree = trees.load(flow)
    node = trees.core_ids(tree.root)[place]
    marks = check.by_node(check.check(tree)).get(node, [])
    found = (
        trace.dry_run(tree, Facts(metadata=metadata), draw=lambda: 0.5) if metadata else trace.Trace(stops=())
    )
    view = inspector.View(
        root=tree.root,
        selected=node,
        marks=marks,
        trace=found,
        labels={(node, 0): "68 % 412"},
        glyphs=UNICODE,
        cells=cells,
    )
    rows = inspector.rows(view)
    assert all(text.width(plain(row)) <= cells for row in rows)
    return "\n".join(map(plain, rows))


def test_a_condition_is_told_in_full_with_its_branches_and_the_path() -> None:
    told = said(MIXED, "flow", tier="free", env="prod", tokens=900)
    assert told.startswith('if · node 1 of 15\nmetadata.tier == "gold"\n')
    assert " true   task == code     68 % 412\n»false  env == prod" in told
    assert 'Dry-run\n1 tier == gold\n  got "free" → false\n2 env == prod' in told
    assert "pii exists: missing" in told
    assert "region in" in told
    assert "header.x-canary == 1: not asked" in " ".join(told.split())
    assert told.endswith("5 openai/gpt-4o-mini")


def test_a_target_of_the_path_is_cut_not_broken() -> None:
    told = said(either("stream", send("a/b"), send("openrouter/some-vendor/a-model")), "flow", cells=24, x=1)
    assert told.endswith("2 openrouter/some-vendo…")


def test_a_model_is_told_with_everything_special_about_it() -> None:
    told = said(
        {"send": "a/b", "key": "k", "params": {"top_p": 1}, "fallback": [{"send": "c/d", "timeout_ms": 9}]},
        "flow",
    )
    assert told == "model · node 1 of 1\na/b\n  key k\n  params top_p 1\n↳ c/d\n  timeout_ms 9"


def test_problems_come_with_what_mends_them() -> None:
    assert "✗ `model` is not known here" in said(BROKEN, "flow.then")
    assert "✗ this branch has no model\n  press e" in said(BROKEN, "flow.else.split.0")
    assert "! always true here" in said(
        either("stream", either("stream", send("a/b"), send("a/b")), send("a/b")), "flow.then"
    )


def test_a_split_says_how_it_draws() -> None:
    assert "sticky: request" in said(SPLIT, "flow")
    assert "drawn once per conversation" in said({"split": SPLIT["split"]}, "flow")


@settings(deadline=None, max_examples=60)
@given(odd_values)
def test_every_node_of_any_flow_fits_its_pane(value: Any) -> None:
    for place in trees.core_ids(trees.load(value).root):
        assert said(value, place, cells=30, a="b")


def test_a_node_that_is_gone_has_nothing_to_say() -> None:
    view = inspector.View(
        root=trees.load(None).root, selected="gone", trace=trace.Trace(stops=()), glyphs=UNICODE, cells=30
    )
    assert inspector.rows(view) == []

"""The flow as text for elsewhere."""

import json

from aigw_dev.tui.graph import exports
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.plan import Form
from tests.tui.graph.flows import CHAIN, SPLIT


def test_every_kind_has_a_text() -> None:
    for kind in exports.KINDS:
        for flow in (CHAIN, None, 7):
            assert exports.export(trees.load(flow).root, kind)


def test_json_and_yaml_mean_the_flow() -> None:
    from ruamel.yaml import YAML

    for flow in (CHAIN, SPLIT):
        root = trees.load(flow).root
        assert json.loads(exports.export(root, "json")) == flow
        assert YAML(typ="safe").load(exports.export(root, "yaml")) == {"flow": flow}


def test_pictures_are_those_of_the_canvas() -> None:
    root = trees.load(CHAIN).root
    assert "╭─ if" in exports.export(root, "art")
    assert "◇ tier == gold" in exports.export(root, "art", form=Form(is_dense=True))
    assert exports.export(root, "ascii").isascii()
    assert "1.1 true: model openai/gpt-4o" in exports.export(root, "outline")


def test_a_chart_of_an_unfinished_flow_says_what_is_wrong() -> None:
    assert exports.export(trees.load(CHAIN).root, "mermaid").startswith("flowchart TD")
    assert exports.export(trees.load(None).root, "mermaid").startswith("%% flow: ")

"""One line adds a branch, a split or a model; what is wrong is told at its column."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing.conditions import Fault
from aigw_dev.tui.graph import ops, quick
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.quick import Quick
from tests.tui.graph.flows import either, send, split
from tests.tui.graph.test_ops import GOLD, at, value, why


def done(flow: Any, line: str, node: str = "n1") -> ops.Outcome:
    read = quick.read(line)
    assert isinstance(read, Quick), read
    return quick.apply(trees.load(flow), node, read)


@pytest.mark.parametrize(
    "line", ["tier == gold -> openai/gpt-4o | azure/gpt-4o", f"if {GOLD} → openai/gpt-4o|azure/gpt-4o"]
)
def test_a_rule_stands_before_the_node(line: str) -> None:
    assert value(done(send("a/b"), line)) == either(GOLD, send("openai/gpt-4o", "azure/gpt-4o"), send("a/b"))


def test_a_rule_on_an_empty_branch_leaves_the_other_one_empty() -> None:
    assert value(done(None, "tier == gold -> a/b")) == {"if": GOLD, "then": send("a/b")}


def test_a_rule_can_name_both_branches() -> None:
    assert value(done(send("x/y"), "tier == gold -> a/b key k | c/d else e/f")) == either(
        GOLD, {"send": "a/b", "key": "k", "fallback": ["c/d"]}, send("e/f")
    )
    assert "leave it out" in why(done(either(GOLD, send("a/b"), send("c/d")), "stream -> e/f else g/h"))


def test_a_split_takes_the_place_of_a_model() -> None:
    assert value(done(send("x/y"), "split 90 a/b 10% c/d key k")) == split(
        (90, send("a/b")), (10, send("c/d", key="k"))
    )
    assert value(done(None, "split 0.5 a/b 0.5 c/d"))["split"][0]["weight"] == 0.5
    assert "whole branch" in why(done(either(GOLD, send("a/b"), send("c/d")), "split 90 a/b 10 c/d"))


def test_else_is_the_end_of_the_chain() -> None:
    chain = either(GOLD, send("a/b"), either("stream", send("c/d"), send("e/f")))
    ended = either(GOLD, send("a/b"), either("stream", send("c/d"), send("new/model")))
    tree = trees.load(chain)
    for place in ("flow", "flow.then", "flow.else", "flow.else.then", "flow.else.else"):
        assert value(done(chain, "else new/model", at(tree, place))) == ended
    assert "split" in why(
        done(either(GOLD, send("a/b"), split((1, send("c/d")), (1, send("e/f")))), "else x/y")
    )


def test_models_take_the_place_of_a_model() -> None:
    assert value(done(send("x/y"), "a/b | c/d key k")) == send("a/b", {"send": "c/d", "key": "k"})
    assert value(done(7, "a/b")) == send("a/b")


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("", 1, "nothing is written"),
        ("tier == gold", 13, "where should it go"),
        ("-> a/b", 1, "no condition"),
        ("tier == -> a/b", 8, "a value is expected"),
        ("if tier = gold -> a/b", 9, "no meaning"),
        ("tier == gold ->", 16, "a model is missing"),
        ("tier == gold -> ab", 17, "no model"),
        ("tier == gold -> a/b c/d", 21, "not understood"),
        ("a/b | ", 6, "a model is missing"),
        ("a/b key | c/d", 9, "name of the key"),
        ("split 90 a/b", 13, "two branches"),
        ("split many a/b", 7, "no weight"),
        ("else", 5, "a model is missing"),
        ('x == "->" ', 10, "where should it go"),
    ],
)
def test_what_is_wrong_is_told_at_its_column(line: str, column: int, words: str) -> None:
    read = quick.read(line)
    assert isinstance(read, Fault)
    assert words in read.message
    assert (read.column, read.text) == (column, line)
    assert read.hint


@given(st.text(max_size=40))
def test_no_line_breaks_it(line: str) -> None:
    read = quick.read(line)
    assert isinstance(read, Quick | Fault)


def test_the_example_is_right() -> None:
    assert isinstance(quick.read(quick.EXAMPLE), Quick)

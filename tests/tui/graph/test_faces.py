"""A node in words."""

from typing import Any

import pytest

from aigw_dev.tui.graph import faces
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.look import UNICODE
from tests.tui.graph.flows import either, send, split

A = send("a/a")


@pytest.mark.parametrize(
    ("flow", "title", "lines"),
    [
        (either('metadata.tier == "gold"', A, A), "if", ("tier == gold",)),
        (either("tier ==", A, A), "if", ("tier ==",)),
        (either("", A, A), "if", ("(no condition)",)),
        ({"if": 7, "then": A, "else": A}, "if", ("7",)),
        (split((1, A), (2, A)), "split", ("2 ways",)),
        (split((1, A), (2, A), sticky="request"), "split", ("2 ways per request",)),
        (send("a/a", "b/b", {"send": "c/c", "key": "k"}, key="j"), "model", ("a/a ·j", "↳ b/b", "↳ c/c ·k")),
        (send("a/a", *("b/b",) * 6), "model", ("a/a", "↳ b/b", "↳ b/b", "↳ b/b", "↳ 3 more")),
        (
            {"send": "a/a", "params": {"top_p": 1}, "retry": {"attempts": 2}, "idle_timeout_ms": 5, "fallback_on": [404]},
            "model", ("a/a", "top_p 1, retry 2, idle 5 ms, falls back on [404]"),
        ),
        (None, "empty", ("(no model)",)),
        ([1], "unreadable", ("[1]",)),
        ({1: 2}, "unreadable", ('{"1": 2}',)),
        ({(1,): 2}, "unreadable", ("{(1,): 2}",)),
    ],
)  # fmt: skip
def test_a_face_says_what_the_node_does(flow: Any, title: str, lines: tuple[str, ...]) -> None:
    face = faces.face(trees.load(flow).root, UNICODE, 60)
    assert (face.title, face.lines) == (title, lines)


def test_a_long_condition_takes_up_to_three_lines() -> None:
    flow = either(" and ".join(f'metadata.key_{at} == "value"' for at in range(9)), A, A)
    face = faces.face(trees.load(flow).root, UNICODE, 30)
    assert len(face.lines) == 3


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([90, 10], ["90 %", "10 %"]),
        ([1, 2], ["33.3 %", "66.7 %"]),
        ([0, 1], ["0", "1"]),
        (["many", 1], ["many", "1"]),
        ([True, 1], ["true", "1"]),
    ],
)
def test_shares_are_in_percent_where_they_add_up(weights: list[Any], words: list[str]) -> None:
    node = trees.load(split(*((weight, A) for weight in weights))).root
    assert [faces.branch_words(node, branch, is_dense=False) for branch in (0, 1)] == words
    assert faces.branch_words(node, 0, is_dense=True) == words[0].replace(" ", "")


def test_places_are_counted_as_an_outline_does() -> None:
    root = trees.load(either("stream", A, split((1, A), (2, A)))).root
    assert list(faces.numbers(root).values()) == ["1", "1.1", "1.2", "1.2.1", "1.2.2"]

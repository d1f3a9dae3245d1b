"""A condition taken apart into rules and put together again means the same."""

import pytest
from hypothesis import given

from aigw_dev.core.routing.conditions import Condition, Fault, parse
from aigw_dev.tui.graph.rules import Rule, Rules, read_rules, write_rules
from aigw_dev.tui.graph.shorthand import spelled
from tests.tui.graph.test_shorthand import CONDITIONS


@given(CONDITIONS)
def test_taking_apart_and_putting_together_keeps_the_meaning(text: str) -> None:
    long = parse(text)
    rules = read_rules(text)
    if isinstance(long, Fault):
        return
    assert rules is not None
    again = spelled(write_rules(rules))
    assert isinstance(again, Condition), write_rules(rules)
    assert again.root == long.root


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("tier == gold", Rules("all", (Rule("tier", "==", "gold"),))),
        ("tier == gold or stream", Rules("any", (Rule("tier", "==", "gold"), Rule("stream", "is true", "")))),
        (
            'a in [x, "y, z"] and b exists',
            Rules("all", (Rule("a", "in", 'x, "y, z"'), Rule("b", "exists", ""))),
        ),
        ("a == 1 and (b == 2 or not c == 3)", Rules("all", (Rule("a", "==", "1"), "(b == 2 or not c == 3)"))),
        ('a == "1"', Rules("all", (Rule("a", "==", '"1"'),))),
        ('a == "two words"', Rules("all", (Rule("a", "==", "two words"),))),
    ],
)
def test_each_question_is_a_rule_and_what_is_more_a_text(text: str, rules: Rules) -> None:
    assert read_rules(text) == rules


def test_what_cannot_be_read_has_no_rules() -> None:
    assert read_rules("tier ==") is None


def test_typed_rules_become_a_condition() -> None:
    typed = Rules(
        "any",
        (
            Rule("tier", "==", "gold"),
            Rule("", "==", "x"),
            Rule("lang", "not in", "de, fr"),
            "a == 1 and b == 2",
            Rule("pii", "exists", "ignored"),
        ),
    )
    assert (
        write_rules(typed)
        == 'tier == "gold" or lang not in ["de", "fr"] or (a == 1 and b == 2) or pii exists'
    )
    assert write_rules(Rules("all", (Rule(),))) == ""

"""The condition language: what is written is what is asked, and nothing that is written can break it."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.problem import Problem
from aigw_dev.core.routing import conditions
from aigw_dev.core.routing.names import CREDENTIALS, ROOTS, Name
from aigw_dev.core.routing.terms import And, Compare, Condition, Flag, Not, Number, Or, Term, Text, Value

KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,6}", fullmatch=True)
STEPS = st.lists(KEYS | st.integers(-99, 99), min_size=1, max_size=3).map(tuple)
NAMES = st.one_of(
    KEYS.map(lambda key: Name("metadata", (key,))),
    KEYS.map(str.lower)
    .filter(lambda key: key not in CREDENTIALS["header"])
    .map(lambda key: Name("header", (key,))),
    KEYS.filter(lambda key: key.lower() not in CREDENTIALS["query"]).map(lambda key: Name("query", (key,))),
    STEPS.map(lambda steps: Name("body", steps)),
    st.sampled_from([Name(root) for root, row in ROOTS.items() if not row.parts]),
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12).map(Text)
NUMBERS = st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,2})?", fullmatch=True).map(Number)
VALUES: st.SearchStrategy[Value] = st.one_of(TEXTS, NUMBERS, st.booleans().map(Flag))
COMPARES = st.one_of(
    st.builds(Compare, NAMES, st.sampled_from(["==", "!="]), st.tuples(VALUES)),
    st.builds(Compare, NAMES, st.sampled_from([">", ">=", "<", "<="]), st.tuples(NUMBERS)),
    st.builds(
        Compare, NAMES, st.sampled_from(["in", "not in"]), st.lists(VALUES, min_size=1, max_size=4).map(tuple)
    ),
    st.builds(
        Compare,
        NAMES,
        st.sampled_from(["contains", "starts_with", "ends_with"]),
        st.tuples(VALUES.filter(lambda value: value != Text(""))),
    ),
    st.builds(
        Compare,
        NAMES,
        st.just("matches"),
        st.tuples(
            st.from_regex(r"[a-z.*+]{0,3}[a-z]", fullmatch=True)
            .filter(
                lambda text: (
                    text[0].isalpha()
                    and "**" not in text
                    and "++" not in text
                    and "+*" not in text
                    and "*+" not in text
                )
            )
            .map(Text)
        ),
    ),
    st.builds(Compare, NAMES, st.just("exists")),
    st.sampled_from(["stream", "has_tools", "has_images"]).map(lambda root: Compare(Name(root))),
)
TREES: st.SearchStrategy[Term] = st.recursive(
    COMPARES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=8,
)


def parsed(text: str) -> Condition:
    condition = conditions.parse(text)
    assert isinstance(condition, Condition), condition
    return condition


@given(TREES)
def test_what_is_written_is_read_as_the_same_tree(tree: Term) -> None:
    text = conditions.format(tree)
    condition = parsed(text)
    assert condition.root == tree
    assert conditions.format(condition) == text


@given(
    st.text(alphabet=st.sampled_from("()[]\"'\\ =!<>,.-andortiexmtd0159\n\u00a0\ud800"), max_size=80)
    | st.text(max_size=80)
)
def test_no_text_breaks_the_parser(text: str) -> None:
    read = conditions.parse(text)
    if isinstance(read, conditions.Fault):
        assert 1 <= read.column <= len(text) + 1
        assert read.message
        assert "^" in read.problem(()).message
    else:
        assert conditions.parse(conditions.format(read))


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "not " * 100_000, "stream and " * 100_000, '"' * 100_000, "a." * 100_000]
)
def test_a_huge_condition_is_refused_in_words(text: str) -> None:
    fault = conditions.parse(text)
    assert isinstance(fault, conditions.Fault)
    assert "at most 8,192 are read" in fault.message
    assert len(fault.problem(()).message) < 400


@pytest.mark.parametrize("text", ["(" * 8_000, "not " * 2_000, "(not " * 1_600])
def test_a_deep_condition_is_refused_in_words(text: str) -> None:
    fault = conditions.parse(text)
    assert isinstance(fault, conditions.Fault)
    assert "nests deeper than 32" in fault.message


def test_a_long_condition_of_many_parts_is_fine() -> None:
    text = "stream" + " or stream" * 800
    assert parsed(text).text == text


def test_half_a_character_is_pointed_at() -> None:
    fault = conditions.parse('model == "\ud800"')
    assert isinstance(fault, conditions.Fault)
    assert (fault.column, fault.message) == (11, "half a character stands here")


def test_a_condition_keeps_its_text_on_one_line() -> None:
    assert parsed("\n  stream\n    and  has_tools \n").text == "stream and  has_tools"


def test_the_names_read_are_known() -> None:
    condition = parsed(
        'metadata.a == "x" and (not header.X-B exists or body.c.0 in [1]) and stream and metadata.a != "y"'
    )
    assert conditions.names(condition) == {"metadata.a", "header.x-b", "body.c.0", "stream"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "not true"),
        (False, "not false"),
        (5, "not a number"),
        (None, "not nothing"),
        ({"metadata.tier": "pro"}, "not a mapping"),
        (["stream"], "not a list"),
        ({1, 2}, "not a set"),
    ],
)
def test_what_yaml_made_no_text_is_a_problem_that_says_so(value: object, said: str) -> None:
    problem = conditions.read_condition(value, ("if",))
    assert isinstance(problem, Problem)
    assert said in problem.message
    assert "quote the whole of it for YAML" in problem.hint


def test_a_number_too_long_to_print_is_a_problem_like_any_other() -> None:
    problem = conditions.read_condition(int("f" * 20_000, 16), ("if",))
    assert isinstance(problem, Problem)
    assert "not a number" in problem.message


def test_a_condition_from_the_config_is_read_or_a_problem_at_its_place() -> None:
    assert isinstance(conditions.read_condition("stream", ("if",)), Condition)
    problem = conditions.read_condition('metadata.tier == "pro', ("routes", "r", "flow", "if"))
    assert isinstance(problem, Problem)
    assert problem.path == ("routes", "r", "flow", "if")
    assert problem.message.endswith('metadata.tier == "pro\n                     ^')


def test_every_operator_can_be_written() -> None:
    for operator in conditions.OPERATORS:
        value = {
            "in": '["a"]',
            "not in": '["a"]',
            "exists": "",
            ">": "1",
            ">=": "1",
            "<": "1",
            "<=": "1",
        }.get(operator, '"a"')
        compare = parsed(f"metadata.x {operator} {value}").root
        assert isinstance(compare, Compare)
        assert compare.operator == operator


def test_the_page_for_users_names_every_operator_and_every_name(repository: Path) -> None:
    page = (repository / "docs" / "routing.md").read_text("utf-8")
    missing = [
        word
        for word in (*conditions.OPERATORS, *(row.form for row in ROOTS.values()))
        if f"`{word}" not in page
    ]
    assert not missing


def test_names_take_every_letter_digit_and_hyphen() -> None:
    key = "_" + string.ascii_letters + string.digits + "-_"
    assert conditions.names(parsed(f"metadata.{key} exists")) == {f"metadata.{key}"}

"""A claimed name leads to its route: exact before pattern, and no name to two routes."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.config import Route
from aigw_dev.core.routing.claims import (
    MAX_CHARS,
    MAX_PATTERNS,
    claims_problems,
    is_pattern,
    matches,
    overlap,
    read_claims,
)

PATTERNS = st.text(alphabet="ab*?", max_size=7)
LITERALS = st.text(alphabet="ab", max_size=6)


def claiming(**models: list[str]) -> dict[str, Route]:
    return {name: Route(flow={}, models=tuple(claims)) for name, claims in models.items()}


def by_regex(pattern: str, name: str) -> bool:
    """What a pattern means, said another way."""
    spelled = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(spelled, name, re.DOTALL) is not None


@given(PATTERNS, LITERALS)
def test_stars_are_any_text_and_question_marks_one_character(pattern: str, name: str) -> None:
    assert matches(pattern, name) is by_regex(pattern, name)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("claude-haiku-*", "claude-haiku-4-5", True),
        ("claude-haiku-*", "claude-haiku-", True),
        ("claude-haiku-*", "claude-haiku", False),
        ("gpt-4?", "gpt-4o", True),
        ("gpt-4?", "gpt-4", False),
        ("gpt-[45]", "gpt-4", False),
        ("gpt-[45]", "gpt-[45]", True),
        ("*/llama-?", "meta/llama-3", True),
        ("GPT-*", "gpt-4", False),
        ("モデル?", "モデル漢", True),
        ("*", "", True),
    ],
)
def test_only_star_and_question_mark_are_special(pattern: str, name: str, fits: bool) -> None:
    assert matches(pattern, name) is fits


def test_a_pattern_of_many_stars_is_quick() -> None:
    assert not matches("*a" * 64 + "b", "a" * 512)


@given(PATTERNS, PATTERNS, LITERALS)
def test_patterns_that_share_a_name_overlap(one: str, other: str, name: str) -> None:
    if by_regex(one, name) and by_regex(other, name):
        assert overlap(one, other)


@given(st.text(alphabet="ab*?", max_size=4), st.text(alphabet="ab*?", max_size=4))
def test_patterns_that_overlap_share_a_name(one: str, other: str) -> None:
    names = [""]
    for _ in range(8):
        names += [name + char for name in names if len(name) == len(names[-1]) for char in "ab"]
    assert overlap(one, other) is overlap(other, one)
    assert overlap(one, other) is any(by_regex(one, name) and by_regex(other, name) for name in names)


def test_an_exact_claim_beats_a_pattern() -> None:
    claims = read_claims(claiming(wide=["gpt-*"], one=["gpt-4o"]))
    assert claims.route_of("gpt-4o") == "one"
    assert claims.route_of("gpt-5") == "wide"
    assert claims.route_of("claude") is None


def test_an_exact_claim_and_a_pattern_do_not_tie() -> None:
    assert not claims_problems(claiming(wide=["gpt-*"], one=["gpt-4o"]))


def test_two_routes_cannot_claim_one_name() -> None:
    (problem,) = claims_problems(claiming(a=["x", "smart"], b=["smart"]))
    assert problem.path == ("routes", "b", "models", 0)
    assert problem.message == "`smart` is claimed by the routes a and b"


@pytest.mark.parametrize(
    ("one", "other"),
    [("gpt-*", "gpt-*"), ("claude-*", "*-haiku"), ("gpt-4*", "gpt-*"), ("a?", "?b"), ("*", "x*")],
)
def test_two_patterns_that_can_claim_one_name_are_a_tie(one: str, other: str) -> None:
    (problem,) = claims_problems(claiming(a=[one], b=["exact", other]))
    assert problem.path == ("routes", "b", "models", 1)
    assert problem.message == f"`{other}` of route b and `{one}` of route a can claim the same name"
    assert problem.severity == "error"


@pytest.mark.parametrize(
    ("one", "other"), [("gpt-4*", "gpt-5*"), ("a?", "a??"), ("*-mini", "*-nano"), ("a*b", "b*a")]
)
def test_patterns_that_never_meet_are_fine(one: str, other: str) -> None:
    assert not claims_problems(claiming(a=[one], b=[other]))


def test_a_route_may_claim_a_name_twice() -> None:
    assert not claims_problems(claiming(a=["x", "x", "y*", "*", "y*"]))


@pytest.mark.parametrize("claim", ["mock/echo", "dynamic/other", "auto", "auto/x", "mock", "dynamic"])
def test_reserved_names_cannot_be_claimed(claim: str) -> None:
    (problem,) = claims_problems(claiming(a=[claim]))
    assert "is reserved" in problem.message


@pytest.mark.parametrize("claim", ["", "  "])
def test_an_empty_claim_is_a_problem(claim: str) -> None:
    (problem,) = claims_problems(claiming(a=[claim]))
    assert problem.message == "a claimed model name is empty"


def test_a_claim_that_a_provider_answers_first_is_a_warning() -> None:
    routes = claiming(a=["openai/gpt-4o", "meta-llama/llama-3", "openai"])
    (problem,) = claims_problems(routes, providers=["openai"])
    assert problem.path == ("routes", "a", "models", 0)
    assert problem.severity == "warning"


def test_a_claim_has_a_length_limit() -> None:
    assert not claims_problems(claiming(a=["x" * MAX_CHARS]))
    (problem,) = claims_problems(claiming(a=["x" * (MAX_CHARS + 1)]))
    assert problem.message == "a claimed model name has 129 characters"


def test_the_number_of_patterns_is_limited() -> None:
    many: dict[str, Any] = {f"r{number}": [f"{number}*"] for number in range(1000, 1000 + MAX_PATTERNS + 1)}
    (problem,) = claims_problems(claiming(**many))
    assert problem.path == ("routes", "r1128", "models", 0)
    assert "at most 128 are taken" in problem.message


def test_hostile_patterns_are_compared_quickly() -> None:
    many: dict[str, Any] = {
        f"r{number}": ["*?" * 60 + f"{number}*"] for number in range(100, 100 + MAX_PATTERNS)
    }
    assert claims_problems(claiming(**many))


@pytest.mark.parametrize(("claim", "expected"), [("a*", True), ("a?", True), ("a", False)])
def test_a_pattern_holds_a_star_or_a_question_mark(claim: str, expected: bool) -> None:
    assert is_pattern(claim) is expected

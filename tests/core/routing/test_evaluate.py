"""A condition is met by what a request holds, and every question says what was found."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing.conditions import parse
from aigw_dev.core.routing.evaluate import MAX_ACTUAL_CHARS, Observation, evaluate
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.terms import Condition, Number, Text, format_value

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "fixtures/routes/conditions.json").read_text("utf-8")
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8)
)


def condition_of(text: str) -> Condition:
    condition = parse(text)
    assert isinstance(condition, Condition), condition
    return condition


def ask(text: str, facts: Facts) -> tuple[bool, tuple[Observation, ...]]:
    return evaluate(condition_of(text), facts)


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case['condition'].strip()[:50]} {json.dumps(case['facts'])[:50]}"
)
def test_a_condition_holds_or_not(
    case: dict[str, Any], facts_of: Callable[[Mapping[str, Any]], Facts]
) -> None:
    result, observations = ask(case["condition"], facts_of(case["facts"]))
    assert result is case["holds"]
    assert (
        msgspec.json.decode(msgspec.json.encode(observations), type=tuple[Observation, ...]) == observations
    )


def test_an_observation_names_the_question_and_what_was_found() -> None:
    facts = Facts(
        metadata={"tier": "free", "n": 5, "gone": None},
        body=b'{"tags":["a"],"user":{"id":1}}',
        is_stream=True,
    )
    _, observations = ask(
        'metadata.tier == "pro" or metadata.n > 9 or metadata.x in ["a", 1] or metadata.gone exists'
        ' or body.tags == "a" or body.user == 1 or not stream',
        facts,
    )
    assert observations == (
        Observation("metadata.tier", "==", "pro", "free", "value", result=False),
        Observation("metadata.n", ">", 9, 5, "value", result=False),
        Observation("metadata.x", "in", ["a", 1], None, "missing", result=False),
        Observation("metadata.gone", "exists", None, None, "null", result=False),
        Observation("body.tags", "==", "a", '["a"]', "json", result=False),
        Observation("body.user", "==", 1, '{"id":1}', "json", result=False),
        Observation("stream", "", None, True, "value", result=True),
    )


def test_what_needs_no_asking_is_not_asked() -> None:
    def explode() -> Any:
        pytest.fail("input_chars was measured")

    result, observations = ask(
        "(stream or input_chars > 5 and not has_tools) and model exists",
        Facts(is_stream=True, model="m", measure=explode),
    )
    assert result
    assert [(seen.name, seen.state, seen.result) for seen in observations] == [
        ("stream", "value", True),
        ("input_chars", "skipped", None),
        ("has_tools", "skipped", None),
        ("model", "value", True),
    ]


def test_and_stops_at_the_first_false() -> None:
    result, observations = ask("stream and has_tools", Facts())
    assert not result
    assert [seen.state for seen in observations] == ["value", "skipped"]


def test_a_long_value_is_cut_in_the_trace_only() -> None:
    result, (seen,) = ask('metadata.x ends_with "end"', Facts(metadata={"x": "y" * 5000 + "end"}))
    assert result
    assert isinstance(seen.actual, str)
    assert len(seen.actual) == MAX_ACTUAL_CHARS
    assert seen.actual.endswith("…")


@given(SCALARS, st.text(st.characters(codec="utf-8"), max_size=8))
def test_in_is_equality_with_any_and_not_turns_every_answer_round(actual: Any, wanted: str) -> None:
    facts = Facts(metadata={"x": actual})
    value = format_value(Text(wanted))
    equal, _ = ask(f"metadata.x == {value}", facts)
    assert ask(f"metadata.x in [{value}]", facts)[0] is equal
    assert ask(f"metadata.x != {value}", facts)[0] is not equal
    assert ask(f"metadata.x not in [{value}]", facts)[0] is not equal
    assert ask(f"not metadata.x == {value}", facts)[0] is not equal


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_numbers_are_ordered_as_numbers_also_where_they_came_as_text(actual: int, wanted: int) -> None:
    expected = {
        ">": actual > wanted,
        ">=": actual >= wanted,
        "<": actual < wanted,
        "<=": actual <= wanted,
        "==": actual == wanted,
    }
    for operator, holds in expected.items():
        for sent in (actual, str(actual)):
            assert (
                ask(
                    f"metadata.x {operator} {format_value(Number(str(wanted)))}", Facts(metadata={"x": sent})
                )[0]
                is holds
            )


@given(
    SCALARS,
    st.sampled_from(
        ["==", "!=", "contains", "starts_with", "ends_with", "matches", "exists", "in", "not in", ">", "<="]
    ),
)
def test_no_value_breaks_an_operator(actual: Any, operator: str) -> None:
    value = {"exists": "", "in": '["a"]', "not in": '["a"]', ">": "1", "<=": "1"}.get(operator, '"a"')
    for facts in (Facts(metadata={"x": actual}), Facts(metadata={})):
        result, (seen,) = ask(f"metadata.x {operator} {value}", facts)
        assert seen.result is result
        assert msgspec.json.decode(msgspec.json.encode(seen), type=Observation)

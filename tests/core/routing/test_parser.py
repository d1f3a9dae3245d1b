"""A condition that is wrong is answered with the column and a way to mend it; precedence is as documented."""

import json
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.core.routing.lexer import FaultError
from aigw_dev.core.routing.names import Name
from aigw_dev.core.routing.parser import MAX_DEPTH, Parser
from aigw_dev.core.routing.terms import And, Compare, Flag, Not, Number, Or, Term, Text

FAULTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "fixtures/routes/faults.json").read_text("utf-8")
)
STREAM, TOOLS, IMAGES = (Compare(Name(root)) for root in ("stream", "has_tools", "has_images"))


def read(text: str) -> Term:
    return Parser(text).whole()


@pytest.mark.parametrize("case", FAULTS, ids=lambda case: case["text"][:40])
def test_a_fault_names_its_column_and_a_way_to_mend_it(case: dict[str, Any]) -> None:
    with pytest.raises(FaultError) as caught:
        read(case["text"])
    fault = caught.value.fault
    assert fault.column == case["column"]
    assert case["says"] in fault.message
    assert case.get("hint", "") in fault.hint


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("stream or has_tools and has_images", Or((STREAM, And((TOOLS, IMAGES))))),
        ("stream and has_tools or has_images", Or((And((STREAM, TOOLS)), IMAGES))),
        ("(stream or has_tools) and has_images", And((Or((STREAM, TOOLS)), IMAGES))),
        ("not stream and has_tools", And((Not(STREAM), TOOLS))),
        ("not (stream and has_tools)", Not(And((STREAM, TOOLS)))),
        ("not not stream", Not(Not(STREAM))),
        ("((stream))", STREAM),
        ("stream and has_tools and has_images", And((STREAM, TOOLS, IMAGES))),
        ("(stream and has_tools) and has_images", And((And((STREAM, TOOLS)), IMAGES))),
        ("model == 'x'", Compare(Name("model"), "==", (Text("x"),))),
        ("model exists", Compare(Name("model"), "exists")),
        (
            "model not in ['a', 1, true]",
            Compare(Name("model"), "not in", (Text("a"), Number("1"), Flag(value=True))),
        ),
        ("not model in ['a']", Not(Compare(Name("model"), "in", (Text("a"),)))),
    ],
)
def test_not_binds_before_and_before_or(text: str, tree: Term) -> None:
    assert read(text) == tree


@pytest.mark.parametrize("opening", ["(", "not "])
def test_depth_is_limited_in_words(opening: str) -> None:
    closing = ")" if opening == "(" else ""
    assert read(opening * MAX_DEPTH + "stream" + closing * MAX_DEPTH)
    with pytest.raises(FaultError, match=f"nests deeper than {MAX_DEPTH}"):
        read(opening * (MAX_DEPTH + 1) + "stream" + closing * (MAX_DEPTH + 1))


def test_brackets_beside_each_other_are_not_deep() -> None:
    assert read(" and ".join(["(stream)"] * 200))


def test_the_regexes_of_a_condition_are_compiled_with_it() -> None:
    parser = Parser("model matches 'a+' or model matches 'b' or model == 'c'")
    parser.whole()
    assert sorted(parser.patterns) == ["a+", "b"]

"""mock/moderate: flags what asks for it."""

from typing import Any

import pytest

from aigw_dev.core.mock.moderations import CATEGORIES
from tests.core.mock.asking import fault, loaded, post


def moderate(given: Any) -> list[dict[str, Any]]:
    reply = loaded(post("/v1/moderations", input=given))
    assert reply["model"] == "mock/moderate"
    assert reply["id"].startswith("modr-mock-")
    return reply["results"]


def flagged(result: dict[str, Any]) -> set[str]:
    found = {name for name, is_so in result["categories"].items() if is_so}
    assert result["flagged"] is bool(found)
    for field in ("categories", "category_scores", "category_applied_input_types"):
        assert set(result[field]) == set(CATEGORIES)
    assert {name for name, score in result["category_scores"].items() if score > 0.5} == found
    return found


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("all is well", set[str]()),
        ("", set[str]()),
        ("this is [flag] bad", {"harassment"}),
        ("[FLAG:Violence/Graphic] [flag:hate]", {"violence/graphic", "hate"}),
        ("[flag:nothing-known]", {"harassment"}),
    ],
)
def test_a_text_is_flagged_for_what_it_names(text: str, categories: set[str]) -> None:
    [result] = moderate(text)
    assert flagged(result) == categories


def test_each_text_has_its_result() -> None:
    assert [flagged(one) for one in moderate(["fine", "[flag:hate]"])] == [set(), {"hate"}]


def test_the_parts_of_a_message_have_one_together() -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    [result] = moderate([picture, {"type": "text", "text": "[flag:sexual]"}])
    assert flagged(result) == {"sexual"}


@pytest.mark.parametrize("given", [None, 7, [], [7], ["a", 7], [{"text": "x"}], ["a"] * 2049])
def test_any_other_input_is_an_error(given: Any) -> None:
    assert fault(post("/v1/moderations", input=given)) == (400, "input")

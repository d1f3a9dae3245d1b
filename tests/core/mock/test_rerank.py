"""mock/rerank: documents by the words that they share with the query."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import tokens
from aigw_dev.core.mock.rerank import score, words
from tests.core.mock.asking import fault, loaded, post

DOCUMENTS: list[Any] = ["a dog", "The CAT sat", {"text": "cats"}, "cat"]


def rank(**fields: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"query": "the cat", "documents": DOCUMENTS} | fields
    return loaded(post("/v1/rerank", model="mock/rerank", **body))


def test_results_fall_by_score_and_equal_ones_keep_their_order() -> None:
    results = rank()["results"]
    assert [one["index"] for one in results] == [1, 3, 0, 2]
    assert [one["relevance_score"] for one in results] == [0.966667, 0.5, 0.0, 0.0]
    assert all(set(one) == {"index", "relevance_score"} for one in results)


def test_the_first_are_given_back_with_their_documents() -> None:
    results = rank(top_n=2, return_documents=True, query="cats dog")["results"]
    assert [one["document"] for one in results] == [{"text": "cats"}, {"text": "a dog"}]


def test_usage_counts_what_was_read_once() -> None:
    reply = rank()
    read = sum(map(tokens.estimate, ["the cat", "a dog", "The CAT sat", "cats", "cat"]))
    assert (reply["model"], reply["usage"]) == ("mock/rerank", {"total_tokens": read})
    assert reply["meta"] == {"billed_units": {"search_units": 1}}


@given(st.text(), st.text())
def test_a_score_is_between_nothing_and_one(query: str, document: str) -> None:
    assert 0 <= score(words(query), words(document)) <= 1
    assert score(words(query), words(query)) == (1 if words(query) else 0)


def test_scripts_without_spaces_are_read_by_characters() -> None:
    assert words("猫が好き cat") == {"猫", "が", "好", "き", "cat"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [({"query": ""}, "query"), ({"documents": []}, "documents"), ({"documents": [7]}, "documents[0]"), ({"top_n": 0}, "top_n")],
)  # fmt: skip
def test_any_other_request_is_an_error(fields: dict[str, Any], param: str) -> None:
    body: dict[str, Any] = {"query": "x", "documents": ["x"]} | fields
    assert fault(post("/v1/rerank", model="rerank", **body)) == (400, param)

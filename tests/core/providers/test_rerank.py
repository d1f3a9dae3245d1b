"""The usual shape of rerank is read strictly and answered whole, whatever a provider sends."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.rerank import MAX_DOCUMENTS, Ranked, Ranking, read_ranked, read_ranking, reply
from tests.core.providers.run_adapter import asked


def ranking_of(body: dict[str, Any]) -> Ranking | Refusal:
    return read_ranking(AskedFields(asked("rerank", body=body)))


def test_strings_and_objects_become_texts_and_the_originals_stay() -> None:
    read = ranking_of(
        {"query": "q", "documents": ["a", {"text": "b", "id": 7}, {"content": "c"}], "top_n": 2}
    )
    assert isinstance(read, Ranking)
    assert read.documents == ["a", "b", "c"]
    assert read.originals == ["a", {"text": "b", "id": 7}, {"content": "c"}]
    assert (read.top_n, read.is_echoed) == (2, False)


def test_rank_fields_choose_what_of_an_object_is_ranked() -> None:
    read = ranking_of({"query": "q", "documents": [{"t": "x", "n": 3, "z": "no"}], "rank_fields": ["t", "n"]})
    assert isinstance(read, Ranking)
    assert read.documents == ["t: x\nn: 3"]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"documents": ["a"]}, "query"),
        ({"query": " ", "documents": ["a"]}, "query"),
        ({"query": ["q"], "documents": ["a"]}, "query"),
        ({"query": "q"}, "documents"),
        ({"query": "q", "documents": []}, "documents"),
        ({"query": "q", "documents": "a"}, "documents"),
        ({"query": "q", "documents": ["a", 7]}, "documents[1]"),
        ({"query": "q", "documents": ["a", {"title": "t"}]}, "documents[1]"),
        ({"query": "q", "documents": ["a"], "top_n": 0}, "top_n"),
        ({"query": "q", "documents": ["a"], "top_n": 1.5}, "top_n"),
        ({"query": "q", "documents": ["a"], "return_documents": "maybe"}, "return_documents"),
        ({"query": "q", "documents": ["a"] * (MAX_DOCUMENTS + 1)}, "documents"),
    ],
)
def test_a_malformed_request_is_refused_by_the_name_of_its_field(body: dict[str, Any], param: str) -> None:
    read = ranking_of(body)
    assert isinstance(read, Refusal)
    assert (read.code, read.param) == ("invalid_request", param)


def test_pictures_pass_only_where_the_model_ranks_them() -> None:
    body = {"query": "q", "documents": [{"image": "https://x/y.png"}]}
    assert isinstance(ranking_of(body), Refusal)
    assert isinstance(read_ranking(AskedFields(asked("rerank", body=body)), with_objects=True), Ranking)


TWO = Ranking(query="q", documents=["a", "b"], originals=["a", {"text": "b", "id": 1}])


def test_results_are_sorted_by_score() -> None:
    wire = [{"index": 0, "relevance_score": 0.1}, {"index": 1, "relevance_score": 0.9}]
    assert read_ranked(TWO, wire) == [Ranked(1, 0.9), Ranked(0, 0.1)]


@pytest.mark.parametrize(
    "wire",
    [
        None,
        {},
        [{"index": 2, "relevance_score": 1}],
        [{"index": -1, "relevance_score": 1}],
        [{"index": "0", "relevance_score": 1}],
        [{"index": 0}],
        [{"index": 0, "relevance_score": True}],
        [{"index": 0, "relevance_score": 1}, {"index": 0, "relevance_score": 2}],
        ["x"],
    ],
)
def test_results_that_name_no_document_make_the_answer_unusable(wire: object) -> None:
    read = read_ranked(TWO, wire)
    assert isinstance(read, Refusal)
    assert read.code == "upstream_protocol"


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=9))
def test_no_answer_makes_it_raise(wire: object) -> None:
    assert read_ranked(TWO, wire) is not None


def test_the_reply_has_both_counts_and_gives_back_at_most_top_n() -> None:
    ranking = Ranking(query="q", documents=["a", "b"], originals=TWO.originals, top_n=1, is_echoed=True)
    given_ = reply(asked("rerank"), ranking, [Ranked(1, 0.9), Ranked(0, 0.1)], total_tokens=12, searches=1)
    assert json.loads(given_.body) == {
        "id": "seed",
        "model": "m",
        "results": [{"index": 1, "relevance_score": 0.9, "document": {"text": "b", "id": 1}}],
        "meta": {"billed_units": {"search_units": 1}},
        "usage": {"total_tokens": 12},
    }


def test_what_nobody_counted_is_not_told() -> None:
    told = json.loads(reply(asked("rerank"), TWO, [Ranked(0, 0.5)]).body)
    assert "usage" not in told
    assert "meta" not in told

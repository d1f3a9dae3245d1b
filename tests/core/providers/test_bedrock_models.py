"""Bedrock's table, and its rerank in the usual shape."""

import pytest

from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.providers.bedrock_models import ADAPTERS, rerank
from tests.core.providers.run_adapter import answer, asked, run

BODY = {"query": "q", "documents": ["a", {"text": "b"}], "top_n": 1, "max_tokens_per_doc": 99}
REPLY = {"results": [{"index": 0, "relevance_score": 0.2}, {"index": 1, "relevance_score": 0.9}]}


def test_every_entry_is_an_operation() -> None:
    assert set(ADAPTERS) <= {one.name for one in OPERATIONS}


def test_cohere_is_asked_in_its_second_version() -> None:
    ran = run(rerank, asked("rerank", "cohere.rerank-v3-5:0", BODY), [answer(REPLY)])
    assert ran.asks[0].path == "/model/cohere.rerank-v3-5%3A0/invoke"
    assert ran.sent() == {
        "query": "q",
        "documents": ["a", "b"],
        "top_n": 1,
        "max_tokens_per_doc": 99,
        "api_version": 2,
    }
    assert ran.reply["results"] == [{"index": 1, "relevance_score": 0.9}]
    assert ran.reply["meta"] == {"billed_units": {"search_units": 1}}


def test_amazons_own_has_no_version() -> None:
    body = {"query": "q", "documents": ["a"] * 101, "max_tokens_per_doc": 9}
    ran = run(rerank, asked("rerank", "amazon.rerank-v1:0", body), [answer(REPLY)])
    assert set(ran.sent()) == {"query", "documents"}
    assert ran.fates("dropped") == {"max_tokens_per_doc"}
    assert ran.reply["meta"] == {"billed_units": {"search_units": 2}}


@pytest.mark.parametrize("body", [{"query": "q"}, BODY | {"max_tokens_per_doc": 0}])
def test_a_malformed_request_asks_nothing(body: dict[str, object]) -> None:
    assert run(rerank, asked("rerank", "cohere.rerank-v3-5:0", body)).refusal.code == "invalid_request"


def test_errors_and_unusable_answers_are_told() -> None:
    assert run(rerank, asked("rerank", body=BODY), [answer({"message": "x"}, 400)]).given.is_error
    assert run(rerank, asked("rerank", body=BODY), [answer({})]).refusal.code == "upstream_protocol"

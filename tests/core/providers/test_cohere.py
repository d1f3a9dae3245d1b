"""Cohere's rerank in the usual shape."""

import json
from pathlib import Path

import pytest

from aigw_dev.core.providers.cohere import rerank
from tests.core.providers.run_adapter import answer, asked, run

BODY = {"model": "rerank-v3.5", "query": "capital", "documents": ["Carson City", {"text": "Washington"}, "x"]}
REPLY = {
    "id": "abc123",
    "results": [{"index": 2, "relevance_score": 0.91}, {"index": 0, "relevance_score": 0.42}],
    "meta": {"billed_units": {"search_units": 1}, "tokens": {"input_tokens": 214.0, "output_tokens": 2.0}},
}


def test_the_request_is_coheres_and_the_reply_is_the_usual_one() -> None:
    body = BODY | {"top_n": 2, "return_documents": True, "max_chunks_per_doc": 10, "max_tokens_per_doc": 512}
    ran = run(rerank, asked("rerank", "rerank-v3.5", body), [answer(REPLY)])
    assert ran.asks[0].path == "/v2/rerank"
    assert ran.sent() == {
        "model": "rerank-v3.5",
        "query": "capital",
        "documents": ["Carson City", "Washington", "x"],
        "top_n": 2,
        "max_tokens_per_doc": 512,
    }
    assert ran.fates("dropped") == {"max_chunks_per_doc"}
    assert ran.fates("approximated") == {"documents"}
    assert {"query", "top_n", "return_documents"} <= set(ran.ledger.kept)
    assert ran.reply == {
        "id": "abc123",
        "model": "rerank-v3.5",
        "results": [
            {"index": 2, "relevance_score": 0.91, "document": {"text": "x"}},
            {"index": 0, "relevance_score": 0.42, "document": {"text": "Carson City"}},
        ],
        "meta": {"billed_units": {"search_units": 1}},
        "usage": {"total_tokens": 216},
    }
    usage = ran.given.usage
    assert usage is not None
    assert (usage.input, usage.output) == (214, 2)
    assert json.loads(bytes(usage.raw))["billed_units"] == {"search_units": 1}


@pytest.mark.vectors
def test_a_recorded_reply_crosses(vectors: Path) -> None:
    raw = (vectors / "vercel-ai/cohere/src/reranking/cohere-reranking.1.json").read_bytes()
    ran = run(rerank, asked("rerank", body=BODY), [answer(raw)])
    assert [one["index"] for one in ran.reply["results"]] == [1, 0]
    assert ran.reply["meta"]["billed_units"]["search_units"] == 1
    assert ran.given.usage is not None
    assert ran.given.usage.input == 0


def test_coheres_own_error_goes_on_as_it_is() -> None:
    said = {"id": "x", "message": "invalid api token"}
    ran = run(rerank, asked("rerank", body=BODY), [answer(said, 401)])
    assert (ran.given.status, ran.given.is_error, ran.reply) == (401, True, said)


def test_a_malformed_request_asks_nothing() -> None:
    for body in ({"documents": ["a"]}, BODY | {"priority": -1}):
        assert run(rerank, asked("rerank", body=body)).refusal.code == "invalid_request"


@pytest.mark.parametrize("said", [b"<html>", b"[]", {"results": "x"}, {}])
def test_an_answer_that_is_none_is_told_as_unusable(said: object) -> None:
    assert run(rerank, asked("rerank", body=BODY), [answer(said)]).refusal.code == "upstream_protocol"


def test_a_reply_without_meta_counts_nothing() -> None:
    ran = run(rerank, asked("rerank", body=BODY), [answer({"results": REPLY["results"]})])
    assert ran.given.usage is None
    assert set(ran.reply) == {"id", "model", "results"}

"""Voyage's rerank in the usual shape."""

from pathlib import Path

import pytest

from aigw_dev.core.providers.voyage import rerank
from tests.core.providers.run_adapter import answer, asked, run

BODY = {"query": "q", "documents": ["a", "b"], "top_n": 2, "truncation": False, "user": "me"}
REPLY = {"data": [{"relevance_score": 0.5, "index": 1}], "usage": {"total_tokens": 12}}


def test_top_n_is_top_k_and_data_is_results() -> None:
    ran = run(rerank, asked("rerank", "rerank-2.5", BODY), [answer(REPLY)])
    assert ran.asks[0].path == "/rerank"
    assert ran.sent() == {
        "model": "rerank-2.5",
        "query": "q",
        "documents": ["a", "b"],
        "top_k": 2,
        "truncation": False,
    }
    assert ran.reply["results"] == [{"index": 1, "relevance_score": 0.5}]
    assert ran.reply["usage"] == {"total_tokens": 12}
    assert ran.fates("dropped") == {"user"}
    assert ran.given.usage is not None
    assert ran.given.usage.input == 12


@pytest.mark.vectors
def test_a_recorded_reply_crosses(vectors: Path) -> None:
    raw = (vectors / "vercel-ai/voyage/src/reranking/voyage-reranking.1.json").read_bytes()
    ran = run(rerank, asked("rerank", body={"query": "q", "documents": [{"text": "a"}, "b"]}), [answer(raw)])
    assert [one["index"] for one in ran.reply["results"]] == [1, 0]
    assert ran.fates("approximated") == {"documents"}


def test_errors_and_unusable_answers_are_told() -> None:
    assert run(rerank, asked("rerank", body=BODY), [answer({"detail": "no"}, 400)]).given.is_error
    assert run(rerank, asked("rerank", body=BODY), [answer({})]).refusal.code == "upstream_protocol"


@pytest.mark.parametrize("body", [{"query": "q"}, BODY | {"truncation": 3}])
def test_a_malformed_request_asks_nothing(body: dict[str, object]) -> None:
    assert run(rerank, asked("rerank", body=body)).refusal.code == "invalid_request"

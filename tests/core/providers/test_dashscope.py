"""DashScope's table, and its rerank in the usual shape."""

import pytest

from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.providers.dashscope import ADAPTERS, rerank
from tests.core.providers.run_adapter import answer, asked, run

REPLY = {
    "output": {
        "results": [
            {"index": 1, "relevance_score": 0.3, "document": {"text": "b"}},
            {"index": 0, "relevance_score": 0.9},
        ]
    },
    "usage": {"total_tokens": 79},
    "request_id": "85ba5752",
}


def test_every_entry_is_an_operation() -> None:
    assert set(ADAPTERS) <= {one.name for one in OPERATIONS}


def test_texts_are_ranked_and_the_documents_come_from_the_request() -> None:
    body = {
        "query": "q",
        "documents": ["a", {"text": "b"}],
        "top_n": 2,
        "return_documents": True,
        "instruct": "i",
        "u": 1,
    }
    ran = run(rerank, asked("rerank", "gte-rerank-v2", body), [answer(REPLY)])
    assert ran.asks[0].path == "/services/rerank/text-rerank/text-rerank"
    assert ran.sent() == {
        "model": "gte-rerank-v2",
        "input": {"query": "q", "documents": ["a", "b"]},
        "parameters": {"return_documents": False, "top_n": 2, "instruct": "i"},
    }
    assert ran.reply == {
        "id": "85ba5752",
        "model": "gte-rerank-v2",
        "results": [
            {"index": 0, "relevance_score": 0.9, "document": {"text": "a"}},
            {"index": 1, "relevance_score": 0.3, "document": {"text": "b"}},
        ],
        "usage": {"total_tokens": 79},
    }
    assert ran.given.usage is not None
    assert ran.given.usage.input == 79
    assert ran.fates("dropped") == {"u"}


def test_a_model_of_pictures_gets_the_objects_as_they_are() -> None:
    body = {"query": "q", "documents": [{"image": "https://x/1.png"}, {"text": "b"}]}
    ran = run(rerank, asked("rerank", "qwen3-vl-rerank", body), [answer(REPLY)])
    assert ran.sent()["input"] == {"query": {"text": "q"}, "documents": body["documents"]}
    assert not ran.fates("approximated")


@pytest.mark.parametrize("body", [{"query": "q"}, {"query": "q", "documents": ["a"], "instruct": 7}])
def test_a_malformed_request_asks_nothing(body: dict[str, object]) -> None:
    assert run(rerank, asked("rerank", "gte-rerank-v2", body)).refusal.code == "invalid_request"


def test_errors_and_unusable_answers_are_told() -> None:
    wanted = {"query": "q", "documents": ["a"]}
    assert run(rerank, asked("rerank", body=wanted), [answer({"code": "x"}, 429)]).given.status == 429
    assert run(rerank, asked("rerank", body=wanted), [answer({})]).refusal.code == "upstream_protocol"

"""Text Embeddings Inference's rerank in the usual shape."""

import pytest

from aigw_dev.core.providers.tei import rerank
from tests.core.providers.run_adapter import answer, asked, run

BODY = {
    "query": "q",
    "documents": ["a", {"text": "b"}],
    "return_documents": True,
    "truncate": True,
    "user": "me",
}


def test_texts_go_up_and_a_bare_array_comes_down() -> None:
    ran = run(
        rerank, asked("rerank", body=BODY), [answer([{"index": 1, "score": 0.9}, {"index": 0, "score": 0.2}])]
    )
    assert ran.asks[0].path == "/rerank"
    assert ran.sent() == {"query": "q", "texts": ["a", "b"], "truncate": True}
    assert ran.reply["results"][0] == {"index": 1, "relevance_score": 0.9, "document": {"text": "b"}}
    assert ran.fates("dropped") == {"user"}


def test_strings_alone_are_sent_as_they_are() -> None:
    ran = run(
        rerank, asked("rerank", body={"query": "q", "documents": ["a"]}), [answer([{"index": 0, "score": 1}])]
    )
    assert ran.sent() == {"query": "q", "texts": ["a"]}
    assert not ran.ledger.entries


def test_its_error_goes_on_and_an_object_is_unusable() -> None:
    assert run(rerank, asked("rerank", body=BODY), [answer({"error": "x"}, 413)]).given.status == 413
    assert run(rerank, asked("rerank", body=BODY), [answer({})]).refusal.code == "upstream_protocol"


@pytest.mark.parametrize("body", [{"query": "q"}, BODY | {"truncate": 3}])
def test_a_malformed_request_asks_nothing(body: dict[str, object]) -> None:
    assert run(rerank, asked("rerank", body=body)).refusal.code == "invalid_request"

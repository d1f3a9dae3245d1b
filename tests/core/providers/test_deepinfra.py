"""DeepInfra's rerank in the usual shape."""

import pytest

from aigw_dev.core.providers.deepinfra import rerank
from tests.core.providers.run_adapter import answer, asked, run

BODY = {"query": "q", "documents": ["a", {"text": "b"}], "instruction": "rank", "user": "me"}


def test_bare_scores_become_results() -> None:
    ran = run(
        rerank,
        asked("rerank", "Qwen/Qwen3-Reranker-4B", BODY),
        [answer({"scores": [0.1, 0.8], "input_tokens": 9})],
    )
    assert ran.asks[0].path == "/v1/inference/Qwen/Qwen3-Reranker-4B"
    assert ran.sent() == {"queries": ["q"], "documents": ["a", "b"], "instruction": "rank"}
    assert [one["index"] for one in ran.reply["results"]] == [1, 0]
    assert ran.reply["usage"] == {"total_tokens": 9}
    assert ran.given.usage is not None
    assert ran.given.usage.input == 9


def test_a_model_cannot_climb_out_of_its_path() -> None:
    ran = run(
        rerank,
        asked("rerank", "../../admin?x=1", {"query": "q", "documents": ["a"]}),
        [answer({"scores": [1]})],
    )
    assert ran.asks[0].path == "/v1/inference/%252E%252E/%252E%252E/admin%3Fx%3D1"
    assert "usage" not in ran.reply


@pytest.mark.parametrize("scores", [None, [0.1], ["x", 1], [0.1, None]])
def test_scores_that_do_not_fit_are_unusable(scores: object) -> None:
    ran = run(rerank, asked("rerank", body=BODY), [answer({"scores": scores})])
    assert ran.refusal.code == "upstream_protocol"


def test_its_error_goes_on() -> None:
    assert run(rerank, asked("rerank", body=BODY), [answer({"detail": "x"}, 422)]).given.status == 422


@pytest.mark.parametrize("body", [{"query": "q"}, BODY | {"instruction": 3}])
def test_a_malformed_request_asks_nothing(body: dict[str, object]) -> None:
    assert run(rerank, asked("rerank", body=body)).refusal.code == "invalid_request"

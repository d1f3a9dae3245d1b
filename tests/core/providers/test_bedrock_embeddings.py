"""Embeddings of Bedrock's models in OpenAI's shape, against recorded answers and AWS's documents."""

import base64
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from openai.types import CreateEmbeddingResponse

from aigw_dev.core.providers.bedrock_embeddings import embeddings
from tests.core.providers.run_adapter import answer, asked, run

TITAN = "amazon.titan-embed-text-v2:0"
COHERE_3 = "cohere.embed-english-v3"
COHERE_4 = "us.cohere.embed-v4:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"


def embedded(model: str, body: dict[str, Any], *answers: Any) -> Any:
    return run(embeddings, asked("openai.embeddings", model, body), answers)


def test_titan_takes_one_text_a_call() -> None:
    body = {"input": ["a", "b"], "dimensions": 512, "normalize": True, "user": "me"}
    said = [answer({"embedding": [0.5, 1], "inputTextTokenCount": count}) for count in (2, 3)]
    ran = embedded(TITAN, body, *said)
    assert [ran.sent(place) for place in (0, 1)] == [
        {"inputText": text, "dimensions": 512, "normalize": True} for text in "ab"
    ]
    assert ran.asks[0].path == "/model/amazon.titan-embed-text-v2%3A0/invoke"
    assert [one["index"] for one in ran.reply["data"]] == [0, 1]
    assert ran.reply["usage"] == {"prompt_tokens": 5, "total_tokens": 5}
    assert (ran.given.usage.input, ran.given.usage.estimated) == (5, False)
    assert ran.fates("dropped") == {"user"}
    CreateEmbeddingResponse.model_validate(ran.reply)


def test_the_first_titan_knows_no_dimensions() -> None:
    ran = embedded("amazon.titan-embed-text-v1", {"input": "a", "dimensions": 2}, answer({"embedding": [1]}))
    assert ran.sent() == {"inputText": "a"}
    assert ran.fates("dropped") == {"dimensions"}


def test_cohere_wants_an_input_type_and_counts_in_a_header() -> None:
    said = answer({"embeddings": [[1, 2]]}, headers={"x-amzn-bedrock-input-token-count": "4"})
    ran = embedded(COHERE_3, {"input": "a"}, said)
    assert ran.sent() == {"texts": ["a"], "input_type": "search_document"}
    assert ran.fates("invented") == {"input_type"}
    assert ran.given.usage.input == 4


def test_the_fourth_cohere_takes_dimensions_and_answers_by_type() -> None:
    body = {"input": ["a"], "dimensions": 512, "input_type": "search_query", "truncate": "NONE"}
    ran = embedded(
        COHERE_4, body, answer({"embeddings": {"float": [[1.0]]}, "response_type": "embeddings_by_type"})
    )
    assert ran.sent() == {
        "texts": ["a"],
        "input_type": "search_query",
        "output_dimension": 512,
        "truncate": "NONE",
    }
    assert ran.reply["data"][0]["embedding"] == [1.0]
    assert ran.given.usage.estimated


def test_many_texts_are_asked_by_ninety_six() -> None:
    said = [answer({"embeddings": [[1]] * count}) for count in (96, 4)]
    ran = embedded(COHERE_3, {"input": ["a"] * 100, "input_type": "clustering"}, *said)
    assert [len(ran.sent(place)["texts"]) for place in (0, 1)] == [96, 4]
    assert len(ran.reply["data"]) == 100


def test_nova_has_a_task() -> None:
    body = {"input": "a", "dimensions": 256, "input_type": "search_query"}
    ran = embedded(NOVA, body, answer({"embeddings": [{"embeddingType": "TEXT", "embedding": [1]}]}))
    assert ran.sent() == {
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {
            "embeddingPurpose": "GENERIC_RETRIEVAL",
            "embeddingDimension": 256,
            "text": {"truncationMode": "END", "value": "a"},
        },
    }


def test_base64_is_little_endian_floats() -> None:
    ran = embedded(TITAN, {"input": "a", "encoding_format": "base64"}, answer({"embedding": [0.5, -2]}))
    assert struct.unpack("<2f", base64.b64decode(ran.reply["data"][0]["embedding"])) == (0.5, -2.0)
    wide = embedded(TITAN, {"input": "a", "encoding_format": "base64"}, answer({"embedding": [1e300]}))
    assert wide.refusal.code == "upstream_protocol"


@pytest.mark.parametrize(
    ("model", "body", "param"),
    [
        (TITAN, {}, "input"),
        (TITAN, {"input": []}, "input"),
        (TITAN, {"input": [1, 2]}, "input"),
        (TITAN, {"input": ["a", ""]}, "input"),
        (TITAN, {"input": ["a"] * 600}, "input"),
        (TITAN, {"input": "a", "encoding_format": "hex"}, "encoding_format"),
        (COHERE_3, {"input": "a", "input_type": "image"}, "input_type"),
        ("meta.llama3", {"input": "a"}, "model"),
    ],
)
def test_a_malformed_request_asks_nothing(model: str, body: dict[str, Any], param: str) -> None:
    assert embedded(model, body).refusal.param == param


@pytest.mark.parametrize("said", [{}, {"embedding": []}, {"embedding": [1, "x"]}, b"<html>"])
def test_vectors_that_are_none_are_unusable(said: object) -> None:
    assert embedded(TITAN, {"input": "a"}, answer(said)).refusal.code == "upstream_protocol"
    assert (
        embedded(COHERE_3, {"input": ["a", "b"]}, answer({"embeddings": [[1]]})).refusal.code
        == "upstream_protocol"
    )


def test_aws_own_error_goes_on() -> None:
    assert embedded(TITAN, {"input": "a"}, answer({"message": "x"}, 403)).given.status == 403


@pytest.mark.vectors
@pytest.mark.parametrize(
    ("name", "model"), [("bedrock-titan", TITAN), ("bedrock-cohere", COHERE_3), ("bedrock-nova", NOVA)]
)
def test_recorded_replies_cross(vectors: Path, name: str, model: str) -> None:
    raw = (vectors / f"agentgateway/response/{name}/embeddings.json").read_bytes()
    count = len(json.loads(raw).get("texts", [1]))
    ran = embedded(model, {"input": ["x"] * count}, answer(raw))
    assert len(ran.reply["data"]) == count

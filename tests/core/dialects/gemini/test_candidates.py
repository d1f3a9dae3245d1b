"""Endings, citations and likelihoods of candidates."""

import json

import pytest

from aigw_dev.core.chat.vocabulary import (
    Logprob,
    StopReason,
    Text,
    ToolCall,
)
from tests.core.dialects.gemini.neutral_replies import candidate, fates, written


@pytest.mark.parametrize(
    ("word", "stop"),
    [
        ("STOP", "stop"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("RECITATION", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"), ("SOMETHING_NEW", "content_filter"), ("CONTINUATION", "pause"),
        ("MALFORMED_FUNCTION_CALL", "stop"), ("UNEXPECTED_TOOL_CALL", "stop"), ("FINISH_REASON_UNSPECIFIED", None),
    ],
)  # fmt: skip
def test_endings(word: str, stop: StopReason | None) -> None:
    one = candidate({"text": "a"}, finishReason=word, finishMessage="why")
    assert (one.stop, one.stop_raw) == (stop, word)
    is_told = word not in {"STOP", "MAX_TOKENS"}
    assert (json.loads(bytes(one.stop_details)) == {"finishMessage": "why"}) == is_told


def test_citations_stand_on_the_last_text() -> None:
    cited = {
        "citationMetadata": {"citations": [{"uri": "u"}]},
        "groundingMetadata": {"webSearchQueries": ["q"]},
    }
    one = candidate({"text": "a"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, **cited)
    text = one.parts[0]
    assert isinstance(text, Text)
    assert json.loads(bytes(text.citations)) == [{key: value} for key, value in cited.items()]
    assert candidate({"functionCall": {"name": "f", "id": "x"}}, **cited).parts == (
        ToolCall(id="x", name="f"),
    )
    back, _ = written(*one.parts)
    assert back["citationMetadata"] == cited["citationMetadata"]
    assert back["groundingMetadata"] == cited["groundingMetadata"]


def test_likelihoods_there_and_back() -> None:
    result = {
        "chosenCandidates": [{"token": "é", "logProbability": -0.5, "tokenId": 1}, {"token": "b"}],
        "topCandidates": [{"candidates": [{"token": "x", "logProbability": -1.5}]}],
    }
    one = candidate({"text": "éb"}, logprobsResult=result)
    assert one.logprobs == (
        Logprob(
            token="é", logprob=-0.5, bytes=(195, 169), top=(Logprob(token="x", logprob=-1.5, bytes=(120,)),)
        ),
        Logprob(token="b", logprob=0.0, bytes=(98,)),
    )
    back, _ = written(*one.parts, logprobs=one.logprobs)
    assert back["logprobsResult"]["chosenCandidates"][0] == {"token": "é", "logProbability": -0.5}


@pytest.mark.parametrize(
    ("stop", "word", "is_exact"),
    [
        ("stop", "STOP", True), ("tool_calls", "STOP", True), ("length", "MAX_TOKENS", True), ("content_filter", "SAFETY", True),
        ("refusal", "SAFETY", False), ("context_window", "MAX_TOKENS", False), ("pause", "STOP", False), ("stop_sequence", "STOP", False),
    ],
)  # fmt: skip
def test_endings_for_callers(stop: StopReason, word: str, is_exact: bool) -> None:  # bug class 10
    body, ledger = written(Text(text="a"), stop=stop)
    assert body["finishReason"] == word
    assert (not ledger.entries) == is_exact


def test_an_ending_that_nobody_said_is_not_made_up() -> None:
    body, ledger = written(Text(text="a"), stop=None, stop_sequence="")
    assert "finishReason" not in body
    body, ledger = written(stop="stop_sequence", stop_sequence="END")
    assert body["content"]["parts"] == [{"text": ""}]
    assert ("dropped", "stop_sequence") in fates(ledger)

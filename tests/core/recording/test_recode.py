"""Replies of one dialect in another."""

import pytest

from aigw_dev.core.recording.fixture import FixtureError, Response, Synth
from aigw_dev.core.recording.recode import recode
from aigw_dev.core.recording.summary import summary_of
from aigw_dev.core.recording.synth import build

DIALECTS = ("openai-chat", "openai-responses", "anthropic-messages", "gemini-generate-content")
SAID = Synth(
    text="Grüße aus Oslo", tool_calls=[["f", {"a": 1}]], usage={"input_tokens": 5, "output_tokens": 6}
)


def _built(dialect: str, *, is_stream: bool) -> Response:
    return build(SAID, dialect=dialect, model="m-1", is_stream=is_stream, created=100)


@pytest.mark.parametrize("source", DIALECTS)
@pytest.mark.parametrize("target", DIALECTS)
@pytest.mark.parametrize("was_stream", [True, False])
@pytest.mark.parametrize("is_stream", [True, False])
def test_a_reply_says_the_same_in_every_dialect(
    source: str, target: str, was_stream: bool, is_stream: bool
) -> None:
    made = recode(_built(source, is_stream=was_stream), source=source, target=target, is_stream=is_stream)
    assert (made.events is not None) is is_stream
    summary = summary_of(made, op="", dialect=target)
    assert summary is not None
    assert summary["text"] == SAID.text
    assert summary["tool_calls"] == ['f({"a":1})']


def test_the_same_dialect_and_form_is_the_same_reply() -> None:
    response = _built("openai-chat", is_stream=True)
    assert recode(response, source="openai-chat", target="openai-chat", is_stream=True) is response


def test_the_model_can_be_named_and_headers_stay() -> None:
    response = _built("openai-chat", is_stream=False)
    response.headers = {"content-type": "application/json", "x-request-id": "req_1", "content-length": "3"}
    response.dt_ms = [40]
    made = recode(response, source="openai-chat", target="anthropic-messages", is_stream=False)
    assert made.headers == {"content-type": "application/json", "x-request-id": "req_1"}
    assert made.dt_ms == [40]
    assert made.body["model"] == "m-1"


def test_an_error_keeps_its_status_and_words() -> None:
    error = {
        "error": {"message": "slow down", "type": "tokens", "param": None, "code": "rate_limit_exceeded"}
    }
    response = Response(status=429, headers={"retry-after": "1"}, body=error)
    made = recode(response, source="openai-chat", target="anthropic-messages", is_stream=True)
    assert made.status == 429
    assert made.headers == {"content-type": "application/json", "retry-after": "1"}
    assert made.body["error"]["type"] == "rate_limit_error"
    assert made.body["error"]["message"] == "slow down"
    page = Response(status=502, text="<html><body>Bad Gateway</body></html>")
    told = recode(page, source="openai-chat", target="gemini-generate-content", is_stream=False)
    assert "Bad Gateway" in told.body["error"]["message"]


def test_what_cannot_be_read_or_written_is_an_error() -> None:
    response = _built("openai-chat", is_stream=False)
    with pytest.raises(FixtureError, match="bedrock-converse"):
        recode(response, source="openai-chat", target="bedrock-converse", is_stream=False)
    with pytest.raises(FixtureError, match="only JSON"):
        recode(Response(text="x"), source="openai-chat", target="anthropic-messages", is_stream=False)
    with pytest.raises(FixtureError, match="cannot be read"):
        recode(Response(body=[1]), source="openai-chat", target="anthropic-messages", is_stream=False)
    cut = _built("openai-chat", is_stream=True)
    assert cut.events is not None
    cut.events = cut.events[:2]
    with pytest.raises(FixtureError, match="before its reply was complete"):
        recode(cut, source="openai-chat", target="anthropic-messages", is_stream=True)

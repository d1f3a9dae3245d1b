"""Errors: ours as Google's, and whatever providers send."""

import json

import pytest

from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.streams.sse import Decoder


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, "INVALID_ARGUMENT"), (401, "UNAUTHENTICATED"), (404, "NOT_FOUND"), (429, "RESOURCE_EXHAUSTED"),
     (500, "INTERNAL"), (503, "UNAVAILABLE"), (504, "DEADLINE_EXCEEDED"), (418, "INVALID_ARGUMENT"), (599, "INTERNAL")],
)  # fmt: skip
def test_our_errors_are_googles(status: int, word: str) -> None:
    made = gemini.encode_error(status, "model_not_found", "no \ud800", "req_1", param="contents[0]")
    error = json.loads(made)["error"]
    assert (error["code"], error["status"]) == (status, word)
    assert error["message"] == "no ? see: aigw-dev logs show req_1"
    assert error["details"][0] == {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "model_not_found",
        "domain": "aigw-dev",
    }
    assert error["details"][1]["fieldViolations"][0]["field"] == "contents[0]"
    assert gemini.is_error_body(made)
    assert gemini.read_error(status, made) == ReplyError(message=error["message"], code=word, status=status)
    assert len(json.loads(gemini.encode_error(status, "x", "y"))["error"]["details"]) == 1


def test_a_streams_error_is_one_event_that_the_reader_hears() -> None:
    (event,) = Decoder().feed(gemini.encode_stream_error(502, "upstream_reset", "broke", "r1"))
    assert event.data.startswith(b'{"error":')
    reader = gemini.stream_reader()
    reader.feed(event)
    assert reader.error is not None
    assert (reader.error.status, reader.error.code) == (502, "UNAVAILABLE")


@pytest.mark.parametrize(
    ("raw", "is_own"),
    [
        (b'{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}', True),
        (b'\n[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]', True),
        (b'{"error":{"code":400,"message":"m"}}', True),
        (b'{"error":{"code":400,"message":"m","type":"x"}}', False),
        (b'{"error":{"code":"400","message":"m","status":"X"}}', False),
        (b'{"error":{"code":true,"message":"m","status":"X"}}', False),
        (b'{"error":"m"}', False),
        (b"[{},{}]", False),
        (b"<html>", False),
        (b"", False),
    ],
)
def test_whose_error_it_is(raw: bytes, is_own: bool) -> None:
    assert gemini.is_error_body(raw) == is_own


def test_any_error_body_says_something() -> None:  # fact 23
    assert gemini.read_error(500, b"<html><title>Bad</title></html>").message == "Bad"
    assert gemini.read_error(500, b"").message == "the provider answered 500 without a text"
    assert gemini.read_error(400, b'{"message":"m"}') == ReplyError(message="m", status=400)
    assert gemini.error_text(b'[{"error":{"message":"m"}}]') == "m"
    assert gemini.reply_error(b'{"error":{}}') is None
    assert gemini.reply_error(b'{"error":{"message":"m","status":"NOT_FOUND"}}') == ReplyError(
        message="m", code="NOT_FOUND", status=404
    )


def test_the_wait_that_an_error_asks_for() -> None:  # fact 26
    raw = b'{"error":{"details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}'
    assert gemini.retry_delay_s(raw) == 34.4
    assert gemini.retry_delay_s(b"[%b]" % raw) == 34.4
    assert gemini.retry_delay_s(b"{}") is None

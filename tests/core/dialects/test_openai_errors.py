"""Errors: OpenAI's envelope out, every provider's shape in."""

import json
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.openai_errors import (
    MAX_TEXT_CHARS,
    encode_error,
    encode_stream_error,
    error_text,
    is_error_body,
    reply_error,
    retry_delay_s,
)
from tests.vectors_openai import recordings


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid_request_error"), (401, "authentication_error"), (403, "permission_error"), (404, "not_found_error"),
     (408, "timeout_error"), (409, "conflict_error"), (413, "invalid_request_error"), (415, "invalid_request_error"),
     (429, "rate_limit_error"), (500, "api_error"), (502, "api_error"), (503, "api_error"), (504, "timeout_error")],
)  # fmt: skip
def test_the_type_follows_the_status(status: int, kind: str) -> None:
    error = json.loads(encode_error(status, "some_code", "It failed."))["error"]
    assert error == {"message": "It failed.", "type": kind, "param": None, "code": "some_code"}


def test_our_own_errors_end_with_where_to_look() -> None:
    error = json.loads(encode_error(404, "model_not_found", "No such model.", "01ab", param="model"))["error"]
    assert error["message"] == "No such model. see: aigw-dev logs show 01ab"
    assert error["param"] == "model"
    once = json.loads(encode_error(404, "x", error["message"], "01ab"))["error"]["message"]
    assert once == error["message"]


def test_half_a_character_in_a_message_is_no_crash() -> None:
    assert json.loads(encode_error(500, "x", "a\ud800b"))["error"]["message"] == "a?b"


def test_an_in_band_error_is_one_event_and_no_done() -> None:
    event = encode_stream_error(502, "upstream_reset", "Broken off.\nSorry.", "01ab")
    assert event.startswith(b"data: {")
    assert event.endswith(b"}\n\n")
    assert event.count(b"\n") == 2
    assert b"[DONE]" not in event


def sdk(body: bytes, content_type: str, status: int = 200) -> openai.OpenAI:
    """The official client, before a transport that always gives this answer."""

    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers={"content-type": content_type}, content=body)

    client: Any = httpx.Client(transport=httpx.MockTransport(reply))
    return openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1", http_client=client, max_retries=0)


def test_the_sdk_raises_on_the_in_band_error() -> None:
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {"content": "So"}, "finish_reason": None}]}  # fmt: skip
    body = (
        b"data: "
        + json.dumps(chunk).encode()
        + b"\n\n"
        + encode_stream_error(502, "upstream_reset", "Broken off.", "01ab")
    )
    messages: Any = [{"role": "user", "content": "Hi"}]
    with sdk(body, "text/event-stream") as client:
        stream = client.chat.completions.create(model="m", messages=messages, stream=True)
        assert next(stream).choices[0].delta.content == "So"
        with pytest.raises(openai.APIError, match=r"Broken off\. see: aigw-dev logs show 01ab") as raised:
            next(stream)
    assert raised.value.code == "upstream_reset"


@pytest.mark.parametrize(
    ("status", "exception"),
    [(400, openai.BadRequestError), (401, openai.AuthenticationError), (403, openai.PermissionDeniedError),
     (404, openai.NotFoundError), (409, openai.ConflictError), (422, openai.UnprocessableEntityError),
     (429, openai.RateLimitError), (500, openai.InternalServerError), (503, openai.InternalServerError)],
)  # fmt: skip
def test_the_sdk_reads_the_envelope(status: int, exception: type[openai.APIStatusError]) -> None:
    client = sdk(encode_error(status, "some_code", "It failed.", param="model"), "application/json", status)
    with client, pytest.raises(exception, match=r"It failed\.") as raised:
        client.models.list()
    assert (raised.value.code, raised.value.param) == ("some_code", "model")


OWN: list[bytes] = [
    b'{"error":{"message":"No.","type":"invalid_request_error","param":null,"code":null}}',
    b' {"error":{"message":"No.","code":"401"}}',
    b'{"error":{"message":"No.","code":402,"metadata":{}},"user_id":"u"}',
    b'{"error":{"message":"","type":"server_error"}}',
]
FOREIGN: list[tuple[bytes, str | None]] = [
    (b"", None),
    (b" \n", None),
    (b"\0", None),
    (b"{}", None),
    (b"[]", None),
    (b"null", "null"),
    (b'{"detail":"Invalid API Key"}', "Invalid API Key"),
    (b'{"detail":[{"loc":["body","model"],"msg":"field required"},{"loc":["body","n"],"msg":"not a number"}]}', "body.model: field required; body.n: not a number"),
    (b'{"code":"invalid-argument","error":"Incorrect API key"}', "Incorrect API key"),
    (b'{"id":"1","message":"invalid api token"}', "invalid api token"),
    (b'{"Message":"denied"}', "denied"),
    (b'{"object":"error","message":{"detail":[{"type":"x","loc":["a"],"msg":"bad"}]}}', "a: bad"),
    (b'[{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}]', "API key not valid."),
    (b'{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}', "API key not valid."),
    (b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}', "Overloaded"),
    (b'{"error":"Template error","error_type":"template_error"}', "Template error"),
    (b'{"error":{"error":{"error":"deep"}}}', "deep"),
    (b'{"error":{"code":5}}', None),
    (b'{"error":[]}', None),
    (b'"just text"', "just text"),
    (b"upstream connect error", "upstream connect error"),
    (b"caf\xe9", "caf\ufffd"),
    (b"{broken", "{broken"),
    (b"<!DOCTYPE html>\n<html><head><title>502 Bad\n Gateway &amp; more</title></head><body>x</body></html>", "502 Bad Gateway & more"),
    (b"<html><head><style>a{}</style></head><body><script>x()</script><h1>Not &lt;here&gt;</h1><p>Sorry</p></body></html>", "Not <here> Sorry"),
    (b"<html><title> </title><body>nginx</body></html>", "nginx"),
    (b"<html></html>", None),
]  # fmt: skip


@pytest.mark.parametrize("body", OWN)
def test_an_openai_error_is_known_as_one(body: bytes) -> None:
    assert is_error_body(body)


@pytest.mark.parametrize(("body", "text"), FOREIGN)
def test_any_other_error_is_not_and_its_text_is_found(body: bytes, text: str | None) -> None:
    assert not is_error_body(body)
    assert error_text(body) == text


def test_what_the_provider_behind_said_is_kept_too() -> None:
    body = b'{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"slow down","provider_name":"x"}}}'
    assert is_error_body(body)
    assert error_text(body) == "Provider returned error: slow down"
    assert error_text(b'{"error":{"metadata":{"raw":{"message":"alone"}}}}') == "alone"


def test_a_long_text_is_cut() -> None:
    assert error_text(b"x" * 10_000) == "x" * MAX_TEXT_CHARS
    long = reply_error(b'{"error":"' + b"x" * 10_000 + b'"}')
    assert long is not None
    assert len(long.message) == MAX_TEXT_CHARS


@pytest.mark.timeout(20)
def test_a_hostile_page_takes_no_time() -> None:
    error_text(b"<html>" + b"<script>" * 500_000)
    error_text(b"<html>" + b"<title>" * 500_000)
    error_text(b"<html>" + b"<" * 3_000_000)


@given(st.binary(max_size=80))
def test_no_error_body_raises(body: bytes) -> None:
    error_text(body)
    is_error_body(body)
    reply_error(body)
    retry_delay_s(body)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"error":{"message":"m","code":"c","status_code":400}}', ("m", "c", 400)),
        (b'{"error":{"message":"m","code":503}}', ("m", "503", 503)),
        (b'{"error":{"message":"m","type":"t","code":7}}', ("m", "7", 0)),
        (b'{"error":{"message":"m","type":"t"}}', ("m", "t", 0)),
        (b'{"error":"text"}', ("text", "", 0)),
        (b'{"error":true}', ("the provider sent an error without a text", "", 0)),
        (b'{"error":null,"message":"m"}', None),
        (b'{"message":"m","status":529}', ("m", "", 529)),
        (b"{}", None),
        (b"[]", None),
        (b"oops", None),
    ],
)
def test_an_error_in_a_stream_is_read(data: bytes, expected: tuple[str, str, int] | None) -> None:
    error = reply_error(data)
    assert (None if error is None else (error.message, error.code, error.status)) == expected


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"error":{"details":[{"@type":"x"},{"@type":"y.RetryInfo","retryDelay":"48s"}]}}', 48.0),
        (b'[{"error":{"details":[{"retryDelay":"0.5s"}]}}]', 0.5),
        (b'{"error":{"details":[{"retryDelay":"soon"}]}}', None),
        (b'{"error":{"details":"retryDelay"}}', None),
        (b'{"error":"x"}', None),
        (b"", None),
    ],
)
def test_the_wait_that_google_asks_for_is_found(body: bytes, seconds: float | None) -> None:
    assert retry_delay_s(body) == seconds


@pytest.mark.vectors
def test_recorded_errors_are_read(vectors: Path) -> None:
    failed = [one for one in recordings(vectors) if one.status >= 400]
    assert len(failed) > 10
    for recording in failed:
        is_json = recording.content_type.startswith("application/json")
        assert is_error_body(recording.body) == is_json, recording.id
        text = error_text(recording.body)
        assert text, recording.id
        if is_json:
            assert text == json.loads(recording.body)["error"]["message"], recording.id
    assert openai_errors.error_text(failed[-1].body)

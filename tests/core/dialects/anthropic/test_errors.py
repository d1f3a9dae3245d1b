"""Errors of Anthropic's protocol, written and read; the SDK's own types read what is written."""

import json
from typing import Any

import pytest
from anthropic.types.shared import ErrorResponse

from aigw_dev.core.dialects.anthropic.errors import (
    encode_error,
    encode_stream_error,
    is_error_body,
    read_error,
    reply_error,
)
from aigw_dev.core.dialects.protocol import ReplyError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"), (401, "authentication_error"), (402, "billing_error"), (403, "permission_error"),
        (404, "not_found_error"), (408, "timeout_error"), (413, "request_too_large"), (415, "invalid_request_error"),
        (424, "invalid_request_error"), (429, "rate_limit_error"), (500, "api_error"), (502, "api_error"),
        (503, "overloaded_error"), (504, "timeout_error"), (529, "overloaded_error"), (0, "api_error"),
    ],
)  # fmt: skip
def test_every_status_has_its_type(status: int, kind: str) -> None:
    body = encode_error(status, "our_code", "It broke.", "id1")
    assert json.loads(body) == {
        "type": "error",
        "error": {"type": kind, "message": "It broke. see: aigw-dev logs show id1", "code": "our_code"},
        "request_id": "id1",
    }
    assert is_error_body(body)
    if kind != "request_too_large":  # the SDK's union lacks it, and reads it as an error all the same
        ErrorResponse.model_validate_json(body)


def test_a_providers_own_text_gets_no_place_to_look() -> None:
    wire: dict[str, Any] = json.loads(encode_error(400, "", "No.", param="tools[0]"))
    assert wire == {"type": "error", "error": {"type": "invalid_request_error", "message": "tools[0]: No."}}
    assert json.loads(encode_error(400, "", "id1: \ud800", "id1"))["error"]["message"] == "id1: ?"


def test_inside_a_stream_it_is_an_error_event() -> None:
    body = encode_stream_error(529, "upstream_in_band", "a\u2028b", "id1")
    assert body.startswith(b"event: error\ndata: {")
    assert b"\\u2028" in body
    assert body.endswith(b"\n\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"type":"error","error":{"type":"api_error","message":"x"}}', True),
        (b'{"error":{"type":"api_error","message":"x"}}', False),
        (b'{"type":"error","error":"x"}', False),
        (b"<html>", False),
        (b"", False),
    ],
)
def test_whose_error_a_body_is(body: bytes, expected: bool) -> None:
    assert is_error_body(body) is expected


def test_an_error_is_read_whatever_its_shape() -> None:
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"},"request_id":"r"}'
    assert reply_error(body) == ReplyError(message="Slow down", code="rate_limit_error", status=429)
    assert read_error(529, body) == ReplyError(message="Slow down", code="rate_limit_error", status=529)
    assert read_error(502, b"<html><title>Bad gateway</title>").message == "Bad gateway"
    assert read_error(500, b"").message == "the provider answered with status 500 and no text"
    assert reply_error(b"{}").message

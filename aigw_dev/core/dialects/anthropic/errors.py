"""Errors of Anthropic's protocol: writing its envelope, and reading whatever a provider sends instead of it."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.openai_errors import error_text, retry_delay_s
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.streams import sse

__all__ = (
    "encode_error",
    "encode_stream_error",
    "error_text",
    "is_error_body",
    "read_error",
    "reply_error",
    "retry_delay_s",
)

_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_STATUSES: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "timeout_error": 504,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}
_FIRST_SERVER_STATUS: Final = 500


def encode_error(
    status: int, code: str, message: str, request_id: str = "", *, param: str | None = None
) -> bytes:
    """Anthropic's error object; our own code stands beside its type, `request_id` adds where the exchange can be seen.

    The protocol has no place for `param`; the message names the field.
    """
    default = "api_error" if status >= _FIRST_SERVER_STATUS or not status else "invalid_request_error"
    text = f"{param}: {message}" if param and param not in message else message
    if request_id and request_id not in text:
        text = f"{text.rstrip()} see: aigw-dev logs show {request_id}"
    error: dict[str, str] = {
        "type": _TYPES.get(status, default),
        "message": text.encode("utf-8", "replace").decode(),  # a lone surrogate cannot be sent
    }
    if code:
        error["code"] = code.encode("utf-8", "replace").decode()
    body: dict[str, object] = {"type": "error", "error": error}
    if request_id:
        body["request_id"] = request_id
    return msgspec.json.encode(body)


def encode_stream_error(status: int, code: str, message: str, request_id: str = "") -> bytes:
    """The in-band `event: error` that ends a stream; no `message_stop` follows it (anthropic 2.11 `_streaming.py`)."""
    return sse.encode(sse.unbroken(encode_error(status, code, message, request_id)), event="error")


def is_error_body(body: bytes) -> bool:
    """Whether a body is Anthropic's error object: `type` is `error` and `error.message` a text."""
    if body.lstrip()[:1] != b"{":
        return False
    wire = loose_json.mapping(loose_json.load(body))
    error = loose_json.mapping(wire.get("error"))
    return wire.get("type") == "error" and isinstance(error.get("message"), str)


def reply_error(data: bytes) -> ReplyError:
    """The error that one event or body holds."""
    wire = loose_json.mapping(loose_json.load(data))
    error = loose_json.mapping(wire.get("error"))
    kind = loose_json.text(error.get("type"))
    return ReplyError(
        message=error_text(data) or "the provider sent an error without a text",
        code=kind,
        status=_STATUSES.get(kind, 0),
    )


def read_error(status: int, body: bytes, /) -> ReplyError:
    """What an error body says, whatever its shape; `message` is never empty."""
    found = reply_error(body)
    text = error_text(body) or f"the provider answered with status {status} and no text"
    return ReplyError(message=text, code=found.code, status=status)

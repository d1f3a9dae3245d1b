"""Errors of the Gemini dialect: `google.rpc.Status` as JSON (AIP-193, read 2026-11-20), alone or in a list of one."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.gemini import wire
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

_STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    424: "FAILED_PRECONDITION",
    429: "RESOURCE_EXHAUSTED",
    431: "INVALID_ARGUMENT",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_HTTP: Final = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_DOMAIN: Final = "aigw-dev"


def encode_error(
    status: int, code: str, message: str, request_id: str = "", *, param: str | None = None
) -> bytes:
    """Google's error object; our code stands in its `ErrorInfo`, a `request_id` adds where the exchange can be seen."""
    return msgspec.json.encode({"error": error_object(status, code, message, request_id, param=param)})


def error_object(
    status: int, code: str, message: str, request_id: str = "", *, param: str | None = None
) -> dict[str, object]:
    """What stands under `error`."""
    if request_id and request_id not in message:
        message = f"{message.rstrip()} see: aigw-dev logs show {request_id}"
    details: list[dict[str, object]] = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": _clean(code), "domain": _DOMAIN}
    ]
    if param:
        violation = {"field": _clean(param), "description": _clean(message)}
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]})
    default = "INTERNAL" if status >= 500 or not status else "INVALID_ARGUMENT"  # noqa: PLR2004 - HTTP's classes
    return {
        "code": status or 500,
        "message": _clean(message),
        "status": _STATUSES.get(status, default),
        "details": details,
    }


def encode_stream_error(status: int, code: str, message: str, request_id: str = "") -> bytes:
    """The in-band error event that ends a stream.

    google-genai raises its APIError on a chunk that begins with `{"error":` (3.4 `_api_client.py`, read 2026-11-20).
    """
    return sse.encode(sse.unbroken(encode_error(status, code, message, request_id)))


def is_error_body(body: bytes) -> bool:
    """Whether a body is Google's error object, alone or as the one item of a list: a numeric `code` and a `message`."""
    if body.lstrip()[:1] not in {b"{", b"["}:
        return False
    error = loose_json.mapping(_first(body).get("error"))
    has_code = isinstance(error.get("code"), int) and not isinstance(error.get("code"), bool)
    is_openai = "type" in error or "param" in error
    return (
        has_code
        and isinstance(error.get("message"), str)
        and (isinstance(error.get("status"), str) or not is_openai)
    )


def reply_error(body: bytes) -> ReplyError | None:
    """The error that an event or a whole body holds; None where it holds none."""
    reply = _first(body)
    found = openai_errors.reply_error(bytes(wire.items(body.strip())[0])) if reply.get("error") else None
    if found is None:
        return None
    word = loose_json.text(loose_json.mapping(reply["error"]).get("status"))
    return ReplyError(
        message=found.message, code=word or found.code, status=found.status or _HTTP.get(word, 0)
    )


def read_error(status: int, body: bytes) -> ReplyError:
    """What an error body says, whatever its shape; `message` is never empty."""
    found = reply_error(body)
    if found is not None:
        return ReplyError(message=found.message, code=found.code, status=status)
    said = error_text(body)
    return ReplyError(message=said or f"the provider answered {status} without a text", status=status)


def _first(body: bytes) -> dict[str, object]:
    loaded = loose_json.load(body)
    if loose_json.is_array(loaded):
        loaded = loaded[0] if len(loaded) == 1 else None
    return loose_json.mapping(loaded)


def _clean(text: str) -> str:
    """Without lone surrogates (from a provider's text), which cannot be sent."""
    return text.encode("utf-8", "replace").decode()

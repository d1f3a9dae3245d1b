"""Errors of the OpenAI dialect: writing its envelope, and reading whatever providers send instead of it.

Shapes seen (wire-formats, fact 23): OpenAI's own; `error` as a string (xAI, TGI); `detail` as a string or FastAPI's list
(Mistral, llama-cpp-python); `message` alone (Cohere, Bedrock); an array holding one error object (Gemini's compatible
endpoint); HTML from a proxy in between; plain text; nothing.
"""

import re
from html import unescape
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.streams import sse

MAX_TEXT_CHARS: Final = 2000
"""What is kept of a provider's error text."""
_MAX_PAGE_BYTES: Final = 16 * 1024
"""How far into an HTML page is looked: its title stands at the top."""

_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    429: "rate_limit_error",
    504: "timeout_error",
}
_FIRST_SERVER_STATUS: Final = 500
_FIRST_ERROR_STATUS: Final = 400
_LAST_STATUS: Final = 599
_TEXT_KEYS: Final = (
    "message",
    "detail",
    "error_description",
    "error",
    "msg",
    "title",
    "errors",
    "reason",
    "Message",
)
"""Where an error object keeps its text, the likeliest first."""
_MAX_DEPTH: Final = 4
_MAX_TEXTS: Final = 10

_HTML: Final = re.compile(rb"\s*(?:<!doctype\s+html|<html|<head|<body)", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_UNSHOWN: Final = re.compile(r"<(script|style|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_SPACE: Final = re.compile(r"\s+")
_DELAY: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,9})?)s")


def encode_error(
    status: int, code: str, message: str, request_id: str = "", *, param: str | None = None
) -> bytes:
    """OpenAI's error object; `request_id` adds where the exchange can be seen, leave it out for a provider's own text."""
    return msgspec.json.encode({"error": _error(status, code, message, request_id, param)})


def encode_stream_error(status: int, code: str, message: str, request_id: str = "") -> bytes:
    """The in-band error event that ends a stream.

    The SDKs raise APIError on a chunk whose `error` is truthy and read no further (openai-python 3.52 `_streaming.py`,
    read 2026-11-20). No `[DONE]` follows: it says that the reply is whole, and a script that waits for it would take a
    broken reply for a good one. To be readable it must begin between two events: see `sse.Gate`.
    """
    return sse.encode(sse.unbroken(encode_error(status, code, message, request_id)))


def is_error_body(body: bytes) -> bool:
    """Whether a body is OpenAI's error object: `error` is an object with a `message`, and no other dialect's mark.

    `type` may be missing and `code` may be a number (Azure, OpenRouter): OpenAI's SDKs read both.
    """
    if body.lstrip()[:1] != b"{":
        return False
    wire = loose_json.mapping(loose_json.load(body))
    error = loose_json.mapping(wire.get("error"))
    is_anthropic = wire.get("type") == "error"
    is_google = isinstance(error.get("status"), str) and isinstance(error.get("code"), int)
    return isinstance(error.get("message"), str) and not is_anthropic and not is_google


def error_text(body: bytes) -> str | None:
    """What an error body says in words, at most 2,000 characters; None where it says nothing."""
    text = ""
    if _HTML.match(body):
        text = _html_text(body[:_MAX_PAGE_BYTES].decode("utf-8", "replace"))
    elif body.lstrip()[:1] in {b"{", b"[", b'"'}:
        loaded = loose_json.load(body)
        text = _text_in(loaded, _MAX_DEPTH) if loaded is not None else body.decode("utf-8", "replace")
    else:
        text = body.decode("utf-8", "replace")
    text = text.replace("\0", "").strip()
    return text[:MAX_TEXT_CHARS] or None


def reply_error(data: bytes) -> ReplyError | None:
    """The error that one event of a stream holds; None where it holds none."""
    wire = loose_json.mapping(loose_json.load(data))
    error = wire.get("error", wire)
    if not error:
        return None
    message = _text_in(error, _MAX_DEPTH)
    fields = loose_json.mapping(error)
    code, numbers = fields.get("code"), (fields.get("status_code"), fields.get("code"), fields.get("status"))
    statuses = [number for number in map(_status, numbers) if number]
    return ReplyError(
        message=message[:MAX_TEXT_CHARS] or "the provider sent an error without a text",
        code=str(code)
        if isinstance(code, int)
        else loose_json.text(code) or loose_json.text(fields.get("type")),
        status=statuses[0] if statuses else 0,
    )


def retry_delay_s(body: bytes) -> float | None:
    """The wait that an error body asks for where no header does: Google's `details[].retryDelay` ("48s")."""
    if b'"retryDelay"' not in body:
        return None
    loaded = loose_json.load(body)
    first: object = next(iter(loose_json.items(loaded)), loaded)
    wire = loose_json.mapping(first)
    for detail in loose_json.items(loose_json.mapping(wire.get("error")).get("details")):
        match = _DELAY.fullmatch(loose_json.text(loose_json.mapping(detail).get("retryDelay")))
        if match is not None:
            return float(match[1])
    return None


def _error(status: int, code: str, message: str, request_id: str, param: str | None) -> dict[str, str | None]:
    default = "api_error" if status >= _FIRST_SERVER_STATUS else "invalid_request_error"
    if request_id and request_id not in message:
        message = f"{message.rstrip()} see: aigw-dev logs show {request_id}"
    # A lone surrogate (from a provider's text) cannot be sent.
    clean = message.encode("utf-8", "replace").decode()
    return {"message": clean, "type": _TYPES.get(status, default), "param": param, "code": code}


def _status(value: object) -> int:
    return value if isinstance(value, int) and _FIRST_ERROR_STATUS <= value <= _LAST_STATUS else 0


def _text_in(value: object, depth: int) -> str:
    """The first text in an error value, looked for where providers put it."""
    if isinstance(value, str):
        return loose_json.text(value)
    if depth == 0 or not value:
        return ""
    if loose_json.is_array(value):
        return "; ".join(filter(None, (_text_in(item, depth - 1) for item in value[:_MAX_TEXTS])))
    fields = loose_json.mapping(value)
    text = next((found for key in _TEXT_KEYS if (found := _text_in(fields.get(key), depth - 1))), "")
    where = ".".join(str(step) for step in loose_json.items(fields.get("loc")))  # FastAPI's list of problems
    inner = loose_json.mapping(fields.get("metadata")).get(
        "raw"
    )  # OpenRouter: what the provider behind it said
    cause = _text_in(inner, depth - 1)
    return (f"{where}: " if where and text else "") + text + (f": {cause}" if cause and text else cause)


def _html_text(page: str) -> str:
    title = _TITLE.search(page)
    if title is not None and title[1].strip():
        return _SPACE.sub(" ", unescape(title[1])).strip()
    shown = _TAG.sub(" ", _UNSHOWN.sub(" ", page))
    return _SPACE.sub(" ", unescape(shown)).strip()

"""Errors of Bedrock: bodies with an HTTP status, and exceptions inside a stream of status 200."""

from typing import Final

from aigw_dev.core.dialects.bedrock import wire
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.streams.event_stream import EXCEPTION
from aigw_dev.core.streams.sse import Event

STATUSES: Final = {
    "accessdeniedexception": 403,
    "internalserverexception": 500,
    "modelerrorexception": 424,
    "modelnotreadyexception": 429,
    "modelstreamerrorexception": 424,
    "modeltimeoutexception": 408,
    "resourcenotfoundexception": 404,
    "servicequotaexceededexception": 400,
    "serviceunavailableexception": 503,
    "throttlingexception": 429,
    "validationexception": 400,
}
"""The HTTP status of each exception in Bedrock's service model, by its name in lower case."""
_MESSAGES: Final = ("message", "Message", "errorMessage", "originalMessage")
_TYPES: Final = ("__type", "code")
_LONGEST_TEXT: Final = 2000
_ERROR_STATUSES: Final = range(400, 600)


def read_error(status: int, body: bytes, /) -> ReplyError:
    """What an error body says, whatever its shape; the words of a page that is no JSON are kept."""
    code, message = _said(body)
    if not message:
        message = body.decode("utf-8", "replace").strip()[:_LONGEST_TEXT]
    return ReplyError(
        message=message or f"the provider answered status {status} without a word", code=code, status=status
    )


def body_error(body: bytes) -> ReplyError | None:
    """The error that a body of status 200 is; None where it says none."""
    code, message = _said(body)
    return ReplyError(message=message or code, code=code, status=_status(code)) if code or message else None


def exception(event: Event) -> ReplyError | None:
    """The error that an event of a stream is; None for any other event."""
    if not event.event.startswith(EXCEPTION):
        return None
    name = event.event.removeprefix(EXCEPTION)
    code, message = _said(event.data)
    code = name or code
    original = wire.count((wire.body_fields(event.data) or {}).get("originalStatusCode"))
    status = original if original in _ERROR_STATUSES else None
    return ReplyError(
        message=message or f"the provider ended its stream with {code or 'an error'}",
        code=code,
        status=status or _status(code),
    )


def _status(code: str) -> int:
    return STATUSES.get(code.lower(), 0)


def _said(body: bytes) -> tuple[str, str]:
    """(code, message); empty where the body says none."""
    said = wire.body_fields(body) or {}
    message = next((found for name in _MESSAGES if (found := wire.text(said.get(name)).strip())), "")
    code = next((found for name in _TYPES if (found := wire.text(said.get(name)))), "")
    if not said or code or message:
        return code.rpartition("#")[2], message
    # The service's own front answers an unknown path with {"Output": {"__type": ...}}.
    code = wire.text(wire.fields(said.get("Output")).get("__type"))
    return code.rpartition("#")[2], message

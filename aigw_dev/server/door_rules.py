"""What the protocol holds every connection to, and the bytes of its refusals."""

from collections.abc import Callable

import msgspec

from aigw_dev.core.config import Limits
from aigw_dev.server.cycle import STATUS_LINES
from aigw_dev.server.request_head import Fault

Encode = Callable[[int, str, str, str], tuple[bytes, bytes]]
"""(status, code, message, path) -> (content type, body) of an error in the dialect of that path's callers.

`path` is empty where the head could not be read.
"""


def plain_error(status: int, code: str, message: str, path: str) -> tuple[bytes, bytes]:  # noqa: ARG001  -- an `Encode`
    """The error shape of most SDKs, whatever the path."""
    kind = "invalid_request_error" if status < 500 else "server_error"  # noqa: PLR2004  -- client or server
    error = {"message": message, "type": kind, "param": None, "code": code}
    return b"application/json", msgspec.json.encode({"error": error})


class DoorRules(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and the shape of errors; a connection keeps those it began with."""

    limits: Limits = Limits()
    encode: Encode = plain_error


class Terms:
    """What the connections of one server share."""

    __slots__ = ("on_empty", "rules")

    def __init__(self, rules: DoorRules) -> None:
        """`rules` may be replaced at any time; connections opened later keep to the new ones."""
        self.rules = rules
        self.on_empty: Callable[[], None] | None = None
        """Called when the server's last connection is gone."""


def refusal(rules: DoorRules, fault: Fault, path: str) -> bytes:
    """A whole response that says `fault` and that the connection ends here."""
    content_type, body = rules.encode(fault.status, fault.code, fault.message, path)
    return b"%bcontent-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (
        STATUS_LINES[fault.status],
        content_type,
        len(body),
        body,
    )

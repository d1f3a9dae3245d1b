"""Asking the embedded provider for pictures, sound, video and the like."""

import json
from typing import Any

from aigw_dev.core.mock import MockReply, answer
from tests.core.forms import form
from tests.core.mock.bodies import read

NOW_S = 1_790_000_000.5


def post(path: str, *, now_s: float = NOW_S, **body: Any) -> MockReply:
    """A JSON request."""
    return answer("POST", path, json.dumps(body).encode(), now_s=now_s)


def upload(path: str, *parts: bytes) -> MockReply:
    """A form."""
    return answer("POST", path, read(form(*parts)), now_s=NOW_S)


def get(path: str, *, method: str = "GET", query: str = "", now_s: float = NOW_S) -> MockReply:
    """A request without a body."""
    return answer(method, path, query=query, now_s=now_s)


def loaded(reply: MockReply) -> dict[str, Any]:
    """The JSON of a reply that went well."""
    assert (reply.status, reply.content_type) == (200, "application/json"), reply
    return json.loads(b"".join(reply.chunks))


def events(reply: MockReply) -> list[dict[str, Any]]:
    """The events of a stream, whose names are their types."""
    assert (reply.status, reply.content_type) == (200, "text/event-stream; charset=utf-8"), reply
    found: list[dict[str, Any]] = []
    for chunk in reply.chunks:
        name, line, *end = chunk.decode().split("\n")
        event = json.loads(line.removeprefix("data: "))
        assert (name, end) == (f"event: {event['type']}", ["", ""])
        found.append(event)
    return found


def fault(reply: MockReply) -> tuple[int, str | None]:
    """Status and field of an error."""
    error = json.loads(b"".join(reply.chunks))["error"]
    assert error["message"]
    return reply.status, error["param"]

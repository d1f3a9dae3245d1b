"""Realtime over WebRTC: where its calls name the model, and how another name is put there.

`client_secrets` says it in `session.model`, `sessions` in `model`, `calls` in the query beside an SDP body, or in the
`session` field of a form (OpenAI's API reference, read 2026-11).
"""

from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.request_body import RequestBody, merge, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.operations import CLIENT_SECRETS, REALTIME_CALLS, REALTIME_SESSIONS, Operation
from aigw_dev.server.inbound import Inbound

OPERATIONS: Final = frozenset({CLIENT_SECRETS.name, REALTIME_SESSIONS.name, REALTIME_CALLS.name})
SECRETS: Final = frozenset({CLIENT_SECRETS.name, REALTIME_SESSIONS.name})
"""Those whose reply holds a secret for the caller."""


def is_realtime(operation: Operation) -> bool:
    """Whether this room reads the model of such a call."""
    return operation.name in OPERATIONS


def model_of(inbound: Inbound) -> str:
    """The model that a call names; empty where it names none."""
    query = dict(parse_qsl(inbound.query.decode("latin-1")))
    if query.get("model"):
        return query["model"]
    if inbound.upload is not None:
        fields = inbound.upload.fields
        session = loose_json.mapping(loose_json.load(fields.get("session", "").encode()))
        return loose_json.text(session.get("model")) or fields.get("model", "")
    if inbound.read is None:
        return ""
    session = loose_json.mapping(loose_json.load(inbound.read.text("session")))
    own = loose_json.load(inbound.read.text("model"))
    return loose_json.text(session.get("model")) or loose_json.text(own)


def renamed_query(query: str, model: str) -> str:
    """The query with another model's name where it has one."""
    fields = parse_qsl(query, keep_blank_values=True)
    if not model or not any(name == "model" for name, _ in fields):
        return query
    return urlencode([(name, model if name == "model" else value) for name, value in fields])


def renamed_body(body: RequestBody, model: str) -> bytes:
    """The JSON body with another model's name where it has one."""
    if not model:
        return body.raw
    changes: dict[str, bytes] = {}
    if "model" in body.fields:
        changes["model"] = msgspec.json.encode(model)
    session = renamed_session(body.text("session"), model)
    if session is not None:
        changes["session"] = session
    return merge(body, changes).raw if changes else body.raw


def renamed_session(session: bytes, model: str) -> bytes | None:
    """A session's JSON with another model's name; None where it names none."""
    found = read_body(session) if session else None
    if not isinstance(found, RequestBody) or "model" not in found.fields or isinstance(found, Refusal):
        return None
    return merge(found, {"model": msgspec.json.encode(model)}).raw


def form_changes(inbound: Inbound, model: str) -> dict[str, object]:
    """Fields of a form that must change with the model's name."""
    if inbound.upload is None or not model:
        return {}
    session = renamed_session(inbound.upload.fields.get("session", "").encode(), model)
    return {} if session is None else {"session": session.decode()}

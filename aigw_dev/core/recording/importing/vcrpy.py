"""Cassettes of vcrpy (YAML or JSON), with pydantic-ai's `parsed_body`, and those of Ruby's VCR, which it took after.

    interactions:
    - request: {method, uri, headers: {name: [values]}, body: text | bytes | {string} | {base64_string}, parsed_body}
      response: {status: {code, message}, headers, body: {string}, parsed_body}
      recorded_at                                  # Ruby's

Read in vcrpy 8 (`serialize.py`, `serializers/compat.py`) and in recorded cassettes. There are no timings.
"""

import base64
import binascii
from typing import Any

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.core.recording.importing.destination import shown
from aigw_dev.core.recording.importing.http_pair import Content, Pair, interaction_of
from aigw_dev.core.recording.importing.imported import (
    Collection,
    Imported,
    Skip,
    Store,
    as_bytes,
    as_json,
    as_list,
    as_object,
    as_pairs,
    as_status,
    as_text,
    member,
)
from aigw_dev.core.recording.importing.moments import moment_of


def import_vcrpy(document: Any, *, name: str, store: Store) -> Imported:
    """The model calls of a cassette, in its order. FixtureError, with a place, for what is no cassette."""
    found = Collection(name, "vcrpy")
    interactions = as_list(as_object(document, "").get("interactions"), "interactions")
    for number, one in enumerate(interactions):
        where = f"interactions[{number}]"
        other = _other_layout(as_object(one, where))
        if other:
            if not number or other != _other_layout(as_object(interactions[number - 1], where)):
                found.skip(where, other)  # once for all messages of a socket
            continue
        pair = _pair(one, where)
        found.dated(moment_of(member(one, "recorded_at")))
        made = interaction_of(pair, store=store)
        if isinstance(made, Skip):
            found.skip(where, f"{shown(pair.method, pair.url)}: {made.reason}")
        else:
            found.add(made.interaction, made.notes)
    return found.whole()


def _other_layout(one: dict[str, Any]) -> str:
    """Why an entry is none of HTTP: recorders that keep other traffic in the same frame."""
    if "request_sample" in one or "response_sample" in one:
        return "gRPC calls: the gateway speaks HTTP"
    if "direction" in one and "request" not in one:
        return "messages of a WebSocket without the address they went to: record it through the gateway"
    return ""


def _pair(one: dict[str, Any], where: str) -> Pair:
    request = as_object(one.get("request"), f"{where}.request")
    response = as_object(one.get("response"), f"{where}.response")
    status = response.get("status")
    code = member(status, "code") if isinstance(status, dict) else status
    return Pair(
        where=where,
        method=as_text(request.get("method"), f"{where}.request.method"),
        url=as_text(request.get("uri", request.get("url")), f"{where}.request.uri"),
        request_headers=as_pairs(request.get("headers"), f"{where}.request.headers"),
        sent=_content(request, f"{where}.request"),
        status=as_status(code, f"{where}.response.status"),
        headers=as_pairs(response.get("headers"), f"{where}.response.headers"),
        got=_content(response, f"{where}.response"),
    )


def _content(message: dict[str, Any], where: str) -> Content:
    if "parsed_body" in message and message.get("body") is None:
        return Content(value=as_json(message["parsed_body"], f"{where}.parsed_body"))
    body = message.get("body")
    if not isinstance(body, dict):
        return Content(raw=as_bytes(body, f"{where}.body"))
    if "base64_string" in body:
        try:
            return Content(
                raw=base64.b64decode(as_bytes(member(body, "base64_string"), f"{where}.body.base64_string"))
            )
        except binascii.Error:
            raise FixtureError("this is no base64", where=f"{where}.body.base64_string") from None
    return Content(raw=as_bytes(member(body, "string"), f"{where}.body.string"))

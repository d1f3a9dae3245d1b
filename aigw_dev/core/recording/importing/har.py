"""HAR 1.2, as browsers and proxies export it.

    log.entries[]: {startedDateTime, time, timings: {wait, receive}, request: {method, url, headers, postData},
                    response: {status, headers, content: {text, encoding: base64}}}
    _eventSourceMessages: [{time, eventName, eventId, data}]    # Chrome
    _webSocketMessages: [{type: send | receive, time, opcode, data}]

Source: the HAR 1.2 specification (W3C draft), Chrome's exports. Content in a HAR is unpacked already.
"""

import base64
import binascii
from typing import Any, Final

from aigw_dev.core.recording.document import lossless
from aigw_dev.core.recording.fixture import FixtureError, Frame
from aigw_dev.core.recording.importing.destination import shown
from aigw_dev.core.recording.importing.http_pair import Content, Pair, interaction_of
from aigw_dev.core.recording.importing.imported import (
    Collection,
    Imported,
    Skip,
    Store,
    as_bytes,
    as_list,
    as_object,
    as_status,
    as_text,
    member,
)
from aigw_dev.core.recording.importing.moments import milliseconds, moment_of, number_of
from aigw_dev.core.recording.importing.payload import add_field

_BINARY: Final = 2
_USUAL_EVENT: Final = "message"
"""What browsers call an event without a name."""
_PACKED: Final = "content-encoding"


def import_har(document: Any, *, name: str, store: Store) -> Imported:
    """The model calls of an export, in its order. FixtureError, with a place, for what is no HAR."""
    found = Collection(name, "HAR")
    log = as_object(as_object(document, "").get("log"), "log")
    for number, one in enumerate(as_list(log.get("entries"), "log.entries")):
        where = f"log.entries[{number}]"
        entry = as_object(one, where)
        request = as_object(entry.get("request"), f"{where}.request")
        method = as_text(request.get("method"), f"{where}.request.method")
        url = as_text(request.get("url"), f"{where}.request.url")
        if member(entry.get("response"), "status") == 0:
            found.skip(where, f"{shown(method, url)}: it was never answered")
            continue
        made = interaction_of(_pair(entry, method, url, where, store), store=store)
        if isinstance(made, Skip):
            found.skip(where, f"{shown(method, url)}: {made.reason}")
        else:
            found.dated(moment_of(entry.get("startedDateTime")))
            found.add(made.interaction, made.notes)
    return found.whole()


def _pair(entry: dict[str, Any], method: str, url: str, where: str, store: Store) -> Pair:
    request = as_object(entry["request"], f"{where}.request")
    response = as_object(entry.get("response"), f"{where}.response")
    sockets = entry.get("_webSocketMessages")
    head_ms = milliseconds(member(entry.get("timings"), "wait"))
    got = _content(response.get("content"), f"{where}.response.content")
    return Pair(
        where=where,
        method=method,
        url=url,
        request_headers=_headers(request.get("headers"), f"{where}.request.headers"),
        sent=_sent(request.get("postData"), f"{where}.request.postData"),
        status=as_status(response.get("status"), f"{where}.response.status"),
        headers=_headers(response.get("headers"), f"{where}.response.headers"),
        got=got,
        pieces=[]
        if got.raw
        else _events(entry.get("_eventSourceMessages"), head_ms, f"{where}._eventSourceMessages"),
        frames=None if sockets is None else _frames(sockets, f"{where}._webSocketMessages", store),
        head_ms=head_ms,
        total_ms=milliseconds(entry.get("time")),
    )


def _headers(value: Any, where: str) -> list[tuple[str, str]]:
    """As pairs; without the content encoding, which a HAR has undone."""
    found: list[tuple[str, str]] = []
    for number, one in enumerate(as_list([] if value is None else value, where)):
        row = as_object(one, f"{where}[{number}]")
        name = as_text(row.get("name"), f"{where}[{number}].name").lower()
        if name != _PACKED:
            found.append((name, as_text(row.get("value"), f"{where}[{number}].value")))
    return found


def _sent(value: Any, where: str) -> Content:
    if value is None:
        return Content()
    post = as_object(value, where)
    if post.get("text"):
        text = as_bytes(post["text"], f"{where}.text")
        return Content(raw=_decoded(text, f"{where}.text") if post.get("encoding") == "base64" else text)
    form: dict[str, Any] = {}
    for number, one in enumerate(as_list(post.get("params") or [], f"{where}.params")):
        row = as_object(one, f"{where}.params[{number}]")
        name = as_text(row.get("name"), f"{where}.params[{number}].name")
        add_field(form, name, as_text(row.get("value", ""), f"{where}.params[{number}].value"))
    return Content(form=form or None)


def _content(value: Any, where: str) -> Content:
    if value is None:
        return Content()
    content = as_object(value, where)
    text = as_bytes(content.get("text"), f"{where}.text")
    return Content(raw=_decoded(text, f"{where}.text") if content.get("encoding") == "base64" else text)


def _decoded(text: bytes, where: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        raise FixtureError("this is no base64", where=where) from None


def _events(value: Any, head_ms: int, where: str) -> list[tuple[float, bytes]]:
    """Chrome's events as bytes of a stream, with the seconds of each since the request."""
    found: list[tuple[float, bytes]] = []
    began: float | None = None
    for number, one in enumerate(as_list([] if value is None else value, where)):
        row = as_object(one, f"{where}[{number}]")
        time_s = number_of(row.get("time"))
        began = time_s if began is None else began
        lines: list[str] = []
        event = as_text(row.get("eventName") or "", f"{where}[{number}].eventName")
        if event not in {"", _USUAL_EVENT}:
            lines.append(f"event: {event}")
        if row.get("eventId"):
            lines.append(f"id: {as_text(row['eventId'], f'{where}[{number}].eventId')}")
        lines += (f"data: {line}" for line in as_text(row.get("data"), f"{where}[{number}].data").split("\n"))
        block = "\n".join(lines) + "\n\n"
        found.append((head_ms / 1000 + max(0.0, time_s - began), block.encode("utf-8", "surrogatepass")))
    return found


def _frames(value: Any, where: str, store: Store) -> list[Frame]:
    found: list[Frame] = []
    before: float | None = None
    for number, one in enumerate(as_list(value, where)):
        row = as_object(one, f"{where}[{number}]")
        time_s = number_of(row.get("time"))
        waited_ms = milliseconds((time_s - before) * 1000) if before is not None else 0
        before = time_s
        side = "c" if row.get("type") == "send" else "s"
        content = as_text(row.get("data"), f"{where}[{number}].data")
        if row.get("opcode") == _BINARY:
            blob = store(_decoded(content.encode(), f"{where}[{number}].data"), "application/octet-stream")
            found.append(Frame(side=side, dt_ms=waited_ms, blob=blob))
            continue
        value_of = lossless(content.encode("utf-8", "surrogatepass"))
        if isinstance(value_of, dict | list):
            found.append(Frame(side=side, dt_ms=waited_ms, data=value_of))
        else:
            found.append(Frame(side=side, dt_ms=waited_ms, text=content))
    return found

"""Requests as fixtures keep them: the caller's, from what came in; ours, from the call that goes up."""

import functools
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from aigw_dev.core.mask import Masker, mask_url
from aigw_dev.core.recording.document import lossless
from aigw_dev.core.recording.fixture import Blob, FilePart, Request
from aigw_dev.core.recording.keys import SUBPROTOCOLS
from aigw_dev.server.call import Call
from aigw_dev.server.headers import Pairs, value_of
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.trail import Trail

KEPT_HEADERS: Final = ("anthropic-version", "anthropic-beta", "openai-beta")
"""Headers that change what a provider answers."""

Clean = Callable[[bytes], bytes]
"""Masks secrets in bytes (`Masker.bytes`)."""


class _Watched:
    """Masks, and sees whether a secret was there that is not merely shaped like a key: a replay will not know it."""

    def __init__(self, clean: Clean) -> None:
        self._clean = clean
        self.has_known = False

    def __call__(self, raw: bytes) -> bytes:
        masked = self._clean(raw)
        if masked is not raw and masked != _shapes().bytes(raw):
            self.has_known = True
        return masked

    def text(self, text: str) -> str:
        return self(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


@functools.cache
def _shapes() -> Masker:
    return Masker()


def of_caller(inbound: Inbound, clean: Clean) -> Request:
    """What the app sent. A body is masked before it is read, so that a key is the same in recording and replay."""
    clean = _Watched(clean)
    made = Request(
        op=inbound.match.operation.name,
        method=inbound.method,
        path=clean.text(mask_url(_path(inbound))),
        headers=_headers(inbound.headers),
    )
    _take_offers(made, inbound)
    if inbound.upload is not None:
        _take_upload(made, inbound, clean)
    elif inbound.body:
        made.body = decoded(clean(inbound.body))
    made.is_masked = clean.has_known
    return made


def of_call(call: Call, trail: Trail, clean: Clean) -> Request:
    """What went to a provider; a body that was streamed up is not repeated."""
    headers = _headers(call.headers)
    made = Request(op=trail.operation, method=call.method, headers=headers, path=path_of_call(call, trail))
    _take_offers(made, trail.inbound)
    if isinstance(call.body, bytes) and call.body:
        made.body = decoded(clean(call.body))
    return made


def path_of_call(call: Call, trail: Trail) -> str:
    """Where a call goes below its host, as far as the caller's own request does not say it."""
    if not trail.is_step:
        return _path(trail.inbound)
    return mask_url("/" + call.url.partition("://")[2].partition("/")[2])


def decoded(body: bytes) -> Any:
    """A JSON body, or its text where it is none, or one that a file could not hold: very deep, `1e999`, a key twice."""
    found = lossless(body)
    return body.decode("utf-8", "replace") if found is msgspec.UNSET else found


def _path(inbound: Inbound) -> str:
    """What of the path the operation's name does not say: a thing's address, a model named there."""
    match = inbound.match
    if match.operation.family in {"resource", "raw"}:
        query = inbound.query.decode("latin-1")
        rest = (
            match.rest
            if match.operation.family == "raw"
            else match.operation.path.replace("{id}", match.resource_id)
        )
        return f"{rest}?{query}" if query else rest
    if inbound.subprotocols is not None:  # a socket has no body: what is asked stands in the query
        fields = parse_qsl(inbound.query.decode("latin-1"), keep_blank_values=True)
        return mask_url(f"?{urlencode(fields, safe='/:,')}") if fields else ""
    return f"models/{match.path_model}" if match.path_model else ""


def _take_offers(made: Request, inbound: Inbound) -> None:
    if inbound.subprotocols:
        made.headers[SUBPROTOCOLS] = b", ".join(inbound.subprotocols).decode("latin-1")


def _headers(pairs: Pairs) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in KEPT_HEADERS:
        value = value_of(pairs, name.encode())
        if value:
            found[name] = value.decode("latin-1")
    return found


def _take_upload(made: Request, inbound: Inbound, clean: "_Watched") -> None:
    """A form's fields and files by their hashes, or a whole body by its own; texts masked as bodies are."""
    upload = inbound.upload
    assert upload is not None  # noqa: S101  -- the caller looked
    if not upload.parts:
        made.blob = Blob(sha256=upload.sha256, type=upload.content_type, bytes=upload.size)
        return
    form: dict[str, Any] = {}
    for part in upload.parts:
        if part.text is not None:
            _add(form, clean.text(part.name), clean.text(part.text))
            continue
        blob = Blob(sha256=part.sha256, type=part.content_type, bytes=part.size)
        one = FilePart(
            name=clean.text(part.name),
            filename=clean.text(part.filename or ""),
            type=part.content_type,
            blob=blob,
        )
        made.files.append(one)
    made.form = form


def _add(form: dict[str, Any], name: str, value: str) -> None:
    if name not in form:
        form[name] = value
    elif isinstance(form[name], list):
        form[name].append(value)
    else:
        form[name] = [form[name], value]

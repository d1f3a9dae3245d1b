"""One recorded HTTP request with its reply, as an interaction: the step that all importers share.

What a foreign recording has is what its client sent to a provider. Through the gateway the same client asks for the same
with the gateway's names: a model of a provider that is not its dialect's home becomes `provider/model`.
"""

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.operations import RAW
from aigw_dev.core.recording.events import is_terminated
from aigw_dev.core.recording.fixture import Attempt, End, Frame, Interaction, Request, Response
from aigw_dev.core.recording.importing.destination import Destination, destination_of, home_of
from aigw_dev.core.recording.importing.imported import Skip, Store, named
from aigw_dev.core.recording.importing.payload import take_request, take_response, unpacked
from aigw_dev.core.recording.redaction import request_headers, response_headers

_VERSION_FIELD: Final = "anthropic_version"


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A body as its source has it."""

    raw: bytes = b""
    """As on the wire, content encoding and all, or unpacked by the recorder."""
    value: Any = msgspec.UNSET
    """Decoded by the recorder already; goes before `raw`."""
    form: dict[str, Any] | None = None
    """A form's text fields, where the source has no more of it."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its reply."""

    where: str
    """Its place in the source: `interactions[3]`."""
    method: str
    url: str
    request_headers: list[tuple[str, str]] = []
    """Lower-case names."""
    sent: Content = Content()
    status: int = 200
    headers: list[tuple[str, str]] = []
    """The reply's; lower-case names."""
    got: Content = Content()
    pieces: Sequence[tuple[float, bytes]] = ()
    """The reply's body with the seconds of each piece since the request, where the source knows them; before `got`."""
    frames: list[Frame] | None = None
    """Messages of a WebSocket."""
    head_ms: int = 0
    """Until the reply began; 0 = not known."""
    total_ms: int = 0
    """Until it had ended."""
    end: End = "eof"


class Made(msgspec.Struct, frozen=True):
    """An interaction, and what was guessed in making it."""

    interaction: Interaction
    notes: list[str]


def interaction_of(pair: Pair, *, store: Store) -> Made | Skip:
    """The interaction that a client of the gateway would have had, or why there is none. FixtureError for a bad URL."""
    there = destination_of(pair.method.upper(), pair.url, where=f"{pair.where}.request.url")
    if isinstance(there, str):
        return Skip(there)
    if there.operation.is_socket and pair.frames is None:
        return Skip("a WebSocket without its messages")
    request = Request(
        op=there.operation.name,
        method=pair.method.upper(),
        path=there.path,
        headers=request_headers(pair.request_headers),
    )
    failed = _take_sent(request, pair, store)
    if failed is not None:
        return failed
    response = _response(pair, store)
    if isinstance(response, Skip):
        return response
    notes: list[str] = [there.note] if there.note else []
    if _is_broken_off(response, there):
        response.end = "cut"
        notes.append(f"{pair.where}: the stream ends before it was over")
    sent = msgspec.structs.replace(request) if there.body_version else None
    model = _name_model(request, there)
    if not model and there.operation.family in {"chat", "count"}:
        return Skip("its request names no model")
    upstream = f"{there.provider}/{model}" if model else there.provider
    if model and there.provider != home_of(there.operation.dialect):
        notes.append(f"ask for {upstream} where {model} was asked for")
    attempt = Attempt(upstream=upstream, request=sent or "same", response=response)
    return Made(Interaction(request=request, attempts=[attempt]), notes)


def _is_broken_off(response: Response, there: Destination) -> bool:
    """Whether a chat's stream never said that it is over."""
    if not response.events or response.end != "eof" or there.operation.family != "chat":
        return False
    return not is_terminated(response.events, there.operation.dialect)


def _take_sent(request: Request, pair: Pair, store: Store) -> Skip | None:
    sent = pair.sent
    if sent.value is not msgspec.UNSET:
        if sent.value is not None:
            request.body = sent.value
        return None
    if not sent.raw and sent.form:
        request.form = dict(sent.form)
        return None
    opened = unpacked(sent.raw, named(pair.request_headers, "content-encoding"))
    if isinstance(opened, Skip):
        return opened
    return take_request(request, opened[0], named(pair.request_headers, "content-type"), store)


def _response(pair: Pair, store: Store) -> Response | Skip:
    response = Response(
        status=pair.status,
        headers=response_headers(pair.headers),
        end=pair.end,
        dt_ms=[pair.total_ms or pair.head_ms],
    )
    if pair.frames is not None:
        response.ws, response.dt_ms = pair.frames, []
        return response
    if pair.got.value is not msgspec.UNSET:
        if pair.got.value is not None:
            response.body = pair.got.value
        return response
    pieces = pair.pieces
    if not pieces:
        opened = unpacked(pair.got.raw, named(pair.headers, "content-encoding"))
        if isinstance(opened, Skip):
            return opened
        content, is_whole = opened
        pieces = [(pair.head_ms / 1000, content)] if content else []
        if not is_whole and response.end == "eof":
            response.end = "cut"
    take_response(response, pieces, named(pair.headers, "content-type"), store)
    return response


def _name_model(request: Request, there: Destination) -> str:
    """Write the model into `request` as the gateway's caller names it; the answer is the provider's own name for it."""
    if there.operation is RAW:
        return ""
    prefix = "" if there.provider == home_of(there.operation.dialect) else f"{there.provider}/"
    is_json = isinstance(request.body, dict)
    fields = cast("dict[str, Any]", request.body) if is_json else (request.form or {})
    own = fields.get("model")
    model = own if isinstance(own, str) and own else there.model
    if there.is_model_in_path:
        request.path = f"models/{prefix}{there.model}"
    if "model" in fields or there.body_version:
        renamed = fields | {"model": f"{prefix}{model}"}
        if there.body_version:
            renamed.pop(_VERSION_FIELD, None)
        if is_json:
            request.body = renamed
        else:
            request.form = renamed
    return model

"""A fixture's requests as calls to some other address, and its recorded replies as what that address should answer."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote, urlsplit

import msgspec

from aigw_dev.core.operations import OPERATIONS, Operation
from aigw_dev.core.recording.drift import ShapeChange
from aigw_dev.core.recording.events import is_terminated, rows_of, whole_of
from aigw_dev.core.recording.fixture import Blob, FixtureError, Interaction, Request, Response
from aigw_dev.core.recording.keys import has_wilds

if TYPE_CHECKING:
    import httpx

ReadBlob = Callable[[Blob], bytes]

_BY_NAME: Final = {one.name: one for one in OPERATIONS}
_VERSIONS: Final = {"gemini-generate-content": "/v1beta"}
_USUAL_VERSION: Final = "/v1"
_BASES_WITH_VERSION: Final = frozenset({"openai-chat", "openai-responses"})
"""Dialects whose SDKs take a base URL that ends with the version."""
_CREDENTIALS: Final = {
    "openai-chat": ("authorization", "Bearer "),
    "openai-responses": ("authorization", "Bearer "),
    "anthropic-messages": ("x-api-key", ""),
    "gemini-generate-content": ("x-goog-api-key", ""),
}
"""The header that carries the key, and what stands before it."""
_NEEDED: Final = {"anthropic-messages": {"anthropic-version": "2023-06-01"}}
"""Headers without which a dialect's home refuses."""
_LONGEST_BYTES: Final = 64 * 1024 * 1024
_FAILED: Final = 400
_WORDS: Final = ("type", "code", "status")


class NotSentError(Exception):
    """An interaction that cannot be sent, or not be compared; says why."""


class Outgoing(msgspec.Struct, kw_only=True):
    """One call."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None = None
    fields: dict[str, Any] | None = None
    """Text fields of a form."""
    files: list[tuple[str, tuple[str, bytes, str]]] = []
    """Of a form: name, and file name, bytes, media type."""


def operation_of(request: Request) -> Operation:
    """What was asked. Raises `NotSentError` for one that this release does not know."""
    found = _BY_NAME.get(request.op)
    if found is None:
        raise NotSentError(f"the operation {request.op} is not known")
    return found


def outgoing(interaction: Interaction, base: str, *, read_blob: ReadBlob) -> Outgoing:
    """The caller's request of `interaction` for the base URL `base`, as the dialect's own SDK takes one.

    No credential is in it. Raises `NotSentError`, and `FixtureError` where a blob is not there.
    """
    request = interaction.request
    operation = operation_of(request)
    if operation.is_socket or any(
        one.response is not None and one.response.ws is not None for one in interaction.attempts
    ):
        raise NotSentError("a WebSocket")
    if has_wilds(request):
        raise NotSentError("its request has wildcards")
    made = Outgoing(
        method=request.method,
        url=_url(interaction, operation, base),
        headers={**_NEEDED.get(operation.dialect, {}), **request.headers},
    )
    _fill(made, request, read_blob)
    return made


def credential(operation: Operation, key: str) -> dict[str, str]:
    """The header that carries `key`; none without one."""
    name, lead = _CREDENTIALS[operation.dialect]
    return {name: f"{lead}{key}"} if key else {}


def expected(interaction: Interaction) -> Response:
    """What was answered in the end, in the caller's dialect. Raises `NotSentError` where nothing was."""
    if not interaction.attempts:
        raise NotSentError("nothing was recorded for it")
    last = interaction.attempts[-1]
    if last.response is None:
        raise NotSentError(f"no reply was recorded ({last.error or 'the call failed'})")
    target = operation_of(interaction.request).dialect
    source = last.response.dialect
    if not source:
        source = operation_of(last.request).dialect if isinstance(last.request, Request) else target
    if source == target or last.response.synth is not None:
        return last.response
    from aigw_dev.core.recording.recode import recode

    try:
        return recode(
            last.response,
            source=source,
            target=target,
            is_stream=last.response.events is not None,
            model=last.upstream.partition("/")[2],
        )
    except FixtureError as error:
        raise NotSentError(f"its reply in {source} cannot be read as {target}: {error.message}") from error


def ask(client: "httpx.Client", call: Outgoing, *, dialect: str) -> Response:
    """The reply, as a fixture would keep it. Raises `httpx.HTTPError` where none came at all."""
    import httpx

    from aigw_dev.core.recording.redaction import response_headers

    sent_s = time.monotonic()
    pieces: list[tuple[float, bytes]] = []
    made, size = Response(), 0
    form: dict[str, Any] = {"data": call.fields, "files": call.files} if call.fields is not None else {}
    with client.stream(call.method, call.url, headers=call.headers, content=call.content, **form) as reply:
        made.status, made.headers = reply.status_code, response_headers(reply.headers.multi_items())
        try:
            for piece in reply.iter_bytes():
                pieces.append((time.monotonic() - sent_s, piece))
                size += len(piece)
                if size > _LONGEST_BYTES:
                    made.end = "cut"
                    break
        except httpx.HTTPError:
            made.end = "reset"
        kind = reply.headers.get("content-type", "")
    made.dt_ms = [round((time.monotonic() - sent_s) * 1000)]
    _take_body(made, pieces, kind, dialect)
    return made


def error_changes(recorded: Response, live: Response) -> list[ShapeChange]:
    """Where both are errors: the words that programs act on, which are values and no shape."""
    if recorded.status < _FAILED or live.status < _FAILED:
        return []
    before, after = _error_words(recorded), _error_words(live)
    return [
        ShapeChange(
            kind="changed",
            path=f"error.{name}",
            recorded=before.get(name, "none"),
            live=after.get(name, "none"),
        )
        for name in _WORDS
        if before.get(name) != after.get(name)
    ]


def _url(interaction: Interaction, operation: Operation, base: str) -> str:
    """`base` with the caller's path below it; a version that both have is said once."""
    request = interaction.request
    root = base.rstrip("/")
    version = _VERSIONS.get(operation.dialect, _USUAL_VERSION)
    if operation.family == "raw":
        provider = interaction.attempts[0].upstream.partition("/")[0] if interaction.attempts else ""
        return f"{root}/{quote(provider)}/{request.path.lstrip('/')}"
    root = root.removesuffix(version)
    below = request.path if operation.family == "resource" else operation.path
    model = request.path.removeprefix("models/") if request.path.startswith("models/") else ""
    if "{model}" in below:
        below = below.replace("{model}", quote(model, safe="/"))
    elif model and operation.dialect in _BASES_WITH_VERSION:
        return f"{root}/openai/deployments/{quote(model, safe='')}{below}"
    streams = any(
        one.response is not None and one.response.events is not None for one in interaction.attempts
    )
    query = "?alt=sse" if operation.dialect in _VERSIONS and streams else ""
    has_own_path = operation.dialect in _BASES_WITH_VERSION and bool(urlsplit(root).path)
    is_versioned = root != base.rstrip("/") or not has_own_path
    return f"{root}{version if is_versioned else ''}/{below.lstrip('/')}{query}"


def _fill(made: Outgoing, request: Request, read_blob: ReadBlob) -> None:
    if request.form is not None or request.files:
        made.fields = dict(request.form or {})
        made.files = [(one.name, (one.filename, read_blob(one.blob), one.type)) for one in request.files]
        return
    if request.blob is not None:
        made.content = read_blob(request.blob)
        made.headers["content-type"] = request.blob.type or "application/octet-stream"
        return
    if request.body is msgspec.UNSET:
        return
    from aigw_dev.server.testbench.replayed import json_bytes

    made.content = json_bytes(request.body, read_blob)
    made.headers["content-type"] = "application/json"


def _take_body(made: Response, pieces: list[tuple[float, bytes]], kind: str, dialect: str) -> None:
    if kind.lower().startswith("text/event-stream"):
        found = rows_of(pieces, kind)
        made.events, made.raw = found.events, found.raw
        is_whole = made.events is None or is_terminated(made.events, dialect)
        if made.end == "eof" and not is_whole:
            made.end = "cut"
        return
    content = b"".join(piece for _, piece in pieces)
    whole = whole_of(content, kind)
    made.body, made.text = whole.body, whole.text
    if content and whole.body is msgspec.UNSET and whole.text is None:
        made.blob = Blob(sha256="", type=kind, bytes=len(content))


def _error_words(response: Response) -> dict[str, str]:
    body: Any = response.body
    error: Any = cast("dict[str, Any]", body).get("error") if isinstance(body, dict) else None
    words = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    return {name: str(words[name]) for name in _WORDS if isinstance(words.get(name), (str, int))}

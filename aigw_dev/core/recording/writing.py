"""A fixture as its canonical text: the same fixture is always the same bytes, and they read back as that fixture.

Fields stand in a fixed order at the levels of the format and in wire order within bodies; what is empty is left out.

Order that is not kept: headers that differ each time (`common`'s `~headers`) come behind the others. Everything else
comes back in the order it was recorded in; where one order of fields does not fit every event, none is hoisted.
"""

import base64
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.document import Line, Rows, one_line, pretty
from aigw_dev.core.recording.fixture import (
    FORMAT,
    Attempt,
    EventRow,
    FilePart,
    Fixture,
    FixtureError,
    Frame,
    Interaction,
    Request,
    Response,
    Synth,
)
from aigw_dev.core.recording.growth import Bodies, Body, comparable, patch_between
from aigw_dev.core.recording.literals import Encoder, Store, text_of, written_blob
from aigw_dev.core.recording.volatile import Common

_PLAIN_SYNTH: Final = msgspec.structs.asdict(Synth())
_WAYS: Final = ("body", "text", "blob", "events", "raw", "ws", "synth")


def write_fixture(fixture: Fixture, *, store: Store) -> bytes:
    """The file's bytes. `store(bytes, media_type)` keeps what is too long for it and says how it is called.

    Raises FixtureError for what a file cannot hold: NaN, values that are no JSON, too deep a nesting.
    """
    head: dict[str, Any] = {
        "aigw_fixture": FORMAT,
        "test": fixture.test,
        "recorded_at": fixture.recorded_at,
        "expires": fixture.expires,
        "notes": _lines(fixture.notes),
        "ignore": list(fixture.ignore),
    }
    writer = _Writer(store)
    document = {key: value for key, value in head.items() if value not in ("", [])}
    document["interactions"] = [_written(writer, at, one) for at, one in enumerate(fixture.interactions)]
    return pretty(document)


def _written(writer: "_Writer", at: int, interaction: Interaction) -> dict[str, Any]:
    """One interaction; what cannot be written is said with its place."""
    where = f"$.interactions[{at}]"
    try:
        return writer.interaction(at, interaction)
    except RecursionError:
        raise FixtureError("a recorded value nests too deep to be written", where=where) from None
    except FixtureError as error:
        if error.where:
            raise
        raise FixtureError(error.message, where=where, code=error.code, hint=error.hint) from None


class _Writer:
    """Writes interactions in order: later ones refer to what earlier ones brought."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._bodies = Bodies()
        self._links: dict[str, str] = {}

    def interaction(self, at: int, interaction: Interaction) -> dict[str, Any]:
        written: dict[str, Any] = {}
        if interaction.key:
            written["key"] = interaction.key
        written["request"] = self._kept(*self._request(interaction.request, at))
        route = interaction.route
        if route is not None:
            written["route"] = {"asked": route.asked, "rule": route.rule, "chosen": route.chosen}
        written["attempts"] = [
            self._attempt(one, interaction.request, f"{at}.{number}")
            for number, one in enumerate(interaction.attempts)
        ]
        plain = Encoder()
        if interaction.usage is not None:
            written["usage"] = plain.value(interaction.usage)
        if interaction.summary is not None:
            written["summary"] = plain.value(interaction.summary)
        if interaction.repeat:
            written["repeat"] = interaction.repeat
        if interaction.note:
            written["note"] = _lines(interaction.note)
        return written

    def _attempt(self, attempt: Attempt, client: Request, reference: str) -> dict[str, Any]:
        written: dict[str, Any] = {"upstream": attempt.upstream}
        if attempt.kind:
            written["kind"] = attempt.kind
        if attempt.why:
            written["why"] = attempt.why
        written["request"] = self._sent(attempt.request, client, reference)
        if attempt.response is not None:
            written["response"] = self._response(attempt.response, reference)
        if attempt.error:
            written["error"] = attempt.error
        if attempt.error_text:
            written["error_text"] = _lines(attempt.error_text)
        return written

    def _sent(self, request: Any, client: Request, reference: str) -> Any:
        if not isinstance(request, Request):
            return "same"
        full, body = self._request(request, reference)
        patch = patch_between(client.body, request.body)
        if patch is None or not _is_alike(request, client):
            return self._kept(full, body)
        short: dict[str, Any] = {"~patch": self._encoder().value(patch)}
        if request.op != client.op:
            short["op"] = request.op
        if request.headers != client.headers:
            short["headers"] = request.headers
        return short if len(one_line(short)) < len(one_line(full)) else self._kept(full, body)

    def _kept(self, written: dict[str, Any], body: Body | None) -> dict[str, Any]:
        """The request as it is written in full, which later ones may extend."""
        if body is not None:
            self._bodies.remember(body)
        return written

    def _request(self, request: Request, reference: int | str) -> tuple[dict[str, Any], Body | None]:
        encoder = self._encoder()
        body: Body | None = None
        written: dict[str, Any] = {"op": request.op}
        if request.method != "POST":
            written["method"] = request.method
        if request.path:
            written["path"] = request.path
        if request.headers:
            written["headers"] = dict(request.headers)
        if request.body is not msgspec.UNSET:
            fields = encoder.value(request.body)
            body = comparable(reference, fields)
            written["body"] = fields if body is None else self._bodies.shortest(body)
        if request.form is not None:
            written["form"] = encoder.value(request.form)
        if request.files:
            written["files"] = [_file(one) for one in request.files]
        if request.blob is not None:
            written["body"] = written_blob(msgspec.structs.replace(request.blob, form=""))
        return written, body

    def _response(self, response: Response, reference: str) -> dict[str, Any]:
        common = Common(response)
        encoder = Encoder(store=self._store, shorten=common.shorten, is_reply=True)
        way = _way(response, reference)
        content = _content(response, way, encoder, common)
        for text, known in common.links().items():
            self._links.setdefault(text, f"{reference}.{known}")
        written: dict[str, Any] = {"status": response.status}
        headers = {name: text for name, text in response.headers.items() if name not in common.headers}
        if headers:
            written["headers"] = headers
        times = [*response.dt_ms, *(frame.dt_ms for frame in response.ws or [])]
        if times:
            written["dt_ms"] = Line(times)
        line = common.written()
        if line:
            written["common"] = Line(line)
        written.update(content)
        if response.close is not None:
            close = response.close
            written["close"] = Line([close.side, close.code, *([close.reason] if close.reason else [])])
        if response.end != "eof" or way in {"events", "raw"}:
            written["end"] = response.end
        if response.dialect:
            written["dialect"] = response.dialect
        return written

    def _encoder(self) -> Encoder:
        return Encoder(store=self._store, shorten=self._linked)

    def _linked(self, _name: str, value: Any) -> Any:
        known = self._links.get(value) if isinstance(value, str) else None
        return None if known is None else {"~v": known}


def _way(response: Response, reference: str) -> str:
    """Which of the ways to hold a reply this one takes; empty for an empty body."""
    found = [one for one in _WAYS if getattr(response, one) is not (msgspec.UNSET if one == "body" else None)]
    if len(found) > 1:
        raise FixtureError(
            f"a reply holds {' and '.join(found)}, only one can be written", where=f"attempt {reference}"
        )
    return found[0] if found else ""


def _content(response: Response, way: str, encoder: Encoder, common: Common) -> dict[str, Any]:
    match way:
        case "body":
            return {"body": encoder.value(response.body)}
        case "text":
            return {"text": _lines(response.text or "")}
        case "blob" if response.blob is not None:
            return {"body": written_blob(msgspec.structs.replace(response.blob, form=""))}
        case "events":
            return {"events": Rows([_event(row, encoder, common) for row in response.events or []])}
        case "raw":
            return {"raw": Rows([[wait, _raw(piece)] for wait, piece in response.raw or []])}
        case "ws":
            return {"ws": Rows([_frame(frame, encoder) for frame in response.ws or []])}
        case "synth" if response.synth is not None:
            fields = msgspec.structs.asdict(response.synth)
            return {
                "synth": Encoder().value(
                    {key: one for key, one in fields.items() if one != _PLAIN_SYNTH[key]}
                )
            }
        case _:
            return {}


def _event(row: EventRow, encoder: Encoder, common: Common) -> list[Any]:
    extra: list[Any] = [{"id": row.id}] if row.id else []
    if row.data is msgspec.UNSET or _is_scalar(row.data):
        text = row.text if row.data is msgspec.UNSET else text_of(row.data)
        return [text] if row.name is None and not extra else [row.name, text, *extra]
    data: Any = row.data
    if isinstance(data, dict):
        data = common.own(cast("dict[str, Any]", data))
    return [row.name, encoder.row(data), *extra]


def _frame(frame: Frame, encoder: Encoder) -> list[Any]:
    if frame.blob is not None:
        return [frame.side, written_blob(frame.blob)]
    if frame.data is msgspec.UNSET or _is_scalar(frame.data):
        text = frame.text or "" if frame.data is msgspec.UNSET else text_of(frame.data)
        return [frame.side, text]
    extra: list[Any] = [{"binary": True}] if frame.is_binary else []
    return [frame.side, encoder.row(frame.data), *extra]


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _raw(piece: bytes) -> Any:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(piece).decode()}


def _file(part: FilePart) -> dict[str, Any]:
    return {
        "name": part.name,
        "filename": part.filename,
        "type": part.type,
        "~blob": f"sha256:{part.blob.sha256}",
        "bytes": part.blob.bytes,
    }


def _lines(text: str) -> Any:
    return {"~lines": text.split("\n")} if "\n" in text else text


def _is_alike(request: Request, client: Request) -> bool:
    return (
        request.method == client.method
        and request.path == client.path
        and request.form is None
        and not request.files
        and request.blob is None
    )

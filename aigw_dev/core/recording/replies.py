"""A recorded reply from its object in the file: what `common` holds is put back where it stood."""

import base64
import binascii
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.recording.document import one_line
from aigw_dev.core.recording.fixture import Blob, Closing, EventRow, Frame, Response, Synth
from aigw_dev.core.recording.literals import Decoder, Fetch, Wrong
from aigw_dev.core.recording.section import Section, decoded

Links = dict[str, dict[str, Any]]
"""Per attempt (`I.A`) the values that its reply brought, by their index or field in `common`."""

_ENDS: Final = ("eof", "cut", "reset", "client_abort")
_LEAST_STATUS: Final = 100
_MOST_STATUS: Final = 599
_WAYS: Final = ("body", "text", "events", "raw", "ws", "synth")


def read_response(section: Section, fetch: Fetch | None) -> tuple[Response, dict[str, Any]]:
    """The reply, and the values later requests may refer to. Raises FixtureError."""
    response = Response(
        status=_status(section),
        headers=section.named_texts("headers"),
        dt_ms=_times(section),
    )
    reply = _Reply(section, fetch)
    response.headers = {**response.headers, **reply.headers}
    section.may_have(*_WAYS)
    ways = [one for one in _WAYS if one in section.fields]
    if len(ways) > 1:
        raise section.wrong(ways[1], f"a reply has one of {', '.join(_WAYS)}; here `{ways[0]}` stands too")
    for way in ways:
        getattr(reply, f"read_{way}")(response)
    response.end = section.choice("end", _ENDS, "eof")
    response.dialect = section.take("dialect", str, "")
    section.end()
    return response, reply.brought()


def _status(section: Section) -> int:
    status = section.take("status", int, 200)
    if not _LEAST_STATUS <= status <= _MOST_STATUS:
        raise section.wrong(
            "status",
            f"a status is a whole number from {_LEAST_STATUS} to {_MOST_STATUS}, not {str(status)[:20]}",
        )
    return status


class _Reply:
    """One reply while it is read."""

    def __init__(self, section: Section, fetch: Fetch | None) -> None:
        self._section = section
        self._decoder = Decoder(fetch=fetch, look_up=self._look_up, is_reply=True)
        common = section.optional("common") or Section({}, f"{section.where}.common")
        self.headers = common.named_texts("~headers")
        self._values = common.items("~v")
        self._order = {key: at for at, key in enumerate(common.texts("~order"))}
        plain = Decoder(fetch=fetch, is_reply=True)
        self._named: dict[str, Any] = {
            key: decoded(lambda one=one: plain.value(one), f"{common.where}.{key}")
            for key, one in common.fields.items()
        }

    def brought(self) -> dict[str, Any]:
        """Everything that `~v` may name."""
        return {**self._named, **{str(at): one for at, one in enumerate(self._values)}}

    def read_body(self, response: Response) -> None:
        """JSON, or a blob as a whole."""
        body = self._value("body")
        if isinstance(body, Blob) and not body.form:
            response.blob = body
            return
        if isinstance(body, dict):
            fields = cast("dict[str, Any]", body)
            body = {**{key: one for key, one in self._named.items() if key not in fields}, **fields}
        response.body = body

    def read_text(self, response: Response) -> None:
        """Any text."""
        response.text = self._section.text("text")

    def read_events(self, response: Response) -> None:
        """Rows `[name, data, {"id": ..}?]` or `[text]`."""
        response.events = [
            self._event(one, f"{self._section.where}.events[{at}]")
            for at, one in enumerate(self._section.items("events"))
        ]

    def read_raw(self, response: Response) -> None:
        """Rows `[milliseconds, text | {"b64": ..}]`."""
        response.raw = [
            _piece(one, f"{self._section.where}.raw[{at}]")
            for at, one in enumerate(self._section.items("raw"))
        ]

    def read_ws(self, response: Response) -> None:
        """Rows `["c" | "s", milliseconds?, data, {"binary": true}?]`; without milliseconds the last of `dt_ms` are theirs."""
        rows = self._section.items("ws")
        times = response.dt_ms[-len(rows) :] if rows and len(response.dt_ms) >= len(rows) else []
        response.dt_ms = response.dt_ms[: len(response.dt_ms) - len(times)]
        response.ws = [
            self._frame(one, times[at] if times else 0, f"{self._section.where}.ws[{at}]")
            for at, one in enumerate(rows)
        ]
        if "close" in self._section.fields:
            response.close = _closing(self._section.pop("close"), f"{self._section.where}.close")

    def read_synth(self, response: Response) -> None:
        """Hand-written: the fields of `Synth`."""
        fields = self._value("synth")
        try:
            response.synth = msgspec.convert(fields, Synth)
        except msgspec.ValidationError as error:
            raise self._section.wrong("synth", f"it is no answer to build: {error}", _SYNTH_HINT) from None

    def _value(self, name: str) -> Any:
        raw = self._section.pop(name)
        return decoded(lambda: self._decoder.value(raw), f"{self._section.where}.{name}")

    def _look_up(self, reference: Any) -> Any:
        if isinstance(reference, str) and reference in self._named:
            return self._named[reference]
        if (
            isinstance(reference, int)
            and not isinstance(reference, bool)
            and 0 <= reference < len(self._values)
        ):
            return self._values[reference]
        raise Wrong(
            f"`~v` refers to {one_line(reference)[:40]}, which the `common` of this reply does not have",
            f"`~v` there has {len(self._values)} entries, counted from 0",
        )

    def _event(self, value: Any, where: str) -> EventRow:
        row = decoded(lambda: _row(value, 3, '[name, data, {"id": ..}] or [text]'), where)
        if len(row) == 1:
            return EventRow(text=decoded(lambda: _as_text(row[0]), where))
        name = row[0]
        if name is not None and not isinstance(name, str):
            raise Section({}, where).wrong("name", "an event's name is a text or null")
        extra = Section(row[2] if len(row) > 2 else {}, where)  # noqa: PLR2004 - the row's third entry
        event_id = extra.take("id", str, "")
        extra.end()
        data = decoded(lambda: self._decoder.value(row[1]), f"{where}[1]")
        if isinstance(data, str):
            return EventRow(name=name, text=data, id=event_id)
        if isinstance(data, dict):
            data = self._whole(cast("dict[str, Any]", data))
        return EventRow(name=name, data=data, id=event_id)

    def _whole(self, data: dict[str, Any]) -> dict[str, Any]:
        whole = {**self._named, **data}
        if not self._order:
            return whole
        last = len(self._order)
        return dict(sorted(whole.items(), key=lambda item: self._order.get(item[0], last)))

    def _frame(self, value: Any, wait: int, where: str) -> Frame:
        row = decoded(lambda: _row(value, 4, _FRAME_FORM), where)
        side, *rest = row
        if side not in {"c", "s"}:
            raise Section({}, where).wrong("side", "a frame is sent by `c`, the caller, or `s`, the provider")
        is_binary = _is_marked(rest)
        if is_binary:
            rest.pop()
        if len(rest) > 1:
            wait = decoded(lambda: _milliseconds(rest[0]), where)
        if len(rest) > 2:  # noqa: PLR2004 - milliseconds and data
            raise Section({}, where).wrong("[3]", f"a row {_FRAME_FORM} must stand here")
        if not rest:
            return Frame(side=side, dt_ms=wait)
        data = decoded(lambda: self._decoder.value(rest[-1]), where)
        if isinstance(data, str):
            return Frame(side=side, dt_ms=wait, text=data)
        if isinstance(data, Blob):
            return Frame(side=side, dt_ms=wait, blob=data)
        return Frame(side=side, dt_ms=wait, data=data, is_binary=is_binary)


_FRAME_FORM: Final = '["c" | "s", milliseconds?, data, {"binary": true}?]'
_SYNTH_HINT: Final = "known: text, reasoning, tool_calls, finish, usage, chunks, ttft_ms, tps"


def _times(section: Section) -> list[int]:
    values = section.items("dt_ms")
    for at, one in enumerate(values):
        decoded(lambda one=one: _milliseconds(one), f"{section.where}.dt_ms[{at}]")
    return values


def _milliseconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Wrong("milliseconds are a whole number, not below 0")
    return value


def _row(value: Any, most: int, form: str) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(cast("list[Any]", value)) <= most:
        raise Wrong(f"a row {form} must stand here")
    return cast("list[Any]", value)


def _as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong(
            "a row of one entry is a text", "an event with JSON is [name, data], the name may be null"
        )
    return value


def _is_marked(rest: list[Any]) -> bool:
    """Whether a frame's last entry says that its data was sent as a binary message; data is never a number."""
    if len(rest) < 2 or (len(rest) == 2 and isinstance(rest[0], int)):  # noqa: PLR2004 - data and mark
        return False
    return rest[-1] == {"binary": True}


def _closing(value: Any, where: str) -> Closing:
    row = decoded(lambda: _row(value, 3, '["c" | "s", code, reason?]'), where)
    if row[0] not in {"c", "s"} or len(row) < 2 or type(row[1]) is not int:  # noqa: PLR2004 - side and code
        raise Section({}, where).wrong("[1]", 'a row ["c" | "s", code, reason?] must stand here')
    return Closing(
        side=row[0], code=row[1], reason=decoded(lambda: _as_text(row[2]), where) if row[2:] else ""
    )


def _piece(value: Any, where: str) -> tuple[int, bytes]:
    row = decoded(lambda: _row(value, 2, '[milliseconds, text | {"b64": ..}]'), where)
    if len(row) != 2:  # noqa: PLR2004 - a pair
        raise Section({}, where).wrong("[1]", "the piece is missing")
    wait = decoded(lambda: _milliseconds(row[0]), where)
    if isinstance(row[1], str):
        return wait, row[1].encode("utf-8", "surrogatepass")
    piece = Section(row[1], where)
    encoded = piece.take("b64", str)
    piece.end()
    try:
        return wait, base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise piece.wrong("b64", "it is no base64") from None

"""What a reviewer reads first of an interaction, derived from the recorded reply, and whether a file agrees with itself."""

from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.dialects.registry import DIALECTS
from aigw_dev.core.exchange import Assembled
from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.recording import events as streams
from aigw_dev.core.recording.document import one_line
from aigw_dev.core.recording.fixture import (
    Attempt,
    Blob,
    EventRow,
    Fixture,
    Interaction,
    Request,
    Response,
    Synth,
)
from aigw_dev.core.recording.literals import Encoder
from aigw_dev.core.recording.socket_reader import SocketReader

FIELDS: Final = ("text", "refusal", "tool_calls", "finish", "vectors", "dims")
"""What a summary may hold; none of it is a timing."""
MAX_TEXT_CHARS: Final = 2000
"""Of `text`: a reply of megabytes is not said twice."""
_FAILED: Final = 400
_BYTES_PER_FLOAT: Final = 4
_DIALECT_OF: Final = {operation.name: operation.dialect for operation in OPERATIONS}
_FINISHES: Final = {
    "end_turn": "stop",
    "completed": "stop",
    "STOP": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "MAX_TOKENS": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "SAFETY": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
}
"""Providers' words for why a reply ended, in neutral ones; any other word stays."""
_REFERENCES: Final = frozenset({"tool_call_id", "tool_use_id"})
_OUTPUT: Final = "_output"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in a fixture that contradicts another."""

    where: str
    """A JSON path."""
    message: str
    hint: str = ""


def summary_of(response: Response, *, op: str, dialect: str = "") -> dict[str, Any] | None:
    """`text`, `refusal`, `tool_calls` as `name(arguments)`, `finish`, or `vectors` and `dims`; None where there is none.

    `dialect` is that of the reply; empty = as the reply or `op` says. Of a long `text` the beginning, with `…`.
    """
    return shortened(_whole_summary(response, op=op, dialect=dialect))


def shortened(summary: dict[str, Any] | None) -> dict[str, Any] | None:
    """A summary with no more than the beginning of its text; anything else as it is."""
    text = (summary or {}).get("text")
    if summary is None or not isinstance(text, str) or len(text) <= MAX_TEXT_CHARS:
        return summary
    return {**summary, "text": f"{text[: MAX_TEXT_CHARS - 1]}…"}


def _whole_summary(response: Response, *, op: str, dialect: str) -> dict[str, Any] | None:
    if response.synth is not None:
        return _synthetic(response.synth)
    if response.status >= _FAILED:
        return None
    name = dialect or response.dialect or _DIALECT_OF.get(op, "")
    if response.ws is not None:
        reader = SocketReader()
        for frame in response.ws:
            if frame.side == "s":
                reader.hear(frame.data)
        return _said(reader.assembled())
    rows = _rows(response)
    if rows is not None:
        return _listened(rows, name) if name in DIALECTS else None
    if response.text is not None:
        return {"text": response.text} if response.text else None
    if not isinstance(response.body, dict):
        return None
    body = cast("dict[str, Any]", response.body)
    vectors = _vectors(body)
    if vectors:
        return {"vectors": len(vectors), "dims": vectors[0]}
    content = streams.json_bytes(Encoder().row(body))
    summary = _said(DIALECTS[name].reply_summary(content).assembled) if name in DIALECTS else None
    text = body.get("text")  # a transcription
    return summary or ({"text": text} if isinstance(text, str) and text else None)


def summary_of_interaction(
    interaction: Interaction, *, dialect: str = "", is_whole: bool = False
) -> dict[str, Any] | None:
    """The summary of the last attempt's reply; `is_whole` leaves a long text as it is, for who masks secrets in it first."""
    if not interaction.attempts or interaction.attempts[-1].response is None:
        return None
    last = interaction.attempts[-1]
    assert last.response is not None  # noqa: S101 - looked at above
    found = _whole_summary(last.response, op=_op_of(last, interaction), dialect=dialect)
    return found if is_whole else shortened(found)


def check_fixture(fixture: Fixture) -> list[Finding]:
    """What in a fixture disagrees: keys, summaries, timings, ends and links of tool calls. Read it with its blobs."""
    findings: list[Finding] = []
    known: set[str] = set()
    for at, interaction in enumerate(fixture.interactions):
        where = f"$.interactions[{at}]"
        findings += _check_key(interaction, fixture, where)
        findings += _check_summary(interaction, where)
        if not interaction.attempts:
            findings.append(
                Finding(
                    where=f"{where}.attempts",
                    message="no attempt stands here, so nothing can be answered",
                    hint='at least one: {"upstream": "PROVIDER/MODEL", "response": ...}',
                )
            )
        known |= set(_named(interaction.request.body))
        findings += _check_links(interaction.request.body, known, f"{where}.request.body")
        for number, attempt in enumerate(interaction.attempts):
            if attempt.response is None:
                continue
            place = f"{where}.attempts[{number}].response"
            findings += _check_times(attempt.response, place)
            findings += _check_end(attempt.response, _op_of(attempt, interaction), place)
            for value in _values(attempt.response):
                known |= set(_named(value))
    return findings


# summaries


def _rows(response: Response) -> list[EventRow] | None:
    if response.raw is None:
        return response.events
    kind = response.headers.get("content-type", "")
    return streams.rows_of([(0.0, piece) for _wait, piece in response.raw], kind).events or []


def _listened(rows: list[EventRow], dialect: str) -> dict[str, Any] | None:
    reader = DIALECTS[dialect].stream_reader()
    for event in streams.events_of([_plain(row) for row in rows]):
        reader.feed(event)
    said = reader.assembled()
    return _said(said if said.finish else msgspec.structs.replace(said, finish=reader.finish))


def _plain(row: EventRow) -> EventRow:
    """A row without blobs in it."""
    return row if row.data is msgspec.UNSET else msgspec.structs.replace(row, data=Encoder().row(row.data))


def _said(said: Assembled) -> dict[str, Any] | None:
    found = {
        "text": said.text,
        "refusal": said.refusal,
        "tool_calls": [f"{call.name}({call.arguments})" for call in said.tool_calls],
        "finish": _neutral(said.finish, has_calls=bool(said.tool_calls)),
    }
    return {key: value for key, value in found.items() if value} or None


def _neutral(finish: str, *, has_calls: bool) -> str:
    word = _FINISHES.get(finish, finish)
    return "tool_calls" if word == "stop" and has_calls else word


def _synthetic(synth: Synth) -> dict[str, Any] | None:
    calls: list[str] = []
    for call in synth.tool_calls:
        if isinstance(call, list) and len(cast("list[Any]", call)) == 2:  # noqa: PLR2004 - name and arguments
            name, arguments = cast("list[Any]", call)
            calls.append(f"{name}({arguments if isinstance(arguments, str) else one_line(arguments)})")
    found = {"text": synth.text, "tool_calls": calls, "finish": synth.finish}
    return {key: value for key, value in found.items() if value} or None


def _vectors(body: dict[str, Any]) -> list[int]:
    """The lengths of the vectors that a reply of embeddings holds."""
    found: list[int] = []
    for list_name, name in (("data", "embedding"), ("embeddings", "values")):
        entries = body.get(list_name)
        if isinstance(entries, list):
            found += [
                _dims(cast("dict[str, Any]", one).get(name))
                for one in cast("list[Any]", entries)
                if isinstance(one, dict)
            ]
    single = body.get("embedding")
    if isinstance(single, dict):
        found.append(_dims(cast("dict[str, Any]", single).get("values")))
    return [one for one in found if one]


def _dims(vector: Any) -> int:
    if isinstance(vector, list):
        return len(cast("list[Any]", vector))
    if isinstance(vector, Blob):
        return vector.count or (vector.bytes // _BYTES_PER_FLOAT if vector.form == "base64" else 0)
    if isinstance(vector, str):
        return (len(vector) * 3 // 4 - vector.count("=", -2)) // _BYTES_PER_FLOAT
    return 0


# checks


def _op_of(attempt: Attempt, interaction: Interaction) -> str:
    return attempt.request.op if isinstance(attempt.request, Request) else interaction.request.op


def _check_key(interaction: Interaction, fixture: Fixture, where: str) -> Iterator[Finding]:
    from aigw_dev.core.recording.keys import has_wilds, key_of

    if not interaction.key or has_wilds(interaction.request):
        return
    key = key_of(interaction.request, ignore=fixture.ignore)
    if key != interaction.key:
        yield Finding(
            where=f"{where}.key",
            message=f"the key is {interaction.key[:40]}, that of this request is {key}",
            hint="take the field `key` away (it is derived), or undo the change of the request",
        )


def _check_summary(interaction: Interaction, where: str) -> Iterator[Finding]:
    if interaction.summary is None or not interaction.attempts:
        return
    if interaction.attempts[-1].response is None:
        return
    actual = summary_of_interaction(interaction) or {}
    summary = shortened(interaction.summary) or {}  # older files have the whole of a long text
    for name in FIELDS:
        wanted = summary.get(name)
        if wanted is not None and wanted != actual.get(name):
            yield Finding(
                where=f"{where}.summary.{name}",
                message=f"the summary says {_shown(wanted)}, the reply {_shown(actual.get(name))}",
                hint="`aigw-dev fixtures fmt` writes it anew from the reply",
            )


def _shown(value: Any) -> str:
    text = one_line(value)
    return "nothing" if value is None else text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - a line's rest


def _check_times(response: Response, where: str) -> Iterator[Finding]:
    most = len(response.events) if response.events is not None else 0 if response.raw is not None else 1
    count = len(response.dt_ms)
    if count and count != most:
        yield Finding(
            where=f"{where}.dt_ms",
            message=f"there are {count} times for {most} {'events' if response.events is not None else 'replies'}",
            hint="one number for each event, in milliseconds since the one before; or none at all",
        )


def _check_end(response: Response, op: str, where: str) -> Iterator[Finding]:
    dialect = response.dialect or _DIALECT_OF.get(op, "")
    if (
        response.events is None
        or response.end != "eof"
        or dialect not in DIALECTS
        or response.status >= _FAILED
    ):
        return
    if not streams.is_terminated(response.events, dialect):
        yield Finding(
            where=f"{where}.end",
            message="the stream says `eof`, but its events never say that it is over",
            hint='a stream that broke off has "end": "cut"',
        )


def _check_links(body: Any, known: set[str], where: str) -> Iterator[Finding]:
    for place, text in _walk(body, where, _is_reference):
        if text not in known:
            yield Finding(
                where=place,
                message=f"the result belongs to the call {text[:60]}, which no request or earlier reply has",
                hint="the id of a call and of its result must be the same",
            )


def _values(response: Response) -> Iterator[Any]:
    yield response.body
    for row in response.events or ():
        yield row.data
    for frame in response.ws or ():
        yield frame.data
    for row in (_rows(response) or ()) if response.raw is not None else ():
        yield row.data


def _named(value: Any) -> Iterator[str]:
    """Ids that something in `value` has."""
    return (
        text
        for _place, text in _walk(
            value, "", lambda fields, name: name in {"id", "call_id"} and not _is_reference(fields, name)
        )
    )


def _is_reference(fields: dict[str, Any], name: str) -> bool:
    """Whether a field names a call whose result stands here."""
    if name in _REFERENCES:
        return True
    kind = fields.get("type")
    return name == "call_id" and isinstance(kind, str) and kind.endswith(_OUTPUT)


def _walk(value: Any, where: str, wants: Callable[[dict[str, Any], str], bool]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for key, one in fields.items():
            if isinstance(one, str):
                if wants(fields, key):
                    yield f"{where}.{key}", one
            else:
                yield from _walk(one, f"{where}.{key}", wants)
    elif isinstance(value, list):
        for at, one in enumerate(cast("list[Any]", value)):
            yield from _walk(one, f"{where}[{at}]", wants)

"""A reply that was kept in one dialect, written in another: promoted from what a caller got, replayed as its provider's."""

import hashlib
from collections.abc import Iterable

import msgspec

from aigw_dev.core.chat.events import ChatEvent
from aigw_dev.core.chat.vocabulary import ChatReply
from aigw_dev.core.chat.whole import events_of, reply_of
from aigw_dev.core.dialects import codec
from aigw_dev.core.dialects.registry import DIALECTS
from aigw_dev.core.exchange import ReplyError
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.recording.events import data_bytes
from aigw_dev.core.recording.fixture import EventRow, FixtureError, Response
from aigw_dev.core.recording.synth import context_of, rows_of_events
from aigw_dev.core.streams.sse import Event

_FIRST_ERROR: int = 400


def recode(
    response: Response, *, source: str, target: str, is_stream: bool, model: str = "", created: int = 0
) -> Response:
    """`response`, which is in the dialect `source`, in `target`: `events` where `is_stream`, else `body`.

    An error keeps its status and its words. Status and other headers stay; `dt_ms` only where the number of events is
    the same. Raises FixtureError where the reply cannot be read, or `target` has no writer.
    """
    if source == target and (response.events is not None) == is_stream:
        return response
    if target not in DIALECTS:
        raise FixtureError(
            f"a reply cannot be written in {target}",
            where="response",
            hint=f"promote from a provider of {', '.join(DIALECTS)}",
        )
    if response.status >= _FIRST_ERROR:
        return _error(response, source, target)
    reply, events = _read(response, source)
    seed = hashlib.sha256(msgspec.json.encode(reply)).hexdigest()[:24]
    context = context_of(
        reply,
        model=model or reply.model,
        created=created or reply.created,
        is_stream=is_stream,
        wants_usage=True,
        seed=seed,
    )
    ledger = Ledger(target, source)
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in {"content-type", "content-length"}
    }
    written = codec.caller_codec(target)
    if not is_stream:
        body = msgspec.json.decode(written.write_reply(reply, context, ledger))
        headers = {"content-type": "application/json", **headers}
        return Response(status=response.status, headers=headers, body=body, dt_ms=response.dt_ms[:1])
    encoder = written.stream_encoder(context, ledger)
    rows: list[EventRow] = []
    for event in events:
        rows += rows_of_events(encoder.encode(event))
    headers = {"content-type": "text/event-stream; charset=utf-8", **headers}
    waits = response.dt_ms if response.events is not None and len(rows) == len(response.events) else []
    return Response(status=response.status, headers=headers, events=rows, dt_ms=waits)


def _read(response: Response, source: str) -> tuple[ChatReply, Iterable[ChatEvent]]:
    """The reply whole, and as the events of a stream."""
    provider = codec.provider_codec(source)
    if response.events is not None:
        decoder = provider.stream_decoder()
        events: list[ChatEvent] = []
        for row in response.events:
            events += decoder.feed(Event(data=data_bytes(row), event=row.name or "", id=row.id))
        events += decoder.close()
        found = reply_of(events, source)
    elif response.body is not msgspec.UNSET:
        found = provider.read_chat_reply(msgspec.json.encode(response.body))
        events = [] if isinstance(found, ReplyError) else events_of(found)
    else:
        raise FixtureError("only JSON bodies and events can be written in another dialect", where="response")
    if isinstance(found, ReplyError):
        raise FixtureError(
            f"the reply cannot be read as {source}: {found.message[:200]}",
            where="response",
            hint="record it again",
        )
    return found, events


def _error(response: Response, source: str, target: str) -> Response:
    body = (
        msgspec.json.encode(response.body)
        if response.body is not msgspec.UNSET
        else (response.text or "").encode()
    )
    said = codec.provider_codec(source).read_error(response.status, body)
    written = DIALECTS[target].encode_error(response.status, said.code, said.message, "")
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in {"content-type", "content-length"}
    }
    return Response(
        status=response.status,
        headers={"content-type": "application/json", **headers},
        body=msgspec.json.decode(written),
        dt_ms=response.dt_ms[:1],
    )

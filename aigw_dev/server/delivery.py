"""A good reply on its way to the caller: relayed byte for byte, or translated; listened to in both cases."""

import functools
import time
from typing import Final

from aigw_dev.core.binary_reply import BinaryReply
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import ReplySummary
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.exchange import Attempt
from aigw_dev.core.operations import REALTIME_CALLS, Match
from aigw_dev.server import replies, translated
from aigw_dev.server.call import Reply
from aigw_dev.server.headers import Pairs, downward, value_of
from aigw_dev.server.job import Job
from aigw_dev.server.outbound import Plan
from aigw_dev.server.relay import read_whole, relay_bytes, relay_events
from aigw_dev.server.watchdog import Watchdog

_TEXTS: Final = (b"text/", b"json", b"xml", b"javascript", b"yaml", b"sdp", b"urlencoded")
_IDS: Final = (b"x-request-id", b"request-id", b"apim-request-id", b"x-amzn-requestid")
"""Headers in which providers name a call; the first of them counts."""


def _watched(match: Match) -> str:
    """The dialect whose rules a relayed stream must keep; empty for streams that none describes (speech, images)."""
    return match.operation.dialect if match.operation.family == "chat" else ""


def own_headers(job: Job, theirs: Pairs, planned: Plan | None) -> Pairs:
    """Our own headers for a good reply, at its first byte."""
    exchange = job.exchange
    headers = replies.own_headers(exchange, DIALECTS[exchange.dialect], theirs)
    headers.append(replies.timing_header(exchange, job.listener.first_s or 0.0))
    if planned is not None and planned.translation is not None:
        headers += translated.translation_headers(planned.translation)
    return headers


async def relay(job: Job, attempt: Attempt, reply: Reply, watchdog: Watchdog, planned: Plan) -> None:
    """Send a good reply to the caller, listening; after the commit point every end is final."""
    exchange, downstream, listener = job.exchange, job.downstream, job.listener
    dialect = DIALECTS[exchange.dialect]
    theirs = downward(reply.headers)
    if job.inbound.match.operation is REALTIME_CALLS:
        theirs += _call_made(job, reply)
    attempt.upstream_request_id = request_id(theirs)
    if planned.translation is not None:
        await _translate(job, attempt, reply, watchdog, planned, theirs=theirs)
        return
    kind = value_of(reply.headers, b"content-type")
    is_events = kind.lower().startswith(b"text/event-stream")
    listener.begin(
        is_events=is_events,
        reader=dialect.stream_reader() if attempt.number > 1 else None,
        dialect=_watched(job.inbound.match) if is_events else "",
    )

    async def commit() -> None:
        attempt.first_byte_s = listener.first_s
        headers = [*theirs, *own_headers(job, theirs, planned)]
        if is_events:
            headers.append((b"cache-control", b"no-cache"))
        await downstream.start(reply.status, headers)

    # What an earlier attempt would have sent does not count.
    downstream.binary = BinaryReply() if is_binary(kind) else None
    if is_events:
        hidden = dialect.hides_usage if planned.hides_usage else None
        await relay_events(
            reply, downstream, listener=listener, watchdog=watchdog, commit=commit, is_hidden=hidden
        )
        return
    chunks = reply.chunks()
    # Speech is heard while it is spoken; what has a length is there at once.
    is_live = downstream.binary is not None and not value_of(reply.headers, b"content-length")
    held, is_whole = ([], False) if is_live else await read_whole(chunks, watchdog)
    if not is_whole:
        await relay_bytes(chunks, downstream, listener=listener, watchdog=watchdog, commit=commit, held=held)
        return
    listener.commit(time.monotonic())
    attempt.first_byte_s = listener.first_s
    body = held[0] if len(held) == 1 else b"".join(held)
    ours = own_headers(job, theirs, planned)
    watchdog.is_caller_slow = True  # the provider has done its part
    await downstream.answer(reply.status, [*theirs, *ours, *job.account(body)], body)


async def _translate(
    job: Job, attempt: Attempt, reply: Reply, watchdog: Watchdog, planned: Plan, *, theirs: Pairs
) -> None:
    """The same for a provider that speaks another dialect."""
    downstream, listener, translation = job.downstream, job.listener, planned.translation
    assert translation is not None  # noqa: S101  -- the caller asked
    theirs = [pair for pair in theirs if pair[0] != b"content-type"]

    async def commit() -> None:
        attempt.first_byte_s = listener.first_s
        kind = (b"content-type", translated.stream_type(job.inbound.match, job.inbound.query))
        headers = [*theirs, kind, *own_headers(job, theirs, planned), (b"cache-control", b"no-cache")]
        await downstream.start(reply.status, headers)

    async def answer(body: bytes, summary: ReplySummary) -> None:
        listener.begin(is_events=False)
        listener.commit(time.monotonic())
        attempt.first_byte_s = listener.first_s
        headers = [*theirs, (b"content-type", replies.JSON), *own_headers(job, theirs, planned)]
        watchdog.is_caller_slow = True  # the provider has done its part
        await downstream.answer(reply.status, [*headers, *job.account(body, summary)], body)

    relay = translated.Relay(
        reply=reply,
        exchange=job.exchange,
        downstream=downstream,
        listener=listener,
        watchdog=watchdog,
        translation=translation,
        commit=commit,
        answer=answer,
        is_array=translated.is_array(job.inbound.match, job.inbound.query),
        thoughts=job.inbound.things.thoughts,
        keep=job.keep,
    )
    await (translated.relay_count(relay) if job.inbound.match.operation.family == "count" else relay.run())


def _call_made(job: Job, reply: Reply) -> Pairs:
    """A WebRTC call is named by `location`: remember who carries it, and tell the caller."""
    location = value_of(reply.headers, b"location")
    if not location:
        return []
    exchange = job.exchange
    job.inbound.things.ephemeral.remember_call(
        location.decode("latin-1"),
        exchange.provider,
        "" if job.inbound.ephemeral is not None else exchange.key_name,
        now_s=time.time(),
    )
    return [(b"location", location)]


@functools.lru_cache(maxsize=256)  # providers have few
def is_binary(content_type: bytes) -> bool:
    """Whether a reply is nothing that a person or a program reads as text."""
    kind = content_type.lower()
    return bool(kind) and not any(word in kind for word in _TEXTS)


def require_acceptable(reply: Reply) -> None:
    """Refuse a reply that cannot be relayed whatever it says: a redirect, or an encoding we did not ask for."""
    if 300 <= reply.status < 400:  # noqa: PLR2004  -- HTTP
        place = value_of(reply.headers, b"location").decode("latin-1").partition("?")[0]
        raise UpstreamError(
            f"the provider redirects to {place or 'nowhere'}; redirects are never followed, set base_url instead",
            code="upstream_redirect",
        )
    encoding = value_of(reply.headers, b"content-encoding").strip().lower()
    if encoding not in {b"", b"identity"}:
        raise UpstreamError(
            f"the provider sent a reply encoded as {encoding.decode('latin-1')} although it was asked for none",
            code="upstream_encoded",
        )


def request_id(headers: Pairs) -> str:
    """The provider's own id of the call; empty where it sent none."""
    for wanted in _IDS:
        for name, value in headers:
            if name == wanted and value:
                return value.decode("latin-1")
    return ""

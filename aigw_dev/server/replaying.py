"""A recorded request sent again: through the gateway's own pipeline, as if its caller had sent it once more.

Routes decide anew, limits and the log apply, and what it costs is spent. The new exchange carries `replay_of`. Sent are
the recorded body (edited where asked), the path, and the headers that the log keeps, but for those that make a call
unique (idempotency key, trace). A stream is read to its end.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import quote

import msgspec

from aigw_dev.core import merge_patch, paths
from aigw_dev.core.binary_note import NOTE
from aigw_dev.core.compare import Comparison, compare
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange, Identity, Scalar
from aigw_dev.core.mask import MASKED
from aigw_dev.core.operations import JSON, Match
from aigw_dev.core.rollup import outcome
from aigw_dev.server import front, pipeline
from aigw_dev.server.downstream import Downstream, Message
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.things import Things
from aigw_dev.store.records import STATES, Record
from aigw_dev.store.rows import ENDED

MOST_MODELS: Final = 8
LIMIT_S: Final = 300.0
"""After which a replay is cancelled."""
WRITER_S: Final = 10.0
_ONCE: Final = frozenset(
    {"idempotency-key", "traceparent", "tracestate", "content-length", "transfer-encoding", "x-request-id",
     "content-type", "x-stainless-retry-count"}
)  # fmt: skip
"""Headers that belong to one call alone, or that are made anew."""
_JSON_FAMILIES: Final = frozenset({"chat", "count", "model"})


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one replay."""

    id: str
    model: str
    """The model that was asked for."""
    status: int
    outcome: str
    """A member of `core.rollup.OUTCOMES`."""
    duration_s: float
    error: str
    error_text: str
    comparison: Comparison
    """With the exchange that was sent again."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A request to be sent again."""

    record: Record
    match: Match
    path: str
    query: bytes
    body: bytes
    headers: list[tuple[bytes, bytes]]
    model: str
    warnings: list[str]


class House(Protocol):
    """What a replay needs of the gateway."""

    @property
    def snapshot(self) -> Snapshot:
        """What is in force now."""
        ...

    @property
    def things(self) -> Things:
        """What it remembers of what lives at providers."""
        ...

    @property
    def recorder(self) -> pipeline.Recorder:
        """Takes exchanges."""
        ...

    def report(self, error: BaseException) -> None:
        """A fault that nobody foresaw."""
        ...


def plan(
    record: Record, snapshot: Snapshot, *, model: str = "", edits: Mapping[str, Any] | None = None
) -> Plan | Refusal:
    """The request of `record` made ready, with another model and the merge patch `edits`; or why it cannot be."""
    exchange = record.exchange
    found = _match(exchange, snapshot)
    refusal = _unfit(record, found)
    if refusal is not None or not isinstance(found, Match):
        return refusal or _no(exchange, "its path is not served any more")
    match, (path, _, query) = found, exchange.path.partition("?")
    body = exchange.request_body or b""
    changes = dict(edits or {})
    warnings: list[str] = []
    if MASKED.encode() in body:
        warnings.append(f"the recorded body holds secrets that the log masked; they are sent as {MASKED}")
    if model and match.path_model and not _is_azure(path):
        path = _PATH_MODEL.sub(lambda there: f"{there[1]}{quote(model, safe='')}{there[3]}", path)
        changes.pop("model", None)
    elif model:
        changes["model"] = model
    if model and match.provider:
        # Below a prefix names are that provider's own; another model may be anywhere.
        path = "/" + path.split("/", 2)[2]
    if path != exchange.path.partition("?")[0]:
        moved = paths.find(exchange.method, path)
        if isinstance(moved, Refusal):
            return moved
        match = moved
    if changes:
        edited = merge_patch.patch_body(body, changes)
        if isinstance(edited, Refusal):
            return edited
        body = edited
    if len(body) > snapshot.config.gateway.limits.json_mb << 20:
        return Refusal(code="body_too_large", message="the edited body is larger than gateway.limits.json_mb")
    return Plan(
        record=record,
        match=match,
        path=path,
        query=_plain_query(query),
        body=body,
        headers=_headers(exchange, snapshot),
        model=model or exchange.original_model,
        warnings=warnings,
    )


async def send(ready: Plan, house: House, *, limit_s: float = LIMIT_S, writer_s: float = WRITER_S) -> Replay:
    """Send it and wait for the end, at most `limit_s`; cancelling this cancels the upstream call.

    `writer_s` is how long the log's writer may take to put the reply together.
    """
    sink = _Sink(house.recorder, ready.record.exchange.id)
    downstream = Downstream(_discard)
    downstream.kept = []
    inbound = _inbound(ready, house)
    task = asyncio.create_task(pipeline.handle(inbound, downstream, sink, house.report), name="replay")
    try:
        await asyncio.wait({task}, timeout=limit_s)
    finally:
        if not task.done():
            downstream.is_gone = True
            task.cancel()
    await asyncio.wait({task})
    await sink.complete(writer_s)
    exchange = sink.exchange
    comparison = await asyncio.to_thread(compare, ready.record.exchange, exchange)
    return Replay(
        id=exchange.id,
        model=ready.model,
        status=exchange.status,
        outcome=outcome(exchange),
        duration_s=exchange.duration_s,
        error=exchange.error,
        error_text=exchange.error_text,
        comparison=comparison,
    )


class _Sink:
    """The pipeline's recorder for one replay: marks the exchange, and knows when the writer has completed it."""

    exchange: Exchange

    def __init__(self, recorder: pipeline.Recorder, replay_of: str) -> None:
        self._recorder = recorder
        self._replay_of = replay_of
        self._loop = asyncio.get_running_loop()
        self._done = asyncio.Event()

    def open(self, exchange: Exchange) -> None:
        exchange.replay_of = self._replay_of
        self.exchange = exchange
        self._recorder.open(exchange)

    def put(self, exchange: Exchange, finish: Callable[[Exchange], None] | None = None) -> None:
        def finished(ended: Exchange) -> None:
            try:
                if finish is not None:
                    finish(ended)
            finally:
                with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                    self._loop.call_soon_threadsafe(self._done.set)

        self._recorder.put(exchange, finished)

    async def complete(self, most_s: float) -> None:
        """Wait until the reply is put together; a log that is not written does not hold it up for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._done.wait()


async def _discard(_: Message) -> None:
    """The reply goes nowhere: the exchange keeps it."""


_PATH_MODEL: Final = re.compile(r"(/models/)(.+)(:[A-Za-z]+)$")


def _is_azure(path: str) -> bool:
    return "/deployments/" in path


def _match(exchange: Exchange, snapshot: Snapshot) -> Match | Refusal:
    path = exchange.path.partition("?")[0]
    found = paths.find(exchange.method, path)
    if isinstance(found, Match):
        return found
    return paths.find_below(exchange.method, path, snapshot.providers) or found


def _unfit(record: Record, match: Match | Refusal) -> Refusal | None:
    """Why this exchange cannot be sent again; None where it can."""
    exchange = record.exchange
    if record.state != STATES[ENDED]:
        return _no(exchange, f"it is {record.state}; wait for its end")
    if isinstance(match, Refusal):
        return _no(exchange, f"its path is not served any more: {match.message}")
    operation = match.operation
    if operation.is_socket:
        return _no(exchange, "a WebSocket's messages went both ways over time; only single requests can be")
    if operation.family not in _JSON_FAMILIES:
        return _no(exchange, f"{operation.name} works on things at a provider; only model calls can be")
    body = exchange.request_body
    if body is None:
        return _no(
            exchange,
            "its request body was not recorded; switch logging.record_request on (or `aigw-dev logs pause --resume`"
            " where recording is paused) and call again",
        )
    if not body.lstrip().startswith(b"{"):
        return _no(exchange, "it was an upload, of which the log keeps names, sizes and hashes only")
    if NOTE.search(body) is not None:
        return _no(
            exchange,
            "its body held an image, sound or a file, of which the log keeps size and hash only; send it from Chat with"
            " the file attached",
        )
    return None


def _no(exchange: Exchange, why: str) -> Refusal:
    return Refusal(code="replay_impossible", message=f"{exchange.id} cannot be sent again: {why}.")


def _plain_query(query: str) -> bytes:
    """The query without fields that the log masked: those were credentials."""
    masked = quote(MASKED), MASKED
    kept = [field for field in query.split("&") if field and not field.endswith(masked)]
    return "&".join(kept).encode("latin-1")


def _headers(exchange: Exchange, snapshot: Snapshot) -> list[tuple[bytes, bytes]]:
    """The headers as a caller on this machine would send them; credentials were never kept."""
    headers = [(b"host", b"127.0.0.1:%d" % snapshot.front.port), (b"content-type", JSON.encode())]
    headers += [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in exchange.request_headers
        if name not in _ONCE and not name.startswith("x-aigw-")
    ]
    if exchange.session:
        headers.append((b"x-session-id", exchange.session.encode("latin-1", "replace")))
    return headers


def _inbound(ready: Plan, house: House) -> Inbound:
    exchange = ready.record.exchange
    identity = Identity(
        kind="admin",
        consumer=exchange.consumer,
        providers=None,
        metadata=_run_metadata(exchange.run, house.snapshot),
    )
    return Inbound(
        method=exchange.method,
        path=ready.path,
        query=ready.query,
        headers=ready.headers,
        head=front.read_head(ready.headers),
        match=ready.match,
        identity=identity,
        body=ready.body,
        snapshot=house.snapshot,
        things=house.things,
        began_s=time.monotonic(),
        started_at=time.time(),
    )


def _run_metadata(run: str, snapshot: Snapshot) -> dict[str, Scalar | None]:
    """The metadata that a run's credential carries, while it is valid."""
    for one in snapshot.roll.known.values() if run else ():
        if one.kind == "run" and one.run == run:
            return one.metadata
    return {}

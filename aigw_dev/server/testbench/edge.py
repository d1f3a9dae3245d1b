"""The provider's edge: every upstream call passes here, so a recording stands in for the network and for nothing else.

Router, limits, retries, fallback, translation and prices are live on both sides of it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.operations import CALLS
from aigw_dev.core.recording.fixture import Attempt, Request, Response
from aigw_dev.core.recording.matching import Miss
from aigw_dev.server.call import Call, Headers, RefusedCallError, Reply
from aigw_dev.server.faulting import behind_faults
from aigw_dev.server.pool import AnyProtocol
from aigw_dev.server.snapshot import Connect, Send
from aigw_dev.server.testbench.bench import Bench
from aigw_dev.server.testbench.capture import Captured, Tee
from aigw_dev.server.testbench.replayed import ReplayedReply
from aigw_dev.server.testbench.requests import of_call
from aigw_dev.server.testbench.stubbed import stubbed
from aigw_dev.server.testbench.trial import BenchCall, Trial
from aigw_dev.server.testbench.trial_options import OFFLINE
from aigw_dev.server.trail import Trail

NOT_KEPT: Final = "not_kept"
_NOT_KEPT_STATUS: Final = re.compile(r"([45]\d\d), not kept")
"""A failure of which only the status was kept: rules of the route that look at it must see it."""


class Edge:
    """Stands between the attempts and what carries calls out."""

    def __init__(self, bench: Bench | None) -> None:
        """Without a bench everything passes through."""
        self._bench = bench

    @property
    def bench(self) -> Bench | None:
        """Where fixtures are recorded or replayed; None where they are not."""
        return self._bench

    def wrap(self, send: Send) -> Send:
        """`send` behind this edge."""
        bench = self._bench
        if bench is None:
            return behind_faults(send)

        async def through(call: Call) -> Reply:
            trail = call.trail
            bench_call = trail.inbound.bench_call if isinstance(trail, Trail) else None
            if not isinstance(bench_call, BenchCall):
                if bench.mode == OFFLINE:
                    raise _offline(call)
                return await send(call)
            assert isinstance(trail, Trail)  # noqa: S101  -- a bench call has one
            return await self._carry(bench, bench_call, trail, call, send)

        return behind_faults(through, is_recorded=_is_recorded)

    def wrap_socket(self, connect: Connect) -> Connect:
        """`connect` behind this edge: where nothing may be reached, no socket is opened either."""
        bench = self._bench
        if bench is None or bench.mode != OFFLINE:
            return connect

        async def refused(
            url: str, make: Callable[[], AnyProtocol], *, timeout_s: float, proxy: str | None = None
        ) -> AnyProtocol:
            del make, timeout_s, proxy
            raise _offline(Call(method="GET", url=url, headers=[]))

        return refused

    async def _carry(
        self, bench: Bench, bench_call: BenchCall, trail: Trail, call: Call, send: Send
    ) -> Reply:
        trial = bench_call.trial
        reply = await self._reply(bench, bench_call, trail, call, send)
        return _Gated(reply, trial, bench_call) if trial.gates.of_call(bench_call.number) else reply

    async def _reply(
        self, bench: Bench, bench_call: BenchCall, trail: Trail, call: Call, send: Send
    ) -> Reply:
        trial = bench_call.trial
        upstream = upstream_of(trail)
        stub = trial.stubs.take(trail.exchange.original_model, trail.attempt.request_model, upstream)
        if stub is not None:
            bench_call.source = "stub"
            return ReplayedReply(stubbed(stub, trail), read_blob=bench.read_blob, pace=trial.options.pace)
        if trial.answers_from_fixture and bench_call.found is None:
            bench_call.found = trial.pool.take(bench_call.request)
        if trial.options.mode in {"replay", "auto"}:
            recorded = bench_call.next_attempt(upstream)
            if recorded is not None:
                bench_call.source = "fixture"
                return await _replayed(bench, trial, recorded, trail)
            if isinstance(bench_call.found, Miss) and trial.options.mode == "auto":
                return await _live(bench, bench_call, trail, call, send)
            raise RefusedCallError(bench.miss(trial, bench_call, upstream))
        return await _live(bench, bench_call, trail, call, send)


def _is_recorded(trail: Trail) -> bool:
    bench_call = trail.inbound.bench_call
    return isinstance(bench_call, BenchCall) and bench_call.trial.records


def upstream_of(trail: Trail) -> str:
    """How fixtures name where a call goes: `provider/model`."""
    attempt = trail.attempt
    return f"{attempt.provider}/{attempt.request_model}".removesuffix("/")


async def _live(bench: Bench, bench_call: BenchCall, trail: Trail, call: Call, send: Send) -> Reply:
    """Send, and remember what comes."""
    attempt = trail.attempt
    bench_call.source = "live"
    if not bench_call.trial.remembers:
        return await send(call)
    kind = "" if attempt.kind == attempt.provider else attempt.kind
    captured = Captured(
        upstream_of(trail),
        kind=kind,
        why=why_of(trail),
        dialect=trail.dialect,
        request=of_call(call, trail, bench.clean),
    )
    bench_call.captured.append(captured)
    await _keep_files(bench_call, trail)
    try:
        return Tee(await send(call), captured)
    except UpstreamError as error:
        captured.fail(error)
        raise
    except asyncio.CancelledError:
        captured.error, captured.error_text = "cancelled", "the caller left"
        raise


async def _keep_files(bench_call: BenchCall, trail: Trail) -> None:
    """What was uploaded, as far as it is small: a recording keeps it, and the spool is gone at the end."""
    upload = trail.inbound.upload
    if upload is None or bench_call.files or not bench_call.trial.records:
        return
    types = {part.name: part.content_type for part in upload.parts if part.text is None}
    found = await upload.small_files()
    bench_call.files += [(types.get(name, ""), content) for name, content in found.items()]


def why_of(trail: Trail) -> str:
    """Why an attempt is made, in words; empty for the first."""
    attempts = trail.exchange.attempts
    at = next((number for number, one in enumerate(attempts) if one is trail.attempt), 0)
    if not at:
        return ""
    before = attempts[at - 1]
    what = str(before.status) if before.error == "upstream_status" else before.error
    return f"{trail.attempt.reason}: {what} from {before.provider}/{before.request_model}".removesuffix("/")


async def _replayed(bench: Bench, trial: Trial, recorded: Attempt, trail: Trail) -> Reply:
    failed = _NOT_KEPT_STATUS.match(recorded.error_text) if recorded.error == NOT_KEPT else None
    if failed is not None:
        error = {"message": recorded.error_text, "type": NOT_KEPT, "code": None, "param": None}
        return ReplayedReply(
            Response(status=int(failed[1]), body={"error": error}), read_blob=bench.read_blob, pace=0
        )
    if recorded.error:
        code = "upstream_failed" if recorded.error == NOT_KEPT else recorded.error
        raise UpstreamError(
            recorded.error_text or recorded.error, code=code, is_sent=code != "connect_failed"
        )
    if recorded.response is None:
        raise UpstreamError("the fixture holds no reply of this attempt", code="upstream_protocol")
    response = recorded.response
    spoken = dialect_of(recorded, trail)
    if spoken != trail.dialect and not response.dialect:
        response = msgspec.structs.replace(response, dialect=spoken)
    response = bench.playable(response, trail)
    reply = ReplayedReply(response, read_blob=bench.read_blob, pace=trial.options.pace)
    await reply.wait_for_head()
    return reply


def dialect_of(recorded: Attempt, trail: Trail) -> str:
    """What the provider spoke when it was recorded: today's config may make it speak something else."""
    if not isinstance(recorded.request, Request):
        return trail.exchange.dialect
    operation = next((one for one in CALLS if one.name == recorded.request.op), None)
    return operation.dialect if operation is not None else trail.dialect


def _offline(call: Call) -> UpstreamError:
    host = call.url.partition("://")[2].partition("/")[0]
    return UpstreamError(
        f"this gateway replays fixtures and calls nobody; {host} was not asked",
        code="connect_failed",
        is_sent=False,
    )


class _Gated:
    """A reply whose events a test may hold."""

    def __init__(self, reply: Reply, trial: Trial, bench_call: BenchCall) -> None:
        self._reply = reply
        self._trial = trial
        self._call = bench_call.number

    @property
    def status(self) -> int:
        return self._reply.status

    @property
    def headers(self) -> Headers:
        return self._reply.headers

    @property
    def is_complete(self) -> bool:
        return self._reply.is_complete

    def chunks(self) -> AsyncIterator[bytes]:
        return self._trial.gates.pass_through(self._call, self._reply.chunks())

    async def read(self, limit: int) -> bytes:
        return await self._reply.read(limit)

    def cancel(self) -> None:
        self._reply.cancel()

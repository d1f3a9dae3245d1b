"""Faults that were asked for, at the provider's edge: they strike an attempt, so that retries and fallback see them.

They stand outside recording: what a fixture keeps is what the provider said. Which request may be struck is settled when
it arrives (`call_faults`); where nothing is in force then, nothing of this runs.
"""

import asyncio
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from aigw_dev.core import web_address
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.exchange import Identity
from aigw_dev.core.recording.faults.spec import CallFacts, FaultError
from aigw_dev.core.recording.faults.steps import Act, Rewriter, Stage, Wait
from aigw_dev.core.recording.faults.wire import perform
from aigw_dev.server.call import Call, Reply, Trail
from aigw_dev.server.fault_board import FaultBoard, InForce
from aigw_dev.server.faulty_reply import FaultyReply, RewrittenReply
from aigw_dev.server.replies import header_value
from aigw_dev.server.snapshot import Send

if TYPE_CHECKING:
    from aigw_dev.server.downstream import Downstream

HEADER: Final = b"x-aigw-fault"
"""Asks for faults for one request, and names on the reply those that struck."""
_WHO: Final = Refusal(
    code="gateway_token_required",
    message="x-aigw-fault is for callers that show the gateway's token; see `aigw-dev env`",
)


class CallFaults:
    """What may strike one request: the faults in force when it arrived, and those it asked for itself."""

    __slots__ = ("_boards", "_downstream")

    def __init__(self, boards: tuple[FaultBoard, ...], downstream: "Downstream") -> None:
        """`downstream` tells the caller what struck, where its headers are not out yet."""
        self._boards = boards
        self._downstream = downstream

    def striking(self, facts: CallFacts) -> InForce | None:
        """The fault that strikes now; a header of the reply names it."""
        for board in self._boards:
            struck = board.striking(facts)
            if struck is not None:
                self._note(struck)
                return struck
        return None

    def _note(self, struck: InForce) -> None:
        pair = (HEADER, header_value(struck.spec.id))
        extra = self._downstream.extra
        if not self._downstream.is_started and pair not in extra:
            extra.append(pair)


def call_faults(
    asked: bytes,
    board: FaultBoard,
    downstream: "Downstream",
    *,
    identity: Identity,
    host: str,
    is_open: bool,
) -> CallFaults | Refusal | None:
    """What may strike a request with `asked` in its `x-aigw-fault` header (empty: none); None = nothing.

    The header counts on a gateway bound to this machine only (`host`), from callers that are known or need not be
    (`is_open`: a replay); a fault that cannot be done is a refusal.
    """
    boards = () if board.is_empty else (board,)
    if asked and web_address.is_loopback(host):
        if not (is_open or identity.kind != "none" or identity.providers is None):
            return _WHO
        own = FaultBoard()
        try:
            own.add(asked.decode("utf-8", "replace"))
        except FaultError as error:
            hint = f"; {error.hint}" if error.hint else ""
            return Refusal(code=error.code, message=f"x-aigw-fault: {error.message}{hint}")
        boards = (own, *boards)
    return CallFaults(boards, downstream) if boards else None


def behind_faults(send: Send) -> Send:
    """`send`, struck by what is in force for the request that a call is made for."""

    def through(call: Call) -> Awaitable[Reply]:
        trail = call.trail
        if not isinstance(trail, Trail) or trail.inbound.faults is None:
            return send(call)
        return _struck(send, call, trail, trail.inbound.faults)

    return through


async def _struck(send: Send, call: Call, trail: Trail, faults: CallFaults) -> Reply:
    if trail.is_asked:  # an adapter's further steps: a fault is one of the attempt, not of each
        return await send(call)
    trail.is_asked = True
    struck = faults.striking(facts_of(trail))
    if struck is None:
        return await send(call)
    done = perform(struck.spec, stage_of(trail, struck))
    if isinstance(done, Act):
        await play_refusal(done)
        return FaultyReply(done, struck)
    reply = await send(call)
    try:
        await asyncio.sleep(done.wait_s)
    except BaseException:
        reply.cancel()
        raise
    return RewrittenReply(reply, done, struck, is_drained=_is_recorded(trail))


async def play_refusal(act: Act) -> None:
    """Fail as a call does that gets no reply; returns where there is one. Raises `UpstreamError`."""
    if act.before == "none":
        return
    for step in act.steps:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
    raise UpstreamError(act.text, code=act.code, is_sent=act.is_sent)


def facts_of(trail: Trail) -> CallFacts:
    """What a fault looks at in an attempt."""
    attempt = trail.attempt
    return CallFacts(
        edge="provider",
        provider=attempt.provider,
        model=attempt.request_model,
        route=trail.exchange.route,
        node=attempt.node,
        test=test_of(trail.inbound.bench_call),
    )


def test_of(bench_call: object) -> str:
    """The test that a call belongs to; empty for none."""
    trial = getattr(bench_call, "trial", None)
    return "" if trial is None else str(trial.name)


def stage_of(trail: Trail, struck: InForce) -> Stage:
    """The attempt as the catalogue asks about it."""
    return Stage(
        dialect=trail.dialect,
        is_stream=trail.exchange.is_stream,
        operation=trail.operation,
        edge="provider",
        model=trail.attempt.request_model,
        at_s=time.time(),
        draw=struck.draw,
    )


def _is_recorded(trail: Trail) -> bool:
    call = trail.inbound.bench_call
    return call is not None and call.trial.records


__all__ = ["HEADER", "CallFaults", "Rewriter", "behind_faults", "call_faults"]

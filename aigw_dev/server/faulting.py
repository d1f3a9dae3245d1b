"""Faults that were asked for, at the provider's edge: they strike an attempt, so that retries and fallback see them.

They stand outside recording: what a fixture keeps is what the provider said. Which request may be struck is settled when
it arrives (`call_faults`); where nothing is in force then, nothing of this runs.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from aigw_dev.core import web_address
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.exchange import Identity
from aigw_dev.core.recording.faults.row import CHAT, DIALECTS
from aigw_dev.core.recording.faults.spec import CallFacts, FaultError, FaultSpec
from aigw_dev.core.recording.faults.steps import Act, Stage, Wait
from aigw_dev.core.recording.faults.wire import perform
from aigw_dev.server.call import Call, RefusedCallError, Reply
from aigw_dev.server.fault_board import FaultBoard, InForce, Struck
from aigw_dev.server.faulty_reply import FaultyReply, RewrittenReply
from aigw_dev.server.replies import header_value
from aigw_dev.server.snapshot import Send
from aigw_dev.server.trail import Trail

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

    __slots__ = ("_board", "_downstream", "_own", "test")

    def __init__(
        self, board: FaultBoard, own: FaultBoard, downstream: "Downstream", *, test: str = ""
    ) -> None:
        """`own` are the request's; `downstream` tells the caller what struck, where its headers are not out yet."""
        self.test = test
        self._board = board
        self._own = own
        self._downstream = downstream

    def strike(self, facts: CallFacts, stage: Stage) -> Struck | None:
        """The fault that strikes now; a header of the reply names it.

        What cannot be done to this call strikes others; where the request itself asked for it, `RefusedCallError`.
        """
        fault = self._own.striking(facts) or self._board.striking(
            facts, can_be_done=lambda spec: _can_be_done(spec, stage)
        )
        if fault is None:
            return None
        try:
            done = perform(fault.spec, msgspec.structs.replace(stage, draw=fault.draw))
        except FaultError as error:
            raise RefusedCallError(_refusal(error)) from error
        self._note(fault)
        return Struck(fault, done)

    def _note(self, fault: InForce) -> None:
        pair = (HEADER, header_value(fault.spec.id))
        extra = self._downstream.extra
        if not self._downstream.is_started and pair not in extra:
            extra.append(pair)


def _can_be_done(spec: FaultSpec, stage: Stage) -> bool:
    try:
        perform(spec, stage)
    except FaultError:
        return False
    return True


def _refusal(error: FaultError) -> Refusal:
    hint = f"; {error.hint}" if error.hint else ""
    return Refusal(code=error.code, message=f"x-aigw-fault: {error.message}{hint}")


class House(Protocol):
    """What is asked of the gateway."""

    @property
    def faults(self) -> FaultBoard:
        """What is in force for everybody, and for tests."""
        ...

    @property
    def host(self) -> str:
        """The address that is bound."""
        ...


def call_faults(
    asked: bytes, house: House, downstream: "Downstream", *, identity: Identity, test: str
) -> CallFaults | Refusal | None:
    """What may strike a request with `asked` in its `x-aigw-fault` header (empty: none); None = nothing.

    The header counts on a gateway that is bound to this machine only, from callers that are known or belong to a test;
    a fault that cannot be done is a refusal.
    """
    own = FaultBoard()
    if asked and web_address.is_loopback(house.host):
        if not (test or identity.kind != "none" or identity.providers is None):
            return _WHO
        try:
            own.add(asked.decode("utf-8", "replace"))
        except FaultError as error:
            return _refusal(error)
    return (
        None
        if own.is_empty and house.faults.is_empty
        else CallFaults(house.faults, own, downstream, test=test)
    )


def behind_faults(send: Send, *, is_recorded: Callable[[Trail], bool] = lambda _: False) -> Send:
    """`send`, struck by what is in force for the request that a call is made for.

    `is_recorded`: somebody behind `send` keeps the reply, so it is read to its end also where a fault cuts it.
    """

    def through(call: Call) -> Awaitable[Reply]:
        trail = call.trail
        if not isinstance(trail, Trail) or trail.inbound.faults is None or trail.is_asked:
            return send(call)
        trail.is_asked = True  # a fault is one of the attempt, not of each of an adapter's steps
        struck = trail.inbound.faults.strike(facts_of(trail, trail.inbound.faults.test), stage_of(trail))
        return send(call) if struck is None else _struck(send, call, struck, is_recorded=is_recorded(trail))

    return through


async def _struck(send: Send, call: Call, struck: Struck, *, is_recorded: bool) -> Reply:
    done = struck.done
    if isinstance(done, Act):
        await play_refusal(done)
        return FaultyReply(done, struck.fault)
    reply = await send(call)
    try:
        await asyncio.sleep(done.wait_s)
    except BaseException:
        reply.cancel()
        raise
    return RewrittenReply(reply, done, struck.fault, is_drained=is_recorded)


async def play_refusal(act: Act) -> None:
    """Fail as a call does that gets no reply; returns where there is one. Raises `UpstreamError`."""
    if act.before == "none":
        return
    for step in act.steps:
        if isinstance(step, Wait):
            await asyncio.sleep(step.seconds)
    raise UpstreamError(act.text, code=act.code, is_sent=act.is_sent)


def facts_of(trail: Trail, test: str) -> CallFacts:
    """What a fault looks at in an attempt."""
    attempt = trail.attempt
    return CallFacts(
        edge="provider",
        provider=attempt.provider,
        model=attempt.request_model,
        route=trail.exchange.route,
        node=attempt.node,
        test=test,
    )


def stage_of(trail: Trail) -> Stage:
    """The attempt as the catalogue asks about it."""
    return Stage(
        dialect=trail.dialect if trail.dialect in DIALECTS else CHAT,
        is_stream=trail.exchange.is_stream,
        operation=trail.operation,
        edge="provider",
        model=trail.attempt.request_model,
        at_s=time.time(),
        draw=no_draw,
    )


def no_draw() -> float:
    """No number of any fault."""
    return 0.0  # stands in until it is known which fault strikes, whose own numbers count

"""Faults that were asked for, at the client's edge: what goes down to the caller is replaced or changed.

The pipeline above knows nothing of it: the exchange is served, priced and recorded as it truly was. Only where a fault
takes the reply's place is no provider asked.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Final

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.recording.faults.catalogue import CATALOGUE
from aigw_dev.core.recording.faults.spec import CallFacts, text_of
from aigw_dev.core.recording.faults.steps import Act, Bytes, End, Rewriter, Stage, Step, Wait
from aigw_dev.server.call import RefusedCallError
from aigw_dev.server.downstream import Downstream, Message
from aigw_dev.server.fault_board import InForce
from aigw_dev.server.faulting import no_draw

if TYPE_CHECKING:
    from aigw_dev.server.inbound import Inbound

FAULTED: Final = "fault_injected"
"""The code of an exchange whose caller did not get the reply, because somebody asked for that."""


async def strike(inbound: "Inbound", exchange: Exchange, downstream: Downstream) -> bool | Refusal:
    """Let a fault strike this call, where one does; whether the reply is made with that.

    A refusal: the request itself asked for a fault that cannot be done to it.
    """
    assert inbound.faults is not None  # noqa: S101  -- the caller looked
    facts = CallFacts(
        edge="client",
        model=exchange.original_model,
        test=inbound.faults.test,
    )
    stage = Stage(
        dialect=exchange.dialect,
        is_stream=exchange.is_stream,
        operation=exchange.operation,
        edge="client",
        model=exchange.original_model,
        at_s=time.time(),
        draw=no_draw,
    )
    try:
        struck = inbound.faults.strike(facts, stage)
    except RefusedCallError as refused:
        return refused.refusal
    if struck is None:
        return False
    done = struck.done
    fault = ClientFault(downstream, exchange, struck.fault)
    if not isinstance(done, Act):
        downstream.divert(fault, fault.changed_by(done))
        return False
    downstream.divert(fault, fault.plain)
    await fault.act(done)
    return True


class ClientFault:
    """A fault on one reply."""

    def __init__(self, downstream: Downstream, exchange: Exchange, struck: InForce) -> None:
        """`struck` is the fault; a hold ends when it is taken back."""
        self._downstream = downstream
        self._send = downstream.sender
        self._exchange = exchange
        self._struck = struck
        self._has_ended = False
        """Nothing more goes to the caller."""
        self._hold: End | None = None

    # a reply of our own

    async def act(self, act: Act) -> None:
        """Do what stands in the place of a reply."""
        self._mark()
        if act.before == "none":
            own = (b"x-aigw-request-id", self._exchange.id.encode())
            await self._downstream.start(act.status, [*act.headers, own])
            for step in act.steps:
                if isinstance(step, Bytes):
                    await self._downstream.write(step.data)
                else:
                    await self._step(step)
            if not self._has_ended:
                await self._downstream.end()
            return
        for step in act.steps:
            if isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Bytes) and act.before == "garbage":
                await self._send({"type": "aigw.raw", "data": step.data})
        await self._break(is_reset=act.before == "reset")

    async def plain(self, message: Message) -> None:
        """Send a part of a reply of our own."""
        if self._has_ended:
            return
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._end()

    # the reply of somebody else

    def changed_by(self, rewriter: Rewriter) -> Callable[[Message], Awaitable[None]]:
        """What takes the parts of the reply from now on."""

        async def send(message: Message) -> None:
            if not self._has_ended:
                await self._change(rewriter, message)

        return send

    async def _change(self, rewriter: Rewriter, message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(rewriter.wait_s)
            status, headers, steps = rewriter.head(message["status"], list(message.get("headers", ())))
            await self._send({"type": message["type"], "status": status, "headers": headers})
            await self._played(rewriter, steps)
            return
        body = message.get("body", b"")
        if body:
            await self._played(rewriter, rewriter.feed(body))
        if message.get("more_body", False) or self._has_ended:
            return
        await self._played(rewriter, rewriter.close())
        if not self._has_ended:
            await self._step(End("clean"))

    # steps

    async def _played(self, rewriter: Rewriter, steps: Iterable[Step]) -> None:
        if rewriter.has_acted:
            self._mark()  # first: the caller may leave over what it gets
        for step in steps:
            if self._has_ended:
                return
            await self._step(step)

    async def _step(self, step: Step) -> None:
        match step:
            case Bytes(data):
                if data:
                    await self._send({"type": "http.response.body", "body": data, "more_body": True})
                    await asyncio.sleep(0)  # a write of its own
            case Wait(seconds):
                await asyncio.sleep(seconds)
            case End(kind="clean"):
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
                self._end()
            case End(kind="hold"):
                # What comes from above goes on being heard: `finish` holds when that is over.
                self._hold, self._has_ended = step, True
            case End():
                self._mark()
                await self._break(is_reset=step.kind == "reset")

    async def _break(self, *, is_reset: bool) -> None:
        self._end()  # first: that the connection goes is not that the caller leaves
        await self._send({"type": "aigw.break", "is_reset": is_reset})

    def _end(self) -> None:
        self._has_ended = self._downstream.is_ended = True

    async def finish(self) -> None:
        """The reply above is over: stay with the caller where the fault holds it, until it leaves."""
        hold = self._hold
        if hold is None:
            return
        over = asyncio.Event()
        forget = self._struck.hold(over.set)
        try:
            while not self._struck.is_over:
                try:
                    async with asyncio.timeout(hold.every_s if hold.ping else None):
                        await over.wait()
                except TimeoutError:
                    await self._send({"type": "http.response.body", "body": hold.ping, "more_body": True})
        finally:
            forget()
        await self._break(is_reset=False)

    def _mark(self) -> None:
        """Say in the log that the caller got something else."""
        spec = self._struck.spec
        if CATALOGUE[spec.id].is_legal or self._exchange.error:
            return
        self._exchange.error = FAULTED
        self._exchange.error_text = f"the fault {text_of(spec)} was asked for at the client's edge"

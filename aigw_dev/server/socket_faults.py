"""Faults that were asked for, on a WebSocket's way to its provider: the handshake fails, is answered, or is late.

Once a socket is open nothing is struck.
"""

import asyncio
import time

from aigw_dev.core.recording.faults.row import CHAT, DIALECTS
from aigw_dev.core.recording.faults.steps import Act, Bytes, Stage
from aigw_dev.server.faulting import facts_of, no_draw, play_refusal
from aigw_dev.server.socket_answer import Declined
from aigw_dev.server.trail import Trail


async def declined(trail: Trail) -> Declined | None:
    """What the provider is made to answer instead of opening the socket; None = it is asked. Raises `UpstreamError`.

    A request that asks for what cannot be done to it is a `RefusedCallError`.
    """
    faults = trail.inbound.faults
    if faults is None:
        return None
    stage = Stage(
        dialect=trail.dialect if trail.dialect in DIALECTS else CHAT,
        is_stream=False,
        operation=trail.operation,
        edge="provider",
        model=trail.attempt.request_model,
        at_s=time.time(),
        draw=no_draw,
    )
    struck = faults.strike(facts_of(trail, faults.test), stage)
    if struck is None:
        return None
    done = struck.done
    if not isinstance(done, Act):
        await asyncio.sleep(done.wait_s)
        return None
    await play_refusal(done)
    body = b"".join(step.data for step in done.steps if isinstance(step, Bytes))
    return Declined(status=done.status, headers=list(done.headers), body=body)

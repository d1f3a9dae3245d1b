"""From the log to a test over the admin API: texts come back, nothing is written here but the audit."""

import asyncio
import os
from typing import Any, Final

import msgspec
from litestar import Router, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from aigw_dev.server import promoting
from aigw_dev.server.admin.desk import Answer, Desk, answered, granted, refuse
from aigw_dev.server.testbench.secrets_here import SecretsHere
from aigw_dev.store.records import Record

_OPEN: Final = "open"
_PAUSE_S: Final = 0.05
_TRIES: Final = 10


def router(desk: Desk) -> Router:
    """The handlers."""
    return Router(path="/admin/v1", route_handlers=[_promoting(desk)], tags=["exchanges"])


def _promoting(desk: Desk) -> HTTPRouteHandler:
    secrets = SecretsHere(desk.gateway, os.environ)

    @post("/exchanges/{name:str}/promote", status_code=200)
    async def promote(name: FromPath[str], data: JSONBody[promoting.Wanted]) -> Answer:
        """A recorded exchange (and `more`) as a fixture and a pytest test: both as text, cleaned; nothing is written."""
        names = [name, *data.more]
        if len(names) > promoting.MOST:
            refuse(
                "invalid_request",
                f"at most {promoting.MOST} calls make one test, not {len(names)}",
                status=400,
            )
        records = [await _settled(desk, one) for one in names]

        def work() -> bytes:
            made = granted(promoting.promote(records, data, secrets=secrets()))
            said: Any = ", ".join(made.of)
            desk.audit("fixture.promoted", f"{said} as {made.test_id or made.fixture}")
            return msgspec.json.encode(made)

        return answered(await asyncio.to_thread(work))

    return promote


async def _settled(desk: Desk, name: str) -> Record:
    """The exchange; one that ends this moment is waited for: its caller has everything before the log has."""
    for _ in range(_TRIES):
        await asyncio.to_thread(desk.gateway.recorder.writer.flush)
        record = granted(await desk.read(desk.logs.get, name))
        if record.state != _OPEN:
            return record
        await asyncio.sleep(_PAUSE_S)
    return granted(await desk.read(desk.logs.get, name))

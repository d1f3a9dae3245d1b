"""From the log to a test over the admin API: texts come back, nothing is written here but the audit."""

import asyncio
import os
from typing import Any

import msgspec
from litestar import Router, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from aigw_dev.server import promoting
from aigw_dev.server.admin.desk import Answer, Desk, answered, granted, refuse
from aigw_dev.server.testbench.secrets_here import SecretsHere


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
        records = [granted(await desk.read(desk.logs.get, one)) for one in names]

        def work() -> bytes:
            made = granted(promoting.promote(records, data, secrets=secrets()))
            said: Any = ", ".join(made.of)
            desk.audit("fixture.promoted", f"{said} as {made.test_id or made.fixture}")
            return msgspec.json.encode(made)

        return answered(await asyncio.to_thread(work))

    return promote

"""Sending recorded requests again, and comparing two exchanges, over the admin API."""

import asyncio
from typing import Any, cast

import msgspec
from litestar import Request, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from aigw_dev.core.compare import compare as compared
from aigw_dev.server import replaying
from aigw_dev.server.admin.desk import Answer, Desk, granted, refuse
from aigw_dev.server.downstream import Receive, leave_watch
from aigw_dev.store.records import Record


class ReplayRequest(msgspec.Struct, kw_only=True):
    """What to change when a request is sent again."""

    models: list[str] = []
    """Once for each of these, at most 8; empty: once, with the model it had."""
    edits: dict[str, Any] = {}
    """A JSON merge patch of the body (RFC 7396): null takes a key away."""
    note: str = ""
    """For the audit."""


def router(desk: Desk) -> Router:
    """The handlers."""
    return Router(path="/admin/v1", route_handlers=[*_replaying(desk), *_comparing(desk)], tags=["exchanges"])


def _replaying(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @post("/exchanges/{name:str}/replay", status_code=200)
    async def replay(
        name: FromPath[str], data: JSONBody[ReplayRequest], request: Request[Any, Any, Any]
    ) -> dict[str, Any]:
        """Send a recorded request again through the pipeline, once per model, and compare what comes; it is spent."""
        models = list(dict.fromkeys(data.models)) or [""]
        if len(models) > replaying.MOST_MODELS:
            refuse(
                "invalid_request",
                f"at most {replaying.MOST_MODELS} models at a time, not {len(models)}",
                status=400,
            )
        record = await _record(desk, name)
        plans = [
            granted(replaying.plan(record, gateway.snapshot, model=model, edits=data.edits))
            for model in models
        ]
        await asyncio.to_thread(desk.audit, "logs.replay", _said(record, models, data.note))
        found = await _while_asked(
            request, asyncio.gather(*(replaying.send(plan, gateway) for plan in plans))
        )
        await asyncio.to_thread(gateway.recorder.writer.flush)
        warnings = list(dict.fromkeys(text for plan in plans for text in plan.warnings))
        return {"of": record.exchange.id, "replays": msgspec.to_builtins(found), "warnings": warnings}

    return [replay]


def _comparing(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/exchanges/{name:str}/compare")
    async def compare(name: FromPath[str], other: FromQuery[str]) -> Answer:
        """How the exchange `other` differs from this one: facts, text word by word, tool calls, JSON by path."""
        before, after = await _record(desk, name), await _record(desk, other)
        return await desk.answer(compared, before.exchange, after.exchange)

    return [compare]


async def _record(desk: Desk, name: str) -> Record:
    return granted(await desk.read(desk.logs.get, name))


def _said(record: Record, models: list[str], note: str) -> str:
    """What the audit keeps of it."""
    named = ", ".join(model for model in models if model)
    return f"{record.exchange.id}{f' as {named}' if named else ''}{f': {note}' if note else ''}"


async def _while_asked(
    request: Request[Any, Any, Any], work: "asyncio.Future[list[replaying.Replay]]"
) -> list[replaying.Replay]:
    """The work's result; a caller that leaves ends the work."""

    def left() -> None:
        work.cancel()

    receive = cast("Receive", request.receive)  # Litestar names its own ASGI types
    watcher = asyncio.create_task(leave_watch(receive, left), name="leave-watch")
    try:
        return await work
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        refuse("cancelled", "the caller left; the replays were cancelled")
    finally:
        watcher.cancel()
        work.cancel()

"""Config, draft, deployments and routes over the admin API."""

import asyncio
from typing import Any

import msgspec
from litestar import Request, Router, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from aigw_dev.config_file.diff import describe_diff
from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.dialects.request_body import read_body
from aigw_dev.core.problem import Problem
from aigw_dev.core.routing import draw
from aigw_dev.server import reports
from aigw_dev.server.admin.desk import Desk, granted, refuse
from aigw_dev.server.reports import ExplainRequest

Asking = Request[Any, Any, Any]


class TextRequest(msgspec.Struct, kw_only=True):
    """A whole config."""

    text: str
    note: str = ""


class NoteRequest(msgspec.Struct, kw_only=True):
    """Why, in words."""

    note: str = ""


class RollbackRequest(msgspec.Struct, kw_only=True):
    """Which deployment to write back."""

    number: int
    note: str = ""


def router(desk: Desk) -> Router:
    """The handlers."""
    handlers = [*_config(desk), *_draft(desk), *_deployments(desk), *_routes(desk)]
    return Router(path="/admin/v1", route_handlers=handlers, tags=["config"])


def _config(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @get("/config")
    async def config() -> dict[str, Any]:
        """The config file's text, its digest, and the values in force."""
        reading = gateway.reading
        return {
            "path": str(gateway.source.path or ""),
            "text": reading.text,
            "digest": reading.digest,
            "in_force_digest": gateway.snapshot.digest,
            "is_in_force": reading.in_force_digest == gateway.snapshot.digest,
            "problems": [shown(problem) for problem in reading.problems],
            "held_back": reading.held_back,
            "effective": msgspec.to_builtins(gateway.in_force),
        }

    @put("/config")
    async def put_config(data: JSONBody[TextRequest], request: Asking) -> dict[str, Any]:
        """Write a new config in the place of the one with the digest `If-Match`, and put it in force."""
        problems = await gateway.changes.write(
            data.text, expected_digest=_digest(request), note=data.note, actor="admin"
        )
        return {
            "digest": gateway.reading.digest,
            "generation": gateway.snapshot.generation,
            "path": str(gateway.source.path or ""),
            "problems": [shown(problem) for problem in problems],
        }

    @post("/config/validate", status_code=200)
    async def validate(data: JSONBody[TextRequest]) -> dict[str, Any]:
        """What is wrong with a config; nothing is written."""
        reading = await asyncio.to_thread(gateway.source.parse, data.text)
        return {
            "problems": [shown(problem) for problem in reading.problems],
            "is_usable": reading.config is not None,
        }

    return [config, put_config, validate]


def _draft(desk: Desk) -> list[HTTPRouteHandler]:
    changes = desk.gateway.changes

    @get("/draft")
    async def draft() -> dict[str, Any]:
        """The draft, and how it differs from the file."""
        return {"draft": await changes.draft()}

    @put("/draft")
    async def put_draft(data: JSONBody[TextRequest], request: Asking) -> dict[str, Any]:
        """Keep a draft that was made from the file with the digest `If-Match`; requests never see it."""
        return {"draft": await changes.put_draft(data.text, base_digest=_digest(request))}

    @delete("/draft", status_code=200)
    async def drop_draft() -> dict[str, Any]:
        """Throw the draft away."""
        await changes.drop_draft()
        return {"draft": None}

    return [draft, put_draft, drop_draft]


def _deployments(desk: Desk) -> list[HTTPRouteHandler]:
    gateway, changes = desk.gateway, desk.gateway.changes

    @post("/deploy", status_code=200)
    async def deploy(data: JSONBody[NoteRequest]) -> dict[str, Any]:
        """Put the draft in force, or the file that waits under `gateway.deploy: manual`."""
        problems = await changes.deploy(note=data.note, actor="admin")
        return {
            "generation": gateway.snapshot.generation,
            "problems": [shown(problem) for problem in problems],
        }

    @get("/deployments")
    async def deployments(limit: FromQuery[int] = 50) -> dict[str, Any]:
        """What was in force, newest first."""
        return {"deployments": await changes.history(limit=limit)}

    @get("/deployments/{number:int}")
    async def deployment(number: FromPath[int]) -> dict[str, Any]:
        """One deployment with its text, and how it differs from what is there now."""
        found = await changes.deployment(number)
        return found | {
            "diff": describe_diff(gateway.reading.text, found["text"], old_name="now", new_name=f"#{number}")
        }

    @post("/rollback", status_code=200)
    async def rollback(data: JSONBody[RollbackRequest]) -> dict[str, Any]:
        """Write an earlier deployment's text back, as a new deployment."""
        problems = await changes.rollback(data.number, note=data.note, actor="admin")
        return {
            "generation": gateway.snapshot.generation,
            "problems": [shown(problem) for problem in problems],
        }

    return [deploy, deployments, deployment, rollback]


def _routes(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @get("/routes")
    async def routes() -> dict[str, Any]:
        """Every route in force."""
        return {"routes": reports.route_rows(gateway.in_force)}

    @get("/routes/{name:str}")
    async def route(
        name: FromPath[str], *, width: FromQuery[int] = 100, is_ascii: FromQuery[bool] = False
    ) -> dict[str, Any]:
        """One route, drawn as text."""
        compiled = gateway.snapshot.routes.get(name)
        if compiled is None:
            refuse("route_not_found", f"there is no route {name!r}; see `aigw-dev routes list`")
        row = next(row for row in reports.route_rows(gateway.in_force) if row["name"] == name)
        return row | {"text": draw.text(compiled, None, width=width, ascii=is_ascii)}

    @post("/routes/{name:str}/explain", status_code=200)
    async def explain(name: FromPath[str], data: JSONBody[ExplainRequest]) -> dict[str, Any]:
        """What the route would decide; nothing is sent."""
        compiled = gateway.snapshot.routes.get(name)
        if compiled is None:
            refuse("route_not_found", f"there is no route {name!r}; see `aigw-dev routes list`")
        return granted(reports.explain(compiled, data, measure=measured))

    return [routes, route, explain]


def measured(raw: bytes) -> Any:
    """What conditions ask of a body's content, by the OpenAI dialect."""
    return openai_chat.measure(granted(read_body(raw)))


def shown(problem: Problem) -> dict[str, Any]:
    """A problem as JSON, with its place in words."""
    return msgspec.to_builtins(problem) | {"where": problem.where(), "severity": problem.severity}


def _digest(request: Asking) -> str:
    header = request.headers.get("if-match")
    if header is None:
        refuse(
            "invalid_request",
            'send If-Match: "DIGEST" with the digest that GET /admin/v1/config gave',
            status=428,
        )
    return header.strip().removeprefix("W/").strip('"')

"""Config, deployments and routes over the admin API; the draft is in `drafting`."""

import asyncio
from typing import Any, Final

import msgspec
from litestar import Request, Router, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from aigw_dev.config_file.diff import describe_diff
from aigw_dev.config_file.value_edits import Change
from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.dialects.request_body import read_body
from aigw_dev.core.problem import Problem
from aigw_dev.core.routing import draw
from aigw_dev.server import reports
from aigw_dev.server.admin.desk import Desk, granted, refuse
from aigw_dev.server.drafts import shown_problem
from aigw_dev.server.reports import ExplainRequest

Asking = Request[Any, Any, Any]
_MOST_CHANGES: Final = 200
"""Each reads the whole config."""


class TextRequest(msgspec.Struct, kw_only=True):
    """A whole config."""

    text: str
    note: str = ""


class ValuesRequest(msgspec.Struct, kw_only=True):
    """Single settings to change, in order."""

    changes: list[Change]
    note: str = ""


class DeployRequest(msgspec.Struct, kw_only=True):
    """What of the draft to deploy, and why."""

    note: str = ""
    routes: list[str] | None = None
    """Only these routes of the draft; None = all of it."""


class RollbackRequest(msgspec.Struct, kw_only=True):
    """Which deployment to write back."""

    number: int
    note: str = ""


def router(desk: Desk) -> Router:
    """The handlers."""
    handlers = [*_config(desk), *_deployments(desk), *_routes(desk)]
    return Router(path="/admin/v1", route_handlers=handlers, tags=["config"])


def _config(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    def applied(problems: list[Problem]) -> dict[str, Any]:
        return {
            "digest": gateway.reading.digest,
            "generation": gateway.snapshot.generation,
            "path": str(gateway.source.path or ""),
            "problems": [shown_problem(problem) for problem in problems],
        }

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
            "problems": [shown_problem(problem) for problem in reading.problems],
            "held_back": reading.held_back,
            "effective": msgspec.to_builtins(gateway.in_force),
        }

    @put("/config")
    async def put_config(data: JSONBody[TextRequest], request: Asking) -> dict[str, Any]:
        """Write a new config in the place of the one with the digest `If-Match`, and put it in force."""
        problems = await gateway.changes.write(
            data.text, expected_digest=digest_asked(request), note=data.note, actor="admin"
        )
        return applied(problems)

    @post("/config/values", status_code=200)
    async def set_values(data: JSONBody[ValuesRequest], request: Asking) -> dict[str, Any]:
        """Set, take out or rename single settings in the file, in force at once; comments stay, the draft follows."""
        if len(data.changes) > _MOST_CHANGES:
            refuse(
                "invalid_request",
                f"at most {_MOST_CHANGES} changes at a time; PUT /config takes a whole text",
            )
        problems = await gateway.changes.set_values(
            data.changes, expected_digest=digest_asked(request), note=data.note, actor="admin"
        )
        return applied(problems)

    @post("/config/validate", status_code=200)
    async def validate(data: JSONBody[TextRequest]) -> dict[str, Any]:
        """What is wrong with a config; nothing is written."""
        reading = await asyncio.to_thread(gateway.source.parse, data.text)
        return {
            "problems": [shown_problem(problem) for problem in reading.problems],
            "is_usable": reading.config is not None,
        }

    return [config, put_config, set_values, validate]


def _deployments(desk: Desk) -> list[HTTPRouteHandler]:
    gateway, changes = desk.gateway, desk.gateway.changes

    @post("/deploy", status_code=200)
    async def deploy(data: JSONBody[DeployRequest]) -> dict[str, Any]:
        """Put the draft in force, or the file that waits under `gateway.deploy: manual`."""
        problems = await changes.deploy(note=data.note, actor="admin", routes=data.routes)
        return {
            "generation": gateway.snapshot.generation,
            "number": await asyncio.to_thread(changes.newest),
            "path": str(gateway.source.path or ""),
            "problems": [shown_problem(problem) for problem in problems],
        }

    @get("/deployments")
    async def deployments(limit: FromQuery[int] = 50) -> dict[str, Any]:
        """What was in force, newest first."""
        return {"deployments": await changes.history(limit=min(max(limit, 1), 1000))}

    @get("/deployments/{number:int}")
    async def deployment(number: FromPath[int]) -> dict[str, Any]:
        """One deployment with its text, and how it differs from what is there now."""
        found = await changes.deployment(number)
        now, then = gateway.reading.text, found["text"]
        shown = await asyncio.to_thread(describe_diff, now, then, old_name="now", new_name=f"#{number}")
        return found | {"diff": shown}

    @post("/rollback", status_code=200)
    async def rollback(data: JSONBody[RollbackRequest]) -> dict[str, Any]:
        """Write an earlier deployment's text back, as a new deployment."""
        problems = await changes.rollback(data.number, note=data.note, actor="admin")
        return {
            "generation": gateway.snapshot.generation,
            "problems": [shown_problem(problem) for problem in problems],
        }

    return [deploy, deployments, deployment, rollback]


def _routes(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @get("/routes")
    async def routes() -> dict[str, Any]:
        """Every route in force, with the deployment that changed it last."""
        latest = await asyncio.to_thread(gateway.changes.versions.latest)
        rows = reports.route_rows(gateway.in_force)
        for row in rows:
            found = latest.get(row["name"])
            row["version"] = found.number if found is not None else 0
            row["deployed_at"] = found.at if found is not None else None
        return {"routes": rows}

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

    @get("/routes/{name:str}/history")
    async def history(name: FromPath[str]) -> dict[str, Any]:
        """The deployments that changed this route, newest first, each with the route as it was."""
        rows = await asyncio.to_thread(gateway.changes.versions.history, name)
        return {"history": msgspec.to_builtins(rows)}

    @post("/routes/{name:str}/rollback", status_code=200)
    async def rollback_route(name: FromPath[str], data: JSONBody[RollbackRequest]) -> dict[str, Any]:
        """Make this route what it was in a deployment, as a new deployment; the others stay."""
        changes = gateway.changes
        problems = await changes.rollback_route(name, data.number, note=data.note, actor="admin")
        return {
            "generation": gateway.snapshot.generation,
            "number": await asyncio.to_thread(changes.newest),
            "problems": [shown_problem(problem) for problem in problems],
        }

    @post("/routes/{name:str}/explain", status_code=200)
    async def explain(name: FromPath[str], data: JSONBody[ExplainRequest]) -> dict[str, Any]:
        """What the route would decide; nothing is sent."""
        compiled = gateway.snapshot.routes.get(name)
        if compiled is None:
            refuse("route_not_found", f"there is no route {name!r}; see `aigw-dev routes list`")
        return granted(reports.explain(compiled, data, measure=measured))

    return [routes, route, history, rollback_route, explain]


def measured(raw: bytes) -> Any:
    """What conditions ask of a body's content, by the OpenAI dialect."""
    return openai_chat.measure(granted(read_body(raw)))


def digest_asked(request: Asking) -> str:
    """The digest in `If-Match`: of the file that the change was made from."""
    header = request.headers.get("if-match")
    if header is None:
        refuse(
            "invalid_request",
            'send If-Match: "DIGEST" with the digest that GET /admin/v1/config gave',
            status=428,
        )
    return header.strip().removeprefix("W/").strip('"')

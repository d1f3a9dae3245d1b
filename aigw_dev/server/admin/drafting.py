"""The draft over the admin API: whole, or route by route. Requests never see it."""

from functools import partial
from typing import Any

import msgspec
from litestar import Router, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from aigw_dev.config_file import route_edits
from aigw_dev.server.admin.desk import Desk
from aigw_dev.server.admin.intent import Asking, TextRequest, digest_asked


class RouteRequest(msgspec.Struct, kw_only=True):
    """A route as it is to be."""

    tree: dict[str, Any]
    """What stands below its name: flow, description, models ..."""
    rename_from: str = ""
    """Its name until now, where it gets another."""


class NameRequest(msgspec.Struct, kw_only=True):
    """Another name."""

    to: str


def router(desk: Desk) -> Router:
    """The handlers."""
    handlers = [*_whole(desk), *_put(desk), *_moves(desk)]
    return Router(path="/admin/v1", route_handlers=handlers, tags=["config"])


def _whole(desk: Desk) -> list[HTTPRouteHandler]:
    drafts = desk.gateway.changes.drafts

    @get("/draft")
    async def draft() -> dict[str, Any]:
        """The draft, how it differs from the file, and what became of each route in it."""
        return {"draft": await drafts.shown()}

    @put("/draft")
    async def put_draft(data: JSONBody[TextRequest], request: Asking) -> dict[str, Any]:
        """Keep a draft that was made from the file with the digest `If-Match`; requests never see it."""
        return {"draft": await drafts.put(data.text, base_digest=digest_asked(request))}

    @delete("/draft", status_code=200)
    async def drop_draft() -> dict[str, Any]:
        """Throw the draft away."""
        await drafts.drop()
        return {"draft": None}

    return [draft, put_draft, drop_draft]


def _put(desk: Desk) -> list[HTTPRouteHandler]:
    drafts = desk.gateway.changes.drafts

    @put("/draft/routes/{name:str}")
    async def put_route(name: FromPath[str], data: JSONBody[RouteRequest], request: Asking) -> dict[str, Any]:
        """Make this route so in the draft, which begins from the file where there is none; it may be wrong."""
        change = partial(route_edits.put_route, name=name, tree=data.tree, rename_from=data.rename_from)
        touched = {name, data.rename_from} - {""}
        return {"draft": await drafts.edit(change, digest=digest_asked(request), touched=touched)}

    @delete("/draft/routes/{name:str}", status_code=200)
    async def remove_route(name: FromPath[str], request: Asking) -> dict[str, Any]:
        """Take this route out, in the draft."""
        change = partial(route_edits.remove_route, name=name)
        return {"draft": await drafts.edit(change, digest=digest_asked(request), touched={name})}

    return [put_route, remove_route]


def _moves(desk: Desk) -> list[HTTPRouteHandler]:
    drafts = desk.gateway.changes.drafts

    @post("/draft/routes/{name:str}/rename", status_code=200)
    async def rename_route(
        name: FromPath[str], data: JSONBody[NameRequest], request: Asking
    ) -> dict[str, Any]:
        """Give this route another name, in the draft."""
        change = partial(route_edits.rename_route, name=name, to=data.to)
        return {"draft": await drafts.edit(change, digest=digest_asked(request), touched={name, data.to})}

    @post("/draft/routes/{name:str}/duplicate", status_code=200)
    async def duplicate_route(
        name: FromPath[str], data: JSONBody[NameRequest], request: Asking
    ) -> dict[str, Any]:
        """Put a copy of this route below it, in the draft; the names it claims are not copied."""
        change = partial(route_edits.duplicate_route, name=name, to=data.to)
        return {"draft": await drafts.edit(change, digest=digest_asked(request), touched={data.to})}

    @post("/draft/routes/{name:str}/revert", status_code=200)
    async def revert_route(name: FromPath[str]) -> dict[str, Any]:
        """Make this route in the draft what it is in the file."""
        return {"draft": await drafts.revert(name)}

    return [rename_route, duplicate_route, revert_route]

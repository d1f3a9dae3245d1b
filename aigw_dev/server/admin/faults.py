"""Faults of the whole gateway over the admin API: what is in force, put one in force, take one back, what there is."""

from typing import Any

import msgspec
from litestar import Router, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from aigw_dev.core.recording.faults.catalogue import CATALOGUE
from aigw_dev.server.admin.desk import Desk, refuse


def router(desk: Desk) -> Router:
    """The handlers."""
    return Router(path="/admin/v1", route_handlers=_handlers(desk), tags=["faults"])


def _handlers(desk: Desk) -> list[HTTPRouteHandler]:
    board = desk.gateway.faults

    @get("/faults")
    async def listed() -> dict[str, Any]:
        """Every fault in force, tests' too, with the calls it has seen and those it struck."""
        return {"faults": board.rows()}

    @post("/faults", status_code=200)
    async def add(data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
        """Put a fault in force for every call: `{"fault": "http.429;times=2"}`, or its fields beside its name.

        It lasts until it is taken back or the gateway ends; no config changes it.
        """
        identifier = board.add(data)
        return {"fault_id": identifier, "faults": board.rows()}

    @delete("/faults/{fault_id:str}", status_code=200)
    async def remove(fault_id: FromPath[str]) -> dict[str, Any]:
        """Take a fault back; replies that it holds end."""
        if not board.remove(fault_id):
            refuse("invalid_request", f"no fault {fault_id!r} is in force", status=404)
        return {"faults": board.rows()}

    @delete("/faults", status_code=200)
    async def clear() -> dict[str, Any]:
        """Take every fault back, tests' too."""
        board.clear()
        return {"faults": board.rows()}

    @get("/faults/catalogue")
    async def catalogue() -> dict[str, Any]:
        """Every fault there is: what it does in each dialect, what it takes, what official SDKs make of it."""
        return {"faults": [_row(fault_id) for fault_id in CATALOGUE]}

    return [listed, add, remove, clear, catalogue]


def _row(fault_id: str) -> dict[str, Any]:
    row = CATALOGUE[fault_id]
    return {**msgspec.to_builtins(row), "takes": list(row.takes)}

"""What there is to choose from over the admin API: models, kinds of providers, keys that lie around, the keyring."""

import asyncio
import time
from pathlib import Path
from typing import Any, Literal

import msgspec
from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody

from aigw_dev.core.errors import SecretError
from aigw_dev.server import key_import, reports
from aigw_dev.server.admin.desk import Desk
from aigw_dev.server.offers import kind_rows, offers


class ImportRequest(msgspec.Struct, kw_only=True):
    """Which variables' keys to store."""

    variables: list[str]
    place: Literal["keyring", "encrypted"] = "keyring"


def router(desk: Desk) -> Router:
    """The handlers."""
    handlers = [*_models(desk), *_keys(desk)]
    return Router(path="/admin/v1", route_handlers=handlers, tags=["providers"])


def _models(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @get("/models")
    async def models(need: FromQuery[str] = "") -> dict[str, Any]:
        """Every route and every listed model with price (USD per million tokens), key and what it is for."""
        snapshot = gateway.snapshot
        rows = reports.provider_rows(
            gateway.in_force,
            chosen=snapshot.keys.chosen(),
            untrusted=gateway.live.untrusted,
            lists=snapshot.lists,
        )
        found = await asyncio.to_thread(offers, snapshot, rows, need=need, now_s=time.time())
        return {"models": found}

    @get("/kinds")
    async def kinds() -> dict[str, Any]:
        """Every kind of provider: templates for a new one."""
        return {"kinds": kind_rows()}

    return [models, kinds]


def _keys(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    def folder() -> Path | None:
        found = gateway.source.found
        return found.project_root or (found.path.parent if found.path is not None else None)

    @get("/keys/found")
    async def found() -> dict[str, Any]:
        """Keys that lie around in the gateway's variables and its project's .env, without their values."""
        return {"found": await asyncio.to_thread(key_import.found_keys, gateway.vault, folder())}

    @post("/keys/import", status_code=200)
    async def take(data: JSONBody[ImportRequest]) -> dict[str, Any]:
        """Store the keys that stand in these variables; each is bound to its vendor's own address."""
        wanted = list(dict.fromkeys(data.variables))
        rows = await asyncio.to_thread(
            key_import.import_keys, gateway.vault, folder(), wanted, place=data.place
        )
        stored = [row["name"] for row in rows if row["state"] == "stored"]
        if stored:
            await asyncio.to_thread(desk.audit, "key.imported", ", ".join(stored))
            await gateway.renew()
        return {"imported": rows}

    @get("/keyring")
    async def keyring() -> dict[str, Any]:
        """Whether the OS keyring answers, which one it is, and what is wrong with it; nobody is asked anything."""
        try:
            backend = await asyncio.to_thread(gateway.vault.keyring.probe)
        except SecretError as error:
            state = error.code.removeprefix("keyring_")
            text = f"{error.message}; {error.hint}" if error.hint else error.message
            return {"backend": "", "state": "none" if state == "unavailable" else state, "detail": text}
        return {"backend": backend.removeprefix("keyring.backends."), "state": "ok", "detail": ""}

    return [found, take, keyring]

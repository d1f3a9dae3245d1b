"""Status, providers, keys, issued credentials and the audit over the admin API."""

import asyncio
import os
import time
from typing import Any

import msgspec
from litestar import Router, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from aigw_dev import __version__
from aigw_dev.server import checks, reports
from aigw_dev.server.admin.desk import Desk, refuse
from aigw_dev.store.state import ModelList


class NamesRequest(msgspec.Struct, kw_only=True):
    """Which providers; empty = all."""

    names: list[str] = []


class ReloadRequest(msgspec.Struct, kw_only=True):
    """What a command changed beside the gateway."""

    what: str
    """`keys`, `trust`, `tokens` or `config`."""
    action: str = ""
    """What the command did, for the audit: `key.added`."""
    subject: str = ""
    """To what: a key's name, a path."""


class CredentialRequest(msgspec.Struct, kw_only=True):
    """A credential to issue."""

    kind: str = "run"
    name: str = ""
    metadata: dict[str, str] = {}


def router(desk: Desk) -> Router:
    """The handlers."""
    handlers = [*_gateway(desk), *_providers(desk), *_credentials(desk)]
    return Router(path="/admin/v1", route_handlers=handlers, tags=["gateway"])


def _gateway(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @get("/status")
    async def status() -> dict[str, Any]:
        """Who this gateway is, what is in force, what is logged, and every problem it knows of."""
        return _status(desk)

    @post("/stop", status_code=200)
    async def stop() -> dict[str, Any]:
        """Drain and end."""
        await asyncio.to_thread(desk.audit, "gateway.stop")
        asyncio.get_running_loop().call_later(0.05, gateway.stop.set)
        return {"stopping": True}

    @post("/reload", status_code=200)
    async def reload(data: JSONBody[ReloadRequest]) -> dict[str, Any]:
        """Read again what a command changed beside the gateway."""
        if data.what not in {"keys", "trust", "tokens", "config"}:
            refuse(
                "invalid_request", f"there is no {data.what!r} to reload; write keys, trust, tokens or config"
            )
        if data.action:
            told = gateway.state.audit
            await asyncio.to_thread(told, data.action, data.subject, actor="cli", origin="cli")
        if data.what == "config":
            problems = await gateway.reread(actor="reload")
            return {
                "generation": gateway.snapshot.generation,
                "problems": [problem.text() for problem in problems],
            }
        await gateway.renew()
        return {"generation": gateway.snapshot.generation, "problems": []}

    return [status, stop, reload]


def _providers(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @get("/providers")
    async def providers() -> dict[str, Any]:
        """Every provider, the key in force and whether it can be used."""
        snapshot = gateway.snapshot
        rows = reports.provider_rows(
            gateway.in_force,
            chosen=snapshot.keys.chosen(),
            untrusted=gateway.live.untrusted,
            lists=snapshot.lists,
        )
        return {"providers": rows}

    @post("/providers/check", status_code=200)
    async def check(data: JSONBody[NamesRequest]) -> dict[str, Any]:
        """Ask providers whether they answer, without spending."""
        _known(desk, data.names)
        return {"checks": msgspec.to_builtins(await checks.check_all(gateway.snapshot, data.names))}

    @post("/providers/models", status_code=200)
    async def models(data: JSONBody[NamesRequest]) -> dict[str, Any]:
        """Ask providers for their models, and keep what they list."""
        _known(desk, data.names)
        listings = await checks.list_all(gateway.snapshot, data.names)
        for listing in listings:
            if not listing.error:
                kept = ModelList(provider=listing.name, at=time.time(), models=listing.models)
                await asyncio.to_thread(gateway.state.put_models, kept)
        await gateway.renew()
        return {"lists": msgspec.to_builtins(listings)}

    return [providers, check, models]


def _credentials(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @post("/credentials", status_code=201)
    async def issue(data: JSONBody[CredentialRequest]) -> dict[str, Any]:
        """A new credential; the token is in this answer and nowhere else."""
        if data.kind != "run":
            refuse(
                "invalid_request", f"there is no credential of kind {data.kind!r}; this release issues `run`"
            )
        if "/" in data.name:  # DELETE /credentials/NAME could not end it
            refuse("invalid_request", f"a credential's name has no `/`; {data.name!r} has one")
        return await gateway.issue_run(data.name, metadata=data.metadata)

    @delete("/credentials/{identifier:str}", status_code=200)
    async def revoke(identifier: FromPath[str]) -> dict[str, Any]:
        """End a credential: calls with it are 401 from now on."""
        is_known = await gateway.revoke(identifier)
        if not is_known:
            refuse("invalid_request", f"there is no credential {identifier!r}", status=404)
        return {"revoked": identifier}

    @get("/audit")
    async def audit(limit: FromQuery[int] = 100) -> dict[str, Any]:
        """Who changed what, newest first."""
        return {
            "audit": msgspec.to_builtins(
                await asyncio.to_thread(gateway.state.audit_events, limit=min(max(limit, 1), 1000))
            )
        }

    return [issue, revoke, audit]


def _status(desk: Desk) -> dict[str, Any]:
    gateway = desk.gateway
    snapshot, config = gateway.snapshot, gateway.in_force
    return {
        "name": snapshot.gateway,
        "notes": config.gateway.notes,
        "version": __version__,
        "pid": os.getpid(),
        "url": f"http://127.0.0.1:{gateway.port}",
        "host": gateway.host,
        "port": gateway.port,
        "started_at": gateway.started_at,
        "uptime_s": time.time() - gateway.started_at,
        "config": {
            "path": str(gateway.source.path or ""),
            "why": gateway.source.found.why,
            "generation": snapshot.generation,
            "digest": snapshot.digest,
            "is_newest": gateway.reading.in_force_digest == snapshot.digest,
            "problems": [problem.text() for problem in gateway.reading.problems],
            "is_trusted": gateway.reading.is_trusted,
            "held_back": gateway.reading.held_back,
        },
        "identity_verification": config.gateway.identity_verification,
        "logging": msgspec.structs.asdict(config.logging)
        | {"paused": gateway.is_paused, "path": str(gateway.folder / "log.db")},
        "state": msgspec.to_builtins(gateway.state.health()),
        "log": msgspec.to_builtins(gateway.recorder.writer.health()),
        "keys_settled": snapshot.keys.is_settled,
        "notices": gateway.notices,
        "running": len(gateway.recorder.running),
        "ended": gateway.recorder.ended,
        "cost_nanousd": gateway.recorder.cost_nanousd,
        "turned_away": dict(gateway.turned_away),
        "is_draining": gateway.is_draining,
    }


def _known(desk: Desk, names: list[str]) -> None:
    providers = desk.gateway.snapshot.providers
    for name in names:
        if name not in providers:
            refuse(
                "invalid_request",
                f"there is no provider {name!r}; there are {', '.join(providers)}",
                status=404,
            )

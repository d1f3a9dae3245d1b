"""Keys over the admin API: names and fingerprints go out, values come in and are never shown again."""

import asyncio
from typing import Any, Literal

import msgspec
from litestar import Router, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers import KINDS
from aigw_dev.secrets.rotation import rotate
from aigw_dev.secrets.trust_db import KeyRecord
from aigw_dev.server import reports
from aigw_dev.server.admin.desk import Desk, granted, refuse


class KeyRequest(msgspec.Struct, kw_only=True):
    """A key to store."""

    value: str
    provider: str
    """A configured provider, or a kind."""
    origins: list[str] = []
    """Where it may be sent; empty = the provider's own address."""
    place: Literal["keyring", "encrypted"] = "keyring"
    is_replacing: bool = False

    def __repr__(self) -> str:
        """Without the value."""
        return f"KeyRequest(provider={self.provider!r})"


class RotateRequest(msgspec.Struct, kw_only=True):
    """The key that takes another's place."""

    value: str
    grace_s: float = 86_400.0
    """How long callers that show the old one are still recognised by it, in seconds."""

    def __repr__(self) -> str:
        """Without the value."""
        return "RotateRequest()"


class AllowRequest(msgspec.Struct, kw_only=True):
    """One more place a key may be sent to."""

    origin: str


def router(desk: Desk) -> Router:
    """The handlers."""
    return Router(path="/admin/v1", route_handlers=[*_reading(desk), *_changing(desk)], tags=["keys"])


def _reading(desk: Desk) -> list[HTTPRouteHandler]:
    gateway = desk.gateway

    @get("/keys")
    async def keys() -> dict[str, Any]:
        """Every key by name; never a value."""
        records = await asyncio.to_thread(gateway.vault.records)
        chosen = gateway.snapshot.keys.chosen()
        mark = {
            secret.name: gateway.vault.mark(secret.value) for one in chosen.values() for secret in one.secrets
        }
        rows = reports.key_rows(records, gateway.in_force, chosen=chosen, mark=mark)
        return {"keys": rows, "notices": gateway.notices}

    return [keys]


def _changing(desk: Desk) -> list[HTTPRouteHandler]:
    vault = desk.gateway.vault

    @put("/keys/{name:str}")
    async def store(name: FromPath[str], data: JSONBody[KeyRequest]) -> dict[str, Any]:
        """Store a key and read it back; bound to the provider's address unless origins are named."""
        origins = data.origins or [_origin_of(desk, data.provider)]
        record = await asyncio.to_thread(
            vault.add, name, data.value, provider=data.provider, origins=origins, place=data.place,
            is_replacing=data.is_replacing,
        )  # fmt: skip
        return await _changed(desk, "key.added", record)

    @post("/keys/{name:str}/rotate", status_code=200)
    async def replace(name: FromPath[str], data: JSONBody[RotateRequest]) -> dict[str, Any]:
        """Put a new value in the place of the old one, which stays known for its grace."""
        found = await asyncio.to_thread(rotate, vault, name, value=data.value, grace_s=data.grace_s)
        if isinstance(found, Refusal):
            granted(found)
        return await _changed(desk, "key.rotated", found)

    @post("/keys/{name:str}/allow", status_code=200)
    async def allow(name: FromPath[str], data: JSONBody[AllowRequest]) -> dict[str, Any]:
        """Let a key also be sent to another origin."""
        return await _changed(desk, "key.allowed", await asyncio.to_thread(vault.allow, name, data.origin))

    @delete("/keys/{name:str}", status_code=200)
    async def remove(name: FromPath[str]) -> dict[str, Any]:
        """Delete a key from where it is kept."""
        await asyncio.to_thread(vault.remove, name)
        await asyncio.to_thread(desk.audit, "key.removed", name)
        await desk.gateway.renew()
        return {"removed": name}

    return [store, replace, allow, remove]


async def _changed(desk: Desk, action: str, record: KeyRecord | Refusal) -> dict[str, Any]:
    known = granted(record)
    await asyncio.to_thread(desk.audit, action, f"{known.name} ({known.fingerprint})")
    await desk.gateway.renew()
    return {
        "name": known.name,
        "provider": known.provider,
        "origins": list(known.origins),
        "fingerprint": known.fingerprint,
    }


def _origin_of(desk: Desk, provider: str) -> str:
    """The address of a configured provider, else of its kind."""
    ready = desk.gateway.snapshot.providers.get(provider)
    if ready is not None and ready.resolved.base_url:
        return ready.resolved.base_url
    kind = KINDS.get(provider)
    if kind is None or not kind.base_url:
        refuse(
            "invalid_request",
            f"{provider!r} has no address that a key could be bound to; name `origins`",
            status=400,
        )
    return kind.base_url

"""What people and the TUI are shown of providers, keys and routes: the same rows with and without a running gateway.

Pure of I/O: who calls has read config, records and keys already.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec

from aigw_dev.core.config import Config, Route
from aigw_dev.core.errors import Refusal
from aigw_dev.core.problem import Problem
from aigw_dev.core.providers import ResolvedProvider, resolve_provider
from aigw_dev.core.routing import draw
from aigw_dev.core.routing.conditions import names
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.flow import CompiledRoute, compile_route, decide
from aigw_dev.secrets.resolve import Chosen
from aigw_dev.secrets.trust_db import KeyRecord

__all__ = ["explain", "key_rows", "names", "provider_rows", "route_rows", "written_route_row"]


def provider_rows(
    config: Config,
    *,
    chosen: Mapping[str, Chosen],
    untrusted: Mapping[str, Refusal],
    lists: Mapping[str, Sequence[str]],
) -> list[dict[str, Any]]:
    """Every provider with the key in force and whether it can be used."""
    rows: list[dict[str, Any]] = []
    for name, written in {"mock": None, **config.providers}.items():
        resolved = resolve_provider(name, written) if written is not None else None
        if isinstance(resolved, Problem):
            rows.append(
                {
                    "name": name,
                    "kind": "",
                    "base_url": "",
                    "key": "",
                    "usable": False,
                    "why": resolved.message,
                }
            )
            continue
        rows.append(_provider_row(name, resolved, chosen.get(name), untrusted.get(name), lists.get(name, ())))
    return rows


def _provider_row(
    name: str,
    resolved: ResolvedProvider | None,
    chosen: Chosen | None,
    refusal: Refusal | None,
    models: Sequence[str],
) -> dict[str, Any]:
    if resolved is None:
        return {
            "name": name, "kind": "mock", "base_url": "", "dialect": "every", "key": "", "key_source": "none needed",
            "usable": True, "why": "", "models": list(models), "is_local": True,
        }  # fmt: skip
    secret = chosen.secrets[0] if chosen is not None and chosen.secrets else None
    why = refusal.message if refusal is not None else ""
    if not why and resolved.is_key_required and secret is None:
        found = chosen.refusals if chosen is not None else ()
        why = found[0].message if found else f"no key is stored; run `aigw-dev keys add {name}`"
    own = "the caller's own" if resolved.is_passthrough else "none needed"
    source = own if resolved.auth == "none" else (secret.source if secret is not None else "none")
    return {
        "name": name,
        "kind": resolved.kind.name,
        "base_url": resolved.base_url,
        "dialect": resolved.dialect,
        "key": secret.name if secret is not None else "",
        "key_source": source,
        "usable": not why,
        "why": why,
        "models": list(models),
        "is_local": resolved.is_local,
    }


def key_rows(
    records: Iterable[KeyRecord], config: Config, *, chosen: Mapping[str, Chosen], mark: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Every key that is recorded or in force, by name; never a value.

    `mark` gives the fingerprint of keys in force that have no record (variables, files), by name.
    """
    used_by: dict[str, list[str]] = {}
    for owner, found in chosen.items():
        provider = owner.partition(" ")[0]
        for secret in found.secrets:
            if provider not in used_by.setdefault(secret.name, []):
                used_by[secret.name].append(provider)
    for name, provider in config.providers.items():
        for ref in provider.keys or ():
            if name not in used_by.setdefault(ref, []):
                used_by[ref].append(name)
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for record in records:
        seen.add(record.name)
        rows.append(
            {
                "name": record.name,
                "provider": record.provider,
                "source": record.source,
                "origins": list(record.origins),
                "fingerprint": record.fingerprint,
                "added_at": record.added_at,
                "last_used_at": record.last_used_at,
                "used_by": used_by.get(record.name, []),
            }
        )
    for provider, found in chosen.items():
        for secret in found.secrets:
            if secret.name not in seen:
                seen.add(secret.name)
                rows.append(
                    {
                        "name": secret.name,
                        "provider": provider.partition(" ")[0],
                        "source": secret.source,
                        "origins": [],
                        "fingerprint": mark.get(secret.name, ""),
                        "added_at": None,
                        "last_used_at": None,
                        "used_by": used_by.get(secret.name, []),
                    }
                )
    return rows


def route_rows(config: Config) -> list[dict[str, Any]]:
    """Every route, with its flow as a person reads it."""
    return [_route_row(name, route) for name, route in config.routes.items()]


def written_route_row(name: str, tree: object) -> dict[str, Any]:
    """The row of a route as it is written in a draft, which may be wrong: what does not fit is left out of the row."""
    written = cast("dict[str, Any]", tree) if isinstance(tree, dict) else {}
    fields: dict[str, Any] = {"flow": None}
    for field in msgspec.structs.fields(Route):
        with contextlib.suppress(msgspec.ValidationError):
            if field.name in written:
                fields[field.name] = msgspec.convert(written[field.name], field.type)
    return _route_row(name, Route(**fields))


def _route_row(name: str, route: Route) -> dict[str, Any]:
    compiled, problems = compile_route(name, route)
    return {
        "name": name,
        "model": f"dynamic/{name}",
        "claims": list(route.models),
        "description": route.description,
        "metadata": route.metadata,
        "on_loss": route.on_loss,
        "reads": sorted(compiled.names) if compiled is not None else [],
        "flow": route.flow,
        "problems": [problem.text() for problem in problems],
    }


class ExplainRequest(msgspec.Struct, kw_only=True):
    """What a route is asked to decide about; every field optional."""

    metadata: dict[str, str | int | float | bool | None] | None = None
    """None = the header is absent."""
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    model: str = ""
    consumer: str = "none"
    stream: bool = False
    body: dict[str, Any] = {}
    conversation: str = ""
    draw: float = 0.0
    """What a split draws, from 0 up to 1, where no conversation decides."""
    width: int = 100
    ascii: bool = False


def explain(route: CompiledRoute, asked: ExplainRequest, *, measure: Any) -> dict[str, Any] | Refusal:
    """What the route would decide, as data and drawn as text; `measure` measures a JSON body."""
    raw = msgspec.json.encode(asked.body)
    facts = Facts(
        metadata=asked.metadata,
        headers={key.lower(): value for key, value in asked.headers.items()},
        query=asked.query,
        model=asked.model or f"dynamic/{route.name}",
        consumer=asked.consumer,
        is_stream=asked.stream,
        body=raw,
        measure=lambda: measure(raw),
    )
    decision = decide(route, facts, draw=lambda: asked.draw, conversation=asked.conversation)
    if isinstance(decision, Refusal):
        return decision
    text = draw.text(route, decision, width=asked.width, ascii=asked.ascii)
    return {"decision": msgspec.to_builtins(decision), "text": text}

"""What can be asked for here: every model of every provider and every route, with price, key and what it is for.

For people who choose (pickers, the models browser); callers see `GET /v1/models`. Pure of I/O.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aigw_dev.core.mock import MOCK_MODELS
from aigw_dev.core.model_uses import use_of, uses_of
from aigw_dev.core.providers import KINDS
from aigw_dev.core.routing.flow import CompiledRoute
from aigw_dev.core.routing.nodes import targets
from aigw_dev.server.snapshot import Snapshot

_PICO_PER_M: Final = 1e6
"""Pico-USD per token to USD per million tokens."""
_MOCK: Final = {model.name: model.operations for model in MOCK_MODELS}


def offers(
    snapshot: Snapshot, providers: Iterable[Mapping[str, Any]], *, need: str = "", now_s: float
) -> list[dict[str, Any]]:
    """Routes first, then every provider's models; with `need` (`chat`, or an operation's name) only those that do it.

    `providers` as `reports.provider_rows` gives them. Prices in USD per million tokens, None where none is known.
    """
    states = {row["name"]: row for row in providers}
    rows = [_route(snapshot, route, states) for route in snapshot.routes.values()]
    for name, models in snapshot.lists.items():
        rows += [_model(snapshot, name, model, states.get(name, {}), now_s) for model in models]
    wanted = use_of(need)
    return [row for row in rows if not wanted or wanted in row["operations"]]


def kind_rows() -> list[dict[str, Any]]:
    """Every kind of provider that a config can name, as templates for a new one."""
    return [
        {
            "name": kind.name,
            "title": kind.title,
            "base_url": kind.base_url,
            "base_url_example": kind.base_url_example,
            "dialect": kind.dialect,
            "variable": kind.env[0] if kind.env else "",
            "needs_key": kind.is_key_required and not kind.is_embedded,
            "is_local": kind.is_local,
            "docs_url": kind.docs_url,
        }
        for kind in KINDS.values()
        if not kind.is_embedded
    ]


def _uses(snapshot: Snapshot, provider: str, model: str) -> tuple[str, ...]:
    ready = snapshot.providers.get(provider)
    if ready is None:
        return ()
    if ready.resolved.kind.is_embedded:
        return tuple(dict.fromkeys(use_of(name) for name in _MOCK.get(model, ())))
    return uses_of(model, ready.resolved.kind.operations)


def _route(
    snapshot: Snapshot, route: CompiledRoute, states: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """A route does what all its targets do, and can be used where one of them can."""
    reached = list(targets(route.node))
    uses = [_uses(snapshot, target.provider, target.model) for target in reached]
    is_usable = any(states.get(target.provider, {}).get("usable") for target in reached)
    return {
        "provider": "dynamic",
        "model": route.name,
        "operations": [use for use in (uses[0] if uses else ()) if all(use in other for other in uses)],
        "context": None,
        "input_usd_per_m": None,
        "output_usd_per_m": None,
        "usable": is_usable,
        "why": "" if is_usable else "none of its targets can be used",
        "key": "",
        "key_state": "",
    }


def _model(
    snapshot: Snapshot, name: str, model: str, state: Mapping[str, Any], now_s: float
) -> dict[str, Any]:
    rates = _rates(snapshot, name, model, now_s)
    return {
        "provider": name,
        "model": model,
        "operations": list(_uses(snapshot, name, model)),
        "context": None,
        "input_usd_per_m": rates.get("input"),
        "output_usd_per_m": rates.get("output"),
        "usable": bool(state.get("usable")),
        "why": state.get("why", ""),
        "key": state.get("key", ""),
        "key_state": state.get("key_source", ""),
    }


def _rates(snapshot: Snapshot, provider: str, model: str, now_s: float) -> dict[str, float]:
    """USD per million tokens; empty where the price is not known."""
    ready = snapshot.providers.get(provider)
    if ready is None:
        return {}
    resolved = ready.resolved
    if resolved.kind.is_free:
        return {"input": 0.0, "output": 0.0}
    price = snapshot.prices.find(resolved.kind, resolved.base_url, [model], now_s)
    if isinstance(price, str):
        return {}
    rates = price.row.tiers[0].rates
    return {part: rates[part] / _PICO_PER_M for part in ("input", "output") if part in rates}

"""Where a model name leads: to a provider's model, to a route, or nowhere.

provider/model   split on the first slash, where the first part is a configured provider or `mock`
dynamic/ROUTE    a route by its name
a bare name      a route that claims it; `gateway.default_provider`; the only provider whose list has it; the home
                 provider of the path it came in by. A name whose first part is no provider (`meta-llama/...`)
                 is a bare name too.
"""

import difflib
import heapq
import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from aigw_dev.core import harmless
from aigw_dev.core.config import Config
from aigw_dev.core.errors import Refusal
from aigw_dev.core.routing.claims import Claims, claims_problems, read_claims

__all__ = ["AddressTable", "Direct", "RouteHit", "address_table", "claims_problems", "home_of", "resolve"]

MOCK: Final = "mock"
"""The embedded provider."""
DYNAMIC: Final = "dynamic"
"""What stands before a route's name."""
AUTO: Final = "auto"
"""Reserved for choosing by itself."""
MAX_CHARS: Final = 512
"""No longer name is looked up beyond its provider."""
_SHOWN_CHARS: Final = 80
_NEAR: Final = 3
"""How many names are proposed."""
_LOOKED_AT: Final = 40


class Direct(msgspec.Struct, frozen=True):
    """One provider's model."""

    provider: str
    model: str
    """The name sent upstream."""


class RouteHit(msgspec.Struct, frozen=True):
    """A route decides."""

    route: str


class AddressTable(msgspec.Struct, frozen=True, kw_only=True):
    """All that names are looked up in."""

    providers: frozenset[str]
    """Configured ones and `mock`."""
    kinds: Mapping[str, str]
    """Each configured provider's kind."""
    routes: frozenset[str]
    claims: Claims
    default_provider: str | None
    owners: Mapping[str, tuple[str, ...]]
    """By model name: the providers whose list has it."""


def address_table(config: Config, *, lists: Mapping[str, Sequence[str]]) -> AddressTable:
    """The table of a checked config.

    `lists` holds the models of each provider: its `models:`, else what it listed last, else what ships. A provider that
    is not configured is passed over.
    """
    owners: dict[str, list[str]] = {}
    for provider in config.providers:
        for model in dict.fromkeys(lists.get(provider, ())):
            owners.setdefault(model, []).append(provider)
    return AddressTable(
        providers=frozenset({MOCK, *config.providers}),
        kinds={name: provider.kind or name for name, provider in config.providers.items()},
        routes=frozenset(config.routes),
        claims=read_claims(config.routes),
        default_provider=config.gateway.default_provider,
        owners={model: tuple(providers) for model, providers in owners.items()},
    )


def resolve(
    model: str, *, table: AddressTable, dialect: str, is_at_home: bool = False
) -> Direct | RouteHit | Refusal:
    """Where `model` leads for a request in `dialect`; a `Refusal` (`model_not_found`) lists near names.

    `is_at_home`: a bare name that no route claims belongs to the dialect's own provider, whoever else lists it.
    """
    first, slash, rest = model.partition("/")
    if not model:
        return Refusal(
            code="model_missing",
            message="the request names no model; set `model` to provider/model",
            param="model",
        )
    if first == DYNAMIC:
        return RouteHit(rest) if rest in table.routes else _no_route(rest, table)
    if first == AUTO:
        return _refusal(
            f"`{_shown(model)}`: `{AUTO}` is reserved and nothing is configured to choose by itself", []
        )
    if slash and first in table.providers:
        return Direct(first, rest) if rest else _nameless(first, table)
    provider = _owner_of(model, table, dialect, is_at_home=is_at_home) if len(model) <= MAX_CHARS else None
    return _not_found(model, table) if provider is None else provider


def home_of(table: AddressTable, dialect: str) -> str | None:
    """The provider that a dialect is at home with, where it is configured.

    It has the name of the dialect's family (`openai-chat` -> `openai`), or is the only one of that kind.
    """
    family = dialect.partition("-")[0]
    if family in table.kinds:
        return family
    kin = [name for name, kind in table.kinds.items() if kind == family]
    return kin[0] if len(kin) == 1 else None


def _owner_of(model: str, table: AddressTable, dialect: str, *, is_at_home: bool) -> Direct | RouteHit | None:
    route = table.claims.route_of(model)
    if route is not None:
        return RouteHit(route)
    home = home_of(table, dialect) if is_at_home else None
    if home is not None:
        return Direct(home, model)
    if table.default_provider is not None:
        return Direct(table.default_provider, model)
    owners = table.owners.get(model, ())
    provider = owners[0] if len(owners) == 1 else home_of(table, dialect)
    return None if provider is None else Direct(provider, model)


def _no_route(name: str, table: AddressTable) -> Refusal:
    near = [
        f"{DYNAMIC}/{route}"
        for route in difflib.get_close_matches(name[:MAX_CHARS], sorted(table.routes), n=_NEAR)
    ]
    all_routes = sorted(f"{DYNAMIC}/{route}" for route in table.routes)[:_NEAR]
    return _refusal(f"there is no route `{_shown(name)}`", near or all_routes)


def _nameless(provider: str, table: AddressTable) -> Refusal:
    models = [f"{provider}/{model}" for model, owners in table.owners.items() if provider in owners][:_NEAR]
    return _refusal(f"`{provider}/` names a provider and no model", models)


def _not_found(model: str, table: AddressTable) -> Refusal:
    owners = table.owners.get(model, ())
    if owners:
        return _refusal(
            f"several providers list `{_shown(model)}`: name one", [f"{owner}/{model}" for owner in owners]
        )
    first, slash, rest = model.partition("/")
    reason = f"no route, provider or list has the model `{_shown(model)}`"
    near: list[str] = []
    if not table.kinds:
        reason += "; no provider is configured, `aigw-dev keys add PROVIDER` adds one"
    elif slash:
        reason += f", and there is no provider `{_shown(first)}`"
        near = [
            f"{name}/{rest}"[:_SHOWN_CHARS]
            for name in difflib.get_close_matches(first[:MAX_CHARS], sorted(table.providers), n=_NEAR)
        ]
    return _refusal(reason, list(dict.fromkeys([*near, *_near_names(model[:MAX_CHARS], table)]))[:_NEAR])


def _near_names(model: str, table: AddressTable) -> list[str]:
    """Names that can be called and look like `model`, whatever its case, with or without their provider."""
    callable_names: dict[str, str] = {name.lower(): name for name in table.claims.exact}
    callable_names |= {route.lower(): f"{DYNAMIC}/{route}" for route in sorted(table.routes)}
    for name, owners in table.owners.items():
        full = f"{owners[0]}/{name}"
        callable_names.setdefault(name.lower(), full)
        callable_names.setdefault(full.lower(), full)
    # difflib alone takes 40 ms for 600 models, on the event loop: look closely only at those that share most pairs.
    wanted = set(itertools.pairwise(model.lower()))
    alike = heapq.nlargest(
        _LOOKED_AT, callable_names, key=lambda name: len(wanted.intersection(itertools.pairwise(name)))
    )
    found = difflib.get_close_matches(model.lower(), alike, n=2 * _NEAR)
    return [callable_names[name] for name in found]


def _refusal(reason: str, near: list[str]) -> Refusal:
    hint = f"; did you mean {' or '.join(map(_shown, near))}?" if near else ";"
    rest = "GET /v1/models lists what there is, and provider/MODEL is sent even where it is not listed"
    return Refusal(code="model_not_found", message=f"{reason}{hint} {rest}", param="model")


def _shown(name: str) -> str:
    return harmless.line(name[:_SHOWN_CHARS]) + ("…" if len(name) > _SHOWN_CHARS else "")

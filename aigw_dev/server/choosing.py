"""Where a request goes: below a prefix, to the owner of a thing, to a model's provider, or where a route decides."""

import functools
import random
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import Content
from aigw_dev.core.dialects.request_body import read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.routing import address
from aigw_dev.core.routing.facts import Facts, parse_metadata
from aigw_dev.core.routing.flow import CompiledRoute, Target, decide
from aigw_dev.server.headers import CREDENTIAL_HEADERS
from aigw_dev.server.inbound import Inbound

_HIDDEN: Final = frozenset({*CREDENTIAL_HEADERS, b"cookie", b"sec-websocket-protocol"})
"""Headers that may hold a credential: not for conditions to read, and so not for the trace to keep."""


def choose(inbound: Inbound, exchange: Exchange, model: str) -> tuple[Target, ...] | Refusal:
    """The targets to try, in order; `model` is the one asked for, empty where the request names none."""
    snapshot = inbound.snapshot
    if inbound.match.provider:  # below a provider's prefix names are that provider's own
        if (
            inbound.match.provider not in snapshot.providers
        ):  # another config came into force after the door looked
            return Refusal(
                code="path_not_found",
                message=f"there is no provider {inbound.match.provider[:80]!r} any more",
            )
        return (Target(provider=inbound.match.provider, model=model),)
    if inbound.ephemeral is not None and inbound.ephemeral.provider in snapshot.providers:
        first, slash, rest = model.partition("/")
        own = rest if slash and first == inbound.ephemeral.provider else model
        return (Target(provider=inbound.ephemeral.provider, model=own),)
    if not model:
        return _without_model(inbound, exchange)
    place = address.resolve(
        model, table=snapshot.addresses, dialect=exchange.dialect, is_at_home=inbound.is_at_home
    )
    if isinstance(place, Refusal):
        return place
    if isinstance(place, address.Direct):
        owner = inbound.owner
        key = owner.key if owner is not None and owner.provider == place.provider else ""
        return (Target(provider=place.provider, model=place.model, key=key or None),)
    return _by_route(inbound, exchange, place.route, model)


def _by_route(inbound: Inbound, exchange: Exchange, name: str, model: str) -> tuple[Target, ...] | Refusal:
    route = inbound.snapshot.routes[name]
    exchange.route = route.name
    url = f"http://{inbound.head.host.decode('latin-1')}{inbound.path}"
    metadata = parse_metadata(inbound.head.metadata, route, url=url)
    if isinstance(metadata, Refusal):
        return metadata
    if metadata is None and inbound.identity.metadata:
        metadata = inbound.identity.metadata  # a run's credential carries it: `run --metadata k=v -- CMD`
    dialect = DIALECTS[exchange.dialect]
    facts = Facts(
        metadata=metadata,
        headers=_headers(inbound, route),
        query=query_of(inbound) if inbound.query else {},
        model=model,
        consumer=exchange.consumer,
        is_stream=exchange.is_stream,
        body=_body(inbound) if inbound.read is None else inbound.read.fields,
        measure=lambda: Content() if inbound.read is None else dialect.measure(inbound.read),
        url=url,
    )
    decision = decide(route, facts, draw=random.random, conversation=exchange.session)
    if isinstance(decision, Refusal):
        return decision
    exchange.decision = msgspec.json.encode(decision)
    if facts.headers and exchange.request_headers:
        exchange.request_headers += _read_headers(facts.headers, route, exchange.request_headers)
    return decision.targets


def _without_model(inbound: Inbound, exchange: Exchange) -> tuple[Target, ...] | Refusal:
    """Who answers a request that names no model: the owner of the thing it names, else the path's home provider."""
    table = inbound.snapshot.addresses
    owner = inbound.owner
    if owner is not None and owner.provider in inbound.snapshot.providers:
        return (Target(provider=owner.provider, model="", key=owner.key or None),)
    home = table.default_provider or address.home_of(table, exchange.dialect)
    name = inbound.match.resource_id
    if name and (home is None or home not in inbound.snapshot.providers):
        return Refusal(
            code="thing_not_found",
            message=f"nobody here is known to have {name[:80]!r}; what was made elsewhere is asked for below its provider's "
            f"prefix: /PROVIDER{inbound.path}",
        )
    if home is None or home not in inbound.snapshot.providers:
        return Refusal(
            code="model_missing",
            message=f"{inbound.path} names no model, and no provider is at home here; call it below a provider's "
            f"prefix: /PROVIDER{inbound.path}",
            param="model",
        )
    return (Target(provider=home, model=""),)


def query_of(inbound: Inbound) -> dict[str, str]:
    """The query's fields, the last of a name."""
    query = inbound.query
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}


def _body(inbound: Inbound) -> Mapping[str, msgspec.Raw]:
    """What `body.PATH` of a condition reads where there is no JSON body: a form's fields."""
    if inbound.upload is None:
        return {}
    found = read_body(inbound.upload.as_object())
    return {} if isinstance(found, Refusal) else found.fields


def _headers(inbound: Inbound, route: CompiledRoute) -> dict[str, str]:
    if not _reads_headers(route.names):
        return {}
    found: dict[str, str] = {}
    for name, value in inbound.headers:
        if name not in _HIDDEN:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _read_headers(
    headers: Mapping[str, str], route: CompiledRoute, kept: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Headers that the route asked for: its trace holds them anyway, and whoever sends the request again needs them."""
    known = {name for name, _ in kept}
    return [
        (name, value)
        for name, value in headers.items()
        if f"header.{name}" in route.names and name not in known
    ]


@functools.lru_cache(maxsize=256)  # one entry per route in force
def _reads_headers(names: frozenset[str]) -> bool:
    return any(name.startswith("header.") for name in names)

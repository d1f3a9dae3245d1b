"""Makes a snapshot: everything in a config compiled into what a request looks up.

Nothing here asks keyring or network; keys are resolved afterwards by the snapshot's `KeyTable`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from aigw_dev.core import web_address
from aigw_dev.core.config import Config, Provider
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Identity
from aigw_dev.core.pricing import PriceBook
from aigw_dev.core.problem import Problem
from aigw_dev.core.providers import ResolvedProvider, resolve_provider
from aigw_dev.core.routing import nodes
from aigw_dev.core.routing.address import address_table
from aigw_dev.core.routing.flow import CompiledRoute, compile_route
from aigw_dev.secrets.resolve import ProviderKeys
from aigw_dev.server import front
from aigw_dev.server.call import Sender
from aigw_dev.server.google_keys import GoogleKeys
from aigw_dev.server.keys import KeyTable, Resolve, apart
from aigw_dev.server.snapshot import ReadyProvider, Snapshot
from aigw_dev.server.testbench.edge import Edge
from aigw_dev.server.testbench.sockets import through_of
from aigw_dev.server.upstream import Upstream
from aigw_dev.server.who import Roll

MOCK: Final = "mock"
"""The embedded provider's reserved name; it always exists."""


class Surroundings(msgspec.Struct, kw_only=True):
    """What a snapshot is made of beside the config; kept by the gateway from one config to the next."""

    gateway: str
    port: int
    host: str
    """The address that is bound."""
    upstream: Upstream
    embedded: Sender
    prices: PriceBook
    google: GoogleKeys
    """Access tokens for stored Google credentials."""
    resolve: Resolve
    recorded_kinds: frozenset[str]
    """Providers and kinds that `keys add` recorded a key for: only these may need the keyring."""
    untrusted: Mapping[str, Refusal]
    """Providers that are off until `aigw-dev trust`, with the reason."""
    is_config_trusted: bool
    tokens: Mapping[bytes, Identity]
    """Digests of the gateway's own tokens and of issued credentials."""
    revoked: frozenset[bytes]
    listed: Mapping[str, Sequence[str]]
    """What each provider listed last."""
    edge: Edge = Edge(None)
    """What stands between attempts and providers."""
    is_keyless: bool = False
    """A test runner's own gateway, on loopback and for its life: nobody has to say who calls."""
    is_offline: bool = False
    """Fixtures are replayed: every provider can be called without key or trust, and none is reached."""


def compose(
    config: Config, around: Surroundings, *, generation: int, digest: str
) -> tuple[Snapshot, list[Problem]]:
    """The snapshot of a checked config, and what could not be used of it."""
    problems: list[Problem] = []
    providers = {MOCK: _mock(around)}
    for name, written in config.providers.items():
        ready = _ready(name, written, around)
        if isinstance(ready, Problem):
            problems.append(ready)
            continue
        providers[name] = ready
    routes = _routes(config, problems)
    keys = KeyTable(_key_groups(config, providers, routes, around), around.resolve)
    if around.is_offline:  # only what was recorded says whose a bare name is
        lists = {name: tuple(around.listed.get(name, ())) for name in providers}
    else:
        lists = {name: _models(provider, around) for name, provider in providers.items()}
    return Snapshot(
        generation=generation,
        digest=digest,
        config=config,
        gateway=around.gateway,
        providers=providers,
        routes=routes,
        addresses=address_table(config, lists=lists),
        keys=keys,
        roll=make_roll(config, around, {}),
        front=front.rules(
            port=around.port,
            host=around.host,
            allowed_hosts=config.gateway.allowed_hosts,
            allowed_origins=config.gateway.allowed_origins,
        ),
        prices=around.prices,
        lists=lists,
    ), problems


def make_roll(config: Config, around: Surroundings, provider_keys: Mapping[bytes, str]) -> Roll:
    """Who is known: the tokens, and callers that show a key this gateway holds (`provider_keys`: digest to provider).

    A provider's key stands for its provider; on a gateway that only this machine reaches, for all.
    """
    is_loopback = web_address.is_loopback(around.host)
    known = {
        digest: Identity(kind="provider-key", providers=None if is_loopback else frozenset({name}))
        for digest, name in provider_keys.items()
    }
    known |= around.tokens
    is_open = (around.is_keyless or not config.gateway.identity_verification) and is_loopback
    return Roll(known=known, revoked=around.revoked, is_open=is_open)


def _mock(around: Surroundings) -> ReadyProvider:
    resolved = resolve_provider(MOCK, Provider(kind=MOCK))
    assert isinstance(resolved, ResolvedProvider)  # noqa: S101  -- a row of the catalogue
    return ReadyProvider(name=MOCK, resolved=resolved, send=around.edge.wrap(around.embedded.send))


def _ready(name: str, written: Provider, around: Surroundings) -> ReadyProvider | Problem:
    resolved = resolve_provider(name, written)
    if isinstance(resolved, Problem):
        return resolved
    refusal = around.untrusted.get(name)
    if around.is_offline:
        resolved, refusal = keyless(resolved), None
    send = around.embedded.send if resolved.kind.is_embedded else around.upstream.send
    return ReadyProvider(
        name=name,
        resolved=resolved,
        send=around.edge.wrap(send),
        connect=None if resolved.kind.is_embedded else around.edge.wrap_socket(around.upstream.connect),
        through=through_of(around.edge.bench),
        exchange_key=around.google.ready if resolved.kind.signing == "google" else None,
        refusal=refusal,
        forward=frozenset(header.lower().encode() for header in resolved.forward_headers),
        fixed_headers=tuple(
            (key.lower().encode(), value.encode()) for key, value in resolved.headers.items()
        ),
    )


def keyless(resolved: ResolvedProvider) -> ResolvedProvider:
    """The provider as it is replayed: nothing is sent to it, so nothing is shown to it either."""
    places = {name: msgspec.structs.replace(place, auth="none") for name, place in resolved.places.items()}
    return msgspec.structs.replace(
        resolved, auth="none", is_key_required=False, is_passthrough=False, places=places, key_refs=(), env=()
    )


def _routes(config: Config, problems: list[Problem]) -> dict[str, CompiledRoute]:
    routes: dict[str, CompiledRoute] = {}
    for name, route in config.routes.items():
        compiled, found = compile_route(name, route)
        problems.extend(found)
        if compiled is not None:
            routes[name] = compiled
    return routes


def _key_groups(
    config: Config,
    providers: Mapping[str, ReadyProvider],
    routes: Mapping[str, CompiledRoute],
    around: Surroundings,
) -> tuple[list[ProviderKeys], list[ProviderKeys]]:
    """Providers whose keys come from files and variables, and those that may have to ask the keyring.

    A key that only a route names is asked for apart, so that it is never a provider's own choice.
    """
    named = _named_in_routes(routes.values())
    plain: list[ProviderKeys] = []
    asking: list[ProviderKeys] = []
    for name, provider in providers.items():
        resolved = provider.resolved
        if resolved.auth == "none" or provider.refusal is not None:
            continue
        written = config.providers[name]
        wanted = ProviderKeys(
            provider=name,
            kind=resolved.kind.name,
            origin=resolved.base_url,
            default_origin=resolved.kind.base_url,
            keys=written.keys,
            key_name=resolved.kind.key_name,
            env=resolved.kind.env,
            is_trusted=around.is_config_trusted,
            needs_key=resolved.is_key_required,
        )
        (asking if _may_ask_keyring(wanted, around.recorded_kinds) else plain).append(wanted)
        for ref in sorted(named.get(name, set()) - set(written.keys or ())):
            one = msgspec.structs.replace(wanted, provider=apart(name, ref), keys=(ref,))
            (asking if _may_ask_keyring(one, around.recorded_kinds) else plain).append(one)
    return plain, asking


def _named_in_routes(routes: Iterable[CompiledRoute]) -> dict[str, set[str]]:
    """The keys that leaves name, by provider."""
    named: dict[str, set[str]] = {}
    for route in routes:
        for target in nodes.targets(route.node):
            if target.key is not None:
                named.setdefault(target.provider, set()).add(target.key)
    return named


def _may_ask_keyring(wanted: ProviderKeys, recorded: Iterable[str]) -> bool:
    if wanted.keys is not None:
        return any(not ref.startswith(("env:", "file:")) for ref in wanted.keys)
    return wanted.provider in recorded or wanted.kind in recorded


def _models(provider: ReadyProvider, around: Surroundings) -> tuple[str, ...]:
    """The provider's list: its `models:`, else what it listed last, else the shipped one."""
    resolved = provider.resolved
    if resolved.kind.is_embedded:
        from aigw_dev.core.mock import MOCK_MODELS  # most gateways do not list it

        return tuple(model.name for model in MOCK_MODELS)
    if resolved.has_own_models:
        return resolved.models
    return tuple(around.listed.get(provider.name) or resolved.models)

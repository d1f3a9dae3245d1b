"""A configured provider with everything its kind gives filled in: what a call needs, decided once per config."""

from collections.abc import Mapping
from typing import Final

import msgspec

from aigw_dev.core import web_address
from aigw_dev.core.config import Provider
from aigw_dev.core.credentials import origin_of
from aigw_dev.core.problem import Problem
from aigw_dev.core.providers import address
from aigw_dev.core.providers.catalogue import KINDS, near_kinds
from aigw_dev.core.providers.kind import Auth, Kind, Port

CONNECT_TIMEOUT_MS: Final = 10_000
"""A provider that does not accept a connection in 10 s is down; the next target can still answer in time."""
FIRST_PACKET_TIMEOUT_MS: Final = 0
"""Off: a model may think for minutes before its first word, and only a route knows when to give up on it."""
IDLE_TIMEOUT_MS: Final = 120_000
"""Between two pieces of a reply that has begun. Vendors send a comment or ping well within a minute."""
TIMEOUT_MS: Final = 600_000
"""A whole reply: what OpenAI's SDKs wait for one by default."""
STREAM_TIMEOUT_MS: Final = 3_600_000
"""A stream that keeps sending is alive; the idle timeout ends one that does not."""

_USUAL_VERSION: Final = "v1"
_ROOT: Final = Port(dialect="", api_path="")
_THIS_MACHINE: Final = frozenset({"host.docker.internal", "host.containers.internal"})
_LINK_LOCAL: Final = ("169.254.", "fe80:", "[fe80:")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how a provider is spoken to in one dialect."""

    dialect: str
    api_base: str
    """What operations' paths are appended to; see `address`."""
    auth: Auth
    headers: tuple[tuple[str, str], ...] = ()
    """Sent where the caller sent none of that name."""


class ResolvedProvider(msgspec.Struct, frozen=True, kw_only=True):
    """One provider, ready to be called. Times in milliseconds, 0 = off."""

    name: str
    kind: Kind
    base_url: str
    """As configured or as the kind has it, for people; empty for the embedded provider."""
    api_base: str
    """What operations' paths are appended to; see `address`."""
    origin: str
    """`scheme://host[:port]`, what keys are bound to; empty for the embedded provider."""
    dialect: str
    auth: Auth
    """How a key travels; `none` = none is sent even if one is stored."""
    places: dict[str, Place] = {}
    """By dialect: where it is spoken, beside `dialect` at `api_base`."""
    is_passthrough: bool = False
    """The caller's own credential goes up unchanged, and no stored key."""
    is_key_required: bool = True
    """Without a key the provider cannot be called."""
    key_refs: tuple[str, ...] = ()
    """Keys in order, as `core.credentials.parse_reference` reads them; by default the provider's name and the kind's."""
    env: tuple[str, ...] = ()
    """Usual variables that may hold its key; empty with an overridden base URL or with `keys` configured."""
    models: tuple[str, ...] = ()
    """The models named in the config, else the shipped list."""
    has_own_models: bool = False
    """`models` come from the config: they are the list, and what the provider lists is not added."""
    headers: dict[str, str] = {}
    """Sent with every call, as configured."""
    forward_headers: tuple[str, ...] = ()
    proxy: str | None = None
    injects_usage: bool = False
    """Ask for usage in streams whose caller did not, and hide the extra chunk."""
    is_local: bool = False
    """The address can only be this machine (or nothing is called at all)."""
    is_overridden: bool = False
    """The base URL is not the kind's own."""
    connect_timeout_ms: int = CONNECT_TIMEOUT_MS
    first_packet_timeout_ms: int = FIRST_PACKET_TIMEOUT_MS
    """Streams only."""
    idle_timeout_ms: int = IDLE_TIMEOUT_MS
    timeout_ms: int = TIMEOUT_MS
    """A reply in one piece."""
    stream_timeout_ms: int = STREAM_TIMEOUT_MS
    """A stream; the configured `timeout_ms` sets both."""


def resolve_provider(
    name: str, provider: Provider, kinds: Mapping[str, Kind] = KINDS
) -> ResolvedProvider | Problem:
    """Everything needed to call a configured provider, or what keeps it from being used."""
    kind = kinds.get(provider.kind or name)
    if kind is None:
        return _unknown_kind(name, provider)
    base_url = (provider.base_url or kind.base_url).rstrip("/")
    problem = _address_problem(name, kind, base_url)
    if problem:
        return problem
    is_local = kind.is_embedded or web_address.is_loopback(web_address.host_of(base_url))
    is_keyless = provider.auth in {"none", "passthrough"} or kind.auth == "none"
    is_key_required = not is_keyless and (kind.is_key_required or provider.keys is not None)
    is_private = is_local or _is_private(base_url)
    if (is_key_required or provider.auth == "passthrough") and not is_private:
        return _key_in_the_open(name)
    is_overridden = bool(base_url) and address.api_base(kind, base_url) != _own_api_base(kind)
    has_keys = not is_keyless and is_private
    return ResolvedProvider(
        name=name,
        kind=kind,
        base_url=base_url,
        api_base=address.api_base(kind, base_url) if base_url else "",
        origin=origin_of(base_url) or "",
        dialect=kind.dialect,
        auth=kind.auth if has_keys else "none",
        is_passthrough=provider.auth == "passthrough",
        is_key_required=is_key_required,
        key_refs=_key_refs(name, provider, kind) if has_keys else (),
        env=kind.env if has_keys and not is_overridden and provider.keys is None else (),
        models=kind.default_models if provider.models is None else provider.models,
        has_own_models=provider.models is not None,
        headers=provider.headers,
        forward_headers=provider.forward_headers,
        proxy=provider.proxy,
        places=_places(kind, base_url, has_keys=has_keys, is_overridden=is_overridden),
        injects_usage=provider.usage == "inject" and not kind.sends_usage_unasked,
        is_local=is_local,
        is_overridden=is_overridden,
        connect_timeout_ms=_or(provider.connect_timeout_ms, CONNECT_TIMEOUT_MS),
        first_packet_timeout_ms=_or(provider.first_packet_timeout_ms, FIRST_PACKET_TIMEOUT_MS),
        idle_timeout_ms=_or(provider.idle_timeout_ms, IDLE_TIMEOUT_MS),
        timeout_ms=_or(provider.timeout_ms, TIMEOUT_MS),
        stream_timeout_ms=_or(provider.timeout_ms, STREAM_TIMEOUT_MS),
    )


def chat_place(provider: ResolvedProvider, dialect: str) -> Place:
    """Where a chat request of a caller that speaks `dialect` goes: to its own dialect where the provider speaks it."""
    own = provider.places.get(dialect)
    if own is not None:
        return own
    native = provider.places.get(provider.kind.native_dialect)
    return native if native is not None else main_place(provider)


def main_place(provider: ResolvedProvider) -> Place:
    """Where the dialect is spoken that serves every other operation."""
    return Place(dialect=provider.dialect, api_base=provider.api_base, auth=provider.auth)


def place_url(
    provider: ResolvedProvider, place: Place, path: str, *, model: str = "", query: str = ""
) -> str:
    """The URL of one call at a place; see `upstream_url`."""
    if place.api_base == provider.api_base:
        return address.full_url(provider.kind, place.api_base, path, model=model, query=query)
    return address.plain_url(place.api_base, path, model=model, query=query)


def raw_url(provider: ResolvedProvider, rest: str, *, query: str = "") -> tuple[str, Place]:
    """Where `rest`, a path below the provider's prefix, leads, and how the key travels there.

    A path that begins with one of the provider's own API paths is taken from the provider's root; one that begins with
    `/v1` (what an SDK's base URL ends with) is one of its main API; any other is taken from the root.
    """
    kind = provider.kind
    root = address.port_base(kind, _ROOT, provider.base_url)
    native = provider.places.get(kind.native_dialect) or main_place(provider)
    base_path = root.partition("://")[2].partition("/")[2]
    if base_path and rest.startswith(
        f"/{base_path}/"
    ):  # the whole path, as an SDK with its own base URL sends it
        return address.plain_url(provider.origin, rest, query=query), native
    own = [(kind.api_path, main_place(provider))]
    own += [
        (port.api_path, provider.places[port.dialect])
        for port in kind.ports
        if port.dialect in provider.places
    ]
    for path, place in sorted(own, key=lambda one: -len(one[0])):
        if path and rest.startswith(path + "/"):
            return address.plain_url(root, rest, query=query), place
    version, _, behind = rest.removeprefix("/").partition("/")
    if version == _USUAL_VERSION and kind.api_path:
        return address.plain_url(provider.api_base, f"/{behind}", query=query), main_place(provider)
    return address.plain_url(root, rest, query=query), native


def upstream_url(provider: ResolvedProvider, path: str, *, model: str = "", query: str = "") -> str:
    """The URL of one call: `path` is the operation's (`/chat/completions`), `query` what the caller sent."""
    return address.full_url(provider.kind, provider.api_base, path, model=model, query=query)


def models_url(provider: ResolvedProvider) -> str | None:
    """Where the provider lists its models, or None where it cannot be asked."""
    return upstream_url(provider, provider.kind.models_path) if provider.kind.models_path else None


def check_url(provider: ResolvedProvider) -> str | None:
    """What can be asked without cost to see that the provider answers; None where there is nothing of the kind."""
    return (
        upstream_url(provider, provider.kind.check_path) if provider.kind.check_path else models_url(provider)
    )


def _or(value: int | None, usual: int) -> int:
    return usual if value is None else value


def _places(kind: Kind, base_url: str, *, has_keys: bool, is_overridden: bool) -> dict[str, Place]:
    return {
        port.dialect: Place(
            dialect=port.dialect,
            api_base=address.port_base(kind, port, base_url) if base_url else "",
            auth=(port.auth or kind.auth) if has_keys else "none",
            headers=port.headers,
        )
        for port in kind.ports
        if not (port.is_only_at_vendor and is_overridden)
    }


def _own_api_base(kind: Kind) -> str:
    return address.api_base(kind, kind.base_url) if kind.base_url else ""


def _key_refs(name: str, provider: Provider, kind: Kind) -> tuple[str, ...]:
    if provider.keys is not None:
        return provider.keys
    return tuple(dict.fromkeys((f"{name}-api-key", kind.key_name)))


def _is_private(base_url: str) -> bool:
    """Whether a key sent there cannot be read on the way."""
    return base_url.lower().startswith("https://") or web_address.host_of(base_url).lower() in _THIS_MACHINE


def _key_in_the_open(name: str) -> Problem:
    return Problem(
        path=("providers", name, "base_url"),
        message="plain http beyond this machine would send the key where anybody on the way can read it",
        hint="Use https://, reach it through a tunnel on 127.0.0.1, or set `auth: none` if it wants no key.",
    )


def _unknown_kind(name: str, provider: Provider) -> Problem:
    wanted = provider.kind or name
    near = near_kinds(wanted)
    step: tuple[str, ...] = ("kind",) if provider.kind else ()
    return Problem(
        path=("providers", name, *step),
        message=f"there is no kind of provider called {wanted!r}",
        hint=(f"Did you mean {' or '.join(near)}? " if near else "")
        + "Set `kind` to one that `aigw-dev providers list --kinds` shows, or to openai-compatible with a base_url.",
    )


def _address_problem(name: str, kind: Kind, base_url: str) -> Problem | None:
    path = ("providers", name, "base_url")
    if kind.is_embedded:
        return Problem(path=path, message="the embedded provider has no address") if base_url else None
    if not base_url:
        return Problem(
            path=path,
            message=f"kind {kind.name} has no address of its own",
            hint=f"Set base_url, like {kind.base_url_example}",
        )
    wrong = web_address.problem_with(base_url)
    if wrong:
        return Problem(path=path, message=f"base_url {wrong}", hint=f"It looks like {_example(kind)}")
    if base_url.partition("://")[2].lower().startswith(_LINK_LOCAL):
        return Problem(
            path=path,
            message="base_url is a link-local address, where machines in a cloud keep their credentials",
            hint="Name the server by its own address.",
        )
    return None


def _example(kind: Kind) -> str:
    return kind.base_url or kind.base_url_example

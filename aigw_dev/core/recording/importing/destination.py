"""Where a recorded call went: which provider of the catalogue, which operation, which model of its path.

Hosts are those of the catalogue's rows. Behind an unknown host (a proxy, a test server) a path that can only be a model
call is taken as one of the dialect's home provider, and said so.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import msgspec

from aigw_dev.core.operations import (
    COUNT_TOKENS,
    GEMINI_COUNT,
    GENERATE,
    MESSAGES,
    RAW,
    STREAM_GENERATE,
    Match,
    Operation,
)
from aigw_dev.core.paths import find, find_below
from aigw_dev.core.providers.address import api_base, plain_url, port_base
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.providers.kind import Kind
from aigw_dev.core.providers.vertex import PUBLISHERS
from aigw_dev.core.recording.fixture import FixtureError


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Who was asked, and what for."""

    provider: str
    """A kind of the catalogue, which is also the provider's name in the fixture."""
    operation: Operation
    path: str = ""
    """`Request.path` for a thing by its id, or for what is passed through; empty where the operation says it."""
    model: str = ""
    """The model that the path or query names, as the provider calls it."""
    is_model_in_path: bool = False
    """The caller names the model in its path too (Gemini, Azure's deployments)."""
    body_version: str = ""
    """`anthropic_version` of a body whose model stands in the provider's path, though not in the caller's (Vertex)."""
    note: str = ""
    """What was guessed."""


class _Place(msgspec.Struct, frozen=True):
    """A provider's host: its row, and below which paths it speaks which dialect."""

    kind: Kind
    bases: tuple[str, ...]


def destination_of(method: str, url: str, *, where: str) -> Destination | str:
    """Where a call went, or why it is no call that a gateway makes. FixtureError for what is no URL."""
    parts = _split(url, where)
    place = _place_at(parts)
    if place is None:
        return _elsewhere(method, parts)
    found = _published(place.kind, parts.path) or _known(place, method, parts)
    if found is not None:
        return found
    name = place.kind.name
    if name in _families(place.kind) and _is_list(method, parts.path):
        return "the gateway tells of its own models there, so no replay would ask for it"
    raw = find_below(method, f"/{name}{parts.path or '/'}", {name})
    if not isinstance(raw, Match) or raw.operation is not RAW:
        return f"nothing that {name} is asked through the gateway"
    return Destination(provider=name, operation=RAW, path=plain_url("", parts.path or "/", query=parts.query))


def shown(method: str, url: str) -> str:
    """A call for messages: without query, user and fragment, which may hold keys."""
    try:
        parts = urlsplit(url)
        host = _netloc(parts)
    except ValueError:
        return method
    return f"{method} {host}{parts.path}"[:_MAX_SHOWN_CHARS]


def home_of(dialect: str) -> str:
    """The provider whose own dialect it is; a bare model name in that dialect belongs to it (CONTRACT 7)."""
    return dialect.partition("-")[0]


_MAX_SHOWN_CHARS: Final = 160
_NATIVE: Final = "native"
_VERSION: Final = re.compile(r"v\d+[a-z0-9.]*")
_PUBLISHED: Final = re.compile(r".*/publishers/([^/]+)/models/([^/]+?)(:[A-Za-z]+)")
_PLACEHOLDER: Final = re.compile(r"[A-Z]+(-?)")
_OF_PUBLISHERS: Final = {
    # dialect: whole, stream, count
    "gemini-generate-content": (GENERATE, STREAM_GENERATE, GEMINI_COUNT),
    "anthropic-messages": (MESSAGES, MESSAGES, COUNT_TOKENS),
}
_MOST_STEPS: Final = 8
"""Of a path's end; no operation that a path alone can tell has more."""
_GUESSED: Final = frozenset({"chat", "count", "model"})
"""Families that a path alone can tell."""


def _split(url: str, where: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise FixtureError(f"this is no URL: {error}", where=where) from None
    if parts.scheme.lower() not in {"http", "https", "ws", "wss"} or not parts.hostname:
        raise FixtureError("this is no absolute http(s) URL", where=where)
    return parts


def _netloc(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    return f"{host}:{parts.port}" if parts.port else host


def _place_at(parts: SplitResult) -> _Place | None:
    usual = {"http": 80, "ws": 80}.get(parts.scheme.lower(), 443)
    host = (parts.hostname or "").lower()
    known = _HOSTS.get(host if parts.port in {None, usual} else f"{host}:{parts.port}")
    if known is not None:
        return known
    shaped = next((kind for pattern, kind in _SHAPES if pattern.fullmatch(host)), None)
    return None if shaped is None else _Place(shaped, _bases(shaped, f"https://{host}"))


def _bases(kind: Kind, base_url: str) -> tuple[str, ...]:
    """Paths below which a provider's operations live, longest first."""
    ports = (port_base(kind, port, base_url) for port in kind.ports if port.dialect != _NATIVE)
    paths = {urlsplit(one).path for one in (api_base(kind, base_url), *ports)}
    return tuple(sorted(paths, key=len, reverse=True))


def _hosts() -> dict[str, _Place]:
    """Every host that only one kind has; of a vendor's regions each."""
    found: dict[str, _Place] = {}
    shared: set[str] = set()
    for kind in KINDS.values():
        for base_url in (kind.base_url, *(region.base_url for region in kind.regions)):
            host = _netloc(urlsplit(base_url))
            if host in found and found[host].kind is not kind:
                shared.add(host)  # two model servers with one usual port
            found.setdefault(host, _Place(kind, _bases(kind, base_url)))
    return {host: place for host, place in found.items() if host and host not in shared}


def _shapes() -> tuple[tuple[re.Pattern[str], Kind], ...]:
    """Hosts of kinds where everybody has their own: `RESOURCE.openai.azure.com`."""
    found: list[tuple[re.Pattern[str], Kind]] = []
    for kind in KINDS.values():
        host = kind.base_url_example.partition("://")[2].partition("/")[0]
        if host and "." in host and _PLACEHOLDER.search(host):
            literal = re.escape(host).replace(r"\-", "-")
            found.append((re.compile(_PLACEHOLDER.sub(r"(?:[a-z0-9-]+\1)?", literal)), kind))
    return tuple(found)


_HOSTS: Final = _hosts()
_SHAPES: Final = _shapes()


def _known(place: _Place, method: str, parts: SplitResult) -> Destination | None:
    families = _families(place.kind)
    path = parts.path
    inside = (path.removeprefix(base) for base in place.bases if path.startswith(base + "/"))
    for candidate in (*inside, path):
        match = _call(method, candidate)
        if match is not None and home_of(match.operation.dialect) in families:
            return _destination(place.kind.name, match, parts)
    match = _by_ending(method, path)
    if match is None or home_of(match.operation.dialect) not in families:
        return None
    return _destination(place.kind.name, match, parts)


def _elsewhere(method: str, parts: SplitResult) -> Destination | str:
    """A host that no row has: deployments say whose they are, else the dialect's home is taken."""
    path = parts.path
    match = _call(method, path) or _by_ending(method, path)
    if match is None:
        return "no provider's address, and no path of a model call"
    owner = next((kind.name for kind in KINDS.values() if _has_deployment(kind, path)), "")
    provider = owner or home_of(match.operation.dialect)
    how = "by its deployments" if owner else "by the path's dialect"
    return _destination(
        provider,
        match,
        parts,
        note=f"{_netloc(parts)} is no provider's own address: taken as {provider}, {how}",
    )


def _has_deployment(kind: Kind, path: str) -> bool:
    before = kind.deployment_path.partition("{")[0]
    return bool(before) and path.startswith(kind.api_path + before)


def _call(method: str, path: str) -> Match | None:
    """What `path` asks of a provider; None also for lists of models, which the gateway makes itself."""
    found = find(method, path)
    return found if isinstance(found, Match) and found.operation.family != "list" else None


def _families(kind: Kind) -> set[str]:
    """The homes of the dialects that a kind speaks."""
    return {home_of(dialect) for dialect in (kind.dialect, *(port.dialect for port in kind.ports))}


def _is_list(method: str, path: str) -> bool:
    """Whether the gateway answers `path` with what it knows of models, whoever is asked by that dialect's usual address."""
    found = find(method, path)
    return isinstance(found, Match) and found.operation.family == "list"


def _by_ending(method: str, path: str) -> Match | None:
    """The operation that a path ends in, below whatever a proxy or vendor put before it (`/nebius/v1/chat/completions`)."""
    for ending in _endings(path):
        match = _call(method, ending)
        if match is None or match.operation.family not in _GUESSED:
            continue
        steps = ending.strip("/").split("/")
        # `/messages` alone may be anybody's (`/threads/T/messages`); two steps, or a version before it, are a model call.
        if match.operation.path.count("/") > 1 or _VERSION.fullmatch(steps[0]):
            return match
    return None


def _endings(path: str) -> Iterator[str]:
    steps = path.strip("/").split("/")
    for number in range(max(1, len(steps) - _MOST_STEPS), len(steps)):
        yield "/" + "/".join(steps[number:])


def _destination(provider: str, match: Match, parts: SplitResult, *, note: str = "") -> Destination:
    operation = match.operation
    if operation.family == "resource":
        path = plain_url("", operation.path.replace("{id}", match.resource_id), query=parts.query)
        return Destination(provider=provider, operation=operation, path=path, note=note)
    model = match.path_model
    if operation.is_socket:
        model = parse_qs(parts.query).get("model", [""])[-1]
    return Destination(
        provider=provider,
        operation=operation,
        model=model,
        is_model_in_path=bool(match.path_model),
        note=note,
    )


def _published(kind: Kind, path: str) -> Destination | None:
    """A model of one of several publishers, in that publisher's dialect."""
    named = _PUBLISHED.fullmatch(path) if kind.has_publishers else None
    row = PUBLISHERS.get(named[1]) if named else None
    if named is None or row is None:
        return None
    whole, stream, count = _OF_PUBLISHERS[row.dialect]
    model, method = unquote(named[2]), named[3]
    if method == row.count and row.count_model in {"{model}", model}:
        operation = count
    elif method in {row.whole, row.stream}:
        operation = whole if method == row.whole else stream
    else:
        return None
    return Destination(
        provider=kind.name,
        operation=operation,
        model="" if row.is_model_in_body and operation is count else f"{named[1]}/{model}",
        is_model_in_path=not row.body_version,
        body_version=row.body_version,
    )

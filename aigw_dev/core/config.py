"""The config as typed structs: `aigw-dev.yaml` after it was read and checked.

Durations named `_ms` are milliseconds; 0 switches a timeout off. Every field is optional in the file unless said.
The flow of a route is compiled by `core.routing.flow`; it stays a plain tree here.
`core.config_check` says which values are accepted; the text under each field is its description in the JSON Schema.
"""

from typing import Any, Literal

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the door accepts (`gateway.limits`)."""

    header_kb: int = 64
    """KiB of request line and headers; more is 431."""
    header_s: float = 10.0
    """Seconds within which the headers have to arrive."""
    json_mb: int = 32
    """MiB of a JSON body; more is 413."""
    json_s: float = 15.0
    """Seconds within which a JSON body has to arrive."""
    upload_mb: int = 1024
    """MiB of a multipart upload; more is 413."""
    upload_pause_s: float = 15.0
    """Seconds that an upload may send nothing."""
    idle_s: float = 30.0
    """Seconds that an idle connection is kept open."""
    connections: int = 2000
    """Connections accepted at the same time."""
    drain_s: float = 30.0
    """Seconds that running streams may go on after SIGTERM."""


class Gateway(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who this gateway is and who may call it (`gateway`)."""

    name: str = ""
    """Shown everywhere; empty = the folder's name."""
    notes: str = ""
    """A line for people: what this gateway is for."""
    host: str = "127.0.0.1"
    """The address to listen on. Anything but loopback needs `identity_verification: true`."""
    port: int | None = None
    """The port to listen on: the one given, else the one used last, else 2449, else the next free; 0 picks one."""
    identity_verification: bool = True
    """Whether a call that would spend a stored key has to say who makes it; false opens loopback."""
    allowed_hosts: tuple[str, ...] = ()
    """Exact Host values answered beside the loopback names, each `name` or `name:port`."""
    allowed_origins: tuple[str, ...] = ()
    """Exact origins of web pages that may call, each `http(s)://host[:port]`."""
    default_provider: str | None = None
    """The provider that gets model names which no route claims and no list has."""
    deploy: Literal["auto", "manual"] = "auto"
    """`auto`: saving the file applies it; `manual`: it waits for `aigw-dev routes deploy`."""
    limits: Limits = Limits()
    """What the door accepts."""


class Provider(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One configured provider, as written; `core.providers` fills in what its kind gives."""

    kind: str | None = None
    """A row of the catalogue (`aigw-dev providers list`); not given = the provider's own name."""
    base_url: str | None = None
    """Where it is, as that vendor's own SDK takes it; not given = its kind's."""
    keys: tuple[str, ...] | None = None
    """Key references in order: a keyring name, `env:NAME` or `file:PATH`; not given = the kind's usual name and variable."""
    models: tuple[str, ...] | None = None
    """The models it has; not given = what it listed last."""
    headers: dict[str, str] = {}
    """Headers added to every call to it, names in lower case; never a credential."""
    forward_headers: tuple[str, ...] = ()
    """Names, in lower case, of the caller's headers that go up beside the usual ones."""
    proxy: str | None = None
    """The proxy for this provider, `http(s)://host:port`; not given = HTTPS_PROXY and NO_PROXY hold."""
    auth: Literal["key", "passthrough", "none"] | None = None
    """`key`: send a stored key; `passthrough`: the caller's own credential; `none`: nothing; not given = its kind's way."""
    usage: Literal["as-sent", "inject"] = "as-sent"
    """`inject` asks the provider for usage on streams and hides the extra chunk."""
    connect_timeout_ms: int | None = None
    """Milliseconds to connect."""
    first_packet_timeout_ms: int | None = None
    """Milliseconds to the first event of a stream; 0 = off."""
    idle_timeout_ms: int | None = None
    """Milliseconds between two pieces of a reply; 0 = off."""
    timeout_ms: int | None = None
    """Milliseconds for the whole call; 0 = off."""


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One dynamic route; called as `dynamic/<name>` or by a name in `models`."""

    flow: Any
    """Required. The tree of if/then/else, split and send that decides where a request goes."""
    models: tuple[str, ...] = ()
    """Model names it claims; `*` and `?` stand for any text and any one character, an exact name beats a pattern."""
    description: str = ""
    """A line for people: what this route decides."""
    metadata: Literal["required", "optional"] = "required"
    """`optional` treats a missing x-ai-route-metadata header as an empty one; `required` answers 400."""
    on_loss: Literal["allow", "warn", "reject"] = "allow"
    """What a translation that loses something does: `allow` says so in the ledger, `warn` marks it too, `reject` passes that target over."""


class Logging(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of each exchange (`logging`)."""

    record_request: bool = True
    """Whether request bodies are kept, with secrets masked."""
    record_response: bool = True
    """Whether response bodies are kept, with secrets masked."""
    sample: float = 1.0
    """Share of exchanges kept, 0 to 1; errors and the slowest are always kept."""
    keep_s: int = 14 * 86400
    """How long exchanges are kept; written `keep: 14d` (or 24h, 30m, 90s)."""
    max_mb: int = 200
    """MiB of log at most; the oldest exchanges go first."""


class Config(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole checked config."""

    version: int = 1
    """The version of this format; 1 is the only one."""
    gateway: Gateway = Gateway()
    """Who this gateway is and who may call it."""
    providers: dict[str, Provider] = {}
    """By name, in file order, without the embedded `mock`."""
    routes: dict[str, Route] = {}
    """By name, in file order."""
    logging: Logging = Logging()
    """What is kept of each exchange."""

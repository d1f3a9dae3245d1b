"""The checks before credential and body: one Host we answer for, an own Origin, a content type we accept.

Sources: CONTRACT 4; the incidents behind each check are in SECURITY.md. The protocol (`server.protocol`) has already
refused absolute-form targets, several Hosts and ambiguous framing; what can be seen in ASGI is checked here again, so
that the door is safe behind any server.
"""

import functools
from typing import Final

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.core.operations import Operation
from aigw_dev.server.headers import Pairs, value_of

_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_CONTAINER_NAMES: Final = ("host.docker.internal", "host.containers.internal")
"""How a container reaches this machine; a call by these names always needs a token."""
_OWN_SITES: Final = (b"same-origin", b"none")


class FrontRules(msgspec.Struct, frozen=True, kw_only=True):
    """Which names this gateway answers for; built once per snapshot."""

    hosts: frozenset[bytes]
    """Exact `host:port` values, lower-case."""
    token_hosts: frozenset[bytes]
    """Exact values that are served only to identified callers."""
    origins: frozenset[bytes]
    """Exact foreign origins that may call from a web page."""
    port: int


class Head(msgspec.Struct, kw_only=True):
    """What the door reads of a request's headers, in one pass."""

    host: bytes = b""
    host_count: int = 0
    origin: bytes | None = None
    fetch_site: bytes | None = None
    content_type: bytes = b""
    content_encoding: bytes = b""
    content_length: int | None = None
    has_transfer_encoding: bool = False
    user_agent: bytes = b""
    traceparent: bytes = b""
    doubled: bytes = b""
    """A header that decides who may come in or what is read, and came more than once; empty where none did."""
    credentials: list[tuple[bytes, bytes]] = msgspec.field(default_factory=list[tuple[bytes, bytes]])
    metadata: bytes | None = None
    session: bytes = b""
    fault: bytes = b""
    """Faults that the caller wants for this request."""
    anthropic_version: bytes = b""


def rules(
    *, port: int, host: str, allowed_hosts: tuple[str, ...], allowed_origins: tuple[str, ...]
) -> FrontRules:
    """The rules for a gateway listening on `port`; `host` is the configured bind address."""
    names = [*_LOOPBACK_NAMES]
    if host not in {"0.0.0.0", "::", ""}:  # noqa: S104  -- compared, not bound
        names.append(f"[{host}]" if ":" in host else host)
    hosts = {f"{name}:{port}".lower().encode() for name in names}
    tokens = {f"{name}:{port}".encode() for name in _CONTAINER_NAMES}
    if port == 80:  # noqa: PLR2004  -- http's own port is left out of Host
        hosts |= {name.encode() for name in names}
        tokens |= {name.encode() for name in _CONTAINER_NAMES}
    for extra in allowed_hosts:
        text = extra.lower().encode()
        hosts.add(text)
        if b":" not in text.rpartition(b"]")[2]:
            hosts.add(text + b":%d" % port)
    return FrontRules(
        hosts=frozenset(hosts),
        token_hosts=frozenset(tokens),
        origins=frozenset(origin.lower().encode() for origin in allowed_origins),
        port=port,
    )


_SINGLE: Final = frozenset({b"origin", b"sec-fetch-site", b"content-type", b"content-encoding"})
"""Headers that are checked by their value: of two, one would go unchecked."""
_SESSION_HEADERS: Final = (b"x-session-id", b"x-conversation-id", b"x-agent-session")


def read_head(headers: list[tuple[bytes, bytes]]) -> Head:
    """Everything the door asks of the headers, in one pass over them (names are lower-case)."""
    head = Head()
    seen: set[bytes] = set()
    for name, value in headers:
        if name in _SINGLE:
            if name in seen:
                head.doubled = name
            seen.add(name)
        match name:
            case b"host":
                head.host = value
                head.host_count += 1
            case b"content-type":
                head.content_type = value
            case b"content-length":
                head.content_length = int(value) if value.isdigit() else -1
            case b"authorization" | b"x-api-key" | b"api-key" | b"x-goog-api-key" | b"esa_aigw_auth":
                head.credentials.append((name, value))
            case b"user-agent":
                head.user_agent = value
            case b"origin":
                head.origin = value
            case b"sec-fetch-site":
                head.fetch_site = value
            case b"transfer-encoding":
                head.has_transfer_encoding = True
            case b"content-encoding":
                head.content_encoding = value
            case b"traceparent":
                head.traceparent = value
            case b"x-ai-route-metadata":
                head.metadata = value if head.metadata is None else head.metadata + b"," + value
            case b"anthropic-version":
                head.anthropic_version = value
            case b"x-aigw-fault":
                head.fault = value if not head.fault else head.fault + b"," + value
            case _ if name in _SESSION_HEADERS:
                head.session = head.session or value
            case _:
                pass
    return head


def check(head: Head, own: FrontRules) -> Refusal | None:
    """The door's first no, or None. Reads nothing but the head."""
    if head.host_count != 1:
        return Refusal(
            code="invalid_http", message=f"the request has {head.host_count} Host headers; send exactly one"
        )
    if head.content_length is not None and head.has_transfer_encoding:
        return Refusal(
            code="invalid_http",
            message="the request has both content-length and transfer-encoding; send one of them",
        )
    if head.doubled:
        return Refusal(
            code="invalid_http",
            message=f"the request has more than one {head.doubled.decode()} header; send exactly one",
        )
    host = head.host.lower()
    if host not in own.hosts and host not in own.token_hosts and not _is_own_localhost(host, own.port):
        shown = head.host.decode("latin-1")
        return Refusal(
            code="host_not_allowed",
            message=f"this gateway does not answer for Host {shown!r}; call it by 127.0.0.1:{own.port}, or add the "
            f"name to gateway.allowed_hosts: [{shown!r}]",
        )
    return _check_origin(head, own, host)


def needs_token(head: Head, own: FrontRules) -> bool:
    """Whether this Host name is served only to identified callers."""
    return head.host.lower() in own.token_hosts


def is_allowed_origin(head: Head, own: FrontRules) -> bool:
    """Whether the reply may carry the CORS headers: an exact configured origin asked."""
    return head.origin is not None and head.origin.lower() in own.origins


def _is_own_localhost(host: bytes, port: int) -> bool:
    name, _, number = host.partition(b":")
    return name.endswith(b".localhost") and name[:1] != b"." and number == b"%d" % port


def _check_origin(head: Head, own: FrontRules, host: bytes) -> Refusal | None:
    origin = head.origin
    if origin is not None and origin.lower() in own.origins:
        return None  # a page we were told of; its calls are cross-site by nature
    if origin is None or origin.lower() == b"http://" + host:
        if head.fetch_site is None or head.fetch_site.lower() in _OWN_SITES:
            return None
        shown = head.fetch_site.decode("latin-1")
        return Refusal(
            code="origin_not_allowed",
            message=f"a page of another site made this call (Sec-Fetch-Site: {shown}); open it from the gateway's own "
            "address, or add its exact origin to gateway.allowed_origins",
        )
    shown = origin.decode("latin-1")
    if origin.lower() == b"null":
        return Refusal(
            code="origin_not_allowed",
            message="a page without an origin of its own (Origin: null: a file, a sandboxed frame) made this call; serve it "
            "over http and add that origin to gateway.allowed_origins",
        )
    return Refusal(
        code="origin_not_allowed",
        message=f"a page on {shown} made this call; if it is yours, add to aigw-dev.yaml: "
        f"gateway: {{allowed_origins: [{shown!r}]}}",
    )


def check_media(head: Head, method: str, *, media: tuple[str, ...]) -> Refusal | None:
    """415 unless the body is of a kind the operation takes (none named = any), unencoded."""
    encoding = head.content_encoding.strip().lower()
    if encoding not in {b"", b"identity"}:
        return Refusal(
            code="unsupported_media_type",
            message=f"the body is encoded ({encoding.decode('latin-1')}); send it plain, without content-encoding",
        )
    if method != "POST" or not media:
        return None
    kind = media_type(head)
    if kind in media:
        return None
    shown = head.content_type.decode("latin-1") or "nothing"
    return Refusal(
        code="unsupported_media_type",
        message=f"content-type is {shown}; this path wants {' or '.join(media)}",
    )


def media_type(head: Head) -> str:
    """The body's content type without its parameters, lower-case."""
    return _bare(head.content_type)


@functools.lru_cache(maxsize=256)  # callers have few, but for the boundaries of forms
def _bare(content_type: bytes) -> str:
    return content_type.partition(b";")[0].strip().lower().decode("latin-1")


def spoken(head: Head, operation: Operation) -> str:
    """The caller's dialect: the path's, or another vendor's on paths that several have (models, files) where it says so.

    Anthropic's SDKs send their version; Google's show their credential in a header of its own.
    """
    if operation.family not in {"list", "resource", "raw"}:
        return operation.dialect
    if head.anthropic_version:
        return "anthropic-messages"
    if operation.family == "list" and any(name == b"x-goog-api-key" for name, _ in head.credentials):
        return "gemini-generate-content"
    return operation.dialect


def preflight(headers: Pairs) -> Pairs:
    """An allowed page may send whatever header it asks for: SDKs in a browser add many of their own."""
    asked = value_of(headers, b"access-control-request-headers")
    return [
        (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
        (b"access-control-allow-headers", asked or b"authorization, content-type"),
        (b"access-control-max-age", b"600"),
    ]

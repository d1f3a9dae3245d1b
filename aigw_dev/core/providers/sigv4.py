"""AWS Signature Version 4: the headers that prove who sends a request, without sending the secret.

Held by tests to botocore's signer (1.44.5) and to signatures that AWS published. What is easy to get wrong, and is the rule here:

* The path that is signed is the path on the wire, percent-encoded once more (every service but S3): a model id with a
  colon goes out as `%3A` and is signed as `%253A`. Dot segments and empty segments are resolved first.
* Headers that a proxy or the HTTP client may change, add or drop on the way are not signed.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

import msgspec

from aigw_dev.core import loose_json

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SERVICE: Final = "bedrock"
"""The name under which calls of Bedrock, of its runtime too, are signed."""
_OWN_SERVICES: Final = ("bedrock-mantle",)
"""First labels of hosts that sign under their own name: the OpenAI-compatible endpoint."""

_UNSIGNED: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "date",
        "expect",
        "keep-alive",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "traceparent",
        "tracestate",
        "upgrade",
        "user-agent",
        "via",
        "x-amz-date",
        "x-amz-security-token",
        "x-amzn-trace-id",
        "x-forwarded-for",
    }
)
"""Changed on the way, or set by this module."""
_PAIR: Final = re.compile(
    r"(?P<id>A[A-Z0-9]{15,127}):(?P<secret>[A-Za-z0-9/+=]{20,256})(?::(?P<token>[^\s:]+))?"
)
_REGION: Final = re.compile(r"[a-z]{2,5}(?:-[a-z]+)+-[0-9]{1,2}")
_ID_NAMES: Final = ("accesskeyid", "awsaccesskeyid")
_SECRET_NAMES: Final = ("secretaccesskey", "awssecretaccesskey")
_TOKEN_NAMES: Final = ("sessiontoken", "awssessiontoken", "token")
_WRAPPER: Final = "credentials"
"""`aws sts assume-role` and its kin put the three fields inside this one."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """An access key pair, with a session token where it is a temporary one. Shows no secret in its repr."""

    access_key: str
    secret_key: str
    session_token: str = ""

    def __repr__(self) -> str:
        """Only what may be seen in a log."""
        kind = "temporary" if self.session_token else "lasting"
        return f"Credentials({self.access_key[:4]}..., {kind})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """The same for a traceback that rich prints."""
        return [("access_key", f"{self.access_key[:4]}...")]


def parse_credentials(text: str) -> Credentials | None:
    """The key pair that a stored key holds; None where it is none, and so a key to send as it is (Bearer).

    Two spellings: `ACCESS_KEY_ID:SECRET[:SESSION_TOKEN]`, or the JSON object that AWS's tools print
    (`{"AccessKeyId": ..., "SecretAccessKey": ..., "SessionToken": ...}`, in any of their spellings).
    """
    bare = text.strip()
    if bare.startswith("{"):
        return _from_json(bare)
    pair = _PAIR.fullmatch(bare)
    if pair is None:
        return None
    return Credentials(access_key=pair["id"], secret_key=pair["secret"], session_token=pair["token"] or "")


def region_of(host: str) -> str:
    """The region that an AWS host name says (`bedrock-runtime.us-east-1.amazonaws.com`); empty where it says none.

    Of VPC endpoints too (`vpce-1a2b.bedrock-runtime.eu-west-1.vpce.amazonaws.com`), FIPS and dual-stack names.
    """
    labels = host.lower().rstrip(".").split(".")
    return next((label for label in reversed(labels) if _REGION.fullmatch(label)), "")


def service_of(host: str) -> str:
    """The name under which calls to a host of Bedrock are signed."""
    labels = host.lower().split(".")
    return next((one for one in _OWN_SERVICES if one in labels), SERVICE)


def sign(
    method: str,
    url: str,
    *,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    credentials: Credentials,
    region: str,
    service: str,
    at: datetime,
) -> list[tuple[str, str]]:
    """The headers to add, replacing any of the same name: x-amz-date, authorization, and x-amz-security-token.

    `url` is the one that is called, with its query; `headers` those that go with it; `at` an aware time. Call it last:
    whatever changes the URL, the body or a signed header afterwards makes the signature wrong.
    """
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    added = [("x-amz-date", stamp)]
    if credentials.session_token:
        added.append(("x-amz-security-token", credentials.session_token))
    signed = _canonical_headers(url, headers, added)
    names = ";".join(signed)
    parts = urlsplit(url)
    canonical = "\n".join(
        (
            method.upper(),
            _canonical_path(parts.path),
            _canonical_query(parts.query),
            *(f"{name}:{value}" for name, value in signed.items()),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_key}".encode()
    for step in scope.split("/"):
        key = hmac.digest(key, step.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    proof = f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return [*added, ("authorization", proof)]


def _canonical_headers(
    url: str, headers: Iterable[tuple[str, str]], added: Iterable[tuple[str, str]]
) -> dict[str, str]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in _UNSIGNED:
            values.setdefault(name.lower(), []).append(" ".join(value.split()))
    for name, value in added:
        values[name] = [value]
    values.setdefault("host", [_host(url)])
    return {name: ",".join(values[name]) for name in sorted(values)}


def _host(url: str) -> str:
    """The Host header that an HTTP client sends: without the scheme's usual port."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, usual) else f"{host}:{parts.port}"


def _canonical_path(path: str) -> str:
    kept: list[str] = []
    for step in path.split("/"):
        if step == "..":
            del kept[-1:]
        elif step not in ("", "."):
            kept.append(step)
    ending = "/" if kept and path.endswith("/") else ""
    return "/" + quote("/".join(kept), safe="/-_.~") + ending


def _canonical_query(query: str) -> str:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    encoded = sorted((_once(name), _once(value)) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _once(text: str) -> str:
    """Percent-encoded exactly once, however it was written."""
    return quote(unquote(text, errors="surrogateescape"), safe="-_.~", errors="surrogateescape")


def _from_json(text: str) -> Credentials | None:
    fields = _plain_names(loose_json.load(text.encode("utf-8", "replace")))
    if not any(name in fields for name in _ID_NAMES):
        fields = _plain_names(fields.get(_WRAPPER))
    access_key, secret_key = _first(fields, _ID_NAMES), _first(fields, _SECRET_NAMES)
    if not access_key or not secret_key:
        return None
    return Credentials(
        access_key=access_key, secret_key=secret_key, session_token=_first(fields, _TOKEN_NAMES)
    )


def _plain_names(value: object) -> dict[str, object]:
    return {name.replace("_", "").lower(): one for name, one in loose_json.mapping(value).items()}


def _first(fields: dict[str, object], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := loose_json.text(fields.get(name)).strip())), "")

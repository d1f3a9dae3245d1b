"""Google's access tokens: what a service account or a person's login sends to get one, and what comes back.

Pure: the caller gives the time, sends the request, and keeps the token until it expires. RFC 7523 (JWT bearer grant)
and RFC 6749 section 6 (refresh).
Written by hand on `cryptography`: RS256 is one call, and a JWT library would be one more dependency for it.
"""

import base64
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
TOKEN_URL: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
LIFETIME_S: Final = 3600
"""The longest that Google lets an assertion live."""

_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_HOSTS: Final = frozenset({"accounts.google.com"})
_DOMAIN: Final = ".googleapis.com"
_SERVICE_ACCOUNT: Final = "service_account"
_LOGIN: Final = "authorized_user"
_SERVER_ERROR: Final = 500
_OK: Final = 200


class _Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """Shows nothing of itself: a secret must not reach a log by a repr."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []


class ServiceAccount(_Hidden, frozen=True, kw_only=True):
    """A service account's key file."""

    client_email: str
    private_key: str
    """PEM, PKCS #8."""
    private_key_id: str = ""
    project_id: str = ""
    token_url: str = TOKEN_URL


class Login(_Hidden, frozen=True, kw_only=True):
    """A person's login, as `gcloud auth application-default login` stores it."""

    client_id: str
    client_secret: str
    refresh_token: str
    project_id: str = ""
    """The quota project."""
    token_url: str = TOKEN_URL


class TokenRequest(_Hidden, frozen=True, kw_only=True):
    """A POST that asks for a token."""

    url: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = (
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
    )


class AccessToken(_Hidden, frozen=True, kw_only=True):
    """What is sent as Bearer."""

    value: str
    expires_in_s: int
    """Seconds from the moment of the reply."""


def read_credentials(text: str) -> ServiceAccount | Login | Refusal | None:
    """What a stored key holds: Google credentials in JSON; None where it is no JSON object (a token or an API key).

    A `Refusal` (`key_unreadable`) where the JSON is of another kind, lacks a field, or names a token address that is
    not Google's: the assertion would go there.
    """
    bare = text.strip()
    if not bare.startswith("{"):
        return None
    wire = loose_json.load(bare.encode("utf-8", "replace"))
    if not loose_json.is_object(wire):
        return _unusable("the JSON cannot be read; store the whole key file as Google gave it")
    fields = {name: loose_json.text(value).strip() for name, value in wire.items()}
    kind = fields.get("type", "")
    if kind not in _REQUIRED:
        return _unusable(
            "the JSON is neither a service account's key file nor a login of gcloud; "
            "make a key for a service account, or run `gcloud auth application-default login`"
        )
    missing = [name for name in _REQUIRED[kind] if not fields.get(name)]
    if missing:
        return _unusable(
            f"the JSON has no {' and no '.join(missing)}; store the whole file as Google gave it"
        )
    token_url = fields.get("token_uri") or TOKEN_URL
    if not _is_google(token_url):
        return _unusable("its token_uri is no address of Google's; nothing was sent there")
    if kind == _LOGIN:
        return Login(
            client_id=fields["client_id"],
            client_secret=fields["client_secret"],
            refresh_token=fields["refresh_token"],
            project_id=fields.get("quota_project_id", ""),
            token_url=token_url,
        )
    return ServiceAccount(
        client_email=fields["client_email"],
        private_key=fields["private_key"],
        private_key_id=fields.get("private_key_id", ""),
        project_id=fields.get("project_id", ""),
        token_url=token_url,
    )


_REQUIRED: Final = {
    _SERVICE_ACCOUNT: ("client_email", "private_key"),
    _LOGIN: ("client_id", "client_secret", "refresh_token"),
}


def token_request(
    credentials: ServiceAccount | Login, *, now_s: int, scope: str = SCOPE
) -> TokenRequest | Refusal:
    """What to send for a new token; `now_s` is UTC seconds since the epoch.

    A `Refusal` (`key_unreadable`) where the private key cannot be used. Signing takes some milliseconds.
    """
    if isinstance(credentials, Login):
        form = {
            "grant_type": "refresh_token",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "refresh_token": credentials.refresh_token,
        }
        return TokenRequest(url=credentials.token_url, body=urlencode(form).encode())
    assertion = _assertion(credentials, now_s, scope)
    if isinstance(assertion, Refusal):
        return assertion
    form = {"grant_type": _GRANT, "assertion": assertion}
    return TokenRequest(url=credentials.token_url, body=urlencode(form).encode())


def read_token_reply(status: int, body: bytes) -> AccessToken | Refusal:
    """The token, or why there is none: `key_unreadable` where Google does not take the key, else `upstream_failed`."""
    fields = loose_json.mapping(loose_json.load(body))
    value = loose_json.text(fields.get("access_token"))
    if status == _OK and value:
        expires_in_s = loose_json.count(fields.get("expires_in"))
        return AccessToken(value=value, expires_in_s=LIFETIME_S if expires_in_s is None else expires_in_s)
    said = loose_json.text(fields.get("error_description")) or loose_json.text(fields.get("error"))
    words = f": {said[:300]}" if said else ""
    if _OK < status < _SERVER_ERROR:
        return _unusable(f"Google refused it with status {status}{words}; make a new key and store it")
    return Refusal(
        code="upstream_failed",
        message=f"Google's token service answered status {status} without a token{words}; try again",
    )


def _assertion(account: ServiceAccount, now_s: int, scope: str) -> str | Refusal:
    """The signed JWT that stands for the account."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(account.private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        return _unusable(
            "its private_key is no RSA key that can be read; store the whole key file as Google gave it"
        )
    header = {"alg": "RS256", "typ": "JWT"}
    if account.private_key_id:
        header["kid"] = account.private_key_id
    claims = {
        "iss": account.client_email,
        "scope": scope,
        "aud": account.token_url,
        "iat": now_s,
        "exp": now_s + LIFETIME_S,
    }
    signed = b".".join(_base64url(msgspec.json.encode(part)) for part in (header, claims))
    return (signed + b"." + _base64url(key.sign(signed, PKCS1v15(), SHA256()))).decode()


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _is_google(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_plain = parts.netloc.lower() == host and not parts.query and not parts.fragment
    return parts.scheme == "https" and is_plain and (host in _HOSTS or host.endswith(_DOMAIN))


def _unusable(why: str) -> Refusal:
    return Refusal(code="key_unreadable", message=f"the Google credentials cannot be used: {why}")

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.google_tokens import (
    SCOPE,
    TOKEN_URL,
    AccessToken,
    Login,
    ServiceAccount,
    TokenRequest,
    read_credentials,
    read_token_reply,
    token_request,
)

NOW_S = 1_800_000_000
LOGIN = {"type": "authorized_user", "client_id": "id", "client_secret": "se cret", "refresh_token": "1//r&t"}


@pytest.fixture(scope="module")
def key() -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def account(key: Any) -> dict[str, str]:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "kid1",
        "private_key": pem,
        "client_email": "me@my-project.iam.gserviceaccount.com",
        "token_uri": TOKEN_URL,
    }


def read(fields: dict[str, Any]) -> ServiceAccount | Login | Refusal | None:
    return read_credentials(json.dumps(fields))


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_a_service_account_asks_with_a_signed_assertion(account: dict[str, str], key: Any) -> None:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    credentials = read(account)
    assert isinstance(credentials, ServiceAccount)
    assert credentials.project_id == "my-project"
    request = token_request(credentials, now_s=NOW_S)
    assert isinstance(request, TokenRequest)
    assert request.url == TOKEN_URL
    assert ("content-type", "application/x-www-form-urlencoded") in request.headers
    form = parse_qs(request.body.decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    head, claims, signature = form["assertion"][0].split(".")
    key.public_key().verify(unpadded(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    assert json.loads(unpadded(head)) == {"alg": "RS256", "typ": "JWT", "kid": "kid1"}
    assert json.loads(unpadded(claims)) == {
        "iss": "me@my-project.iam.gserviceaccount.com",
        "scope": SCOPE,
        "aud": TOKEN_URL,
        "iat": NOW_S,
        "exp": NOW_S + 3600,
    }


def test_googles_own_library_takes_the_assertion(account: dict[str, str], key: Any) -> None:
    jwt = pytest.importorskip("google.auth.jwt")
    credentials = read(account | {"private_key_id": ""})
    assert isinstance(credentials, ServiceAccount)
    request = token_request(credentials, now_s=NOW_S)
    assert isinstance(request, TokenRequest)
    assertion = parse_qs(request.body.decode())["assertion"][0]
    header, payload, _, _ = jwt._unverified_decode(assertion)
    assert header == {"alg": "RS256", "typ": "JWT"}
    assert payload["aud"] == TOKEN_URL


def test_a_login_asks_with_its_refresh_token() -> None:
    credentials = read(LOGIN | {"quota_project_id": "p"})
    assert isinstance(credentials, Login)
    assert credentials.project_id == "p"
    request = token_request(credentials, now_s=NOW_S)
    assert isinstance(request, TokenRequest)
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["id"],
        "client_secret": ["se cret"],
        "refresh_token": ["1//r&t"],
    }


@pytest.mark.parametrize("text", ["", "ya29.token", "AIzaSy-key", "  plain "])
def test_what_is_no_json_is_a_token_or_a_key_of_its_own(text: str) -> None:
    assert read_credentials(text) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://oauth2.googleapis.com/token",
        "https://evil.example/token",
        "https://oauth2.googleapis.com.evil.example/token",
        "https://oauth2.googleapis.com@evil.example/token",
        "https://user@oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com:8443/token",
        "https://oauth2.googleapis.com/token?to=evil",
        "https://evilgoogleapis.com/token",
        "oauth2.googleapis.com/token",
    ],
)
def test_an_assertion_goes_to_google_only(url: str) -> None:
    refused = read(LOGIN | {"token_uri": url})
    assert isinstance(refused, Refusal)
    assert refused.code == "key_unreadable"
    assert "token_uri" in refused.message


@pytest.mark.parametrize(
    "url", ["https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token"]
)
def test_googles_older_addresses_are_taken(url: str) -> None:
    credentials = read(LOGIN | {"token_uri": url})
    assert isinstance(credentials, Login)
    assert credentials.token_url == url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ('{"type": "external_account"}', "neither"),
        ("{}", "neither"),
        ('{"type": "service_account"}', "no client_email and no private_key"),
        (
            '{"type": "authorized_user", "client_id": "a", "client_secret": 1}',
            "no client_secret and no refresh_token",
        ),
    ],
)
def test_other_json_is_refused_with_what_to_do(text: str, said: str) -> None:
    refused = read_credentials(text)
    assert isinstance(refused, Refusal)
    assert said in refused.message


@pytest.mark.parametrize(
    "pem", ["nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_private_key_that_cannot_be_read_is_refused_without_showing_it(pem: str) -> None:
    refused = token_request(ServiceAccount(client_email="a", private_key=pem), now_s=NOW_S)
    assert isinstance(refused, Refusal)
    assert refused.code == "key_unreadable"
    assert pem not in refused.message


def test_a_key_of_another_kind_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = (
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    )
    assert isinstance(token_request(ServiceAccount(client_email="a", private_key=pem), now_s=1), Refusal)


def test_a_reply_gives_the_token_and_its_life() -> None:
    assert read_token_reply(
        200, b'{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}'
    ) == AccessToken(value="ya29.x", expires_in_s=3599)
    assert read_token_reply(200, b'{"access_token":"ya29.x"}') == AccessToken(
        value="ya29.x", expires_in_s=3600
    )


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (
            400,
            b'{"error":"invalid_grant","error_description":"Invalid JWT Signature."}',
            "key_unreadable",
            "Invalid JWT",
        ),
        (401, b'{"error":"invalid_client"}', "key_unreadable", "invalid_client"),
        (503, b"<html>", "upstream_failed", "503"),
        (200, b"{}", "upstream_failed", "200"),
    ],
)
def test_a_refused_token_says_why(status: int, body: bytes, code: str, said: str) -> None:
    refused = read_token_reply(status, body)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert said in refused.message


@given(st.integers(100, 599), st.binary(max_size=60))
def test_no_reply_breaks_the_reading(status: int, body: bytes) -> None:
    read_token_reply(status, body)


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner)))
def test_no_json_breaks_the_reading(value: object) -> None:
    read_credentials(json.dumps(value))


def test_nothing_of_it_shows_in_a_repr(account: dict[str, str]) -> None:
    login, service = read(LOGIN), read(account)
    assert isinstance(login, Login)
    assert repr(login) == "Login(...)"
    assert repr(service) == "ServiceAccount(...)"
    assert repr(token_request(login, now_s=1)) == "TokenRequest(...)"
    assert repr(AccessToken(value="x", expires_in_s=1)) == "AccessToken(...)"
    assert login.__rich_repr__() == []

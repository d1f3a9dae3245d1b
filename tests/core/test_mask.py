"""No key survives in what is stored, and nothing else is touched."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.credentials import KEY_SHAPES, make_token
from aigw_dev.core.mask import HEADER_ALLOW, MASKED, Masker, is_storable, mask_url, redact

KEY = "sk-proj-Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9St0"
PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
SECRETS = st.text(PRINTABLE, min_size=8, max_size=80)
ANYTHING = st.text(max_size=30)


def nested(secret: str, depth: int) -> str:
    """The secret inside JSON inside a JSON string ..."""
    text = secret
    for _ in range(depth):
        text = json.dumps({"arguments": text})
    return text


def as_json(secret: str) -> str:
    return json.dumps(secret)


def as_json_of_other_encoders(secret: str) -> str:
    r"""Go and .NET write <, >, &, ' and + as \u00XX, PHP / as \/."""
    escaped = json.dumps(secret)
    for char in "<>&'+":
        escaped = escaped.replace(char, f"\\u{ord(char):04X}")
    return escaped.replace("/", "\\/")


def lower_percent(secret: str) -> str:
    return re.sub(r"%..", lambda match: match.group().lower(), quote(secret, safe=""))


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def b64_url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


WRITINGS: tuple[Callable[[str], str], ...] = (
    lambda secret: secret,
    as_json,
    as_json_of_other_encoders,
    lambda secret: nested(secret, 2),
    lambda secret: nested(secret, 3),
    lambda secret: quote(secret, safe=""),
    lower_percent,
    lambda secret: quote_plus(secret, safe=""),
    lambda secret: b64(secret.encode()),
    lambda secret: b64_url(secret.encode()),
    lambda secret: b64(b"x" + secret.encode() + b"\n"),
    lambda secret: b64_url(b"user:pw:" + secret.encode() + b"tail"),
    lambda secret: json.dumps(b64(b"user:" + secret.encode())).replace("/", "\\/"),
    lambda secret: secret.encode().hex(),
    lambda secret: secret.encode().hex().upper(),
)


@given(SECRETS, st.sampled_from(WRITINGS), ANYTHING, ANYTHING)
def test_a_known_key_survives_in_no_writing(
    secret: str, write: Callable[[str], str], before: str, after: str
) -> None:
    written = write(secret)
    masked = Masker([secret]).text(before + written + after)
    assert MASKED in masked
    assert secret not in masked
    core = written.strip('"')
    assert core not in masked or core in before + after


def test_what_only_begins_like_a_key_swallows_no_known_one() -> None:
    assert Masker(["00000000"]).text("hf_3030303030303030") == f"hf_{MASKED}"
    assert (
        Masker(["correct-horse"]).text("sk-loading-correct-horse-spinner") == f"sk-loading-{MASKED}-spinner"
    )


@given(st.lists(SECRETS, min_size=1, max_size=5), ANYTHING)
def test_every_one_of_several_keys_is_masked(secrets: list[str], between: str) -> None:
    masked = Masker(secrets).text(f" {between} ".join(secrets))
    assert all(secret not in masked or secret in MASKED + between for secret in secrets)


@given(
    st.binary(max_size=200) | ANYTHING.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(SECRETS, max_size=3),
)
def test_masking_twice_changes_nothing_more(raw: bytes, secrets: list[str]) -> None:
    masker = Masker(one for one in secrets if one not in MASKED)
    once = masker.bytes(raw)
    assert masker.bytes(once) == once


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_can_be_masked(text: str) -> None:
    assert Masker(["not-in-there-at-all-0123456789"]).text(text) == text or MASKED in Masker().text(text)


SHAPED = [
    *(row.prefix + row.marker + "Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9" for row in KEY_SHAPES),
    make_token(bytes(range(32))),
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "0123456789abcdef0123456789abcdef.Ab1Cd2Ef3Gh4Ij5K",
    "sk-abcdefghijklmnopqrstuvwxyz123456",
]


@pytest.mark.parametrize("key", SHAPED, ids=lambda key: key[:8])
@pytest.mark.parametrize(
    "around",
    ["{}", '{{"a":"{}"}}', '"text\\n{}\\n"', "key={}&x=1", "%22{}%22", "\\u0022{}", "({}),", "Bearer {}"],
)
def test_what_is_shaped_like_a_key_is_masked_wherever_it_stands(key: str, around: str) -> None:
    masked = Masker().text(around.format(key))
    assert key[:20] not in masked
    assert MASKED in masked


def test_an_unknown_bearer_token_is_masked_and_the_word_stays_where_it_is_only_a_word() -> None:
    masked = Masker().text("authorization: Bearer abcDEF123ghiJKL456mno789 and the bearer of good news")
    assert masked == f"authorization: {MASKED} and the bearer of good news"


def test_a_private_key_is_masked_as_a_whole() -> None:
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
    pem = f"-----BEGIN PRIVATE KEY-----\n{body}\n{body}\n-----END PRIVATE KEY-----"
    assert Masker().text(f"a {pem} b") == f"a {MASKED} b"
    assert body not in Masker().text(json.dumps({"pem": pem}))


@pytest.mark.parametrize(
    "text",
    [
        "sk-",
        'if key.startswith("sk-"): pass',
        "a task-list, a disk-usage, a risk-assessment-of-2026-12-31-and-more",
        "sk-loading-spinner-container-v2",
        "sk-learn and AIza and hf_ and Bearer",
        "the bearer of authentication_of_the_user",
        '{"id":"chatcmpl-9f8e7d6c5b4a39281706f5e4d3c2b1a0","object":"chat.completion"}',
        "https://example.com/xai-grok?fw_id=1",
        "task-0123456789abcdef0123456789",
        "gpt-4o-mini-2024-07-18 sha256:" + "0123456789abcdef" * 4,
        "日本語 🎉 \u2028",
    ],
)
def test_ordinary_text_is_the_same_object(text: str) -> None:
    masker = Masker([KEY])
    assert masker.text(text) is text
    raw = text.encode()
    assert masker.bytes(raw) is raw


def test_recorded_traffic_is_not_mangled(vectors: Path) -> None:
    bodies = [file.read_bytes() for file in sorted(vectors.glob("vercel-ai/**/*.chunks.txt"))]
    assert bodies
    masker = Masker([KEY])
    assert [body[:80] for body in bodies if masker.bytes(body) is not body] == []


def test_a_short_secret_is_not_looked_for() -> None:
    assert Masker(["test", "EMPTY"]).text("a test of EMPTY") == "a test of EMPTY"


def test_a_masker_shows_no_secret() -> None:
    assert KEY not in repr(Masker([KEY]))


# URLs, messages, headers


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/v1/models", "/v1/models"),
        ("/v1/models?limit=5&after=x", "/v1/models?limit=5&after=x"),
        ("/v1/models?key=abc&limit=5", f"/v1/models?key={MASKED}&limit=5"),
        ("https://a.example/p?x=1&api_key=abc#part", f"https://a.example/p?x=1&api_key={MASKED}#part"),
        (
            "?api%5Fkey=abc&access-token=1&X-Amz-Signature=9",
            f"?api%5Fkey={MASKED}&access-token={MASKED}&X-Amz-Signature={MASKED}",
        ),
        (
            "https://user:hunter2@a.example/?monkey=1&keyboard=2",
            f"https://{MASKED}@a.example/?monkey=1&keyboard=2",
        ),
        ("/?key=&key", "/?key=&key"),
    ],
)
def test_credentials_in_a_url_are_masked_and_the_rest_stays(url: str, shown: str) -> None:
    assert mask_url(url) == shown


def test_a_message_is_fit_to_be_shown() -> None:
    message = f"GET https://me:hunter2@a.example/v1?x=1&api_key=abc failed with {KEY}"
    shown = redact(message)
    assert shown == f"GET https://{MASKED}@a.example/v1?x=1&api_key={MASKED} failed with {MASKED}"
    assert redact("nothing secret here") == "nothing secret here"


@pytest.mark.parametrize(
    "name",
    ["Content-Type", "x-request-id", "X-Stainless-Lang", "x-ratelimit-remaining-tokens", "x-aigw-route"],
)
def test_a_harmless_header_may_be_stored(name: str) -> None:
    assert is_storable(name)


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "Proxy-Authorization",
        "x-api-key",
        "x-goog-api-key",
        "api-key",
        "esa_aigw_auth",
        "cookie",
        "set-cookie",
        "x-custom",
    ],
)
def test_a_credential_or_unknown_header_is_not_stored(name: str) -> None:
    assert not is_storable(name)


def test_the_allow_list_is_in_lower_case() -> None:
    assert {name.lower() for name in HEADER_ALLOW} == HEADER_ALLOW

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.credentials import (
    KEY_SHAPES,
    KeyReference,
    check_key,
    check_name,
    clean_key,
    digest,
    fingerprint,
    is_own_token,
    looks_like_key,
    make_token,
    origin_of,
    parse_reference,
    recognise_vendor,
    recognise_vendors,
)
from aigw_dev.core.providers.catalogue import KINDS

HEADER_CHARS = string.ascii_letters + string.digits + "_.-"
BODY = "T9q2Lm7Rx4Wb8Kd1Zc6V"


# tokens


def test_a_token_begins_with_our_prefix_and_carries_all_its_entropy() -> None:
    first, second = make_token(bytes(32)), make_token(bytes(31) + b"\x01")
    assert first.startswith("aigwdev-")
    assert first != second
    assert len(first) == len("aigwdev-") + 43
    assert make_token(bytes(16), label="admin").startswith("aigwdev-admin-")


def test_a_token_of_less_than_128_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        make_token(bytes(15))


def test_a_digest_takes_text_bytes_and_what_no_header_could_be() -> None:
    assert digest("abc") == digest(b"abc")
    assert len(digest("schlüssel \udc80")) == 32


@pytest.mark.parametrize("text", ["aigwdev-x", " aigwdev-x", "Bearer aigwdev-x", "'aigwdev-x'"])
def test_our_own_tokens_are_known_however_they_are_wrapped(text: str) -> None:
    assert is_own_token(text)


def test_a_providers_key_is_not_our_token() -> None:
    assert not is_own_token(f"sk-proj-{BODY}")


# what a person pastes


@pytest.mark.parametrize(
    "pasted",
    [
        "@@",
        "  @@\r\n",
        '"@@"',
        "'@@'",
        "\u201c@@\u201d",
        "`@@`",
        "Bearer @@",
        "bearer   @@",
        "Authorization: Bearer @@",
        "x-api-key: @@",
        "export OPENAI_API_KEY=@@",
        'export OPENAI_API_KEY="@@"',
        "OPENAI_API_KEY = '@@' ;",
        "set OPENAI_API_KEY=@@",
        "setx OPENAI_API_KEY @@",
        '$env:OPENAI_API_KEY = "@@"',
        "\ufeff@@\u200b",
        "\x1b[200~@@\x1b[201~",
        '"@@",',
    ],
)
def test_a_pasted_key_is_found_inside_what_surrounds_it(pasted: str) -> None:
    key = f"sk-proj-{BODY}"
    assert clean_key(pasted.replace("@@", key)) == key


@pytest.mark.parametrize("key", ["ABC_DEF==", "QUJD_DEF=", "a=b", "set", "sk-a=="])
def test_cleaning_does_not_mistake_base64_padding_for_an_assignment(key: str) -> None:
    assert clean_key(key) == key


def test_a_service_account_document_keeps_its_quotes_and_spaces() -> None:
    document = '{"type": "service_account",\n "private_key": "..."}'
    assert clean_key(f"\n{document}\n") == document
    assert check_key(document) is None


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean_key(clean_key(text)) == clean_key(text)


@given(st.text(alphabet=HEADER_CHARS, min_size=16, max_size=80))
def test_cleaning_leaves_a_bare_key_as_it_is(key: str) -> None:
    assert clean_key(key) == key


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "empty"),
        ("x" * 65_537, "longer than"),
        ("aigwdev-abc", "token of the gateway"),
        ("two keys", "space or a line end"),
        ("two\nkeys", "space or a line end"),
        ("schlüssel", "no HTTP header"),
        ("a\x01b", "no HTTP header"),
        ("a\x00b", "not text"),
        ('{"a": "\udc80"}', "not text"),
        ("your-api-key", "placeholder"),
        ("<YOUR_KEY>", "placeholder"),
        ("${OPENAI_API_KEY}", "placeholder"),
        ("sk-...abcd", "placeholder"),
        ("sk-proj-****abcd", "placeholder"),
    ],
)
def test_what_cannot_be_a_key_is_said_to_be_so(key: str, problem: str) -> None:
    told = check_key(key)
    assert told is not None
    assert problem in told


@given(st.text(min_size=3, max_size=40))
def test_what_is_said_about_a_bad_key_never_repeats_it(noise: str) -> None:
    secret = f"Zq9#{noise}#9qZ"
    for told in (check_key(secret), check_name(secret), parse_reference(secret)):
        assert told is None or secret not in str(told) or isinstance(told, KeyReference)


# vendors


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (f"sk-proj-{BODY}", "openai"),
        (f"sk-svcacct-{BODY}", "openai"),
        (f"sk-{BODY}T3BlbkFJ{BODY}", "openai"),
        (f"sk-ant-api03-{BODY}", "anthropic"),
        (f"sk-or-v1-{BODY}", "openrouter"),
        (f"gsk_{BODY}", "groq"),
        (f"xai-{BODY}", "xai"),
        (f"AIza{BODY}", "gemini"),
        (f"tgp_v1_{BODY}", "together"),
        (f"fw_{BODY}", "fireworks"),
    ],
)
def test_a_vendor_is_recognised_by_its_longest_prefix(key: str, kind: str) -> None:
    assert recognise_vendor(key) == kind


def test_a_prefix_that_vendors_share_gives_candidates_and_no_answer() -> None:
    key = f"sk-{BODY}"
    assert recognise_vendor(key) is None
    assert {"openai", "deepseek", "qwen", "moonshot"} <= set(recognise_vendors(key))


def test_a_key_of_no_known_shape_has_no_vendor() -> None:
    assert recognise_vendors(BODY) == ()
    assert recognise_vendor(BODY) is None


def test_every_shape_in_the_table_is_reachable() -> None:
    for row in KEY_SHAPES:
        assert recognise_vendors(f"{row.prefix}{BODY}{row.marker}{BODY}") == row.kinds


def test_every_recognised_vendor_is_a_kind_that_keys_can_be_added_for() -> None:
    assert {kind for row in KEY_SHAPES for kind in row.kinds} <= set(KINDS)


@pytest.mark.parametrize(
    "text",
    [
        f"sk-proj-{BODY}",
        f"gsk_{BODY}",
        "aigwdev-anything",
        f"{BODY}{BODY}",
        "4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c",
    ],
)
def test_a_key_given_for_a_name_is_noticed(text: str) -> None:
    assert looks_like_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "openai-api-key",
        "qwen-spare",
        "team-2024-01-15-rotation",
        "company-production-eu-west-1-shared-key",
        "sk-team",
    ],
)
def test_a_name_is_not_taken_for_a_key(text: str) -> None:
    assert not looks_like_key(text)
    assert check_name(text) is None


# fingerprints


def test_a_key_given_for_a_name_is_refused_as_what_it_is() -> None:
    told = check_name(f"gsk_{BODY.lower()}")
    assert told is not None
    assert "looks like a key" in told


def test_a_fingerprint_shows_four_characters_of_a_long_key_only() -> None:
    assert fingerprint(b"salt", "k" * 16 + "wxyz").endswith("…wxyz")
    assert "…" not in fingerprint(b"salt", "k" * 15 + "wxyz")
    assert len(fingerprint(b"salt", "short")) == 8


def test_fingerprints_of_one_key_differ_between_homes() -> None:
    assert fingerprint(b"one", BODY) != fingerprint(b"two", BODY)
    assert fingerprint(b"one", BODY) == fingerprint(b"one", BODY)


@given(st.text(min_size=9, max_size=64))
def test_a_fingerprint_never_holds_more_than_four_characters_of_the_key(key: str) -> None:
    assert key not in fingerprint(b"salt", key)
    assert len(fingerprint(b"salt", key)) <= 13


# names and references


@pytest.mark.parametrize("name", ["", "UPPER", "a b", "a/b", "-lead", ".lead", "a" * 65, "a@2", "ключ"])
def test_a_name_that_a_keyring_or_shell_could_stumble_over_is_refused(name: str) -> None:
    assert check_name(name) is not None


@pytest.mark.parametrize("name", ["openai-api-key", "a", "0", "a.b_c-d", "a" * 64])
def test_names_have_up_to_64_plain_characters(name: str) -> None:
    assert check_name(name) is None


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        ("qwen-spare", "name", "qwen-spare"),
        ("env:OPENAI_API_KEY", "env", "OPENAI_API_KEY"),
        ("file:/run/secrets/key", "file", "/run/secrets/key"),
        ("file:C:\\keys\\openai", "file", "C:\\keys\\openai"),
    ],
)
def test_a_reference_is_a_name_a_variable_or_a_file(text: str, source: str, target: str) -> None:
    reference = parse_reference(text)
    assert isinstance(reference, KeyReference)
    assert (reference.source, reference.target) == (source, target)
    assert reference.text() == text


@pytest.mark.parametrize(
    "text",
    ["env:", "env:A-B", "env:1A", "file:", "file: ", "file:a\0b", "cmd:op read", f"sk-proj-{BODY}", ""],
)
def test_what_is_no_reference_is_told_and_not_guessed(text: str) -> None:
    assert isinstance(parse_reference(text), str)


# origins


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.OpenAI.com/v1/", "https://api.openai.com"),
        ("https://api.openai.com:443", "https://api.openai.com"),
        ("HTTP://127.0.0.1:11434/v1?x=1#y", "http://127.0.0.1:11434"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("https://host.example./v1", "https://host.example"),
        ("https://host.example?x", "https://host.example"),
    ],
)
def test_an_origin_is_scheme_host_and_unusual_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin
    assert origin_of(origin) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com",
        "ftp://host",
        "https://",
        "https:///v1",
        "https://user@host",
        "https://api.openai.com\\@evil.example",
        "https://evil.example\\.openai.com",
        "https://api.openai.com @evil",
        "https://host\t.example",
        "https://hóst.example",
        "https://host:0",
        "https://host:99999",
        "https://host:port",
        "https://[::1",
        "https://[:::::]",
        "https://a%2eb",
        "https://.",
    ],
)
def test_a_url_that_two_parsers_could_read_differently_has_no_origin(url: str) -> None:
    assert origin_of(url) is None


@given(st.text(max_size=40))
def test_an_origin_is_never_an_error_and_always_its_own_origin(rest: str) -> None:
    origin = origin_of(f"https://{rest}")
    assert origin is None or origin_of(origin) == origin

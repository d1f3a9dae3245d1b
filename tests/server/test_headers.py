"""Which headers cross the gateway."""

import pytest

from aigw_dev.server.headers import CREDENTIAL_HEADERS, comes_down, downward, goes_up, upward, value_of


@pytest.mark.parametrize("name", [*CREDENTIAL_HEADERS, b"cookie", b"host", b"connection", b"x-ai-route-metadata",
                                  b"x-aigw-request-id", b"content-length", b"transfer-encoding", b"x-forwarded-for"])  # fmt: skip
def test_credentials_cookies_and_framing_never_go_up(name: bytes) -> None:
    assert not goes_up(name)


@pytest.mark.parametrize("name", [b"content-type", b"user-agent", b"openai-beta", b"anthropic-version", b"x-stainless-lang",
                                  b"idempotency-key", b"traceparent", b"accept"])  # fmt: skip
def test_what_a_providers_api_reads_goes_up(name: bytes) -> None:
    assert goes_up(name)


@pytest.mark.parametrize("name", [b"set-cookie", b"authorization", b"x-api-key", b"server", b"connection", b"alt-svc",
                                  b"content-length", b"transfer-encoding", b"content-encoding", b"strict-transport-security"])  # fmt: skip
def test_cookies_keys_and_framing_never_come_down(name: bytes) -> None:
    assert not comes_down(name)


@pytest.mark.parametrize("name", [b"content-type", b"retry-after", b"x-request-id", b"x-ratelimit-remaining-tokens",
                                  b"openai-processing-ms", b"x-should-retry"])  # fmt: skip
def test_what_an_sdk_reads_comes_down(name: bytes) -> None:
    assert comes_down(name)


def test_a_provider_may_ask_for_more() -> None:
    sent = [(b"x-title", b"app"), (b"authorization", b"secret"), (b"accept", b"*/*")]
    assert upward(sent, frozenset({b"x-title"})) == [(b"x-title", b"app"), (b"accept", b"*/*")]
    assert upward(sent, frozenset()) == [(b"accept", b"*/*")]


def test_values_and_replies_keep_their_order() -> None:
    pairs = [(b"x-request-id", b"1"), (b"set-cookie", b"a"), (b"x-request-id", b"2")]
    assert downward(pairs) == [(b"x-request-id", b"1"), (b"x-request-id", b"2")]
    assert value_of(pairs, b"x-request-id") == b"1"
    assert value_of(pairs, b"absent") == b""


def test_the_memory_of_names_is_bounded() -> None:
    assert not any(goes_up(b"x-made-up-%d" % number) for number in range(2_000))
    assert goes_up(b"openai-after-the-flood")

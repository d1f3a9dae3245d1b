"""URLs that can be read in only one way."""

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.endpoint import Origin, parse_url


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://api.test/v1/chat", ("https", "api.test", 443, "/v1/chat", "api.test")),
        ("https://API.Test:443/v1", ("https", "api.test", 443, "/v1", "api.test")),
        ("HTTP://api.test", ("http", "api.test", 80, "/", "api.test")),
        ("http://127.0.0.1:8000/a?b=%20c", ("http", "127.0.0.1", 8000, "/a?b=%20c", "127.0.0.1:8000")),
        ("http://[::1]:8000/a", ("http", "::1", 8000, "/a", "[::1]:8000")),
        ("https://api.test?a=b", ("https", "api.test", 443, "/?a=b", "api.test")),
        ("https://api.test//double/@x", ("https", "api.test", 443, "//double/@x", "api.test")),
    ],
)
def test_a_url_is_taken_apart(url: str, parts: tuple[str, str, int, str, str]) -> None:
    address = parse_url(url)
    assert (address.scheme, address.host, address.port, address.target, address.host_header) == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.test/v1",
        "ftp://api.test/",
        "https:///v1",
        "https://user:secret-word@api.test/",
        "https://api.test\\@evil.test/",
        "https://api.test/a\\b",
        "https://api.test/#fragment",
        "https://api.test/a b",
        "https://api.test/\r\nx: y",
        "https://äpi.test/",
        "https://api.test/ä",
        "https://api..test/",
        "https://api.test:99999/",
        "https://api.test:0/",
        "https://api.test:x/",
        "https://[::1/",
        "https://" + "a" * 64 + ".test/",
    ],
)
def test_a_url_that_two_readers_could_read_differently_is_refused(url: str) -> None:
    with pytest.raises(UpstreamError) as refused:
        parse_url(url)
    assert refused.value.code == "connect_failed"
    assert not refused.value.is_sent
    assert "secret-word" not in refused.value.message


def test_a_refused_url_is_shown_without_what_may_be_a_key() -> None:
    with pytest.raises(UpstreamError) as refused:
        parse_url("https://api.test/a b?key=secret-word")
    assert "api.test" in refused.value.message
    assert "secret-word" not in refused.value.message


def test_an_origins_label_names_host_and_port() -> None:
    assert Origin("::1", 80, is_tls=False, proxy=None).label == "[::1]:80"
    assert Origin("api.test", 443, is_tls=True, proxy=None).label == "api.test:443"

"""Which calls go through which proxy."""

import base64

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.proxies import ProxyRules, is_loopback, parse_proxy

PROXY = "http://proxy.test:3128"


def chosen(env: dict[str, str], scheme: str = "https", host: str = "api.test", port: int = 443) -> str | None:
    proxy = ProxyRules(env).choose(scheme, host, port)
    return proxy.label if proxy else None


def test_without_variables_every_call_is_direct() -> None:
    assert chosen({}) is None
    assert chosen({}, "http") is None


@pytest.mark.parametrize(
    ("env", "scheme", "found"),
    [
        ({"HTTPS_PROXY": "http://a:1"}, "https", "http://a:1"),
        ({"HTTPS_PROXY": "http://a:1"}, "http", None),
        ({"HTTP_PROXY": "http://a:1"}, "http", "http://a:1"),
        ({"HTTP_PROXY": "http://a:1"}, "https", None),
        ({"ALL_PROXY": "socks5://a"}, "http", "socks5://a:1080"),
        ({"ALL_PROXY": "http://a:1", "HTTPS_PROXY": "http://b:2"}, "https", "http://b:2"),
        ({"HTTPS_PROXY": "http://a:1", "https_proxy": "http://b:2"}, "https", "http://b:2"),
        ({"HTTP_PROXY": "http://a:1", "REQUEST_METHOD": "GET"}, "http", None),
        ({"http_proxy": "http://a:1", "REQUEST_METHOD": "GET"}, "http", "http://a:1"),
        ({"HTTPS_PROXY": "a:1"}, "https", "http://a:1"),
        ({"HTTPS_PROXY": " http://a/ "}, "https", "http://a:80"),
        ({"HTTPS_PROXY": "https://a"}, "https", "https://a:443"),
        ({"HTTPS_PROXY": "http://[::1]:8"}, "https", "http://[::1]:8"),
        ({"HTTPS_PROXY": ""}, "https", None),
    ],
)
def test_the_scheme_of_the_call_chooses_the_variable(
    env: dict[str, str], scheme: str, found: str | None
) -> None:
    assert chosen(env, scheme) == found


@pytest.mark.parametrize(
    ("no_proxy", "host", "is_direct"),
    [
        ("*", "api.test", True),
        ("api.test", "api.test", True),
        ("API.Test", "api.test", True),
        ("api.test", "eu.api.test", True),
        (".api.test", "eu.api.test", True),
        ("*.api.test", "eu.api.test", True),
        ("api.test", "notapi.test", False),
        ("test", "api.test", True),
        ("other.test, api.test", "api.test", True),
        ("api.test:443", "api.test", True),
        ("api.test:8443", "api.test", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3:443", "10.1.2.3", True),
        ("10.1.2.3:80", "10.1.2.3", False),
        ("10.1.2", "10.1.2.3", False),
        ("fd00::/8", "fd00::1", True),
        ("[fd00::1]:443", "fd00::1", True),
        ("fd00::1", "fd00::2", False),
        ("api.test", "10.1.2.3", False),
        (",, ,", "api.test", False),
        (".", "api.test", False),
    ],
)
def test_no_proxy_exempts_hosts_networks_and_suffixes(no_proxy: str, host: str, is_direct: bool) -> None:
    assert (chosen({"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}, host=host) is None) is is_direct
    assert (chosen({"HTTPS_PROXY": PROXY, "no_proxy": no_proxy}, host=host) is None) is is_direct


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("localhost", True),
        ("app.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("notlocalhost", False),
        ("localhost.test", False),
        ("10.0.0.1", False),
        ("::2", False),
        ("0.0.0.0", False),  # noqa: S104 -- compared, not bound
    ],
)
def test_loopback_never_goes_through_a_proxy_of_the_environment(host: str, found: bool) -> None:
    assert is_loopback(host) is found
    assert (chosen({"ALL_PROXY": PROXY}, host=host) is None) is found


def test_a_proxys_login_is_sent_as_basic_and_never_shown() -> None:
    proxy = parse_proxy("http://us%40er:p%3Ass@proxy.test:3128")
    assert proxy.authorization == b"Basic " + base64.b64encode(b"us@er:p:ss")
    assert "p%3Ass" not in repr(proxy) + proxy.label
    assert parse_proxy("http://user@proxy.test").authorization == b"Basic " + base64.b64encode(b"user:")
    assert parse_proxy("http://proxy.test").authorization == b""


@pytest.mark.parametrize(
    "text", ["ftp://a:1", "http://", "http://user:secret-word@", "http://a:b:c", "http://a/path"]
)
def test_a_proxy_that_cannot_be_read_is_an_error_that_keeps_its_password(text: str) -> None:
    with pytest.raises(UpstreamError) as refused:
        parse_proxy(text)
    assert refused.value.code == "proxy_failed"
    assert not refused.value.is_sent
    assert "secret-word" not in refused.value.message

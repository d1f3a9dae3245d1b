import pytest

from aigw_dev.core import web_address

ANYWHERE = "0.0.0.0"  # noqa: S104 - a value to check, nothing listens


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "[::1]",
        "localhost",
        "LocalHost",
        "localhost.",
        "app.localhost",
        "0:0:0:0:0:0:0:1",
    ],
)
def test_loopback_is_recognised_in_every_spelling(host: str) -> None:
    assert web_address.is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", ANYWHERE, "10.0.0.1", "::", "example.com", "localhost.example.com", "127.0.0.1.nip.io", "2130706433", "0x7f.1", "host.docker.internal"],
)  # fmt: skip
def test_what_may_be_another_machine_is_not_loopback(host: str) -> None:
    assert not web_address.is_loopback(host)


@pytest.mark.parametrize(
    "url",
    ["https://api.openai.com/v1", "http://127.0.0.1:11434/v1", "https://[::1]:8443", "HTTPS://Example.com/", "https://my_host/v1", "https://x.y/a%20b/c;d=1,2"],
)  # fmt: skip
def test_a_plain_url_is_right(url: str) -> None:
    assert web_address.problem_with(url) is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("api.openai.com/v1", "must begin with"),
        ("ftp://x/", "must begin with"),
        ("file:///etc/passwd", "must begin with"),
        ("https://user:pass@x/v1", "user name or password"),
        ("https://good.com\\@evil.com/", "user name or password"),
        ("https://x/v1?key=1", "query"),
        ("https://x?key=1", "query"),
        ("https://x/v1#y", "fragment"),
        ("https://bücher.de/", "ASCII"),
        ("https:///v1", "no host"),
        ("https://", "no host"),
        ("https://x:0/", "no host"),
        ("https://x:99999/", "no host"),
        ("https://x y/", "no host"),
        ("https://good.com\\evil.com/", "no host"),
        ("https://x/a b", "no host"),
        ("https://x/a\tb", "no host"),
        ("https://x/<v1>", "%XX"),
        ("https://x/{v}", "%XX"),
    ],
)
def test_a_url_that_can_be_read_in_two_ways_is_refused(url: str, problem: str) -> None:
    assert problem in (web_address.problem_with(url) or "")


def test_what_is_said_about_a_url_never_repeats_it() -> None:
    said = web_address.problem_with("https://user:hunter2@x/v1") or ""
    assert "hunter2" not in said


def test_a_path_is_refused_where_none_may_be() -> None:
    assert web_address.problem_with("http://proxy:3128/", may_have_path=False) is None
    assert (
        web_address.problem_with("http://proxy:3128/x", may_have_path=False)
        == "must end after the host and port"
    )


def test_the_host_of_a_url_comes_without_port_and_brackets() -> None:
    assert web_address.host_of("https://[::1]:8443/v1") == "::1"
    assert web_address.host_of("https://Api.Example.com:443") == "api.example.com"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", ANYWHERE, "my-laptop.lan", "a"])
def test_a_host_to_listen_on(host: str) -> None:
    assert web_address.is_host(host)


@pytest.mark.parametrize("host", ["", "x:1", "http://x", "a b", "-x", "fe80::1%eth0", "x/", "*"])
def test_what_is_not_a_host(host: str) -> None:
    assert not web_address.is_host(host)


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "10.0.0.1.", "[fd00::1]", "::ffff:10.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "a.0x1f", "nas", "db.internal"],
)  # fmt: skip
def test_what_any_resolver_reads_as_an_address_inside_is_private(host: str) -> None:
    assert web_address.is_private(host)


@pytest.mark.parametrize("host", ["example.com", "8.8.8.8", "1.example.com", "bucket.oss-1.x0x.com"])
def test_a_public_name_is_not_private(host: str) -> None:
    assert not web_address.is_private(host)

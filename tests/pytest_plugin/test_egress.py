"""Nothing leaves this machine unseen."""

from typing import Any

import pytest

from aigw_dev.pytest_plugin.egress import is_local

Suite = Any  # the fixture `suite` of conftest.py


@pytest.mark.parametrize(
    "how",
    [
        "socket.create_connection(('203.0.113.9', 80))",
        "socket.getaddrinfo('example.com', 443)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('203.0.113.9', 53))",
        "asyncio.run(asyncio.open_connection('203.0.113.9', 80))",
        "urllib.request.urlopen('http://example.com')",
    ],
)
def test_a_way_out_is_refused_by_name_line_and_remedy(suite: Suite, how: str) -> None:
    suite.tests(f"""
        def test_leaves(aigw):
            {how}
    """)
    result = suite.run(
        "-W", "ignore::ResourceWarning", "-W", "ignore::pytest.PytestUnraisableExceptionWarning"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "aigw: network access blocked: * at *test_app.py:* in test_leaves",
            "*test  test_app.py::test_leaves",
            "*aigw_egress = block, *",
        ]
    )


def test_a_swallowed_refusal_still_fails_and_other_tests_are_free(suite: Suite) -> None:
    suite.tests("""
        def lookup(host):
            try:
                return socket.getaddrinfo(host, 1)
            except Exception as error:
                return error

        def test_swallows(aigw):
            assert isinstance(lookup("example.com"), RuntimeError)

        def test_local(aigw):
            for host in ("localhost", "127.0.0.1", "a.localhost", socket.gethostname()):
                assert not isinstance(lookup(host), RuntimeError), host
            assert isinstance(lookup("nowhere.invalid"), socket.gaierror)

        def test_without():
            assert not isinstance(lookup("256.256.256.256"), RuntimeError)
    """)
    result = suite.run("-p", "no:randomly")
    result.assert_outcomes(passed=2, failed=1)


@pytest.mark.parametrize("said", ["allow", "block, db.invalid-host, 203.0.113.9"])
def test_the_ini_file_lets_hosts_through(suite: Suite, said: str) -> None:
    suite.options["aigw_egress"] = said
    suite.tests("""
        import errno

        def test_leaves(aigw):
            out = socket.socket()
            out.setblocking(False)
            assert out.connect_ex(("203.0.113.9", 9)) in {
                errno.EINPROGRESS, errno.ENETUNREACH, errno.EWOULDBLOCK, errno.EHOSTUNREACH, errno.EACCES, errno.EPERM, 0}
            out.close()
            if aigw_allows := "HTTPS_PROXY" not in aigw.env:
                assert "HTTP_PROXY" not in aigw.env
    """)
    suite.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("0.0.0.0", True),  # noqa: S104 - an address to judge
        ("LOCALHOST.", True),
        ("fe80::1%lo", False),
        ("10.0.0.1", False),
    ],
)
def test_what_is_this_machine(host: str, is_here: bool) -> None:
    assert is_local(host) == is_here

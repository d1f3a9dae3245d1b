"""Each dead URL is dead in its own way."""

import socket
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from aigw_dev.pytest_plugin.dead_urls import DeadUrls

Suite = Any  # the fixture `suite` of conftest.py


@pytest.fixture
def dead() -> Iterator[DeadUrls]:
    made = DeadUrls()
    yield made
    made.close()


def reason(url: str, timeout: float = 10) -> object:
    with pytest.raises(OSError) as raised:
        urllib.request.urlopen(url, timeout=timeout)  # noqa: S310 - a URL of ours
    return raised.value.reason if isinstance(raised.value, urllib.error.URLError) else raised.value


def test_refused(dead: DeadUrls) -> None:
    assert isinstance(reason(dead.url("net.refused")), ConnectionRefusedError)


def test_tls(dead: DeadUrls) -> None:
    assert isinstance(reason(dead.url("tls")), ssl.SSLError)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses where the queue is full")
def test_connect_timeout(dead: DeadUrls) -> None:
    assert isinstance(reason(dead.url("connect_timeout"), timeout=0.2), TimeoutError)


def test_names_and_networks_are_dead_under_the_guard(suite: Suite) -> None:
    suite.tests("""
        def test_dead(aigw):
            with pytest.raises(OSError) as raised:
                ask(aigw.dead_url("dns"))
            assert isinstance(raised.value.reason, socket.gaierror)
            with pytest.raises(OSError, match="unreachable"):
                ask(aigw.dead_url("unreachable"))
            aigw.assert_no_egress()
    """)
    suite.run().assert_outcomes(passed=1)


def test_an_unknown_kind_is_an_error_and_ports_are_given_back(dead: DeadUrls) -> None:
    with pytest.raises(ValueError, match="refused, dns, tls, unreachable, connect_timeout"):
        dead.url("net.garbage")
    port = int(dead.url("refused").rpartition(":")[2])
    dead.close()
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))

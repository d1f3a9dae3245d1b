"""The proxy that lets nothing through."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from aigw_dev.pytest_plugin.blackhole import Blackhole


@pytest.fixture
def blackhole() -> Iterator[Blackhole]:
    made = Blackhole()
    yield made
    made.stop()


def say(url: str, head: str) -> str:
    port = urlsplit(url).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port), timeout=10) as out:
        out.sendall(head.encode())
        return out.makefile().read()


def test_an_attempt_is_its_tests_by_the_credentials(blackhole: Blackhole) -> None:
    import base64

    url = blackhole.url_for("t.py::test_a[x:y]")
    user = base64.b64encode(f"{urlsplit(url).username}:aigw".encode()).decode()
    blackhole.current = "t.py::test_b"
    reply = say(
        url, f"CONNECT api.example:443 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic {user}\r\n\r\n"
    )
    assert reply.startswith("HTTP/1.1 403")
    assert "api.example:443 was not asked" in reply
    assert [str(each) for each in blackhole.tries("t.py::test_a[x:y]")] == ["api.example:443 (proxy)"]
    assert blackhole.tries("t.py::test_b") == []
    blackhole.forget("t.py::test_a[x:y]")
    assert blackhole.tries("t.py::test_a[x:y]") == []


@pytest.mark.parametrize(
    "credential", ["", "Proxy-Authorization: Basic !!\r\n", "Proxy-Authorization: Other x\r\n"]
)
def test_an_attempt_without_a_name_is_the_running_tests(blackhole: Blackhole, credential: str) -> None:
    url = blackhole.url_for("t.py::test_a")
    blackhole.current = "t.py::test_b"
    say(url, f"GET http://plain.example/x HTTP/1.1\r\n{credential}\r\n")
    assert [each.host for each in blackhole.tries("t.py::test_b")] == ["plain.example"]


def test_rubbish_is_not_answered(blackhole: Blackhole) -> None:
    assert say(blackhole.url_for("a"), "\r\n\r\n") == ""
    assert blackhole.tries("a") == []


def test_nothing_listens_before_it_is_asked_for() -> None:
    idle = Blackhole()
    assert idle.tries("a") == []
    idle.forget("a")
    idle.stop()

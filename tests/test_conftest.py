"""The tests' own guards hold."""

import os
import socket
from pathlib import Path

import pytest


@pytest.mark.parametrize("host", ["example.com", "192.0.2.1", "2001:db8::1", b"example.com"])
def test_resolving_another_machine_is_refused_by_name(host: str | bytes) -> None:
    with pytest.raises(RuntimeError, match="loopback only") as refused:
        socket.getaddrinfo(host, 443)
    assert (host if isinstance(host, str) else host.decode()) in str(refused.value)


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")]
)
def test_connecting_to_another_machine_is_refused(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as outgoing, pytest.raises(RuntimeError, match="loopback only"):
        outgoing.connect((host, 443))


def test_a_datagram_to_another_machine_is_refused() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outgoing,
        pytest.raises(RuntimeError, match="loopback only"),
    ):
        outgoing.sendto(b"x", ("192.0.2.1", 53))


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("localhost", port), timeout=5) as client:
            assert client.getpeername()[1] == port


def test_no_key_and_no_home_of_the_developer_is_visible() -> None:
    assert not [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL"))]
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "AIGW_DEV_HOME"):
        assert "aigw-dev-tests-" in os.environ[name]
    assert "aigw-dev-tests-" in str(Path.home())

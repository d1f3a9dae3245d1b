"""The sockets a gateway listens on."""

import errno
import socket
from contextlib import ExitStack

import pytest

from aigw_dev.server.listen import PortTakenError, bind_one, listen, port_of


def close(sockets: list[socket.socket]) -> None:
    for sock in sockets:
        sock.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_loopback_host_means_both_loopbacks_with_one_port(host: str) -> None:
    sockets = listen(host, 0)
    names = [sock.getsockname() for sock in sockets]
    close(sockets)
    assert [name[0] for name in names] == ["127.0.0.1", "::1"]
    assert names[0][1] == names[1][1] != 0


def test_both_loopbacks_answer() -> None:
    sockets = listen("127.0.0.1", 0)
    for host in ("127.0.0.1", "::1"):
        socket.create_connection((host, port_of(sockets)), timeout=5).close()
    close(sockets)


def test_a_port_left_a_moment_ago_can_be_taken_again() -> None:
    first = listen("127.0.0.1", 0)
    port = port_of(first)
    with socket.create_connection(("127.0.0.1", port)):
        accepted, _ = accept(first[0])
        accepted.close()  # we close first: our side stays in TIME_WAIT
    close(first)
    close(listen("127.0.0.1", port))


def accept(listener: socket.socket) -> tuple[socket.socket, object]:
    listener.setblocking(True)
    return listener.accept()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_somebody_else_has_on_either_loopback_is_refused_by_name(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError) as refused:
            listen("127.0.0.1", port)
    assert refused.value.code == "port_taken"
    assert refused.value.host == host
    assert str(port) in refused.value.message
    assert "--port" in refused.value.hint
    close(listen("127.0.0.1", port))  # nothing was left bound


def test_port_0_passes_over_ports_that_are_free_on_one_loopback_only() -> None:
    with ExitStack() as held:
        taken = held.enter_context(socket.socket(socket.AF_INET6))
        taken.bind(("::1", 0))
        taken.listen()
        offered = iter([taken.getsockname()[1], 0])

        def offer(host: str, port: int) -> socket.socket:
            return bind_one(host, next(offered) if port == 0 else port)

        sockets = listen("127.0.0.1", 0, bind=offer)
        assert port_of(sockets) != taken.getsockname()[1]
        assert len(sockets) == 2
        close(sockets)


def test_without_ipv6_one_loopback_is_enough() -> None:
    def refuse(host: str, port: int) -> socket.socket:
        if host == "::1":
            raise OSError(errno.EADDRNOTAVAIL, "no such address")
        return bind_one(host, port)

    sockets = listen("127.0.0.1", 0, bind=refuse)
    assert [sock.getsockname()[0] for sock in sockets] == ["127.0.0.1"]
    close(sockets)


def test_an_address_that_is_not_ours_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match=r"."):
        listen("192.0.2.1", 0)


def test_another_host_listens_there_only() -> None:
    sockets = listen("127.0.0.2", 0)
    assert [sock.getsockname()[0] for sock in sockets] == ["127.0.0.2"]
    close(sockets)

"""A connection that ends with RST."""

import asyncio
import socket
from typing import Any

from aigw_dev.server.resetting import reset_on_close


class Over(asyncio.BaseTransport):
    """A transport over a plain socket."""

    def __init__(self, sock: socket.socket | None) -> None:
        super().__init__()
        self._sock = sock

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._sock if name == "socket" else default


def test_the_other_side_sees_a_reset_once_it_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        caller = socket.create_connection(server.getsockname(), timeout=5)
        taken, _ = server.accept()
        reset_on_close(Over(taken))
        taken.close()
        try:
            how = caller.recv(1)
        except ConnectionResetError:
            how = "reset"
        caller.close()
    assert how == "reset"


def test_a_transport_without_a_usable_socket_is_left_as_it_is() -> None:
    reset_on_close(Over(None))
    with socket.socket() as closed:
        pass
    reset_on_close(Over(closed))

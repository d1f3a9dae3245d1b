"""Base URLs at which nothing answers, each in its own way: what no fault can do over a URL that must connect.

The faults `net.refused`, `net.dns`, `net.tls`, `net.unreachable` and `net.connect_timeout`.
"""

import contextlib
import errno
import select
import socket
import threading
from collections.abc import Callable
from typing import Final

from aigw_dev.pytest_plugin.egress import UNREACHABLE

_CONNECTS_TO_FILL: Final = 32


class DeadUrls:
    """Sockets that stay as they are until the test is over."""

    def __init__(self) -> None:
        """Holds none yet."""
        self._open: list[socket.socket] = []
        self._ways: dict[str, Callable[[], str]] = {
            "refused": self._refused,
            "dns": lambda: "http://nowhere.aigw.invalid",
            "tls": self._no_tls,
            "unreachable": lambda: f"http://{UNREACHABLE}",
            "connect_timeout": self._full,
        }

    def url(self, kind: str) -> str:
        """A URL (without a path) that fails in this way: `refused`, `dns`, `tls`, `unreachable`, `connect_timeout`."""
        way = self._ways.get(kind.removeprefix("net."))
        if way is None:
            raise ValueError(f"no dead URL of the kind {kind!r}; there are {', '.join(self._ways)}")
        return way()

    def close(self) -> None:
        """Give the ports back."""
        while self._open:
            with contextlib.suppress(OSError):
                self._open.pop().close()

    def _bound(self) -> socket.socket:
        made = socket.socket()
        self._open.append(made)
        made.bind(("127.0.0.1", 0))
        return made

    def _refused(self) -> str:
        return f"http://127.0.0.1:{self._bound().getsockname()[1]}"  # bound, so nobody else gets it; never listens

    def _no_tls(self) -> str:
        listening = self._bound()
        listening.listen()

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = listening.accept()
                    with caller:
                        caller.sendall(b"this is no TLS\r\n")

        threading.Thread(target=answer, name="aigw-no-tls", daemon=True).start()
        return f"https://127.0.0.1:{listening.getsockname()[1]}"

    def _full(self) -> str:
        """A port whose queue is full: the next connect hangs (Windows refuses it instead)."""
        listening = self._bound()
        listening.listen(0)
        place = listening.getsockname()
        for _ in range(_CONNECTS_TO_FILL):
            waiting = socket.socket()
            self._open.append(waiting)
            waiting.setblocking(False)
            if waiting.connect_ex(place) not in {0, errno.EINPROGRESS, errno.EWOULDBLOCK}:
                break
            _, is_connected, _ = select.select([], [waiting], [], 0.1)
            if not is_connected:
                break
        return f"http://127.0.0.1:{place[1]}"

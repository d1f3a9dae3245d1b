"""A proxy on loopback that lets nothing through and writes down who asked for what: for child processes in any language.

A short name of the test travels as the user name in the proxy's URL.
"""

import base64
import binascii
import contextlib
import hashlib
import socketserver
import threading
from typing import Final
from urllib.parse import urlsplit

from aigw_dev.pytest_plugin.egress import Try

_HEAD_LINES: Final = 100
_LINE_BYTES: Final = 65_536
_PATIENCE_S: Final = 5.0
_NAME_CHARS: Final = 16


class Blackhole:
    """The proxy's thread; started when a child's environment is first asked for."""

    def __init__(self) -> None:
        """Listens nowhere yet."""
        self._server: _Server | None = None
        self._lock = threading.Lock()
        self.tests: Final[dict[str, str]] = {}
        """Tests by the short names that stand in their URLs: an id may hold colons, a user name may not."""
        self.current = ""
        """The test that runs now: attempts without credentials are taken for its own."""

    def url_for(self, test: str) -> str:
        """The proxy's URL in the name of a test."""
        with self._lock:
            if self._server is None:
                self._server = _Server(self)
                threading.Thread(
                    target=self._server.serve_forever, args=(0.05,), name="aigw-blackhole", daemon=True
                ).start()
        name = hashlib.sha256(test.encode("utf-8", "surrogatepass")).hexdigest()[:_NAME_CHARS]
        self.tests[name] = test
        return f"http://{name}:aigw@127.0.0.1:{self._server.server_address[1]}"

    def tries(self, test: str) -> list[Try]:
        """What was asked for in the name of a test."""
        return [] if self._server is None else [each for each in self._server.tries if each.test == test]

    def forget(self, test: str) -> None:
        """A test begins anew."""
        if self._server is not None:
            self._server.tries = [each for each in self._server.tries if each.test != test]

    def stop(self) -> None:
        """End the thread."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: Blackhole) -> None:
        self.owner = owner
        self.tries: list[Try] = []
        super().__init__(("127.0.0.1", 0), _Refusal)


class _Refusal(socketserver.StreamRequestHandler):
    timeout = _PATIENCE_S

    def handle(self) -> None:
        """Read one request's head, write it down, refuse it."""
        with contextlib.suppress(OSError):
            asked = self.rfile.readline(_LINE_BYTES).decode("latin-1").split()
            named = ""
            for _ in range(_HEAD_LINES):
                line = self.rfile.readline(_LINE_BYTES).decode("latin-1").strip()
                if not line:
                    break
                field, _, value = line.partition(":")
                if field.lower() == "proxy-authorization":
                    named = _user(value.strip())
            if len(asked) > 1:
                self._refuse(asked[0], asked[1], named)

    def _refuse(self, method: str, target: str, named: str) -> None:
        server = self.server
        assert isinstance(server, _Server)  # noqa: S101 - nothing else makes these
        host = target if method == "CONNECT" else urlsplit(target).netloc
        server.tries.append(Try(server.owner.tests.get(named, server.owner.current), host, "proxy"))
        text = f"aigw: this test's process may reach loopback only; {host} was not asked\n".encode()
        head = f"HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: {len(text)}\r\nconnection: close\r\n\r\n"
        self.wfile.write(head.encode() + text)


def _user(value: str) -> str:
    """The user name of a Basic credential."""
    kind, _, encoded = value.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded).decode("latin-1").partition(":")[0]
    except (binascii.Error, ValueError):
        return ""

"""One gateway process in front of several scripted upstreams, shared by the tests of a module; and calls byte by byte."""

import contextlib
import json
import socket
import time
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
import msgspec

from tests.e2e.conftest import GatewayProcess
from tests.scripted import Close, Script, ScriptedUpstream

KEYS: Final = {"FIRST_KEY": "sk-first-0123456789abcdefghij", "SPARE_KEY": "sk-spare-0123456789abcdefghij"}
"""Both keys of every scripted provider, by variable."""
PATIENCE_S: Final = 10.0

REPLY: Final[dict[str, Any]] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}
"""A whole chat reply."""


def piece(text: str, **more: object) -> dict[str, object]:
    """A chunk of a chat stream."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m"} | {
        "choices": [choice],
        **more,
    }


class Raw(msgspec.Struct, frozen=True):
    """A reply as its bytes came."""

    status: int
    headers: list[tuple[str, str]]
    """Names in lower case."""
    body: bytes
    is_whole: bool
    """False: the connection ended before the reply did."""

    def header(self, name: str) -> str:
        """The first value of `name`; empty when absent."""
        return next((value for key, value in self.headers if key == name), "")

    def error(self) -> dict[str, Any]:
        """The OpenAI error object in the body, checked for its shape."""
        error: dict[str, Any] = json.loads(self.body)["error"]
        assert set(error) == {"message", "type", "param", "code"}, error
        assert isinstance(error["message"], str)
        assert error["message"]
        assert error["code"]
        return error


class Stage:
    """A gateway and its upstreams. A context manager.

    `names` become providers, each a scripted upstream with both of `KEYS`; `more` is added to the config.
    """

    def __init__(
        self,
        folder: Path,
        *,
        names: tuple[str, ...] = ("one",),
        more: str = "",
        gateway: str = "",
        per_provider: str = "",
        is_closing: bool = False,
    ) -> None:
        """`is_closing`: an upstream closes its connection after each script, so that each call gets a fresh one.

        `more` continues the `providers` section, where `{one}` stands for the URL of `one`; `gateway` and `per_provider` add settings, `, key: value`.
        """
        self._is_closing = is_closing
        self.upstreams = {name: ScriptedUpstream() for name in names}
        self._folder = folder
        self._settings = (more, gateway, per_provider)
        self._stack = contextlib.ExitStack()
        self._seen: set[str] = set()

    def __enter__(self) -> Self:
        for upstream in self.upstreams.values():
            self._stack.enter_context(upstream)
        more, gateway, per_provider = self._settings
        keys = ", ".join(f'"env:{name}"' for name in KEYS)
        rows = "\n".join(
            f'  {name}: {{kind: openai-compatible, base_url: "{upstream.url}/v1", keys: [{keys}]{per_provider}}}'
            for name, upstream in self.upstreams.items()
        )
        config = f"version: 1\ngateway: {{name: e2e{gateway}}}\nproviders:\n{rows}\n{more}"
        for name, upstream in self.upstreams.items():
            config = config.replace(f"{{{name}}}", upstream.url)
        self.gateway = self._stack.enter_context(GatewayProcess(self._folder, config, env=dict(KEYS)))
        self.client = self._stack.enter_context(httpx.Client(timeout=PATIENCE_S, trust_env=False))
        self.url = self.gateway.url
        self.port = int(self.url.rpartition(":")[2])
        self.token = self.gateway.token
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __getitem__(self, name: str) -> ScriptedUpstream:
        """The upstream of a provider."""
        return self.upstreams[name]

    def script(self, name: str, *scripts: Script) -> None:
        """Answer the next requests to provider `name` with these."""
        end = [Close()] if self._is_closing else []
        self.upstreams[name].enqueue(*([*steps, *end] if end else steps for steps in scripts))

    def forget(self) -> None:
        """Forget scripts not played and requests seen: the next test starts afresh."""
        for upstream in self.upstreams.values():
            with upstream.change():
                upstream.requests.clear()
                upstream._queue.clear()  # pyright: ignore[reportPrivateUsage]  # what a failed test left

    @property
    def calls(self) -> dict[str, int]:
        """How many requests each provider has seen."""
        return {name: len(upstream.requests) for name, upstream in self.upstreams.items()}

    def chat(
        self, model: str, *, headers: dict[str, str] | None = None, token: str | None = None, **more: Any
    ) -> httpx.Response:
        """A chat by plain HTTP; `token` empty sends none."""
        shown = self.token if token is None else token
        sent = ({"authorization": f"Bearer {shown}"} if shown else {}) | (headers or {})
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}], **more}
        return self.client.post(f"{self.url}/v1/chat/completions", json=body, headers=sent)

    def logged(self, reply: httpx.Response | Raw) -> dict[str, Any]:
        """The exchange behind a reply, once it is in the log."""
        name = (
            reply.header("x-aigw-request-id")
            if isinstance(reply, Raw)
            else reply.headers["x-aigw-request-id"]
        )
        return self.gateway.exchange(name)

    def newest(self, *, session: str) -> dict[str, Any]:
        """The exchange of a session (header `x-session-id`), once it has ended: for callers that saw no reply."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            for entry in self.gateway.admin("/exchanges?limit=20")["entries"]:
                if entry["session"] == session and entry["state"] == "ended":
                    return self.gateway.exchange(entry["id"])
            assert time.monotonic() < deadline, f"no exchange of {session} has ended"

    # byte by byte

    def request(self, body: bytes, *headers: str, path: str = "/v1/chat/completions") -> bytes:
        """The bytes of a usual POST with the gateway's token; `headers` are added as they are."""
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "Content-Type: application/json",
            f"Authorization: Bearer {self.token}",
            f"Content-Length: {len(body)}",
            *headers,
        ]
        return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body

    @contextlib.contextmanager
    def connection(self, *, receive_bytes: int | None = None) -> Generator[socket.socket]:
        """A plain connection to the gateway; `receive_bytes` makes its receive buffer that small."""
        with socket.socket() as caller:
            if receive_bytes is not None:
                caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            caller.settimeout(PATIENCE_S)
            caller.connect(("127.0.0.1", self.port))
            yield caller

    def send(self, data: bytes) -> Raw:
        """Send bytes on a connection of their own; the reply to them."""
        with self.connection() as caller:
            with contextlib.suppress(ConnectionError):  # refused before all was sent: the reply says why
                caller.sendall(data)
            return read_reply(caller)


def read_reply(caller: socket.socket) -> Raw:
    """One whole reply from a socket, taken out of its framing."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = _receive(caller)
        assert more, f"the connection ended in the head: {data!r}"
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    named = dict(headers)
    status = int(first.split(" ")[1])
    if named.get("transfer-encoding") == "chunked":
        framed = bytearray(body)
        while not (framed.endswith(b"\r\n0\r\n\r\n") or bytes(framed[:6]) == b"0\r\n\r\n"):
            more = _receive(caller)
            if not more:
                return Raw(status, headers, _unchunked(framed), is_whole=False)
            framed += more
        return Raw(status, headers, _unchunked(framed), is_whole=True)
    length = int(named.get("content-length", 0))
    while len(body) < length:
        more = _receive(caller)
        if not more:
            return Raw(status, headers, body, is_whole=False)
        body += more
    assert len(body) == length
    return Raw(status, headers, body, is_whole=True)


def _receive(caller: socket.socket) -> bytes:
    try:
        return caller.recv(65536)
    except ConnectionError:
        return b""


def _unchunked(framed: bytearray) -> bytes:
    pieces: list[bytes] = []
    start = 0
    while (end := framed.find(b"\r\n", start)) >= 0:
        size = int(framed[start:end], 16)
        pieces.append(bytes(framed[end + 2 : end + 2 + size]))
        start = end + 2 + size + 2
    return b"".join(pieces)

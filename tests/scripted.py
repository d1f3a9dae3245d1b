"""A scripted upstream: a provider on a real loopback socket that does exactly what a test tells it, byte by byte.

    with ScriptedUpstream([json_reply({"ok": True})]) as upstream:
        ...                                     # call upstream.url from anywhere: sync, async, another process
        upstream.wait_until(lambda: upstream.open_connections == 0)
        assert upstream.requests[0].header(b"authorization") == b"Bearer key"

It runs in a thread with an event loop of its own, so that it keeps time while a test's loop is blocked, and it serves
sync and async tests alike (async ones: `await upstream.until(...)`).

* **A script** is an iterable of steps, also an endless generator: `bytes` are written as they are (`Send`), and
  `Wait(seconds)`, `Hold("gate")` until the test says `upstream.open("gate")`, `Reset()` (RST), `HalfClose()` (FIN, keeps
  reading), `Close()`, `Stall()` (nothing more until the caller leaves), `StopReading()`.
* **Which script** a request gets: those given to `enqueue(...)` first, one each; then the constructor's, which is a
  script or a function from `Request` to a script. `greeting` is run when a connection opens, before any request.
* **What it saw**: `requests` (raw bytes and parsed), `accepted`, `open_connections`, `peers` (per connection: bytes in
  and out, when and how it ended). All of it is readable from the test's thread at any time.
* **Waiting**: `wait_until(condition)` sleeps on a condition variable that every event notifies; no polling.

As a process of its own, for tests that start the gateway as a process too:

    python -m tests.scripted --script replies.json [--port N]     # prints: ready http://127.0.0.1:PORT

`replies.json` is a list of scripts, one per request, the last one repeated; steps are `{"send": text}`,
`{"send_base64": ...}`, `{"json": value, "status": 200, "headers": {}}`, `{"wait_s": 0.1}`, `{"hold": "gate"}`, `"reset"`,
`"half_close"`, `"close"`, `"stall"`. `GET /scripted/state` tells what it saw, `POST /scripted/open/GATE` opens a gate.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar, cast

_PATIENCE_S: Final = 10.0
Headers = Sequence[tuple[str, str]]
T = TypeVar("T")


@dataclass(frozen=True)
class Send:
    """Write these bytes and wait until the kernel has taken them."""

    data: bytes


@dataclass(frozen=True)
class Wait:
    """Do nothing for a while, or until the caller leaves."""

    seconds: float


@dataclass(frozen=True)
class Hold:
    """Go on when the test opens this gate."""

    gate: str


@dataclass(frozen=True)
class Reset:
    """End the connection with RST."""


@dataclass(frozen=True)
class HalfClose:
    """Send FIN; the caller may go on sending."""


@dataclass(frozen=True)
class Close:
    """Send what is buffered, then FIN."""


@dataclass(frozen=True)
class Stall:
    """Send nothing more and wait for the caller to leave."""


@dataclass(frozen=True)
class StopReading:
    """Leave what the caller sends in the socket."""


Step = Send | Wait | Hold | Reset | HalfClose | Close | Stall | StopReading | bytes
Script = Iterable[Step]


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    number: int
    """1-based, over all connections."""
    connection: int
    """1-based."""
    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    """In wire order, names as sent."""
    body: bytes
    """Without its chunk frames."""
    raw: bytes
    """Head and body as they came."""
    at_s: float
    """Monotonic clock, when its last byte arrived."""

    def header(self, name: bytes) -> bytes:
        """The one value of `name` (any case); empty when absent, an error when there are several."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) <= 1, f"{len(found)} headers {name!r}"
        return found[0] if found else b""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Peer:
    """One connection as the upstream saw it."""

    number: int
    opened_s: float
    """Monotonic clock."""
    closed_s: float | None = None
    how: str = ""
    """`eof` (the caller closed), `reset` (RST or an error), `ours` (the script ended it)."""
    received: bytearray = field(default_factory=bytearray)
    sent_bytes: int = 0
    """Handed to the kernel."""


def reply(body: bytes = b"", *, status: int = 200, headers: Headers = (), reason: str = "Scripted") -> bytes:
    """A whole reply with content-length."""
    return _head(status, reason, [*headers, ("Content-Length", str(len(body)))]) + body


def json_reply(value: object, *, status: int = 200, headers: Headers = ()) -> bytes:
    """A whole JSON reply."""
    body = json.dumps(value).encode()
    return reply(body, status=status, headers=[("Content-Type", "application/json"), *headers])


def stream_head(*, status: int = 200, headers: Headers = (("Content-Type", "text/event-stream"),)) -> bytes:
    """The head of a chunked reply; `chunk(...)` and `LAST_CHUNK` follow."""
    return _head(status, "Scripted", [*headers, ("Transfer-Encoding", "chunked")])


def chunk(data: bytes) -> bytes:
    """One chunk frame."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK: Final = b"0\r\n\r\n"


def event(data: object) -> bytes:
    """One server-sent event: text as it is, anything else as JSON."""
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def sse_reply(*data: object) -> list[bytes]:
    """A streamed reply, one event per chunk and write, ended by [DONE]."""
    return [stream_head(), *(chunk(event(each)) for each in (*data, "[DONE]")), LAST_CHUNK]


def _head(status: int, reason: str, headers: Headers) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} {reason}\r\n{lines}\r\n".encode("latin-1")


class LoopThread:
    """An event loop in a daemon thread; the base of what must keep running beside a test."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def start(self) -> None:
        self._thread.start()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` there and return its result here."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(_PATIENCE_S)

    def stop(self) -> None:
        self.call(self._cancel_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_PATIENCE_S)
        self.loop.close()

    async def _cancel_all(self) -> None:
        tasks = asyncio.all_tasks() - {cast("asyncio.Task[Any]", asyncio.current_task())}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class ScriptedUpstream:
    """See the module's docstring. A context manager; used from any thread."""

    def __init__(
        self,
        answer: Script | Callable[[Request], Script] = (),
        *,
        greeting: Script = (),
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        at_head: bool = False,
    ) -> None:
        """`at_head` starts a request's script when its head has arrived, without waiting for the body.

        A script that is a list is run afresh for each request; a generator only once.
        """
        self._answer = answer
        self.greeting = greeting
        self.at_head = at_head
        self._tls = tls
        self._host = host
        self.port = port
        self._queue: list[Script] = []
        self._changed = threading.Condition()
        self._gates: dict[str, asyncio.Event] = {}
        self._thread = LoopThread("scripted-upstream")
        self._tasks: set[asyncio.Task[None]] = set()
        self._live: set[_Wire] = set()
        self.requests: list[Request] = []
        self.peers: list[Peer] = []

    @property
    def url(self) -> str:
        name = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{name}:{self.port}"

    @property
    def accepted(self) -> int:
        """Connections ever opened."""
        return len(self.peers)

    @property
    def open_connections(self) -> int:
        """Connections open now."""
        return sum(peer.closed_s is None for peer in self.peers)

    def __enter__(self) -> Self:
        self._thread.start()
        self._thread.call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.call(self._shut())
        self._thread.stop()

    def enqueue(self, *scripts: Script) -> None:
        """Answer the next requests with these, one each, before the constructor's answer."""
        with self._changed:
            self._queue += scripts

    def open(self, gate: str) -> None:
        """Let every script go on that holds at `gate`, now or later."""
        self._thread.loop.call_soon_threadsafe(lambda: self.gate(gate).set())

    def wait_until(self, condition: Callable[[], object], *, timeout_s: float = _PATIENCE_S) -> None:
        """Block until `condition` is true; checked after everything that happens here."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout_s), (
                f"not within {timeout_s} s: {len(self.requests)} requests, {self.open_connections} of "
                f"{self.accepted} connections open"
            )

    async def until(self, condition: Callable[[], object], *, timeout_s: float = _PATIENCE_S) -> None:
        """`wait_until` for async tests: the test's loop keeps running."""
        await asyncio.to_thread(self.wait_until, condition, timeout_s=timeout_s)

    # for the connections

    def script_for(self, request: Request) -> Script:
        with self._changed:
            if self._queue:
                return self._queue.pop(0)
        return self._answer(request) if callable(self._answer) else self._answer

    def gate(self, name: str) -> asyncio.Event:
        return self._gates.setdefault(name, asyncio.Event())

    @contextlib.contextmanager
    def change(self) -> Generator[None]:
        """Change what tests read, and tell those that wait."""
        with self._changed:
            yield
            self._changed.notify_all()

    def add(self, wire: "_Wire") -> None:
        self._live.add(wire)

    def remove(self, wire: "_Wire") -> None:
        self._live.discard(wire)

    async def _listen(self) -> None:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # With its protocol named, asyncio switches Nagle's algorithm off for accepted connections.
        self._listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self._host, self.port))
        self._listener.listen(2048)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        # Not asyncio's server: closing that one loses a connection which is being accepted in that very turn.
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the caller left again
            accepted, _ = self._listener.accept()
            accepted.setblocking(False)
            task = asyncio.get_running_loop().create_task(self._welcome(accepted), name="scripted")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _welcome(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):  # a failed TLS handshake; ssl's errors are OSErrors
            await loop.connect_accepted_socket(lambda: _Wire(self), accepted, ssl=self._tls)

    async def _shut(self) -> None:
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()
        if self._tasks:
            await asyncio.wait(
                self._tasks, timeout=0.1
            )  # those left then are TLS handshakes; `stop` cancels them
        while self._live:
            for wire in list(self._live):
                wire.abort()
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # the transports close their sockets one turn after they tell


class _Wire(asyncio.Protocol):
    """One accepted connection."""

    def __init__(self, owner: ScriptedUpstream) -> None:
        self._owner = owner
        self._buffer = bytearray()
        self._gone = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._task: asyncio.Task[None] | None = None
        self._is_ours = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if (
            self._transport.get_extra_info("sslcontext") is None
        ):  # asyncio's TLS never resumes with a limit of 0
            self._transport.set_write_buffer_limits(high=0)
        with self._owner.change():
            self._peer = Peer(len(self._owner.peers) + 1, time.monotonic())
            self._owner.peers.append(self._peer)
        self._owner.add(self)
        if self._owner.greeting:
            self._start(self._owner.greeting)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        with self._owner.change():
            self._peer.received += data
        self._advance()

    def eof_received(self) -> bool:
        self._note("eof")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._note("reset" if exc is not None else "ours" if self._is_ours else "eof")
        self._owner.remove(self)
        self._gone.set()
        self._room.set()

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def abort(self) -> None:
        self._is_ours = True
        self._transport.abort()

    def _note(self, how: str) -> None:
        with self._owner.change():
            if self._peer.closed_s is None:
                self._peer.closed_s = time.monotonic()
                self._peer.how = how
        self._gone.set()

    def _advance(self) -> None:
        """Start the script of the next whole request, unless one is running."""
        if self._task is not None:
            return
        found = _cut_request(self._buffer, at_head=self._owner.at_head)
        if found is None:
            return
        size, method, target, headers, body = found
        with self._owner.change():
            request = Request(
                number=len(self._owner.requests) + 1,
                connection=self._peer.number,
                method=method,
                target=target,
                headers=headers,
                body=body,
                raw=bytes(self._buffer[:size]),
                at_s=time.monotonic(),
            )
            del self._buffer[:size]
            self._owner.requests.append(request)
        self._start(self._owner.script_for(request))

    def _start(self, script: Script) -> None:
        self._task = asyncio.get_running_loop().create_task(self._play(script), name="script")

    async def _play(self, script: Script) -> None:
        for step in script:
            if self._gone.is_set() or self._transport.is_closing():
                break
            await self._do(Send(step) if isinstance(step, bytes) else step)
        self._task = None
        self._advance()

    async def _do(self, step: Step) -> None:
        match step:
            case Send(data):
                self._transport.write(data)
                await self._room.wait()
                with self._owner.change():
                    self._peer.sent_bytes += len(data)
            case Wait(seconds):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._gone.wait(), seconds)
            case Hold(gate):
                await self._owner.gate(gate).wait()
            case Reset():
                self._is_ours = True
                sock = cast("socket.socket", self._transport.get_extra_info("socket"))
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._transport.abort()
            case HalfClose():
                cast("socket.socket", self._transport.get_extra_info("socket")).shutdown(socket.SHUT_WR)
            case Close():
                self._is_ours = True
                self._transport.close()
            case Stall():
                await self._gone.wait()
            case StopReading():
                self._transport.pause_reading()
            case _:
                raise AssertionError(step)


def _cut_request(
    buffer: bytearray, *, at_head: bool
) -> tuple[int, str, str, list[tuple[bytes, bytes]], bytes] | None:
    """The first whole request in `buffer`: its size there, method, target, headers and body."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    lines = bytes(buffer[:end]).split(b"\r\n")
    method, target, _ = lines[0].decode("latin-1").split(" ", 2)
    headers = [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
    named = {name.lower(): value for name, value in headers}
    start = end + 4
    if at_head:
        return start, method, target, headers, b""
    if named.get(b"transfer-encoding", b"").lower() == b"chunked":
        return _cut_chunked(buffer, start, (method, target, headers))
    length = int(named.get(b"content-length", b"0"))
    if len(buffer) < start + length:
        return None
    return start + length, method, target, headers, bytes(buffer[start : start + length])


def _cut_chunked(
    buffer: bytearray, start: int, head: tuple[str, str, list[tuple[bytes, bytes]]]
) -> tuple[int, str, str, list[tuple[bytes, bytes]], bytes] | None:
    body = bytearray()
    while True:
        line = buffer.find(b"\r\n", start)
        if line < 0:
            return None
        size = int(bytes(buffer[start:line]), 16)
        start = line + 2
        if len(buffer) < start + size + 2:
            return None
        body += buffer[start : start + size]
        start += size + 2
        if size == 0:
            return start, *head, bytes(body)


@contextlib.contextmanager
def refusing_port() -> Generator[int]:
    """A port of 127.0.0.1 where connections are refused, and stay refused: it is bound but nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextlib.contextmanager
def unanswering_port() -> Generator[int]:
    """A port of 127.0.0.1 where connecting hangs: its queue of waiting connections is full. Linux and macOS."""
    with contextlib.ExitStack() as held:
        holder = held.enter_context(socket.socket())
        holder.bind(("127.0.0.1", 0))
        holder.listen(0)
        port: int = holder.getsockname()[1]
        while True:
            filler = held.enter_context(socket.socket())
            filler.settimeout(0.2)
            try:
                filler.connect(("127.0.0.1", port))
            except TimeoutError:
                break
        yield port


# as a process


def _steps(spec: list[Any]) -> list[Step]:
    """A script from its JSON."""
    plain: dict[str, Step] = {"reset": Reset(), "half_close": HalfClose(), "close": Close(), "stall": Stall()}
    steps: list[Step] = []
    for each in spec:
        match each:
            case str():
                steps.append(plain[each])
            case {"send": str(text)}:
                steps.append(text.encode())
            case {"send_base64": str(text)}:
                steps.append(base64.b64decode(text))
            case {"json": value, **rest}:
                headers = cast("dict[str, str]", rest.get("headers", {}))
                steps.append(
                    json_reply(value, status=cast("int", rest.get("status", 200)), headers=[*headers.items()])
                )
            case {"wait_s": int(seconds) | float(seconds)}:
                steps.append(Wait(seconds))
            case {"hold": str(gate)}:
                steps.append(Hold(gate))
            case _:
                raise ValueError(f"not a step: {each!r}")
    return steps


def _serve_process(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="A scripted upstream on loopback.")
    parser.add_argument("--script", type=Path, required=True, help="JSON: a list of scripts, one per request")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args(arguments)
    scripts = [_steps(spec) for spec in json.loads(cast("Path", options.script).read_text(encoding="utf-8"))]
    served = 0

    def answer(request: Request) -> Script:
        nonlocal served
        if request.target == "/scripted/state":
            return [json_reply(_state(upstream))]
        if request.target.startswith("/scripted/open/"):
            upstream.open(request.target.rpartition("/")[2])
            return [reply()]
        served += 1
        return scripts[min(served, len(scripts)) - 1]

    upstream = ScriptedUpstream(answer, port=cast("int", options.port))
    with upstream:
        print(f"ready {upstream.url}", flush=True)  # noqa: T201 -- how the starting test learns the port
        sys.stdin.read()  # until the starting test closes it


def _state(upstream: ScriptedUpstream) -> dict[str, object]:
    seen = [each for each in upstream.requests if not each.target.startswith("/scripted/")]
    return {
        "accepted": upstream.accepted,
        "open": upstream.open_connections,
        "requests": [
            {
                "method": each.method,
                "target": each.target,
                "headers": [
                    [name.decode("latin-1"), value.decode("latin-1")] for name, value in each.headers
                ],
                "body_base64": base64.b64encode(each.body).decode(),
                "connection": each.connection,
            }
            for each in seen
        ],
    }


if __name__ == "__main__":
    _serve_process(sys.argv[1:])

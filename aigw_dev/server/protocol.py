"""The callers' side of HTTP/1.1: uvicorn's httptools protocol with limits, deadlines and exact refusals.

What uvicorn 0.54 lacks and this adds (each with a test; reliability.md 1b): caps on the head, deadlines for head, body
and idle connections, exactly one Host, origin-form targets only, no transfer coding but chunked, a bounded and lingering
close after a refusal, errors in JSON, and a callback when the caller leaves. Trailers are dropped.

Timing needs no timer per request: one timer per connection looks whether a deadline has passed and re-arms itself;
only a request that does not arrive in one read moves it forward.

Leans on uvicorn: `HttpToolsProtocol.__init__`, `connection_made`, `on_url`, `pause_writing`, `resume_writing`,
`_should_upgrade`, `handle_websocket_upgrade` and the attributes they set; tests/server/test_protocol.py has the canary.
"""

import asyncio
from typing import Any, ClassVar, Final
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from aigw_dev.server.cycle import App, Cycle, Link, Scope
from aigw_dev.server.door_rules import DoorRules, refusal
from aigw_dev.server.patience import Patience
from aigw_dev.server.request_head import Fault, Shape, head_bytes, head_too_large, inspect

_IDLE: Final = 0
"""Between requests."""
_HEAD: Final = 1
_BODY: Final = 2

_LINGER_S: Final = 2.0
_LINGER_BYTES: Final = 1024 * 1024
"""What a refused caller may still send before the connection is cut; enough that it reads our answer first."""
_MAX_PIPELINED: Final = 64
_FRAMING_ALLOWANCE_BYTES: Final = 64 * 1024
_FRAMING_PER_BYTE: Final = 16
"""Chunk sizes, extensions and trailers may cost this much per byte of body, beyond the allowance."""


def protocol_class(rules: DoorRules) -> type["DoorProtocol"]:
    """A protocol class for one server; assign to its `rules` to change what later connections are held to."""
    return type("BoundDoorProtocol", (DoorProtocol,), {"rules": rules})


class DoorProtocol(HttpToolsProtocol):
    """One caller's connection."""

    rules: ClassVar[DoorRules] = DoorRules()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Called by uvicorn's server for each connection."""
        super().__init__(config, server_state, app_state, _loop)
        self._rules = self.rules
        self._receiving = _IDLE
        self._running: Cycle | None = None
        """The cycle whose response is next; its app has been started."""
        self._arriving: Cycle | None = None
        """The cycle whose body is arriving."""
        self._queue: list[Cycle] = []
        self._since = 0.0
        """When the head or body under way began, when an upload last moved, or when the connection became idle."""
        self._pace_s = 0.0
        self._is_upload = False
        self._head_bytes = 0
        self._read_bytes = 0
        self._body_bytes = 0
        self._framing_bytes = 0
        self._by_hand: int | None = None
        self._fault: Fault | None = None
        self._is_refusing = False
        self._is_lingering = False
        self._discarded = 0
        self._unflushed = 0
        self._patience = Patience(self.loop, self._look)

    # the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own narrowing
        """A caller connected."""
        super().connection_made(transport)
        limits = self._rules.limits
        self._since = self.loop.time()
        self._patience.look_by(self._since + limits.idle_s)
        if len(self.connections) > limits.connections:
            self.connections.discard(self)
            self._refuse(
                Fault(
                    503,
                    "too_many_connections",
                    f"this gateway has {limits.connections} connections open; try again",
                )
            )

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  -- whoever ended it, and how
        """The connection is gone."""
        self.connections.discard(self)
        self._patience.stop()
        self._queue.clear()
        if self._running is not None:
            self._running.leave("client_left")
        self.flow.resume_writing()
        self._is_refusing = True

    def eof_received(self) -> None:
        """The caller will not send more: it has left, as far as anybody can tell (uvicorn's rule too)."""
        if self._running is not None:
            self._running.leave("client_left")

    def shutdown(self) -> None:
        """Close when idle, else after the response under way; called by uvicorn's server and by `begin_drain`."""
        running = self._running
        self._queue.clear()
        if running is None or running.is_complete:
            self.transport.close()
        else:
            running.keep_alive = False

    # bytes

    def data_received(self, data: bytes) -> None:
        """Bytes of requests, in any cut."""
        if self._is_refusing:
            self._discard(len(data))
            return
        if self._receiving == _IDLE:
            self._receiving = _HEAD
            self._head_bytes = 0
            self._since = 0.0
        self._read_bytes = len(data)
        self._body_bytes = 0
        try:
            if self._by_hand is not None:
                data = self._read_by_hand(data)
            if data:
                self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            fault = self._fault or Fault(400, "invalid_http", f"this is not valid HTTP/1.1: {error}")
            self._refuse(fault)
        if self._receiving != _IDLE and not self._is_refusing:
            self._note_partial()

    def _note_partial(self) -> None:
        """A request has arrived in part: count it, and see that the timer looks in time."""
        now = self.loop.time()
        limits = self._rules.limits
        if self._receiving == _HEAD:
            self._head_bytes += self._read_bytes
            if self._head_bytes > limits.header_kb * 1024:
                self._refuse(head_too_large(self._rules.limits.header_kb))
                return
            self._pace_s = limits.header_s
        else:
            self._framing_bytes += self._read_bytes - (1 + _FRAMING_PER_BYTE) * self._body_bytes
            if self._framing_bytes > _FRAMING_ALLOWANCE_BYTES:
                self._refuse(Fault(400, "invalid_http", "the body's chunks are mostly framing"))
                return
            self._framing_bytes = max(0, self._framing_bytes)
        if not self._since or (self._is_upload and self._receiving == _BODY):
            self._since = now
        self._patience.look_by(self._since + self._pace_s)

    def on_message_begin(self) -> None:
        """A request begins."""
        self.url = b""
        self.headers = []
        self._receiving = _HEAD
        self._head_bytes = -self._read_bytes  # an earlier request may fill most of this read
        self._since = 0.0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer: those come after the checks and are dropped."""
        if self._receiving == _HEAD:
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """A head is whole: refuse it, or make a cycle of it."""
        parser = self.parser
        method = parser.get_method()
        version = parser.get_http_version()
        shape: Shape | Fault = inspect(method, self.url, version, self.headers)
        limit = self._rules.limits.header_kb * 1024
        is_one_read = self._head_bytes == -self._read_bytes
        if not (is_one_read and self._read_bytes <= limit) and head_bytes(self.url, self.headers) > limit:
            shape = head_too_large(self._rules.limits.header_kb)
        if isinstance(shape, Shape) and parser.should_upgrade():
            if self._should_upgrade():
                self.scope = {"method": method.decode("ascii"), "headers": self.headers}  # type: ignore[typeddict-item]  # all that the upgrade reads
                return
            # RFC 9110 7.8: an upgrade may be ignored. llhttp then takes the body for another protocol's bytes.
            self._by_hand = shape.content_length or 0
            if shape.is_chunked:
                shape = Fault(400, "invalid_http", "a request with `upgrade` cannot have a chunked body here")
        if isinstance(shape, Fault):
            self._fault = shape
            raise httptools.HttpParserError(shape.message)
        self._receiving = _BODY
        self._since = 0.0
        self._framing_bytes = 0
        self._is_upload = shape.is_upload
        limits = self._rules.limits
        self._pace_s = limits.upload_pause_s if shape.is_upload else limits.json_s
        cycle = self._make_cycle(method, version, shape)
        self._arriving = cycle
        running = self._running
        if running is None or running.is_complete:
            self._run(cycle)
        elif len(self._queue) >= _MAX_PIPELINED:
            self._fault = Fault(400, "invalid_http", f"more than {_MAX_PIPELINED} pipelined requests")
            raise httptools.HttpParserError(self._fault.message)
        else:
            self._queue.append(cycle)
            self.flow.pause_reading()

    def on_body(self, body: bytes) -> None:
        """A piece of a body, out of its chunk frames."""
        self._body_bytes += len(body)
        cycle = self._arriving
        if cycle is not None and not cycle.is_complete:
            cycle.arrive(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self._by_hand is not None or self._arriving is None:
            return
        self._receiving = _IDLE
        arrived, self._arriving = self._arriving, None
        arrived.whole()

    # requests that ask for another protocol

    def _upgrade(self, rest: bytes) -> None:
        if self._by_hand is None:
            self._patience.stop()
            self._is_refusing = True  # the connection is the WebSocket's now
            self.handle_websocket_upgrade()
            return
        rest = self._read_by_hand(rest)
        if rest:
            self.data_received(rest)

    def _read_by_hand(self, data: bytes) -> bytes:
        """Take the body of a request whose upgrade is ignored; what follows it is returned."""
        left = self._by_hand or 0
        piece = data[:left]
        if piece:
            self.on_body(piece)
        if len(piece) < left:
            self._by_hand = left - len(piece)
            return b""
        self._by_hand = None
        self.on_message_complete()
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        if len(data) > left:
            self._receiving = _HEAD
        return data[left:]

    # cycles

    def _make_cycle(self, method: bytes, version: str, shape: Shape) -> Cycle:
        raw_path, _, query = self.url.partition(b"?")
        path = raw_path.decode("ascii")
        link = Link()
        scope: Scope = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "method": method.decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
            "extensions": {"aigw": link},
        }
        keep_alive = version == "1.1" and self.parser.should_keep_alive()
        return Cycle(self, scope, link, keep_alive=keep_alive, wants_continue=shape.expects_continue)

    def _run(self, cycle: Cycle) -> None:
        self._running = cycle
        app: App = self.app  # type: ignore[assignment]  # uvicorn's TypedDicts for the same messages
        task: asyncio.Task[None] = self.loop.create_task(app(cycle.scope, cycle.receive, cycle.send))  # type: ignore[arg-type]  # an ASGI app is a coroutine function
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(cycle.finished)

    def is_unread(self, cycle: Cycle) -> bool:
        """See `cycle.Wire`."""
        return self._receiving == _BODY and self._arriving is cycle

    def response_done(self, cycle: Cycle) -> None:
        """See `cycle.Wire`."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.is_unread(cycle) or self._is_refusing or (self._queue and not cycle.keep_alive):
            self._linger()
        elif not cycle.keep_alive:
            self.transport.close()
        else:
            self._running = None
            if self._queue:
                self._run(self._queue.pop(0))
            elif self._receiving == _IDLE:
                self._since = self.loop.time()
            if not self._queue:
                self.flow.resume_reading()

    def fail(self, cycle: Cycle, message: str) -> None:
        """See `cycle.Wire`."""
        if self.transport.is_closing():
            return
        if cycle.is_started:
            self.transport.abort()  # cut short, and the caller must be able to tell
            return
        cycle.is_gone = True
        self._is_refusing = True
        fault = Fault(500, "internal_error", message)
        self.transport.write(refusal(self._rules, fault, cycle.scope["path"]))
        self._linger()

    # refusing

    def _refuse(self, fault: Fault) -> None:
        """Answer `fault` and close; a response that is under way is finished first."""
        self._is_refusing = True
        running = self._running
        path = self.url.partition(b"?")[0].decode("latin-1") if self._receiving == _BODY else ""
        if running is not None and not running.is_complete:
            is_its_body = self.is_unread(running)
            if not is_its_body or running.is_started:
                running.keep_alive = False
                self._queue.clear()
                if is_its_body:
                    running.lose_body()
                return
            running.leave(fault.code)
        self.transport.write(refusal(self._rules, fault, path))
        self._linger()

    def _linger(self) -> None:
        """Close so that the caller gets what we wrote: closing over unread input would reset it away."""
        self._is_refusing = self._is_lingering = True
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self._patience.look_by(self.loop.time() + _LINGER_S)

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded <= _LINGER_BYTES:
            return
        if self._is_lingering:
            self.transport.abort()
        else:
            self.flow.pause_reading()

    # time

    def _look(self, now: float) -> float | None:
        """Has patience ended? When to look again (`Patience`)."""
        if self._is_lingering:
            self.transport.abort()
            return None
        if self.transport.is_closing():
            return self._look_at_flush(now)
        at = self._deadline(now)
        if at > now:
            return at
        if self._receiving == _IDLE:
            self.transport.close()
            return now + self._rules.limits.idle_s
        what = "head" if self._receiving == _HEAD else "body"
        rule = "paused for more than" if self._is_upload and what == "body" else "did not arrive within"
        self._refuse(Fault(408, "request_timeout", f"the request's {what} {rule} {self._pace_s:g} s"))
        return now + self._rules.limits.idle_s

    def _look_at_flush(self, now: float) -> float | None:
        """A closing connection whose caller takes nothing more is cut."""
        unflushed = self.transport.get_write_buffer_size()
        if unflushed and unflushed == self._unflushed:
            self.transport.abort()
            return None
        self._unflushed = unflushed
        return now + self._rules.limits.idle_s

    def _deadline(self, now: float) -> float:
        """When patience ends; a later look where nothing is due."""
        limits = self._rules.limits
        if self._receiving == _IDLE or self._is_refusing:
            is_busy = self._running is not None and not self._running.is_complete
            return now + limits.idle_s if is_busy else self._since + limits.idle_s
        if self.flow.read_paused:
            self._since = now  # we keep the caller waiting, not it us
        return (self._since or now) + self._pace_s

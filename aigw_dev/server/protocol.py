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

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from aigw_dev.server.cycle import App, Cycle, Link, Scope
from aigw_dev.server.door_rules import DoorRules, Terms, refusal
from aigw_dev.server.intake import BODY, HEAD, IDLE, Headers, Intake
from aigw_dev.server.patience import Patience
from aigw_dev.server.request_head import Fault, Shape
from aigw_dev.server.resetting import reset_on_close

_LINGER_S: Final = 2.0
_LINGER_BYTES: Final = 1024 * 1024
"""What a refused caller may still send before the connection is cut; enough that it reads our answer first."""
_MAX_PIPELINED: Final = 64
_FLUSH_LOOKS: Final = 200
_FLUSH_LOOK_S: Final = 0.005


def protocol_class(terms: Terms) -> type["DoorProtocol"]:
    """A protocol class for one server, as uvicorn wants one."""
    return type("BoundDoorProtocol", (DoorProtocol,), {"terms": terms})


class DoorProtocol(HttpToolsProtocol):
    """One caller's connection."""

    terms: ClassVar[Terms] = Terms(DoorRules())

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Called by uvicorn's server for each connection."""
        super().__init__(config, server_state, app_state, _loop)
        self._rules = self.terms.rules
        self._intake = Intake(self, head_limit_kb=self._rules.limits.header_kb)
        self._running: Cycle | None = None
        """The cycle whose response is next; its app has been started."""
        self._arriving: Cycle | None = None
        """The cycle whose body is arriving."""
        self._queue: list[Cycle] = []
        self._since = 0.0
        """When the part under way began, when an upload last moved, or when the connection became idle."""
        self._part = 0
        self._is_upload = False
        self._paused_at = 0.0
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
        if self.terms.on_empty is not None and not self.connections:
            self.terms.on_empty()

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
        intake = self._intake
        fault = intake.feed(data)
        if fault is not None:
            self._refuse(fault)
        elif intake.is_upgraded:
            self._patience.stop()
            self._is_refusing = True  # the connection is the WebSocket's now
            self.handle_websocket_upgrade()
            if intake.rest:
                self.transport.get_protocol().data_received(intake.rest)  # type: ignore[attr-defined]  # a stream's
        elif intake.state != IDLE:
            self._note_partial()

    def _note_partial(self) -> None:
        """A request has arrived in part: see that somebody looks in time for the rest."""
        now = self.loop.time()
        if self._part != self._intake.part:
            self._part = self._intake.part
            self._since = now
        elif self._is_upload and self._intake.state == BODY:
            self._since = now
        self._patience.look_by(self._since + self._pace_s())

    def _pace_s(self) -> float:
        """How long the part under way may take; between pieces of an upload."""
        limits = self._rules.limits
        if self._intake.state == HEAD:
            return limits.header_s
        return limits.upload_pause_s if self._is_upload else limits.json_s

    # requests, from the intake

    def begin(
        self, method: bytes, target: bytes, version: str, headers: Headers, shape: Shape
    ) -> Fault | None:
        """See `intake.Owner`."""
        raw_path, _, query = target.partition(b"?")
        path = raw_path.decode("ascii")
        link = Link()
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": "",
            "method": method.decode("ascii"),
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": headers,
            "state": self.app_state.copy(),
            "extensions": {"aigw": link},
        }
        keep_alive = version == "1.1" and self._intake.should_keep_alive()
        cycle = Cycle(self, scope, link, keep_alive=keep_alive, wants_continue=shape.expects_continue)
        self._arriving = cycle
        self._is_upload = shape.is_upload
        if self._running is None:
            self._run(cycle)
        elif len(self._queue) >= _MAX_PIPELINED:
            return Fault(400, "invalid_http", f"more than {_MAX_PIPELINED} requests were pipelined")
        else:
            self._queue.append(cycle)
            self.flow.pause_reading()
        return None

    def arrive(self, body: bytes) -> None:
        """See `intake.Owner`."""
        if self._arriving is not None:
            self._arriving.arrive(body)

    def whole(self) -> None:
        """See `intake.Owner`."""
        arrived, self._arriving = self._arriving, None
        if arrived is not None:
            arrived.whole()

    def takes_upgrade(self, method: bytes, target: bytes, headers: Headers) -> bool:
        """See `intake.Owner`."""
        self.headers = headers
        # While an earlier request is being answered the connection is not free for another protocol.
        if method != b"GET" or self._running is not None or not self._should_upgrade():
            return False
        self.url = target
        self.scope = {"method": method.decode("ascii"), "headers": headers}  # type: ignore[typeddict-item]  # all that uvicorn's upgrade reads
        return True

    # cycles

    def _run(self, cycle: Cycle) -> None:
        self._running = cycle
        app: App = self.app  # type: ignore[assignment]  # uvicorn's TypedDicts for the same messages
        task: asyncio.Task[None] = self.loop.create_task(app(cycle.scope, cycle.receive, cycle.send))  # type: ignore[arg-type]  # an ASGI app is a coroutine function
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        task.add_done_callback(cycle.finished)

    def is_unread(self, cycle: Cycle) -> bool:
        """See `cycle.Wire`."""
        return self._arriving is cycle

    def read_no_more(self) -> None:
        """See `cycle.Wire`."""
        if not self.flow.read_paused:
            self._paused_at = self.loop.time()
            self.flow.pause_reading()

    def read_more(self) -> None:
        """See `cycle.Wire`."""
        if self.flow.read_paused:
            self._since += self.loop.time() - self._paused_at  # we kept the caller waiting, not it us
            self.flow.resume_reading()

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
            elif self._intake.state == IDLE:
                self._since = self.loop.time()
            if not self._queue:
                self.flow.resume_reading()

    async def cut(self, *, is_reset: bool) -> None:
        """See `cycle.Wire`."""
        self._is_refusing = True
        if is_reset:
            # What waits in the loop or the kernel would be lost with a reset; on loopback the kernel is fast.
            looks = _FLUSH_LOOKS
            while self.transport.get_write_buffer_size() and looks:
                looks -= 1
                await asyncio.sleep(_FLUSH_LOOK_S)
            reset_on_close(self.transport)
            self.transport.abort()
            return
        self.transport.close()

    def fail(self, cycle: Cycle, fault: Fault) -> None:
        """See `cycle.Wire`."""
        if self.transport.is_closing():
            return
        if cycle.is_started:
            self.transport.abort()  # cut short, and the caller must be able to tell
            return
        cycle.is_gone = True
        self._is_refusing = True
        self.transport.write(refusal(self._rules, fault, cycle.scope["path"]))
        self._linger()

    # refusing

    def _refuse(self, fault: Fault) -> None:
        """Answer `fault` and close; a response that is under way is finished first."""
        self._is_refusing = True
        running = self._running
        if running is not None and not running.is_complete:
            is_its_body = self.is_unread(running)
            if not is_its_body or running.is_started:
                running.keep_alive = False
                self._queue.clear()
                if is_its_body:
                    running.lose_body()
                return
            running.leave(fault.code)
        self.transport.write(refusal(self._rules, fault, self._intake.path))
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
        if self._intake.state == IDLE:
            self.transport.close()
            return now + self._rules.limits.idle_s
        what = "head" if self._intake.state == HEAD else "body"
        rule = "paused for more than" if self._is_upload and what == "body" else "did not arrive within"
        self._refuse(Fault(408, "request_timeout", f"the request's {what} {rule} {self._pace_s():g} s"))
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
        if self._intake.state == IDLE or self._is_refusing:
            is_busy = self._running is not None and not self._running.is_complete
            return now + limits.idle_s if is_busy else self._since + limits.idle_s
        if self.flow.read_paused:
            return now + self._pace_s()  # we keep the caller waiting, not it us
        return self._since + self._pace_s()

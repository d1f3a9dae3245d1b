"""Chat calls through the gateway, as any caller makes them: what is said while they run, and how they ended.

Reading is synchronous, in the thread of who asks. Closing the iterator, or `Call.stop` from any thread, closes the
connection, and the gateway ends the provider's work. `CallFailedError` is the provider's or the network's failure,
`CallRefusedError` the gateway's own no; both know the reply's status and exchange.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from aigw_dev import __version__
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.errors import CODES, GatewayError, UpstreamError
from aigw_dev.core.examples import METADATA_HEADER, metadata_header
from aigw_dev.core.exchange import Assembled, Scalar, Usage
from aigw_dev.core.reply_pieces import Piece, ToolPiece, pieces_of
from aigw_dev.core.streams.sse import Decoder, Event

if TYPE_CHECKING:
    import httpx

PATH: Final = "/v1/chat/completions"
_DIALECT: Final = DIALECTS["openai-chat"]
_CONNECT_S: Final = 10.0
_OK: Final = range(200, 300)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """The reply's head."""

    at_ms: float
    """Since the request was sent, as everywhere here."""
    status: int
    headers: dict[str, str]
    """Lower-case names."""
    exchange: str
    """The exchange's id; empty where something else than a gateway answered."""
    upstream: str
    """`provider/model` that answers."""
    route: str
    attempts: int


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One read of the reply's body, and what it says."""

    at_ms: float
    data: bytes
    """As received."""
    text: str = ""
    reasoning: str = ""
    tools: tuple[ToolPiece, ...] = ()


class Ended(msgspec.Struct, kw_only=True):
    """How a call ended well."""

    assembled: Assembled
    usage: Usage | None = None
    """As the reply says; None where it says nothing."""
    exchange: str = ""
    """The exchange's id; empty where something else than a gateway answered."""
    upstream: str = ""
    """`provider/model` that answered."""
    route: str = ""
    attempts: int = 0
    cost_usd: str = ""
    """From the reply's header; empty on a stream."""
    ttft_s: float | None = None
    duration_s: float = 0.0


CallEvent = Opened | Heard | Ended


class CallFailedError(UpstreamError):
    """The provider failed, the reply broke off, or no gateway answered."""

    def __init__(self, message: str, *, code: str, is_sent: bool = True, head: Opened | None = None) -> None:
        """`head` is the reply's, where one came."""
        super().__init__(message, code=code, hint=_hint(code), is_sent=is_sent)
        self.head = head


class CallRefusedError(GatewayError):
    """The gateway turned the call away; no provider was asked."""

    code = "invalid_request"

    def __init__(self, message: str, *, code: str, head: Opened) -> None:
        """`head` is the reply's."""
        super().__init__(message, code=code, hint=_hint(code))
        self.head = head


class Caller:
    """Sends chat calls to one gateway, each on a connection of its own. Close it."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        metadata: Mapping[str, Scalar | None] | None = None,
        transport: "httpx.BaseTransport | None" = None,
    ) -> None:
        """`url` is the gateway's base address, without `/v1`; `transport` stands in for the network in tests."""
        import httpx

        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": f"aigw-dev/{__version__} chat",
        }
        if metadata:
            headers[METADATA_HEADER] = metadata_header(metadata)
        self.url: Final = url.rstrip("/")
        self._http: Final = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(None, connect=_CONNECT_S),  # the gateway has the deadlines
            limits=httpx.Limits(max_keepalive_connections=0),  # so that stopping a call ends only that call
            trust_env=False,
            transport=transport,
        )
        self.ended: Ended | None = None
        """How the last `say` ended, once it has."""
        self.status: int = 0
        """HTTP status of the last raw call."""
        self.was_sent: bool = False
        """The last raw call reached a provider."""

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def call(
        self,
        body: Mapping[str, Any],
        *,
        metadata: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> "Call":
        """A call that begins when its events are read."""
        more = dict(headers or {})
        if metadata is not None:
            more[METADATA_HEADER] = metadata_header(metadata)
        return Call(self._http, self.url, body, more)

    def raw(self, body: Mapping[str, Any]) -> Generator[bytes]:
        """The reply's bytes as they come, whatever its status; `status` tells that."""
        call = self.call(body)
        try:
            for event in call.events():
                if isinstance(event, Opened):
                    self.status, self.was_sent = event.status, event.attempts > 0
                elif isinstance(event, Heard):
                    yield event.data
        except (CallRefusedError, CallFailedError) as error:
            if error.head is None or error.head.status in _OK:
                raise

    def say(self, body: Mapping[str, Any]) -> Generator[Piece]:
        """The reply's pieces as they come; then `ended` tells the rest. Raises `GatewayError` for every other end."""
        self.ended = None
        for event in self.call(body).events():
            if isinstance(event, Ended):
                self.ended = event
            elif isinstance(event, Heard) and (event.text or event.reasoning):
                yield Piece(text=event.text, reasoning=event.reasoning)


class Call:
    """One call. `events` is read once, in one thread; `stop` may come from another."""

    def __init__(
        self, http: "httpx.Client", url: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> None:
        """Sends nothing yet."""
        self._http, self._url, self._body, self._headers = http, url, body, headers
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._reply: httpx.Response | None = None
        self.is_stopped: bool = False
        self.head: Opened | None = None
        """The reply's head, once it came."""

    def stop(self) -> None:
        """End the call: the connection closes, the provider's work with it, and `events` ends without `Ended`."""
        with self._lock:
            self.is_stopped = True
            if self._socket is not None:
                with contextlib.suppress(OSError):  # it has ended by itself
                    self._socket.shutdown(socket.SHUT_RDWR)
            elif self._reply is not None:
                self._reply.close()

    def events(self) -> Generator[CallEvent]:
        """`Opened`, then `Heard` for every read, then `Ended`; or a `CallRefusedError` or `CallFailedError`."""
        import httpx

        if self.is_stopped:
            return
        began_s = time.monotonic()
        content = msgspec.json.encode(self._body)
        try:
            with self._http.stream(
                "POST",
                f"{self._url}{PATH}",
                content=content,
                headers=dict(self._headers),
                extensions={"trace": self._trace},
            ) as reply:
                self._note(reply=reply)
                if not self.is_stopped:
                    yield from self._read(reply, began_s)
        except (httpx.TransportError, httpx.StreamError) as error:
            if not self.is_stopped:
                raise self._broken(error) from error
        finally:
            self._note()

    def _trace(self, name: str, fields: Mapping[str, Any]) -> None:
        """Take the connection's socket, the only handle on a call whose reply has not begun."""
        if name == "connection.connect_tcp.complete":
            found = fields["return_value"].get_extra_info("socket")
            self._note(found=found)

    def _note(self, *, found: Any = None, reply: "httpx.Response | None" = None) -> None:
        with self._lock:
            self._reply = reply
            if found is not None:
                self._socket = found
            elif reply is None:
                self._socket = None
        if self.is_stopped and (found is not None or reply is not None):
            self.stop()

    def _read(self, reply: "httpx.Response", began_s: float) -> Generator[CallEvent]:
        head = self.head = _head(reply, _since_ms(began_s))
        yield head
        if head.status not in _OK:
            body = reply.read()
            yield Heard(at_ms=_since_ms(began_s), data=body)
            raise _refused(head, body)
        if head.headers.get("content-type", "").startswith("text/event-stream"):
            yield from self._stream(reply, head, began_s)
            return
        body = reply.read()
        summary = _DIALECT.reply_summary(body)
        said = summary.assembled
        calls = enumerate(said.tool_calls)
        yield Heard(
            at_ms=_since_ms(began_s),
            data=body,
            text=said.text or said.refusal,
            reasoning=said.reasoning,
            tools=tuple(
                ToolPiece(index=at, id=one.id, name=one.name, arguments=one.arguments) for at, one in calls
            ),
        )
        yield _ended(head, assembled=said, usage=summary.usage, duration_ms=_since_ms(began_s))

    def _stream(self, reply: "httpx.Response", head: Opened, began_s: float) -> Generator[CallEvent]:
        decoder, reader = Decoder(), _DIALECT.stream_reader()
        ttft_ms: float | None = None
        for data in reply.iter_raw():
            events = [event for event in decoder.feed(data) if not event.is_comment]
            for event in events:
                reader.feed(event)
            at_ms = _since_ms(began_s)
            if ttft_ms is None and events:
                ttft_ms = at_ms
            yield _heard(events, at_ms, data)
        rest = [event for event in decoder.close() if not event.is_comment]
        for event in rest:
            reader.feed(event)
        if rest:
            yield _heard(rest, _since_ms(began_s), b"")
        if self.is_stopped:
            return
        if reader.error is not None:
            code = reader.error.code if reader.error.code in CODES else "upstream_in_band"
            raise CallFailedError(f"The provider broke off: {reader.error.message}", code=code, head=head)
        ended = _ended(head, assembled=reader.assembled(), usage=reader.usage, duration_ms=_since_ms(began_s))
        ended.ttft_s = None if ttft_ms is None else ttft_ms / 1000
        yield ended

    def _broken(self, error: Exception) -> CallFailedError:
        import httpx

        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            made = CallFailedError(
                f"The gateway at {self._url} does not answer.", code="gateway_unreachable", is_sent=False
            )
            made.hint = "`aigw-dev up` starts one; AIGW_DEV_URL, where set, must name one that runs."
            return made
        return CallFailedError(
            f"The reply broke off ({type(error).__name__}).", code="upstream_reset", head=self.head
        )


def _heard(events: list[Event], at_ms: float, data: bytes) -> Heard:
    """What the events of one read add."""
    added = [pieces_of(event.data) for event in events]
    return Heard(
        at_ms=at_ms,
        data=data,
        text="".join(one.text for one in added),
        reasoning="".join(one.reasoning for one in added),
        tools=tuple(piece for one in added for piece in one.tools),
    )


def _head(reply: "httpx.Response", at_ms: float) -> Opened:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return Opened(
        at_ms=at_ms,
        status=reply.status_code,
        headers=headers,
        exchange=headers.get("x-aigw-request-id", ""),
        upstream=headers.get("x-aigw-upstream", ""),
        route=headers.get("x-aigw-route", ""),
        attempts=_number(headers.get("x-aigw-attempts", "")),
    )


def _ended(head: Opened, *, assembled: Assembled, usage: Usage | None, duration_ms: float) -> Ended:
    return Ended(
        assembled=assembled,
        usage=usage,
        exchange=head.exchange,
        upstream=head.upstream,
        route=head.route,
        attempts=head.attempts,
        cost_usd=head.headers.get("x-aigw-cost", ""),
        duration_s=duration_ms / 1000,
    )


def _refused(head: Opened, body: bytes) -> CallFailedError | CallRefusedError:
    """An error reply: the provider's where something was sent to one, else the gateway's own no."""
    text = _DIALECT.error_text(body) or f"status {head.status} without a text"
    code = _code(body)
    if head.attempts > 0:
        who = head.upstream or "the provider"
        return CallFailedError(f"{head.status} from {who}: {text}", code=code or "upstream_status", head=head)
    return CallRefusedError(
        f"{head.status} from the gateway: {text}", code=code or "invalid_request", head=head
    )


def _code(body: bytes) -> str:
    """The gateway's own code in an error body; empty where the words are the provider's."""
    try:
        code = msgspec.json.decode(body)["error"]["code"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return ""
    return code if isinstance(code, str) and code in CODES else ""


def _hint(code: str) -> str:
    remedy = CODES[code].remedy
    return f"{remedy} `aigw-dev explain {code}` says more."


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _since_ms(began_s: float) -> float:
    return (time.monotonic() - began_s) * 1000

"""One chat call through the gateway, as any caller makes it: what is said while it runs, and how it ended.

Reading is synchronous, in the thread of who asks; ctrl-C or closing the iterator closes the connection, and the gateway
ends the provider's work.
"""

import time
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from aigw_dev import __version__
from aigw_dev.cli.exits import PROVIDER, USAGE, CommandError
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.openai_wire import Delta, decode_chunk
from aigw_dev.core.errors import CODES
from aigw_dev.core.exchange import Assembled, Scalar, Usage
from aigw_dev.core.streams.sse import Decoder, Event

if TYPE_CHECKING:
    import httpx

PATH: Final = "/v1/chat/completions"
_DIALECT: Final = DIALECTS["openai-chat"]
_CONNECT_S: Final = 10.0
_OK: Final = range(200, 300)


class Piece(msgspec.Struct, frozen=True):
    """A piece of a reply as it comes."""

    text: str = ""
    reasoning: str = ""


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


class Caller:
    """Sends chat calls to one gateway. Close it."""

    def __init__(self, url: str, token: str, *, metadata: Mapping[str, Scalar | None] | None = None) -> None:
        """`url` is the gateway's base address, without `/v1`."""
        import httpx

        headers = {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": f"aigw-dev/{__version__} chat",
        }
        if metadata:
            headers["x-ai-route-metadata"] = _ascii_json(metadata)
        self.url: Final = url
        self._http: Final = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(None, connect=_CONNECT_S),  # the gateway has the deadlines
            trust_env=False,
        )
        self.ended: Ended | None = None
        """How the last call ended, once it has."""
        self.status: int = 0
        """HTTP status of the last raw call."""
        self.was_sent: bool = False
        """The last raw call reached a provider."""

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def raw(self, body: Mapping[str, Any]) -> Generator[bytes]:
        """The reply's bytes as they come, whatever its status; `status` tells that."""
        import httpx

        try:
            with self._open(body) as reply:
                self.status = reply.status_code
                self.was_sent = _was_sent(reply.headers)
                yield from reply.iter_raw()
        except httpx.TransportError as error:
            raise self._broken(error) from error

    def say(self, body: Mapping[str, Any]) -> Generator[Piece]:
        """The reply's pieces as they come; then `ended` tells the rest. Raises `CommandError` for every other end."""
        import httpx

        self.ended = None
        began_s = time.monotonic()
        try:
            with self._open(body) as reply:
                if reply.status_code not in _OK:
                    raise _refused(reply.status_code, reply.headers, reply.read())
                if reply.headers.get("content-type", "").startswith("text/event-stream"):
                    yield from self._stream(reply, began_s)
                else:
                    yield from self._whole(reply, began_s)
        except httpx.TransportError as error:
            raise self._broken(error) from error

    def _open(self, body: Mapping[str, Any]) -> Any:
        return self._http.stream("POST", f"{self.url}{PATH}", content=msgspec.json.encode(body))

    def _stream(self, reply: "httpx.Response", began_s: float) -> Generator[Piece]:
        decoder, reader = Decoder(), _DIALECT.stream_reader()
        ttft_s: float | None = None

        def pieces(events: list[Event]) -> Generator[Piece]:
            for event in events:
                reader.feed(event)
                if not event.is_comment:
                    yield from _pieces(event.data)

        for chunk in reply.iter_raw():
            events = decoder.feed(chunk)
            if ttft_s is None and any(not event.is_comment for event in events):
                ttft_s = time.monotonic() - began_s
            yield from pieces(events)
        yield from pieces(decoder.close())
        if reader.error is not None:
            raise CommandError(
                f"The provider broke off: {reader.error.message}",
                code=reader.error.code if reader.error.code in CODES else "upstream_in_band",
                hint=_hint(reader.error.code if reader.error.code in CODES else "upstream_in_band"),
                exit_code=PROVIDER,
            )
        self.ended = _ended(reply, assembled=reader.assembled(), usage=reader.usage)
        self.ended.ttft_s, self.ended.duration_s = ttft_s, time.monotonic() - began_s

    def _whole(self, reply: "httpx.Response", began_s: float) -> Generator[Piece]:
        body = reply.read()
        summary = _DIALECT.reply_summary(body)
        self.ended = _ended(reply, assembled=summary.assembled, usage=summary.usage)
        self.ended.duration_s = time.monotonic() - began_s
        said = summary.assembled
        yield Piece(text=said.text or said.refusal, reasoning=said.reasoning)

    def _broken(self, error: Exception) -> CommandError:
        import httpx

        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return CommandError(
                f"The gateway at {self.url} does not answer.",
                hint="`aigw-dev up` starts one; AIGW_DEV_URL, where set, must name one that runs.",
                code="gateway_unreachable",
                exit_code=PROVIDER,
            )
        return CommandError(
            f"The reply broke off ({type(error).__name__}).",
            hint=_hint("upstream_reset"),
            code="upstream_reset",
            exit_code=PROVIDER,
        )


def _pieces(data: bytes) -> Generator[Piece]:
    """What one chunk adds to the first choice."""
    chunk = None if data.startswith(b"[DONE]") else decode_chunk(data)
    for choice in (chunk.choices or ()) if chunk is not None else ():
        if choice.index == 0 and choice.delta is not None:
            piece = _piece(choice.delta)
            if piece.text or piece.reasoning:
                yield piece


def _piece(delta: Delta) -> Piece:
    text, reasoning = "", delta.reasoning_content or delta.reasoning or ""
    if isinstance(delta.content, str):
        text = delta.content
    for part in delta.content if isinstance(delta.content, list) else ():
        reasoning += "".join(inner.text or "" for inner in part.thinking or ())
        text += "" if part.thinking else part.text or ""
    return Piece(text=text or delta.refusal or "", reasoning=reasoning)


def _ended(reply: "httpx.Response", *, assembled: Assembled, usage: Usage | None) -> Ended:
    headers = reply.headers
    return Ended(
        assembled=assembled,
        usage=usage,
        exchange=headers.get("x-aigw-request-id", ""),
        upstream=headers.get("x-aigw-upstream", ""),
        route=headers.get("x-aigw-route", ""),
        attempts=_number(headers.get("x-aigw-attempts", "")),
        cost_usd=headers.get("x-aigw-cost", ""),
    )


def _refused(status: int, headers: Mapping[str, str], body: bytes) -> CommandError:
    """An error reply: the provider's where something was sent to one, else the gateway's own no."""
    text = _DIALECT.error_text(body) or f"status {status} without a text"
    is_sent = _was_sent(headers)
    code = _code(body) or ("upstream_status" if is_sent else "invalid_request")
    who = headers.get("x-aigw-upstream", "") if is_sent else "the gateway"
    return CommandError(
        f"{status} from {who or 'the provider'}: {text}",
        code=code,
        hint=_hint(code),
        exit_code=PROVIDER if is_sent else USAGE,
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


def _was_sent(headers: Mapping[str, str]) -> bool:
    """Whether the gateway asked a provider at all; without its header it turned the call away."""
    return _number(headers.get("x-aigw-attempts", "")) > 0


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _ascii_json(value: Mapping[str, Any]) -> str:
    """JSON that fits into a header."""
    import json

    return json.dumps(dict(value), separators=(",", ":"))

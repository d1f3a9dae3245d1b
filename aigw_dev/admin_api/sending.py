"""A connection to a gateway's admin API: sending, reading events, and the gateway's errors as `AdminError`."""

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote

import msgspec

from aigw_dev.core.errors import GatewayError
from aigw_dev.core.streams.sse import Decoder

if TYPE_CHECKING:
    import httpx

BASE: Final = "/admin/v1"
_TIMEOUT_S: Final = 75.0
"""Longer than the longest thing a person may be asked for (a keyring's prompt: 60 s)."""

Query = Mapping[str, str | int | float | bool | None]


class AdminError(GatewayError):
    """The gateway refused, or did not answer; `status` is the HTTP status, 0 when there was no answer."""

    code = "gateway_unreachable"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str = "", status: int = 0, detail: str = ""
    ) -> None:
        """As `GatewayError`, with the reply's status."""
        super().__init__(message, code=code, hint=hint, detail=detail)
        self.status = status


def segment(name: str) -> str:
    """A name as one segment of a path. `..` stays a name: HTTP clients take the bare word for the segment above it.

    An empty one, which would ask for something else, is an `AdminError`.
    """
    if not name:
        raise AdminError("a name is wanted, and this one is empty", code="invalid_request", status=400)
    quoted = quote(name, safe="")
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


class Sending:
    """A connection to one gateway's admin API. Use as a context manager, or call `close`. Any thread may call."""

    def __init__(self, url: str, token: str, *, transport: "httpx.BaseTransport | None" = None) -> None:
        """`url` is the gateway's base address; `transport` stands in for the network in tests."""
        import httpx

        self.url: Final = url.rstrip("/")
        self._http: Final = httpx.Client(
            base_url=self.url,
            headers={"authorization": f"Bearer {token}", "accept-encoding": "identity"},
            timeout=_TIMEOUT_S,
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Nothing is opened before the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def _get(self, path: str, query: Query | None = None) -> Any:
        return self._call("GET", path, params=query)

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._call("POST", path, json=body or {})

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> Any:
        import httpx

        kept = {key: value for key, value in (params or {}).items() if value is not None}
        try:
            reply = self._http.request(
                method, f"{BASE}{path}", params=kept, json=json, headers=headers, timeout=timeout_s
            )
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if reply.status_code >= 400:  # noqa: PLR2004  -- HTTP
            raise _error(reply.status_code, reply.content)
        return msgspec.json.decode(reply.content)

    def _events(
        self, path: str, query: Query, on_open: Callable[[], None] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The events of a stream, decoded, until the gateway goes or the iterator is closed.

        `on_open` is called once, when the gateway has begun to send.
        """
        import httpx

        kept = {key: value for key, value in query.items() if value is not None}
        timeout = httpx.Timeout(_TIMEOUT_S, read=None)
        try:
            with self._http.stream("GET", f"{BASE}{path}", params=kept, timeout=timeout) as reply:
                if reply.status_code >= 400:  # noqa: PLR2004  -- HTTP
                    reply.read()
                    raise _error(reply.status_code, reply.content)
                decoder = Decoder()
                for chunk in reply.iter_raw():
                    if on_open is not None:
                        on_open()
                        on_open = None
                    for event in decoder.feed(chunk):
                        if not event.is_comment:
                            yield msgspec.json.decode(event.data)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> AdminError:
        return AdminError(
            f"the gateway at {self.url} does not answer ({type(error).__name__})",
            hint="`aigw-dev status --all` shows which gateways run; `aigw-dev up` starts one",
        )


def _error(status: int, body: bytes) -> AdminError:
    """The gateway's own words, where they are there."""
    try:
        told = msgspec.json.decode(body)["error"]
        return AdminError(
            told["message"],
            code=told.get("code"),
            hint=told.get("hint", ""),
            status=status,
            detail=told.get("detail", ""),
        )
    except (msgspec.DecodeError, KeyError, TypeError):
        text = body[:200].decode("utf-8", "replace")
        return AdminError(f"the gateway answered {status}: {text}", code="internal_error", status=status)

"""An in-process network: the TUI's synchronous clients, in their threads, reach an ASGI app on the test's loop."""

import asyncio
import queue
from collections.abc import Iterator
from typing import Any

import httpx

_END = b""


class _Body(httpx.SyncByteStream):
    def __init__(self, call: "_Call") -> None:
        self._call = call

    def __iter__(self) -> Iterator[bytes]:
        while True:
            item = self._call.out.get(timeout=60)
            if isinstance(item, BaseException):
                raise item
            if item == _END:
                return
            yield item

    def close(self) -> None:
        self._call.leave()


class _Call:
    """One request: what comes back lands in `out`: (status, headers), pieces, then `_END` or an exception."""

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop, request: httpx.Request) -> None:
        self.out: queue.Queue[Any] = queue.Queue()
        self._loop = loop
        self._gone = asyncio.Event()
        self._is_read = False
        self._body = request.read()
        url = request.url
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?")[0],
            "query_string": url.query,
            "headers": [(key.lower(), value) for key, value in request.headers.raw],
            "server": (url.host, url.port),
            "client": ("127.0.0.1", 50_000),
            "root_path": "",
        }
        self._task = asyncio.run_coroutine_threadsafe(self._run(app), loop)

    def leave(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._gone.set)

    async def _run(self, app: Any) -> None:
        try:
            await app(self._scope, self._receive, self._send)
        except BaseException as error:
            self.out.put(error)
            raise
        self.out.put(_END)

    async def _receive(self) -> dict[str, Any]:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.out.put((message["status"], message["headers"]))
        elif message.get("body"):
            self.out.put(message["body"])


class _Line:
    """Stands for the call's socket, which a caller may shut down before the reply begins."""

    def __init__(self, call: _Call) -> None:
        self._call = call

    def get_extra_info(self, name: str) -> Any:
        return self if name == "socket" else None

    def shutdown(self, how: int) -> None:
        self._call.leave()


class Bridge(httpx.BaseTransport):
    """`app` answers on `loop`; `is_down` makes every call fail as if nobody listened."""

    def __init__(self, app: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.app = app
        self.loop = loop
        self.is_down = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_down or self.loop.is_closed():
            raise httpx.ConnectError("refused", request=request)
        call = _Call(self.app, self.loop, request)
        trace = request.extensions.get("trace")
        if trace is not None:
            trace("connection.connect_tcp.complete", {"return_value": _Line(call)})
        first = call.out.get(timeout=60)
        if isinstance(first, BaseException):
            raise httpx.ReadError(str(first), request=request) from first
        if first == _END:
            raise httpx.RemoteProtocolError("ended without a reply", request=request)
        status, headers = first
        return httpx.Response(status, headers=headers, stream=_Body(call), request=request)

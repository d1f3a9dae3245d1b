"""The way in: a raw ASGI callable in front of everything (Litestar serves what is not a model call).

Order, fixed: Host and Origin, who calls, what is asked, media type, body; only then the pipeline. Nothing here knows
a provider.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from aigw_dev.core import operations, paths
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Identity
from aigw_dev.core.recording.fixture import SESSION
from aigw_dev.server import front, pipeline, replies
from aigw_dev.server.body import CallerLeft, read_body
from aigw_dev.server.downstream import Downstream, Receive, Send, leave_watch
from aigw_dev.server.fault_board import FaultBoard
from aigw_dev.server.faulting import call_faults
from aigw_dev.server.front import Head
from aigw_dev.server.headers import Pairs
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.lifespan import not_http
from aigw_dev.server.models import models_reply
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.socket_door import SocketDoor
from aigw_dev.server.spool import read_raw, read_upload
from aigw_dev.server.testbench import names
from aigw_dev.server.things import Things
from aigw_dev.server.who import NOBODY, identify

if TYPE_CHECKING:
    from aigw_dev.server.testbench.bench import Bench

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN_PATHS: Final = frozenset({"/", "/healthz"})
"""Served to anybody who comes by a Host name of ours."""
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_BODYLESS: Final = frozenset({"GET", "HEAD", "DELETE"})
_WRITING: Final = frozenset({"POST", "PUT", "PATCH"})
_OWN_PREFIXES: Final = ("/admin", "/metrics")
"""Served by Litestar to a token."""
_TOKEN_PATHS: Final = frozenset({"/metrics", "/admin/openapi.json", "/admin/docs"})
"""Of those, what the gateway's token opens: exact texts. Litestar takes `/admin//v1` for `/admin/v1`, so nothing else may."""


class House(Protocol):
    """What the door needs of the gateway."""

    @property
    def snapshot(self) -> Snapshot:
        """What is in force now."""
        ...

    @property
    def things(self) -> Things:
        """What it remembers of what lives at providers."""
        ...

    @property
    def folder(self) -> Path:
        """Its own folder: where large bodies wait."""
        ...

    @property
    def recorder(self) -> pipeline.Recorder:
        """Takes exchanges."""
        ...

    @property
    def bench(self) -> "Bench | None":
        """Where fixtures are recorded or replayed; None where they are not."""
        ...

    @property
    def faults(self) -> FaultBoard:
        """What was asked to break."""
        ...

    @property
    def host(self) -> str:
        """The address that is bound."""
        ...

    @property
    def is_draining(self) -> bool:
        """The gateway is stopping: no new work."""
        ...

    async def inside(self) -> App:
        """The Litestar application; built when first asked for."""
        ...

    def report(self, error: BaseException) -> None:
        """A fault that nobody foresaw."""
        ...

    def welcome(self) -> bytes:
        """What `GET /` says."""
        ...

    def refused(self, code: str, *, asked: str = "") -> None:
        """Count a request that the door turned away; `asked` is `METHOD /path` where it was an admin call."""
        ...


class _Call(msgspec.Struct, kw_only=True):
    """A model call whose body has not been read yet."""

    head: Head
    match: operations.Match
    identity: Identity
    path: str
    arrived: tuple[float, float]
    """Monotonic and UTC seconds."""
    test: str = ""
    """The test it belongs to; empty where nothing is recorded or replayed."""


class Door:
    """The ASGI application."""

    def __init__(self, house: House) -> None:
        """`house` is the gateway behind this door."""
        self._house = house
        self._sockets = SocketDoor(
            house, identify=self._identify, turn_away=self._turn_away, test_of=self._test_of
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket" and "aigw" in scope.get("extensions", {}):
                await self._sockets.take(scope, scope["extensions"]["aigw"])
                return
            await not_http(scope, receive, send)
            return
        arrived = (time.monotonic(), time.time())
        head = front.read_head(scope["headers"])
        path: str = scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"]
        test, path = self._test_of(path)
        match = self._find(scope["method"], path, is_test=bool(test))
        downstream = Downstream(send)
        rules = self._house.snapshot.front
        refusal = front.check(head, rules)
        if refusal is not None:
            await self._turn_away(refusal, match, downstream, asked=_admin_call(scope, path))
            return
        if front.is_allowed_origin(head, rules):
            downstream.extra += [(b"access-control-allow-origin", head.origin or b""), (b"vary", b"origin")]
            if scope["method"] == "OPTIONS":
                await downstream.answer(204, front.preflight(scope["headers"]), b"")
                return
        identity = await self._identify(head)
        if isinstance(identity, Refusal):
            await self._turn_away(identity, match, downstream, asked=_admin_call(scope, path))
        elif path in OPEN_PATHS or path.startswith(_OWN_PREFIXES):
            await self._own(scope, receive, send, downstream=downstream, identity=identity, head=head)
        elif isinstance(match, Refusal):
            if match.code == "method_not_allowed":
                downstream.extra.append((b"allow", _allowed(self._find, path)))
            await self._turn_away(match, None, downstream, asked_dialect=_dialect_of(path))
        elif self._house.is_draining:
            await self._turn_away(_STOPPING, match, downstream)
        elif match.operation.is_socket:
            downstream.extra += [(b"upgrade", b"websocket"), (b"connection", b"upgrade")]
            await self._turn_away(_SOCKET_WANTED, match, downstream)
        elif not match.operation.is_model_call:
            spoken = front.spoken(head, match.operation)
            await models_reply(match, spoken, self._house.snapshot, identity, downstream)
        else:
            call = _Call(head=head, match=match, identity=identity, path=path, arrived=arrived, test=test)
            await self._model_call(scope, receive, call, downstream)

    def _test_of(self, path: str) -> tuple[str, str]:
        """The test a path names, and the path without it; where fixtures are at work a call without one is the session's."""
        if self._house.bench is None:
            return "", path
        return names.split(path) or (SESSION, path)

    def _find(self, method: str, path: str, *, is_test: bool = False) -> operations.Match | Refusal:
        """What is asked, also below a provider's prefix."""
        match = paths.find(method, path)
        if isinstance(match, operations.Match):
            return match
        if not is_test and path.startswith(names.PREFIX):
            return _NO_TESTS
        return paths.find_below(method, path, self._house.snapshot.providers) or match

    async def _identify(self, head: Head) -> Identity | Refusal:
        """Who calls, or why nobody is let in."""
        snapshot = self._house.snapshot
        identity = identify(head.credentials, snapshot.roll)
        if identity is NOBODY and head.credentials and not snapshot.keys.is_settled:
            await snapshot.keys.settled_soon()  # it may be a key that is still being asked for
            snapshot = self._house.snapshot
            identity = identify(head.credentials, snapshot.roll)
        if identity is NOBODY and head.credentials:
            found = self._house.things.ephemeral.identify(head.credentials, now_s=time.time())
            identity = identity if found is None else found.identity
        if (
            isinstance(identity, Identity)
            and identity.kind == "none"
            and front.needs_token(head, snapshot.front)
        ):
            return _TOKEN_BY_THIS_NAME
        return identity

    async def _model_call(
        self, scope: Scope, receive: Receive, call: "_Call", downstream: Downstream
    ) -> None:
        """Read the body and hand the request to the pipeline."""
        snapshot, head = self._house.snapshot, call.head
        refusal = front.check_media(head, scope["method"], media=call.match.operation.media)
        if refusal is not None:
            await self._turn_away(refusal, call.match, downstream)
            return
        inbound = Inbound(
            method=scope["method"],
            path=call.path,
            query=scope.get("query_string", b""),
            headers=scope["headers"],
            head=head,
            match=call.match,
            identity=call.identity,
            body=b"",
            snapshot=snapshot,
            things=self._house.things,
            ephemeral=self._house.things.ephemeral.identify(head.credentials, now_s=call.arrived[1])
            if head.credentials and call.identity.kind in {"none", "provider-key"}
            else None,
            began_s=call.arrived[0],
            started_at=call.arrived[1],
        )
        if head.fault or not self._house.faults.is_empty:
            faults = call_faults(head.fault, self._house, downstream, identity=call.identity, test=call.test)
            if isinstance(faults, Refusal):
                await self._turn_away(faults, call.match, downstream)
                return
            inbound.faults = faults
        if call.test and self._house.bench is not None:
            inbound.join = self._house.bench.joining(call.test)
            inbound.is_at_home = call.test != SESSION
        try:
            refusal = await self._read(receive, inbound)
        except CallerLeft:
            return
        if refusal is not None:
            await self._turn_away(refusal, call.match, downstream)
            return
        try:
            await self._serve(scope, receive, inbound, downstream)
        finally:
            if inbound.upload is not None:
                inbound.upload.close()

    async def _read(self, receive: Receive, inbound: Inbound) -> Refusal | None:
        """Read the body: JSON into memory, a form or anything else kept aside."""
        head, limits = inbound.head, inbound.snapshot.config.gateway.limits
        if inbound.method in _BODYLESS and not head.content_length and not head.has_transfer_encoding:
            return None
        kind = front.media_type(head)
        if kind == operations.JSON or (kind == "" and inbound.match.operation.media):
            body = await read_body(receive, declared=head.content_length, limit_mb=limits.json_mb)
            if isinstance(body, Refusal):
                return body
            inbound.body = body
            return None
        # What is passed through is not looked into, so a form of it need not keep our rules.
        read = read_raw if inbound.match.operation.family == "raw" else read_upload
        upload = await read(
            receive,
            content_type=head.content_type,
            declared=head.content_length,
            limit_mb=limits.upload_mb,
            folder=self._house.folder,
        )
        if isinstance(upload, Refusal):
            return upload
        inbound.upload = upload
        return None

    async def _serve(self, scope: Scope, receive: Receive, inbound: Inbound, downstream: Downstream) -> None:
        """Run the pipeline; a caller that leaves cancels it at once."""
        task = asyncio.current_task()

        def left() -> None:
            if not downstream.is_ended and task is not None:
                downstream.is_gone = True
                task.cancel()

        handle = scope.get("extensions", {}).get("aigw")
        watcher: asyncio.Task[None] | None = None
        if handle is not None:
            handle.on_disconnect = left
        else:
            watcher = asyncio.create_task(leave_watch(receive, left), name="leave-watch")
        try:
            await pipeline.handle(inbound, downstream, self._house.recorder, self._house.report)
        finally:
            if handle is not None:
                handle.on_disconnect = None
            if watcher is not None:
                watcher.cancel()

    async def _own(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        downstream: Downstream,
        identity: Identity,
        head: Head,
    ) -> None:
        """What is not a model call: the welcome, health, metrics and the admin API."""
        path: str = scope["path"]
        if path == "/healthz":
            await downstream.answer(200, [(b"content-type", b"text/plain")], b"ok\n")
            return
        if path == "/":
            await downstream.answer(200, [(b"content-type", replies.JSON)], self._house.welcome())
            return
        is_open_to = {"admin", "token"} if path in _TOKEN_PATHS else {"admin"}
        refusal = None if identity.kind in is_open_to else _ADMIN_WANTED
        media = "POST" if scope["method"] in _WRITING else "GET"
        refusal = refusal or front.check_media(head, media, media=(operations.JSON,))
        if refusal is not None:
            await self._turn_away(refusal, None, downstream, asked=_admin_call(scope, path))
            return
        app = await self._house.inside()
        await app(names.one_segment(scope), receive, send)

    async def _turn_away(
        self,
        refusal: Refusal,
        match: operations.Match | Refusal | None,
        downstream: Downstream,
        *,
        asked: str = "",
        asked_dialect: str = "openai-chat",
    ) -> None:
        """Answer a request that goes no further, in its dialect; nothing of it is recorded but the count.

        A refused admin call (`asked`) also goes into the audit.
        """
        self._house.refused(refusal.code, asked=asked)
        dialect = DIALECTS[match.operation.dialect if isinstance(match, operations.Match) else asked_dialect]
        headers: Pairs = [*replies.refusal_headers(refusal), replies.new_request_id(dialect)]
        if refusal.code in {"body_too_large", "request_timeout"}:
            headers.append((b"connection", b"close"))
        body = replies.refusal_body(refusal, dialect, "")
        await downstream.answer(replies.status_of(refusal), headers, body)


_STOPPING: Final = Refusal(code="shutting_down", message="the gateway is stopping; try again when it is up")
_NO_TESTS: Final = Refusal(
    code="path_not_found",
    message="/t/NAME/... names a test, and this gateway neither records nor replays; start it with `aigw-dev up --record DIR` "
    "or `aigw-dev replay DIR`",
)
_SOCKET_WANTED: Final = Refusal(
    code="upgrade_required", message="this path is a WebSocket; open it with ws:// and a WebSocket client"
)
_ADMIN_WANTED: Final = Refusal(
    code="admin_token_required",
    message="this path wants a token: authorization: Bearer with the text that `aigw-dev token show --admin` prints",
)
_TOKEN_BY_THIS_NAME: Final = Refusal(
    code="gateway_token_required",
    message="calls by a container's name for this machine always want the gateway's token; see `aigw-dev env`",
)


def _dialect_of(path: str) -> str:
    """The dialect in which somebody who asked for a path that is not served expects an error."""
    return "gemini-generate-content" if path.startswith(("/v1beta", "/v1alpha")) else "openai-chat"


def _admin_call(scope: Scope, path: str) -> str:
    """What is written down of a refused admin call; empty for anything else."""
    return f"{scope['method']} {path}" if path.startswith("/admin") else ""


def _allowed(find: Callable[[str, str], operations.Match | Refusal], path: str) -> bytes:
    """The methods of a known path, for `allow` (RFC 9110 15.5.6)."""
    found = [method for method in _METHODS if isinstance(find(method, path), operations.Match)]
    return ", ".join(found).encode()


__all__ = ["Door", "Head", "House"]

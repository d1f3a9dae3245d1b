"""The door for WebSockets: the same checks in the same order, each answered over HTTP, before anything is opened."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, Protocol

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange, Identity
from aigw_dev.core.operations import Match
from aigw_dev.core.recording.fixture import SESSION
from aigw_dev.server import front
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.fault_board import FaultBoard
from aigw_dev.server.faulting import call_faults
from aigw_dev.server.front import Head
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.pipeline import Recorder
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.socket_offers import read_offers
from aigw_dev.server.socket_protocol import CallerSocket, handshake_fault
from aigw_dev.server.things import Things

_STOPPING: Final = Refusal(code="shutting_down", message="the gateway is stopping; try again when it is up")

Join = Callable[[Inbound, Exchange], Awaitable[Refusal | None]]
Identify = Callable[[Head], Awaitable[Identity | Refusal]]
TestOf = Callable[[str], tuple[str, str]]
TurnAway = Callable[[Refusal, Match | Refusal | None, Downstream], Awaitable[None]]


class Bench(Protocol):
    """What sockets need of the bench."""

    def joining(self, test: str) -> Join:
        """What makes a call one of `test`'s: `Inbound.join`."""
        ...


class SocketHouse(Protocol):
    """What sockets need of the gateway."""

    @property
    def snapshot(self) -> Snapshot:
        """What is in force now."""
        ...

    @property
    def recorder(self) -> Recorder:
        """Takes exchanges."""
        ...

    @property
    def things(self) -> Things:
        """What is remembered of files, jobs, calls and ephemeral secrets."""
        ...

    @property
    def bench(self) -> Bench | None:
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

    def report(self, error: BaseException) -> None:
        """A fault that nobody foresaw."""
        ...


class SocketDoor:
    """Takes the WebSockets of one door."""

    def __init__(
        self, house: SocketHouse, *, identify: Identify, turn_away: TurnAway, test_of: TestOf
    ) -> None:
        """`identify` and the others are the door's own; `test_of` tells a path's test from the rest of it."""
        self._house = house
        self._test_of = test_of
        self._identify = identify
        self._turn_away = turn_away

    async def take(self, scope: MutableMapping[str, Any], caller: CallerSocket) -> None:
        """Check one request for a WebSocket, then carry it to its end."""
        from aigw_dev.server import socket_calls  # most gateways never see a WebSocket

        arrived = (time.monotonic(), time.time())
        snapshot = self._house.snapshot
        head, offers = front.read_head(scope["headers"]), read_offers(scope["headers"])
        head.credentials += offers.credentials
        test, path = self._test_of(scope["raw_path"].decode("latin-1"))
        match = socket_calls.find(path, snapshot.providers, snapshot.addresses)
        refusal = front.check(head, snapshot.front) or handshake_fault(scope["headers"])
        identity = refusal or await self._identify(head)
        if isinstance(identity, Refusal):
            await self._turn_away(identity, match, Downstream(caller.answer))
        elif isinstance(match, Refusal):
            await self._turn_away(match, None, Downstream(caller.answer))
        elif self._house.is_draining:
            await self._turn_away(_STOPPING, match, Downstream(caller.answer))
        else:
            inbound = Inbound(
                method="GET",
                path=path,
                query=scope["query_string"],
                headers=scope["headers"],
                head=head,
                match=match,
                identity=identity,
                body=b"",
                snapshot=self._house.snapshot,
                things=self._house.things,
                ephemeral=self._house.things.ephemeral.identify(head.credentials, now_s=arrived[1])
                if identity.kind in {"none", "provider-key"}
                else None,
                began_s=arrived[0],
                started_at=arrived[1],
                subprotocols=offers.subprotocols,
            )
            if test and self._house.bench is not None:
                inbound.join = self._house.bench.joining(test)
                inbound.is_at_home = test != SESSION
            if head.fault or not self._house.faults.is_empty:
                down = Downstream(caller.answer)
                faults = call_faults(head.fault, self._house, down, identity=identity, test=test)
                if isinstance(faults, Refusal):
                    await self._turn_away(faults, match, down)
                    return
                inbound.faults = faults
            await self._serve(inbound, caller, offers.subprotocols)

    async def _serve(self, inbound: Inbound, caller: CallerSocket, subprotocols: tuple[bytes, ...]) -> None:
        """Run the socket; a caller that leaves before it is open cancels that at once."""
        from aigw_dev.server import socket_calls

        task = asyncio.current_task()

        def left() -> None:
            if task is not None:
                task.cancel()

        caller.link.on_disconnect = left
        await socket_calls.handle(
            inbound,
            caller,
            self._house.recorder,
            self._house.report,
            subprotocols=subprotocols,
        )

"""Faults at the client's edge, byte by byte on a real socket; and what the log keeps of the exchange."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.server.door import Door
from aigw_dev.server.gateway import Gateway
from tests.server.house import PORT, House, house
from tests.server.stage import Caller, serving

pytestmark = pytest.mark.anyio
SAY: dict[str, Any] = {"model": "mock/echo", "messages": [{"role": "user", "content": "hi"}]}


class Seat:
    """A gateway behind the real protocol."""

    def __init__(self, one: House, port: int) -> None:
        self.house = one
        self.port = port

    @property
    def gateway(self) -> Gateway:
        return self.house.gateway

    def request(self, fault: str = "", **changes: Any) -> bytes:
        body = json.dumps({**SAY, **changes}).encode()
        lines = [
            "POST /v1/chat/completions HTTP/1.1",
            f"Host: 127.0.0.1:{PORT}",
            "Content-Type: application/json",
            f"Authorization: {self.house.token()['authorization']}",
            f"Content-Length: {len(body)}",
            *([f"x-aigw-fault: {fault}"] if fault else []),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    async def raw(self, fault: str, **changes: Any) -> tuple[bytes, str]:
        """Everything that comes until the connection ends, and how that ends."""
        async with await Caller.connect(self.port) as caller:
            caller.send(self.request(fault, **changes))
            return await drained(caller)

    async def ended(self) -> Any:
        """The newest exchange once nothing runs any more."""
        return await newest(self.house)


async def newest(one: House) -> Any:
    """The newest exchange once nothing runs any more and all is written."""
    recorder = one.gateway.recorder
    async with asyncio.timeout(5):
        while recorder.running or recorder.writer.health().waiting:  # noqa: ASYNC110  -- another thread writes
            await asyncio.sleep(0)
    reply = await one.http.get("/admin/v1/exchanges/last", headers=one.admin())
    assert reply.status_code == 200, reply.text
    return reply.json()


async def drained(caller: Caller) -> tuple[bytes, str]:
    data = b""
    try:
        async with asyncio.timeout(5):
            while piece := await caller.reader.read(65536):
                data += piece
    except ConnectionResetError:
        return data, "reset"
    return data, "closed"


@contextlib.asynccontextmanager
async def seated(folder: Path) -> AsyncGenerator[Seat]:
    async with house(folder) as one, serving(Door(one.gateway)) as server:  # pyright: ignore[reportArgumentType]  -- any ASGI app
        yield Seat(one, server.port)


async def test_nothing_comes_before_the_connection_ends(tmp_path: Path) -> None:
    async with seated(tmp_path) as seat:
        assert await seat.raw("net.empty") == (b"", "closed")
        assert await seat.raw("net.reset") == (b"", "reset")
        noise, how = await seat.raw("net.garbage;seed=4")
        assert how == "closed"
        assert noise
        assert not noise.startswith(b"HTTP")
        exchange = await seat.ended()
        assert (exchange["error"], exchange["attempts"]) == ("fault_injected", [])
        assert "net.garbage" in exchange["error_text"]


async def test_a_cut_stream_lacks_its_last_chunk_and_the_exchange_is_whole(tmp_path: Path) -> None:
    async with seated(tmp_path) as seat:
        data, how = await seat.raw("stream.cut.dirty;after=2", stream=True)
        head, _, body = data.partition(b"\r\n\r\n")
        assert how == "closed"
        assert b"x-aigw-fault: stream.cut.dirty" in head
        assert body.count(b"data: ") == 2
        assert not body.endswith(b"0\r\n\r\n")
        exchange = await seat.ended()
        assert (exchange["status"], exchange["error"]) == (200, "fault_injected")
        assert exchange["finish"] == "stop"
        assert "cancelled" not in exchange["marks"]


async def test_a_stream_is_reset_after_what_was_sent(tmp_path: Path) -> None:
    async with seated(tmp_path) as seat, await Caller.connect(seat.port) as caller:
        caller.send(seat.request("stream.reset;after=1", stream=True))
        async with asyncio.timeout(5):
            assert b"200" in await caller.reader.readline()
        assert (await drained(caller))[1] == "reset"


async def test_a_clean_cut_leaves_the_connection_usable(tmp_path: Path) -> None:
    async with seated(tmp_path) as seat, await Caller.connect(seat.port) as caller:
        caller.send(seat.request("stream.cut.clean;after=2", stream=True))
        cut = await caller.response()
        assert (cut.status, cut.body.count(b"data: ")) == (200, 2)
        assert b"[DONE]" not in cut.body
        caller.send(seat.request(stream=True))
        assert b"[DONE]" in (await caller.response()).body


async def test_a_held_stream_ends_when_its_caller_leaves(tmp_path: Path) -> None:
    async with seated(tmp_path) as seat, await Caller.connect(seat.port) as caller:
        caller.send(seat.request("stream.stall;after=1", stream=True))
        async with asyncio.timeout(5):
            await caller.reader.readuntil(b"\n\n")
        assert seat.gateway.recorder.running
        caller.writer.close()
        exchange = await seat.ended()
        assert exchange["error"] == "fault_injected"
        assert "cancelled" in exchange["marks"]


async def test_a_held_stream_ends_when_its_fault_is_taken_back(tmp_path: Path) -> None:
    async with seated(tmp_path) as seat, await Caller.connect(seat.port) as caller:
        identifier = seat.gateway.faults.add("stream.stall;after=1;ping_ms=5")
        caller.send(seat.request(stream=True))
        async with asyncio.timeout(5):
            await caller.reader.readuntil(b": ping\n\n")
            await caller.reader.readuntil(b": ping\n\n")
        seat.gateway.faults.remove(identifier)
        assert (await drained(caller))[1] == "closed"


async def test_a_caller_that_leaves_during_a_pause_ends_it(tmp_path: Path) -> None:
    async with seated(tmp_path) as seat, await Caller.connect(seat.port) as caller:
        caller.send(seat.request("slow.headers;delay_ms=60000"))
        async with asyncio.timeout(5):
            while not seat.gateway.recorder.running:  # noqa: ASYNC110  -- nobody tells
                await asyncio.sleep(0)
        caller.writer.close()
        assert "cancelled" in (await seat.ended())["marks"]


async def test_an_error_is_in_the_callers_dialect_and_no_provider_is_asked(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.http.post(
            "/v1/messages",
            json={**SAY, "max_tokens": 5},
            headers={**one.token(), "x-aigw-fault": "http.529"},
        )
        assert (reply.status_code, reply.json()["error"]["type"]) == (529, "overloaded_error")
        assert reply.headers["x-aigw-fault"] == "http.529"
        logged = await newest(one)
        assert (logged["error"], logged["attempts"]) == ("fault_injected", [])
        assert reply.headers["x-aigw-request-id"] == logged["id"]


async def test_a_legal_oddity_is_no_error(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        plain = await one.chat("mock/echo", stream=True)
        odd = await one.chat(
            "mock/echo", stream=True, headers={**one.token(), "x-aigw-fault": "stream.comment"}
        )
        assert b": keep-alive" in odd.content
        assert odd.content.count(b"data: ") == plain.content.count(b"data: ")
        assert (await newest(one))["error"] == ""


async def test_a_request_that_asks_for_what_cannot_be_done_to_it_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.chat("mock/echo", headers={**one.token(), "x-aigw-fault": "stream.dup"})
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "fault_unknown")
        assert "stream" in reply.json()["error"]["message"]


async def test_a_fault_of_streams_lets_whole_replies_pass_and_waits(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        one.gateway.faults.add("stream.dup;times=1")
        assert (await one.chat("mock/echo")).status_code == 200
        assert one.gateway.faults.rows()[0]["seen"] == 0
        assert "x-aigw-fault" in (await one.chat("mock/echo", stream=True)).headers
        assert "x-aigw-fault" not in (await one.chat("mock/echo", stream=True)).headers

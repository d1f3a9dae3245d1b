"""WebSockets recorded by one process and replayed by another, with the provider gone."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from openai import AsyncOpenAI
from openai.types.realtime import RealtimeServerEvent
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.e2e.conftest import GatewayProcess
from tests.e2e.replaying import ReplayProcess, recording
from tests.server.socket_stage import SocketProvider

pytestmark = pytest.mark.anyio
UP_KEY: Final = "sk-test-0123456789abcdefghij"
AUDIO: Final = "UklGRiQAAABXQVZFZm10IBAAAAABAAEA" * 40


@pytest.fixture
def anyio_backend() -> str:
    """Gateways have their own processes and loops; the caller's does not matter."""
    return "asyncio"


async def play(server: ServerConnection) -> None:
    """A realtime provider whose ids are new each time."""
    mark = f"{id(server):x}"
    session = {
        "id": f"sess_{mark}",
        "object": "realtime.session",
        "type": "realtime",
        "model": "gpt-realtime",
    }
    await server.send(
        json.dumps({"type": "session.created", "event_id": f"event_{mark}1", "session": session})
    )
    async for raw in server:
        event = json.loads(raw)
        if event["type"] == "conversation.item.create":
            said = {"type": "conversation.item.added", "event_id": f"event_{mark}2", "item": event["item"]}
            await server.send(json.dumps(said))
        if event["type"] == "response.create":
            delta = {"type": "response.output_audio.delta", "event_id": f"event_{mark}3", "response_id": f"resp_{mark}",
                     "item_id": "item_1", "output_index": 0, "content_index": 0, "delta": AUDIO}  # fmt: skip
            usage = {"total_tokens": 5, "input_tokens": 3, "output_tokens": 2}
            done = {
                "id": f"resp_{mark}",
                "object": "realtime.response",
                "status": "completed",
                "usage": usage,
            }
            await server.send(json.dumps(delta))
            await server.send(
                json.dumps({"type": "response.done", "event_id": f"event_{mark}4", "response": done})
            )


@contextlib.asynccontextmanager
async def recorder(folder: Path, one: SocketProvider) -> AsyncGenerator[GatewayProcess]:
    """`aigw-dev up --record fx` in front of `one`."""
    config = (
        "version: 1\ngateway: {name: e2e}\nproviders:\n"
        f'  one: {{kind: openai-compatible, base_url: "{one.url}/v1", keys: ["env:UP_KEY"]}}\n'
    )
    held = recording(folder, config)
    process = await asyncio.to_thread(held.__enter__)
    try:
        yield process
    finally:
        await asyncio.to_thread(held.__exit__, None, None, None)


@contextlib.asynccontextmanager
async def replayer(folder: Path, *arguments: str) -> AsyncGenerator[ReplayProcess]:
    """`aigw-dev replay fx` in an empty folder."""
    cwd = folder / "elsewhere"
    cwd.mkdir(exist_ok=True)
    held = ReplayProcess(folder / "fx", *arguments, cwd=cwd)
    process = await asyncio.to_thread(held.__enter__)
    try:
        yield process
    finally:
        await asyncio.to_thread(held.__exit__, None, None, None)


async def converse(url: str, token: str) -> list[RealtimeServerEvent]:
    """The official SDK in a test named `talk`: one item, one answer."""
    base = f"{url}/t/talk/openai/v1"
    async with AsyncOpenAI(
        api_key=token, base_url=base, websocket_base_url=base.replace("http://", "ws://")
    ) as client:
        heard: list[RealtimeServerEvent] = []
        async with client.realtime.connect(model="one/gpt-realtime") as connection:
            content: Any = [{"type": "input_text", "text": "hello"}]
            await connection.conversation.item.create(
                item={"type": "message", "role": "user", "content": content}
            )
            await connection.response.create()
            async for event in connection:
                heard.append(event)
                if event.type in {"response.done", "error"}:
                    break
        return heard


async def test_the_openai_sdk_hears_the_recording_when_the_provider_is_gone(tmp_path: Path) -> None:
    async with SocketProvider(play) as one, recorder(tmp_path, one) as process:
        live = await converse(process.url, process.token)
        await asyncio.to_thread(process.last, ended=1)
    assert [one.type for one in live] == [
        "session.created", "conversation.item.added", "response.output_audio.delta", "response.done"
    ]  # fmt: skip
    async with replayer(tmp_path) as replay:
        again = await converse(replay.url, "any")
        assert again == live
        report = await asyncio.to_thread(replay.admin, "/tests/talk?calls=1&timeout_ms=5000")
        with pytest.raises(InvalidStatus) as exhausted:
            await converse(replay.url, "any")
    call = report["calls"][0]
    assert (report["misses"], report["unused"]) == ([], [])
    assert (call["op"], call["from"], call["ended_by"]) == ("openai.realtime", "fixture", "eof")
    assert (call["usage"]["input_tokens"], call["usage"]["output_tokens"]) == (3, 2)
    assert b"recorded 1x, this is call 2" in (exhausted.value.response.body or b"")


async def opened(url: str, path: str) -> ClientConnection:
    return await connect(
        url.replace("http://", "ws://") + path, additional_headers={"authorization": "Bearer any"}, proxy=None
    )


async def test_a_changed_message_is_a_miss_with_its_field_in_the_report(tmp_path: Path) -> None:
    path = "/t/talk/openai/v1/realtime?model=one/m"
    item: dict[str, Any] = {
        "type": "conversation.item.create",
        "event_id": "e1",
        "item": {"id": "i1", "n": 1},
    }

    async with SocketProvider(play) as one, recorder(tmp_path, one) as process:
        shown = {"authorization": f"Bearer {process.token}"}
        async with connect(
            process.url.replace("http://", "ws://") + path, additional_headers=shown, proxy=None
        ) as caller:
            await caller.recv()
            await caller.send(json.dumps(item))
            await caller.recv()
        await asyncio.to_thread(process.last, ended=1)
    async with replayer(tmp_path) as replay:
        async with await opened(replay.url, path) as caller:
            await caller.recv()
            await caller.send(json.dumps({**item, "item": {"id": "i2", "n": 2}}))
            told = json.loads(await caller.recv())
            with pytest.raises(ConnectionClosed) as closed:
                await caller.recv()
        report = await asyncio.to_thread(replay.admin, "/tests/talk?calls=1&timeout_ms=5000")
    assert told["error"]["code"] == "fixture_miss"
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008
    assert [one["kind"] for one in report["misses"]] == ["miss"]
    fields: list[Any] = report["misses"][0]["fields"]
    assert fields == [{"path": "item.n", "recorded": "1", "sent": "2", "verdict": "changed"}]
    assert report["calls"][0]["ended_by"] == "miss"


async def test_a_socket_that_was_never_recorded_is_refused_over_http(tmp_path: Path) -> None:
    (tmp_path / "fx").mkdir()
    async with replayer(tmp_path) as replay:
        headers = {
            "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
            "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        }  # fmt: skip
        url = f"{replay.url}/t/talk/openai/v1/realtime?model=gpt-realtime"
        async with httpx.AsyncClient() as http:
            reply = await http.get(url, headers=headers)
    assert reply.status_code == 424
    assert reply.headers["x-should-retry"] == "false"
    assert "nothing is recorded for this test" in reply.json()["error"]["message"]

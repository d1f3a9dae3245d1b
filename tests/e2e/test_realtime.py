"""Realtime sockets through `aigw-dev up`: recorded sessions replayed, and the official SDKs as callers."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Final

import pytest
from openai import AsyncOpenAI
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection

from tests.e2e.conftest import GatewayProcess
from tests.server.socket_stage import SocketProvider

pytestmark = pytest.mark.anyio

UP_KEY: Final = "sk-test-0123456789abcdefghij"
SESSIONS: Final = "pydantic-ai/realtime/cassettes"


@pytest.fixture
def anyio_backend() -> str:
    """The gateway has its own process and loop; the caller's does not matter."""
    return "asyncio"


@contextlib.asynccontextmanager
async def gateway(folder: Path, one: SocketProvider) -> AsyncGenerator[GatewayProcess]:
    """`aigw-dev up` in front of a provider `one`."""
    config = (
        "version: 1\ngateway: {name: e2e}\nproviders:\n"
        f'  one: {{kind: openai-compatible, base_url: "{one.url}/v1", keys: ["env:UP_KEY"]}}\n'
    )
    process = GatewayProcess(folder, config)
    await asyncio.to_thread(process.start)
    try:
        yield process
    finally:
        assert await asyncio.to_thread(process.stop) == 0


def interactions(session: Path) -> list[dict[str, Any]]:
    """The messages of a recorded session, in their order; none where it holds HTTP calls only."""
    import yaml

    recorded: dict[str, Any] = yaml.safe_load(session.read_text("utf-8"))
    return [one for one in recorded["interactions"] if one.get("kind") == "message"]


def counted(recorded: list[dict[str, Any]]) -> tuple[int, int]:
    """Input and output tokens of a session, counted apart from the code under test."""
    given = made = 0
    for one in recorded:
        event: dict[str, Any] = one["data"]
        response: dict[str, Any] = event.get("response") or {}
        usage: dict[str, int] | None = response.get("usage") if event.get("type") == "response.done" else None
        live: dict[str, int] | None = event.get("usageMetadata") if one["direction"] == "received" else None
        if usage:
            given, made = given + usage["input_tokens"], made + usage["output_tokens"]
        if live:
            given += live["promptTokenCount"]
            made += live.get("responseTokenCount", 0) + live.get("thoughtsTokenCount", 0)
    return given, made


def said(one: dict[str, Any], *, is_binary: bool) -> str | bytes:
    text = json.dumps(one["data"], ensure_ascii=False)
    return text.encode() if is_binary and one["direction"] == "received" else text  # as Gemini Live does


@pytest.mark.vectors
@pytest.mark.parametrize(
    "provider", ["azure", "azure_voice_live", "google", "openai", "openai_ws_sideband", "xai"]
)
async def test_recorded_sessions_pass_unchanged_and_are_counted(
    tmp_path: Path, vectors: Path, provider: str
) -> None:
    folder = f"test_{provider}" if provider.endswith("sideband") else f"test_{provider}_ws"
    sessions = [interactions(path) for path in sorted((vectors / SESSIONS / folder).glob("*.yaml"))]
    sessions = [session for session in sessions if session]
    assert sessions
    is_live = provider == "google"
    playing: list[list[dict[str, Any]]] = []

    async def replay(server: ServerConnection) -> None:
        for one in playing[-1]:
            if one["direction"] == "sent":
                assert await server.recv() == said(one, is_binary=is_live)
            else:
                await server.send(said(one, is_binary=is_live))
        await server.wait_closed()

    path = "/one/ws/google.ai.Bidi" if is_live else "/v1/realtime?model=one/m"
    async with SocketProvider(replay) as one, gateway(tmp_path, one) as process:
        shown = {"authorization": f"Bearer {process.token}"}
        for number, session in enumerate(sessions):
            playing.append(session)
            url = process.url.replace("http://", "ws://") + path
            async with connect(url, additional_headers=shown, proxy=None) as caller:
                for step in session:
                    if step["direction"] == "sent":
                        await caller.send(said(step, is_binary=is_live))
                    else:
                        assert await caller.recv() == said(step, is_binary=is_live)
            exchange = await asyncio.to_thread(process.last, ended=number + 1)
            assert exchange["status"] == 101
            usage: dict[str, int] = exchange["usage"] or {}
            assert (usage.get("input", 0), usage.get("output", 0)) == counted(session)


async def test_the_openai_sdk_speaks_through_the_gateway(tmp_path: Path) -> None:
    async def play(server: ServerConnection) -> None:
        session = {"id": "sess_1", "object": "realtime.session", "type": "realtime", "model": "gpt-realtime"}
        await server.send(json.dumps({"type": "session.created", "event_id": "event_1", "session": session}))
        async for raw in server:
            event = json.loads(raw)
            if event["type"] == "response.create":
                delta = {"type": "response.output_text.delta", "event_id": "event_2", "response_id": "resp_1",
                         "item_id": "item_1", "output_index": 0, "content_index": 0, "delta": "Hello \u2028 there"}  # fmt: skip
                usage = {"total_tokens": 5, "input_tokens": 3, "output_tokens": 2}
                response = {
                    "id": "resp_1",
                    "object": "realtime.response",
                    "status": "completed",
                    "usage": usage,
                }
                await server.send(json.dumps(delta, ensure_ascii=False))
                await server.send(
                    json.dumps({"type": "response.done", "event_id": "event_3", "response": response})
                )

    async with SocketProvider(play) as one, gateway(tmp_path, one) as process:
        base = f"{process.url}/v1"
        async with AsyncOpenAI(
            api_key=process.token, base_url=base, websocket_base_url=base.replace("http://", "ws://")
        ) as client:
            heard: list[str] = []
            async with client.realtime.connect(model="one/gpt-realtime") as connection:
                await connection.response.create()
                async for event in connection:
                    heard.append(event.type)
                    if event.type == "response.output_text.delta":
                        assert event.delta == "Hello \u2028 there"
                    if event.type == "response.done":
                        break
        assert heard == ["session.created", "response.output_text.delta", "response.done"]
        sent = one.requests[0]
        assert sent.path == "/v1/realtime?model=gpt-realtime"
        assert sent.headers["authorization"] == f"Bearer {UP_KEY}"
        assert process.token not in str([*sent.headers.raw_items()])
        exchange = await asyncio.to_thread(process.last, ended=1)
        assert (exchange["operation"], exchange["status"]) == ("openai.realtime", 101)
        assert (exchange["usage"]["input"], exchange["usage"]["output"]) == (3, 2)
        assert exchange["original_model"] == "one/gpt-realtime"


async def test_stopping_the_gateway_says_goodbye(tmp_path: Path) -> None:
    async with SocketProvider() as one, gateway(tmp_path, one) as process:
        url = process.url.replace("http://", "ws://") + "/v1/realtime?model=one/m"
        shown = {"authorization": f"Bearer {process.token}"}
        async with connect(url, additional_headers=shown, proxy=None) as caller:
            await caller.send("x")
            assert await caller.recv() == "x"
            stopping = asyncio.create_task(asyncio.to_thread(process.stop))
            await caller.wait_closed()
            assert (caller.close_code, caller.close_reason) == (1001, "the gateway is stopping")
            assert await stopping == 0
        assert one.closes == [(1001, "")]

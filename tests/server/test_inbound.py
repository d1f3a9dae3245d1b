"""A request past the door keeps what the door saw."""

import asyncio
from pathlib import Path

import pytest

from tests.scripted import Hold, ScriptedUpstream, json_reply
from tests.server.house import house
from tests.server.providers import KEYS, REPLY, config_of
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio


async def test_a_request_keeps_the_snapshot_it_began_with(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([Hold("go"), json_reply(REPLY)])
    config = config_of(up=scripted)
    async with house(tmp_path, config, env=KEYS) as one:
        before = one.gateway.snapshot.digest
        running = asyncio.create_task(one.chat("up/m"))
        await scripted.until(lambda: scripted.requests)
        await one.gateway.changes.write(
            "version: 1\n", expected_digest=one.gateway.reading.digest, note="", actor="test"
        )
        scripted.open("go")
        assert (await running).json() == REPLY, "its provider is gone from the config in force"
        assert logged(one).deployment == before != one.gateway.snapshot.digest
        assert (await one.chat("up/m")).status_code == 404


async def test_its_moments_count_from_the_head(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat("mock/echo")
        exchange = logged(one)
        assert one.gateway.started_at <= exchange.started_at
        assert 0 < exchange.duration_s < 10
        assert (exchange.method, exchange.path, exchange.operation) == (
            "POST",
            "/v1/chat/completions",
            "openai.chat.completions",
        )

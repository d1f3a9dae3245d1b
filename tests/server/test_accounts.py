"""What an exchange used and cost."""

import json
from pathlib import Path

import pytest

from aigw_dev.server.accounts import price
from tests.scripted import ScriptedUpstream, reply, sse_reply
from tests.server.house import house
from tests.server.providers import KEYS, REPLY, config_of, failing, piece, whole
from tests.server.test_metrics import exchange
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio


async def test_the_providers_own_count_is_kept(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.chat("up/m")
        found = logged(one)
        assert found.usage is not None
        assert (found.usage.input, found.usage.output, found.usage.estimated) == (9, 3, False)
        assert (found.response_model, found.finish) == ("m-2024", "stop")
        assert found.assembled is not None
        assert found.assembled.text == "Hello"
        assert (answer.headers["x-aigw-cost"], found.cost.status) == ("unknown", "unknown"), (
            "never a silent zero"
        )
        assert found.cost.reason


async def test_a_reply_without_usage_is_estimated_and_marked(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(
        [reply(json.dumps(REPLY | {"usage": None}).encode(), headers=[("Content-Type", "application/json")])]
    )
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        await one.chat("up/m", "one two three")
        usage = logged(one).usage
        assert usage is not None
        assert usage.estimated
        assert usage.output > 0


async def test_a_failure_costs_nothing_that_we_know_of(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(failing(500))
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        await one.chat("up/m")
        assert logged(one).usage is None


async def test_a_streams_last_count_and_words_are_kept(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    scripted.enqueue(sse_reply(piece("Hel"), piece("lo"), piece("", choices=[], usage=usage)))
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        await one.chat("up/m", stream=True)
        found = logged(one)
        assert found.assembled is not None
        assert found.assembled.text == "Hello"
        assert found.usage is not None
        assert found.usage.input == 5
        assert found.timing is not None
        assert sum(found.timing.size_bytes) > 100


async def test_where_nothing_was_sent_the_cost_is_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        cost = price(exchange(attempts=[]), one.gateway.snapshot)
        assert (cost.status, cost.nanousd) == ("free", 0)

"""The test that spends one token."""

import asyncio
from pathlib import Path

import pytest

from aigw_dev.tui.link import Link
from aigw_dev.tui.providers.spend import Spent, estimate, spend
from tests.scripted import ScriptedUpstream, json_reply
from tests.tui.harness import Desk, desk

pytestmark = pytest.mark.anyio
KEY = "abcdefghijklmnopqrstuvwxyz0123456789"
CONFIG = "version: 1\nproviders:\n  up: {{kind: openai-compatible, base_url: {url}/v1, keys: [env:UP_KEY]}}\n"
REPLY = {
    "id": "1", "object": "chat.completion", "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "H"}, "finish_reason": "length"}],
    "usage": {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9},
}  # fmt: skip


async def spent(at: Desk, model: str) -> Spent:
    link: Link = at.app.shell.link
    return await asyncio.to_thread(spend, link, model, at=7.0)


async def test_it_makes_one_call_with_one_token_of_answer(tmp_path: Path) -> None:
    with ScriptedUpstream([json_reply(REPLY)]) as upstream:
        async with desk(tmp_path, CONFIG.format(url=upstream.url), env={"UP_KEY": KEY}) as at:
            found = await spent(at, "up/m")
    assert (found.is_well, found.tokens, found.at, found.model) == (True, "8 in, 1 out", 7.0, "up/m")
    assert found.exchange
    assert [request.json()["max_tokens"] for request in upstream.requests] == [1]


async def test_a_refusal_is_an_answer_without_the_key(tmp_path: Path) -> None:
    refusal = json_reply({"error": {"message": "Bad key sk-proj-0123456789abcdefghijklmnop"}}, status=401)
    with ScriptedUpstream([refusal]) as upstream:
        async with desk(tmp_path, CONFIG.format(url=upstream.url), env={"UP_KEY": KEY}) as at:
            found = await spent(at, "up/m")
    assert not found.is_well
    assert "401" in found.reason
    assert "0123456789" not in found.reason
    assert found.exchange


async def test_a_model_that_wants_the_other_name_gets_it(tmp_path: Path) -> None:
    refusal = json_reply({"error": {"message": "Use 'max_completion_tokens' instead."}}, status=400)
    with ScriptedUpstream([json_reply(REPLY)]) as upstream:
        upstream.enqueue([refusal])
        async with desk(tmp_path, CONFIG.format(url=upstream.url), env={"UP_KEY": KEY}) as at:
            found = await spent(at, "up/m")
    assert found.is_well
    assert upstream.requests[1].json()["max_completion_tokens"] == 1
    assert "max_tokens" not in upstream.requests[1].json()


async def test_a_gateway_that_is_gone_is_an_answer_too(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.bridge.is_down = True
        found = await spent(at, "mock/echo")
    assert not found.is_well
    assert found.reason


def test_the_cost_is_told_before() -> None:
    assert estimate({"input_usd_per_m": 1.0, "output_usd_per_m": 4.0}) == "about $0.000012"
    assert estimate({"input_usd_per_m": 0.01, "output_usd_per_m": 0.0}) == "under $0.000001"
    assert estimate({"input_usd_per_m": 0, "output_usd_per_m": 0}) == "free"
    assert estimate({"input_usd_per_m": 1.0}) == "price unknown"

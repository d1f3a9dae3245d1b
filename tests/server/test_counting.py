"""Counting tokens never fails for want of a counter: asked where it can be, estimated and marked where it cannot."""

import json
from pathlib import Path

import pytest

from tests.scripted import ScriptedUpstream, json_reply
from tests.server.house import house
from tests.server.providers import KEYS, config_of, failing
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio
PATH = "/v1/messages/count_tokens"


async def test_an_estimate_costs_nothing_and_says_that_it_is_one(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        body = {"model": "mock/echo", "messages": [{"role": "user", "content": "how many words are these"}]}
        answer = await one.http.post(PATH, json=body, headers=one.token())
        assert 5 <= answer.json()["input_tokens"] <= 20
        assert answer.headers["x-aigw-cost"] == "0"
        exchange = logged(one)
        assert exchange.cost.nanousd == 0
        assert json.loads(exchange.ledger)["entries"][0]["field"] == "input_tokens"


async def test_a_malformed_question_is_refused_also_where_it_would_be_estimated(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        answer = await one.http.post(PATH, json={"model": "mock/echo", "messages": 7}, headers=one.token())
        assert answer.status_code == 400
        assert answer.json()["type"] == "error"


async def test_a_counter_that_fails_for_another_reason_is_not_papered_over(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(failing(429, "slow down"))
    config = config_of(up=scripted).replace("openai-compatible", "anthropic").replace("/v1", "")
    async with house(tmp_path, config, env=KEYS) as one:
        body = {"model": "up/c", "messages": [{"role": "user", "content": "x"}]}
        assert (await one.http.post(PATH, json=body, headers=one.token())).status_code == 429


async def test_a_count_of_the_provider_costs_nothing_either(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply({"input_tokens": 7})])
    config = config_of(up=scripted).replace("openai-compatible", "anthropic").replace("/v1", "")
    async with house(tmp_path, config, env=KEYS) as one:
        body = {"model": "up/c", "messages": [{"role": "user", "content": "x"}]}
        answer = await one.http.post(PATH, json=body, headers=one.token())
        assert (answer.json(), answer.headers["x-aigw-cost"]) == ({"input_tokens": 7}, "0")

"""The endpoints of a stored response answer from here only for what is kept here."""

from pathlib import Path

import pytest

from tests.scripted import ScriptedUpstream, json_reply
from tests.server.house import house
from tests.server.providers import KEYS, config_of
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio


async def test_what_is_not_kept_here_is_asked_of_the_provider(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply({"id": "resp_x"})])
    config = config_of(up=scripted, gateway=", default_provider: up")
    async with house(tmp_path, config, env=KEYS) as one:
        answer = await one.http.get("/v1/responses/resp_x?include=y", headers=one.token())
        assert answer.json() == {"id": "resp_x"}
        assert scripted.requests[0].target == "/v1/responses/resp_x?include=y"


async def test_an_answer_from_here_asks_nobody_and_costs_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        body = {"model": "mock/echo", "input": "a"}
        made = (await one.http.post("/v1/responses", json=body, headers=one.token())).json()
        for number in (0, 1_000_000):
            path = f"/v1/responses/{made['id']}/input_items?limit={number}"
            assert len((await one.http.get(path, headers=one.token())).json()["data"]) == 1
        exchange = logged(one)
        assert exchange.attempts == []
        assert exchange.cost.nanousd == 0

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
            answer = await one.http.get(path, headers=one.token())
            assert len(answer.json()["data"]) == 1
            assert answer.headers["x-aigw-cost"] == "0"
        exchange = logged(one)
        assert exchange.attempts == []
        assert exchange.cost.nanousd == 0


async def test_nobody_reads_goes_on_with_or_deletes_what_an_identified_caller_said(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        asked = {"model": "mock/echo", "input": "a secret plan"}
        made = (await one.http.post("/v1/responses", json=asked, headers=one.token())).json()
        path = f"/v1/responses/{made['id']}"
        for call in (one.http.get(path), one.http.get(path + "/input_items"), one.http.delete(path)):
            answer = await call
            assert answer.status_code >= 400
            assert "secret plan" not in answer.text
        follow = {"model": "mock/echo", "input": "go on", "previous_response_id": made["id"]}
        assert (await one.http.post("/v1/responses", json=follow)).status_code >= 400
        assert (await one.http.get(path, headers=one.token())).json() == made


async def test_an_unidentified_caller_goes_on_with_its_own_conversation(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        made = (await one.http.post("/v1/responses", json={"model": "mock/echo", "input": "a"})).json()
        assert (await one.http.get(f"/v1/responses/{made['id']}")).json() == made
        follow = {"model": "mock/echo", "input": "b", "previous_response_id": made["id"]}
        assert (await one.http.post("/v1/responses", json=follow)).status_code == 200

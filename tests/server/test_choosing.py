"""Which targets a request gets, and what conditions may read of it."""

from pathlib import Path

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Identity
from aigw_dev.core.operations import RAW, Match
from aigw_dev.server.choosing import choose
from aigw_dev.server.front import Head
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.pipeline import begin
from tests.scripted import ScriptedUpstream
from tests.server.house import house
from tests.server.providers import KEYS, config_of, whole
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio


async def test_a_condition_reads_headers_but_no_credential(tmp_path: Path) -> None:
    flow = "{if: 'header.x-team == \"a\"', then: {send: mock/echo}, else: {send: mock/think}}"
    config = f"version: 1\ngateway: {{name: t}}\nroutes:\n  r: {{flow: {flow}}}\n"
    async with house(tmp_path, config) as one:
        answer = await one.chat("dynamic/r", headers=one.token() | {"x-team": "a"})
        assert answer.headers["x-aigw-upstream"] == "mock/echo"
        answer = await one.chat("dynamic/r", headers=one.token() | {"x-team": "b"})
        assert answer.headers["x-aigw-upstream"] == "mock/think"
        assert b"Bearer" not in logged(one).decision


async def test_a_route_asks_what_a_foreign_dialect_says(tmp_path: Path) -> None:
    flow = "{if: has_tools, then: {send: mock/tools}, else: {send: mock/echo}}"
    config = f"version: 1\ngateway: {{name: t}}\nroutes:\n  r: {{models: ['claude-*'], flow: {flow}}}\n"
    async with house(tmp_path, config) as one:
        tool = {"name": "look", "input_schema": {"type": "object"}}
        body = {"model": "claude-x", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
        plain = await one.http.post("/v1/messages", json=body, headers=one.token())
        assert plain.headers["x-aigw-upstream"] == "mock/echo"
        with_tools = await one.http.post("/v1/messages", json=body | {"tools": [tool]}, headers=one.token())
        assert with_tools.headers["x-aigw-upstream"] == "mock/tools"
        assert with_tools.json()["content"][0]["type"] == "tool_use"


async def test_a_bare_name_goes_to_the_home_of_its_path(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(openai=scripted), env=KEYS) as one:
        body = {"model": "never-heard-of", "input": "x"}
        answer = await one.http.post("/v1/responses", json=body, headers=one.token())
        assert answer.headers["x-aigw-upstream"] == "openai/never-heard-of"


async def test_a_provider_that_left_the_config_meanwhile_is_not_found(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        inbound = Inbound(
            method="GET",
            path="/gone/x",
            query=b"",
            headers=[],
            head=Head(),
            match=Match(operation=RAW, provider="gone", rest="/x"),
            identity=Identity(),
            body=b"",
            snapshot=one.gateway.snapshot,
            things=one.gateway.things,
            began_s=0.0,
            started_at=0.0,
        )
        refusal = choose(inbound, begin(inbound), "")
        assert isinstance(refusal, Refusal)
        assert refusal.code == "path_not_found"

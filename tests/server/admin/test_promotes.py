"""Logged calls are promoted over the admin API: texts come back, nothing is written but the audit."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.server.admin.test_intent import ask, got
from tests.server.house import House, house

pytestmark = pytest.mark.anyio
CONFIG = """version: 1
routes:
  ai-test:
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/tools}
      else: {send: mock/echo}
"""
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
ASSERTS = ["status", "text", "tool_calls", "finish", "route", "cost", "usage"]


async def mixed(one: House) -> dict[str, Any]:
    """A conversation in every dialect, whole and streamed, over a route, promoted as one test."""
    token = one.token()
    await one.chat(
        "mock/echo", "hello there\nsecond line that is long enough to be wrapped somewhere " * 3, stream=True
    )
    steered = token | {"x-ai-route-metadata": '{"tier":"pro"}'}
    await one.chat("dynamic/ai-test", "weather?", tools=[TOOL], headers=steered)
    said = {"model": "mock/echo", "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
    versioned = token | {"anthropic-version": "2023-06-01"}
    for more in ({"stream": True}, {}):
        await one.http.post("/v1/messages", json=said | more, headers=versioned)
    contents = {"contents": [{"role": "user", "parts": [{"text": "hi you"}]}]}
    await one.http.post("/v1beta/models/mock%2Fecho:generateContent", json=contents, headers=token)
    await one.http.post(
        "/v1/responses", json={"model": "mock/echo", "input": "hi", "stream": True}, headers=token
    )
    await one.http.post("/v1/embeddings", json={"model": "mock/embed", "input": "hi"}, headers=token)
    assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
    body = {"more": ["-6", "-5", "-4", "-3", "-2", "-1"], "asserts": ASSERTS, "name": "test_mixed"}
    reply = await ask(one, "POST", "/exchanges/-7/promote", body)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def test_several_calls_are_one_test_in_their_order_and_the_audit_knows(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG) as one:
        made = await mixed(one)
        entries = (await got(one, "/exchanges"))["entries"]
        assert made["of"] == [entry["id"] for entry in reversed(entries)]
        assert made["test_id"] == "test_mixed.py::test_mixed"
        assert made["function"].count("call = aigw.calls[") == 7
        assert made["imports"] == ["import anthropic", "import httpx", "import openai"]
        (row,) = (await got(one, "/audit"))["audit"]
        assert row["action"] == "fixture.promoted"
        assert made["of"][0] in str(row["detail"])
        assert not list((tmp_path).rglob("*.aigw.json"))  # noqa: ASYNC240 -- a test's own folder


async def test_bodies_that_were_not_recorded_name_the_switch(tmp_path: Path) -> None:
    async with house(tmp_path, "version: 1\nlogging: {record_request: false}\n") as one:
        await one.chat("mock/echo", "hi")
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        reply = await ask(one, "POST", "/exchanges/last/promote", {})
        assert reply.status_code == 409
        error = reply.json()["error"]
        assert error["code"] == "promote_impossible"
        assert "logging.record_request" in error["message"]


async def test_the_gateways_own_token_never_comes_out(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat("mock/echo", f"my token is {one.gateway.home.token()}")
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        reply = await ask(one, "POST", "/exchanges/last/promote", {})
        assert reply.status_code == 200
        assert one.gateway.home.token() not in reply.text
        assert "[masked]" in reply.json()["module"]


async def test_too_many_calls_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        many = await ask(one, "POST", "/exchanges/last/promote", {"more": ["last"] * 50})
        assert (many.status_code, many.json()["error"]["code"]) == (400, "invalid_request")
        none = await ask(one, "POST", "/exchanges/nothing/promote", {})
        assert none.json()["error"]["code"] == "exchange_not_found"


async def test_a_call_that_ends_this_moment_is_waited_for(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat("mock/echo", "hi")
        reply = await ask(one, "POST", "/exchanges/last/promote", {})  # nobody flushed the log
        assert reply.status_code == 200, reply.text

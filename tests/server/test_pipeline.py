"""The one straight function, from a request to a recorded exchange."""

from pathlib import Path

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.server import pipeline
from aigw_dev.store.reader import LogReader
from tests.server.house import House, house

pytestmark = pytest.mark.anyio

ROUTES = """version: 1
routes:
  ai-test:
    models: [smart, "claude-*"]
    flow:
      if: metadata.test-key == "ok"
      then: {send: mock/echo, params: {user: u1}}
      else: {send: mock/think}
"""


def logged(one: House) -> Exchange:
    """The newest exchange of the log."""
    assert one.gateway.recorder.writer.flush()
    reader = LogReader(one.gateway.folder / "log.db")
    # One that was still running at a flush is written before those that ended in that batch.
    found = [each.exchange for name in ("last", "-2") if not isinstance(each := reader.get(name), Refusal)]
    return max(found, key=lambda each: each.started_at)


async def test_the_seeds_own_condition_routes_and_leaves_its_trace(tmp_path: Path) -> None:
    async with house(tmp_path, ROUTES) as one:
        reply = await one.chat("dynamic/ai-test", headers={"x-ai-route-metadata": '{"test-key":"ok"}'})
        assert reply.headers["x-aigw-route"] == "ai-test"
        assert reply.headers["x-aigw-upstream"] == "mock/echo"
        exchange = logged(one)
        assert exchange.route == "ai-test"
        assert b'"result":true' in exchange.decision
        other = await one.chat("smart", headers={"x-ai-route-metadata": "test-key=no"})
        assert other.headers["x-aigw-upstream"] == "mock/think"


async def test_missing_and_malformed_metadata_are_400_with_a_corrected_curl(tmp_path: Path) -> None:
    async with house(tmp_path, ROUTES) as one:
        missing = await one.chat("dynamic/ai-test")
        assert missing.status_code == 400
        assert missing.json()["error"]["code"] == "route_metadata_missing"
        assert "test-key" in missing.json()["error"]["message"]
        broken = await one.chat("dynamic/ai-test", headers={"x-ai-route-metadata": "{nope"})
        assert broken.json()["error"]["code"] == "route_metadata_invalid"


async def test_a_refusal_is_recorded_and_says_where_to_look(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.chat("nobody/knows")
        assert reply.status_code == 404
        exchange = logged(one)
        assert exchange.error == "model_not_found"
        assert f"aigw-dev logs show {exchange.id}" in reply.json()["error"]["message"]
        assert reply.headers["x-aigw-request-id"] == exchange.id


async def test_a_trace_is_taken_over_or_begun(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat(
            "mock/echo", headers={"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
        )
        assert logged(one).trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
        await one.chat("mock/echo", headers={"traceparent": "00-zz-00-01"})
        assert len(logged(one).trace_id) == 32


async def test_a_stream_is_assembled_and_its_missing_usage_estimated(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.chat("mock/think", "why is the sky blue", stream=True)
        assert reply.headers["content-type"].startswith("text/event-stream")
        assert reply.headers["cache-control"] == "no-cache"
        assert reply.text.rstrip().endswith("[DONE]")
        exchange = logged(one)
        assert exchange.assembled is not None
        assert exchange.assembled.text == "why is the sky blue"
        assert exchange.assembled.reasoning
        assert exchange.usage is not None
        assert exchange.usage.estimated
        assert exchange.cost.status == "free"


async def test_bodies_follow_their_two_switches_and_a_pause(tmp_path: Path) -> None:
    async with house(tmp_path, "version: 1\nlogging: {record_request: false}\n") as one:
        await one.chat("mock/echo", "secret words")
        assert logged(one).request_body is None
        assert logged(one).response_body is not None
        one.gateway.pause(is_paused=True)
        await one.chat("mock/echo", "secret words")
        assert logged(one).response_body is None
        one.gateway.pause(is_paused=False)
        await one.chat("mock/echo", "words")
        assert logged(one).response_body is not None


async def test_the_credential_never_reaches_a_stored_header_or_body(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat("mock/echo", f"my token is {one.gateway.home.token()}")
        exchange = logged(one)
        assert exchange.request_body is not None
        assert one.gateway.home.token().encode() not in exchange.request_body


def test_how_a_stream_began_is_found_behind_small_pieces_and_is_bounded() -> None:
    pieces = [b": hi\n\n", b"event: x\n", b"data: {}"]
    assert pipeline.beginning(pieces) == b"".join(pieces)
    assert len(pipeline.beginning([b"x" * 50_000] * 4)) == 64 * 1024
    assert pipeline.beginning([]) == b""

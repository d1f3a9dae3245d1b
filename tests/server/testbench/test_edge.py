"""The provider's edge: a recording stands in for the network and for nothing else."""

from pathlib import Path

import pytest

from aigw_dev.core.recording.fixture import Attempt, Request, Response, Synth
from aigw_dev.server.testbench.trial_options import Mode
from tests.server.testbench.stage import ROUTE, SAY, answer, lay, said, staged

pytestmark = pytest.mark.anyio
LIMITED = {"error": {"message": "slow down", "type": "tokens", "param": None, "code": "rate_limit_exceeded"}}


async def test_a_recorded_answer_is_given_and_a_changed_request_misses(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer())
    async with staged(tmp_path, "replay") as stage:
        assert said(await stage.chat()) == "Paris."
        missed = await stage.chat(temperature=0.5)
    assert missed.status_code == 424
    assert missed.headers["x-should-retry"] == "false"
    assert missed.json()["error"]["code"] == "fixture_miss"
    assert [one.kind for one in stage.bench.trials["t"].found] == ["miss"]


async def test_equal_requests_take_answers_in_order_and_then_miss(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer("1"), answer("2"))
    async with staged(tmp_path, "replay") as stage:
        assert [said(await stage.chat()) for _ in range(2)] == ["1", "2"]
        assert (await stage.chat()).status_code == 424
    assert [one.kind for one in stage.bench.trials["t"].found] == ["exhausted"]


async def test_the_route_runs_and_its_attempts_are_the_recorded_ones(tmp_path: Path) -> None:
    failed = Attempt(upstream="openai/a", response=Response(status=429, body=LIMITED))
    served = Attempt(
        upstream="work/b",
        request=Request(op="anthropic.messages", body={"model": "b"}),
        response=Response(synth=Synth(text="pong")),
    )
    request = Request(op="openai.chat.completions", body={**SAY, "model": "smart"})
    lay(tmp_path, "t", answer(request=request, attempts=[failed, served]))
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        reply = await stage.chat(model="smart")
    assert said(reply) == "pong"
    assert reply.headers["x-aigw-upstream"] == "work/b"
    assert reply.headers["x-aigw-attempts"] == "2"


async def test_a_failure_that_was_not_kept_still_moves_the_route_on(tmp_path: Path) -> None:
    failed = Attempt(upstream="openai/a", error="not_kept", error_text="429, not kept")
    served = Attempt(upstream="work/b", response=Response(synth=Synth(text="pong")))
    request = Request(op="openai.chat.completions", body={**SAY, "model": "smart"})
    lay(tmp_path, "t", answer(request=request, attempts=[failed, served]))
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        assert said(await stage.chat(model="smart")) == "pong"
        attempts = (await stage.admin("/tests/t"))["calls"][0]["attempts"]
    assert [one["status"] for one in attempts] == [429, 200], "rules of the route see the status"


async def test_a_route_that_asks_somebody_else_is_a_miss_that_says_so(tmp_path: Path) -> None:
    request = Request(op="openai.chat.completions", body={**SAY, "model": "smart"})
    lay(tmp_path, "t", answer(request=request))
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        reply = await stage.chat(model="smart")
    assert reply.status_code == 424
    assert reply.headers["x-aigw-attempts"] == "1", "no other target is tried"
    assert "the router tried openai/a" in reply.json()["error"]["message"]
    assert stage.bench.trials["t"].found[0].kind == "route_changed"


async def test_what_is_no_call_of_an_exchange_reaches_nobody(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer())
    async with staged(tmp_path, "replay") as stage:
        found = await stage.admin("/providers/check", "POST", json={"names": ["openai"]})
    assert "replays fixtures" in str(found)


async def test_stubs_answer_before_recordings_in_the_provider_s_own_dialect(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer())
    async with staged(tmp_path, "replay", config=ROUTE) as stage:
        await stage.admin("/tests", "POST", json={"test": "t"})
        await stage.admin("/tests/t/stubs", "POST", json={"text": "by hand"})
        assert said(await stage.chat(model="work/b")) == "by hand"
        assert said(await stage.chat()) == "Paris."
        found = await stage.admin("/tests/t")
    assert [one["from"] for one in found["calls"]] == ["stub", "fixture"]


@pytest.mark.parametrize("mode", ["record", "auto", "live"])
async def test_a_stub_needs_no_provider_and_no_key_in_any_mode(tmp_path: Path, mode: Mode) -> None:
    async with staged(tmp_path, mode, is_told=True) as stage:
        await stage.admin("/tests", "POST", json={"test": "t", "mode": mode})
        await stage.admin("/tests/t/stubs", "POST", json={"text": "by hand", "finish": "end_turn"})
        assert said(await stage.chat()) == "by hand"
        assert (await stage.chat()).status_code >= 400, "the next one would need a key"
        wrong = await stage.house.http.post(
            "/admin/v1/tests/t/stubs", json={"finish": "banana"}, headers=stage.house.admin()
        )
    assert wrong.status_code == 400
    assert "tool_calls" in wrong.text


async def test_auto_replays_without_a_key_what_is_there(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer())
    async with staged(tmp_path, "auto", is_told=True) as stage:
        await stage.admin("/tests", "POST", json={"test": "t", "mode": "auto"})
        assert said(await stage.chat()) == "Paris."

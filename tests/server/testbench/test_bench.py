"""Tests on the bench: begun by a runner or by their first call, ended, written."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.server.testbench.trial import KEPT_CALLS
from tests.server.testbench.stage import SAY, answer, lay, said, staged

pytestmark = pytest.mark.anyio


async def test_the_session_answers_from_every_file_those_outside_tests_first(tmp_path: Path) -> None:
    lay(tmp_path, "a", answer("of a test"), test="a")
    lay(tmp_path, "b", answer("of nobody", repeat="last"))
    async with staged(tmp_path, "replay") as stage:
        assert [said(await stage.chat("")) for _ in range(3)] == ["of nobody", "of a test", "of nobody"]


async def test_a_test_begins_with_its_first_call_once(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer("1"), answer("2"))
    async with staged(tmp_path, "replay") as stage:
        replies = await asyncio.gather(stage.chat(), stage.chat())
        assert sorted(said(one) for one in replies) == ["1", "2"]
        assert len(stage.bench.trials["t"].calls) == 2


async def test_beginning_again_rewinds(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer())
    async with staged(tmp_path, "replay", is_told=True) as stage:
        begun: dict[str, Any] = {}
        for _ in range(2):
            begun = await stage.admin("/tests", "POST", json={"test": "t"})
            assert said(await stage.chat()) == "Paris."
        ended = await stage.admin("/tests/t/end", "POST", json={"passed": True})
        late = await stage.chat()
        found = await stage.admin("/tests/t")
    assert (begun["fixture"], begun["interactions"], begun["path"]) == ("t", 1, "/t/t")
    assert (ended["unused"], ended["misses"], len(ended["calls"])) == ([], [], 1)
    assert late.status_code == 424
    assert "after the test had ended" in found["misses"][0]["text"]


async def test_a_recording_is_written_at_the_end_of_a_test_that_passed(tmp_path: Path) -> None:
    async with staged(tmp_path, "record", is_told=True) as stage:
        for name, passed in (("good", True), ("bad", False)):
            await stage.admin("/tests", "POST", json={"test": name})
            assert said(await stage.chat(name, model="mock/echo")) == "hi"
            assert stage.bench.library.names() == (["good"] if name == "bad" else [])
            ended = await stage.admin(f"/tests/{name}/end", "POST", json={"passed": passed})
            assert bool(ended["written"]) is passed
    assert stage.bench.library.names() == ["good"]
    async with staged(tmp_path, "replay") as stage:
        assert said(await stage.chat("good", model="mock/echo")) == "hi"


async def test_auto_records_what_is_missing_and_overwrites_nothing(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer("old", request=answer().request))
    async with staged(
        tmp_path, "auto", is_told=True, config="version: 1\nproviders: {openai: {}}\n"
    ) as stage:
        await stage.admin("/tests", "POST", json={"test": "t", "mode": "auto"})
        assert said(await stage.chat("t", model="mock/echo")) == "hi"
        await stage.admin("/tests/t/end", "POST", json={"passed": True})
        fixture = stage.bench.library.read("t")
    assert [one.request.body["model"] for one in fixture.interactions] == ["gpt-4o-mini", "mock/echo"]
    assert fixture.interactions[0].attempts[0].response is not None
    assert fixture.interactions[0].attempts[0].response.synth is not None


async def test_a_fixture_that_cannot_be_read_is_said_to_the_caller(tmp_path: Path) -> None:
    (tmp_path / "fx").mkdir()
    (tmp_path / "fx" / "t.aigw.json").write_text('{"aigw_fixture": 99}', "utf-8")
    async with staged(tmp_path, "replay") as stage:
        reply = await stage.chat()
    assert reply.status_code == 424
    assert "99" in reply.json()["error"]["message"]


async def test_limits_of_a_test_stop_it(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer(repeat="last"))
    async with staged(tmp_path, "replay", is_told=True) as stage:
        await stage.admin("/tests", "POST", json={"test": "t", "max_calls": 1})
        assert (await stage.chat()).status_code == 200
        stopped = await stage.chat()
        found = await stage.admin("/tests/t")
    assert stopped.status_code == 424
    assert stopped.json()["error"]["code"] == "test_limit"
    assert "max_calls" in found["misses"][0]["text"]


async def test_drift_compares_and_writes_nothing(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer(request=answer().request))
    before = (tmp_path / "fx" / "t.aigw.json").read_bytes()
    async with staged(tmp_path, "drift") as stage:
        assert said(await stage.chat("t", model="mock/echo")) == "hi"
        found = await stage.admin("/tests/t")
    assert "nothing is recorded" in found["drift"][0]["text"]
    assert found["misses"] == []
    assert (tmp_path / "fx" / "t.aigw.json").read_bytes() == before


async def test_news_of_a_test_is_told_once_until_somebody_asks(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer())
    async with staged(tmp_path, "replay", is_told=True) as stage:
        told: list[str] = []
        stage.bench.announce = told.append
        for _ in range(3):
            await stage.chat(temperature=0.5)
        assert told == ["t"]
        await stage.admin("/tests/t")
        await stage.chat(temperature=0.5)
        assert told == ["t", "t"]


async def test_what_was_recorded_is_written_when_the_gateway_ends(tmp_path: Path) -> None:
    async with staged(tmp_path, "record") as stage:
        for number in range(10):
            said(await stage.chat(f"t{number}", model="mock/echo"))
    assert len(stage.bench.library.names()) == 10


async def test_a_recording_that_would_lack_a_call_leaves_the_one_before(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer(), test="t")
    before = (tmp_path / "fx" / "t.aigw.json").read_bytes()
    config = "version: 1\nproviders: {openai: {keys: ['env:NOBODY_HAS_THIS']}}\n"
    async with staged(tmp_path, "record", config=config, is_told=True) as stage:
        await stage.admin("/tests", "POST", json={"test": "t"})
        said(await stage.chat(model="mock/echo"))
        assert (await stage.chat(model="openai/gpt-4o-mini")).status_code >= 400
        ended = await stage.admin("/tests/t/end", "POST", json={"passed": True})
    assert ended["written"] is None
    assert "call 2" in ended["error"]
    assert (tmp_path / "fx" / "t.aigw.json").read_bytes() == before


async def test_what_nobody_ends_keeps_only_its_newest_calls(tmp_path: Path) -> None:
    lay(tmp_path, "t", answer(repeat="last"))
    async with staged(tmp_path, "replay") as stage:
        for _ in range(KEPT_CALLS + 5):
            await stage.chat()
        trial = stage.bench.trials["t"]
    assert len(trial.calls) == KEPT_CALLS
    assert trial.count == KEPT_CALLS + 5


async def test_a_runners_own_gateway_asks_nobody_who_calls(tmp_path: Path) -> None:
    async with staged(tmp_path, "record", is_told=True) as stage:
        reply = await stage.house.http.post(
            "/t/t/openai/v1/chat/completions", json={**SAY, "model": "mock/echo"}
        )
        roll = stage.house.gateway.snapshot.roll
    assert reply.status_code == 200
    assert roll.is_open

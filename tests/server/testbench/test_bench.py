"""Tests on the bench: begun by a runner or by their first call, ended, written."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.server.testbench.stage import answer, lay, said, staged

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

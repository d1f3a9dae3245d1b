"""What nothing asked for: over all files and all tests, and told with the test it belongs to."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Attempt, Fixture, Interaction, Request, Response
from aigw_dev.fixture_files.library import Library
from aigw_dev.server.testbench.bench import Bench, BenchSettings
from aigw_dev.server.testbench.leftovers import leftovers
from aigw_dev.server.testbench.trial_options import Mode


def request(text: str) -> Request:
    body: Any = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return Request(op="openai.chat.completions", body=body)


def write(root: Path, name: str, *texts: str, test: str = "") -> None:
    held = [
        Interaction(
            request=request(one), attempts=[Attempt(upstream="openai/m", response=Response(body={"a": one}))]
        )
        for one in texts
    ]
    Library(root).write(name, Fixture(interactions=held, test=test, recorded_at="2026-11-20T00:00:00Z"))


def bench_over(root: Path, *asked: tuple[str, str], mode: Mode = "replay") -> Bench:
    """A bench whose tests have asked for these (test, text)."""
    bench = Bench(BenchSettings(root=root, mode=mode, command=("run", "it")))

    async def ask() -> None:
        for test, text in asked:
            (await bench.trial(test)).pool.take(request(text))

    asyncio.run(ask())
    return bench


def found(bench: Bench) -> list[tuple[str, str, int | None]]:
    return [(one.kind, one.test, one.number) for one in leftovers(bench)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "a", "1", "2", test="a")
    write(tmp_path, "b", "3", test="b")
    write(tmp_path, "openai.chat.completions-m-00000000", "4")
    return tmp_path


def test_what_everybody_asked_for_leaves_nothing(root: Path) -> None:
    assert found(bench_over(root, ("a", "1"), ("a", "2"), ("b", "3"), ("session", "4"))) == []


def test_a_call_outside_tests_uses_a_tests_recording_too(root: Path) -> None:
    assert found(bench_over(root, ("a", "1"), ("a", "2"), ("session", "3"), ("session", "4"))) == []


def test_what_is_left_is_told_by_file_or_by_interaction(root: Path) -> None:
    bench = bench_over(root, ("a", "1"), ("a", "5"))
    assert found(bench) == [("unused", "a", 1), ("unused", "b", None), ("unused", "session", 0)]
    own, orphan, outside = leftovers(bench)
    assert "interaction 2 of 2 never requested" in own.text
    assert "the last request that reached it differed at messages[0].content" in own.text
    assert "belongs to no test that ran: b" in orphan.text
    assert "aigw-dev fixtures prune" in orphan.text
    assert "aigw-dev run --record" in outside.text
    assert Path(orphan.path) == root / "b.aigw.json"


def test_a_test_that_calls_providers_uses_nothing(root: Path) -> None:
    assert len(found(bench_over(root, ("a", "1"), mode="live"))) == 4


def test_a_file_that_cannot_be_read_is_told_as_such(root: Path) -> None:
    (root / "b.aigw.json").write_text("{", "utf-8")
    bench = bench_over(root, ("a", "1"), ("a", "2"))
    assert found(bench) == [("unreadable", "session", None), ("unused", "session", 0)]
    assert "b.aigw.json" in leftovers(bench)[0].text

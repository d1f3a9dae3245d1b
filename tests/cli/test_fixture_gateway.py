"""Gateways that record or replay: what is refused before anything starts, and what is said."""

import json
import os
import signal
from pathlib import Path

import httpx
import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.fixture_gateway import AgainstOptions, BenchOptions, bench_of, say_report, told
from aigw_dev.cli.up import UpOptions, replay
from aigw_dev.core.recording.fixture import Attempt, Fixture, Interaction, Request, Response, Synth
from aigw_dev.fixture_files.library import Library
from tests.cli.machine import Machine

SAY = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}


def lay(folder: Path) -> None:
    response = Response(synth=Synth(text="Paris."))
    request = Request(op="openai.chat.completions", body=SAY)
    one = Interaction(
        request=request, attempts=[Attempt(upstream="openai/gpt-4o-mini", response=response)], repeat="last"
    )
    Library(folder).write("one", Fixture(interactions=[one]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "auto"}, "--record DIR or --replay DIR"),
        ({"record": Path("a"), "replay": Path("b")}, "exclude"),
        ({"replay": Path("a"), "mode": "sometimes"}, "sometimes"),
        ({"replay": Path("absent")}, "absent"),
        ({"record": Path("a"), "timing": "slow"}, "timing"),
        ({"record": Path("a"), "ignore": ["$["]}, "$["),
        ({"record": Path("a"), "repeat": "often"}, "often"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(CommandError, match=words.replace("$[", r"\$\[")):
        bench_of(BenchOptions(**options))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("flag", ["record", "replay"])
def test_a_file_is_no_folder_of_fixtures(tmp_path: Path, flag: str) -> None:
    file = tmp_path / "one.aigw.json"
    file.write_text("{}", "utf-8")
    with pytest.raises(CommandError, match="this is a file") as caught:
        bench_of(BenchOptions(record=file) if flag == "record" else BenchOptions(replay=file))
    assert (caught.value.exit_code, caught.value.hint) == (2, f"Name its folder: {tmp_path}")


def test_without_a_folder_there_is_no_bench() -> None:
    assert bench_of(BenchOptions()) is None


def test_a_replay_wants_no_token_and_so_serves_this_machine_only(tmp_path: Path) -> None:
    lay(tmp_path)
    with pytest.raises(CommandError, match="this machine only"):
        replay(Context(environ={}), tmp_path, UpOptions(host="0.0.0.0"), BenchOptions(), against())  # noqa: S104


def against() -> AgainstOptions:
    return AgainstOptions()


def test_it_says_what_it_does_and_how_to_reach_it(tmp_path: Path) -> None:
    lay(tmp_path)
    for mode, words in (
        ("replay", "replaying 1 fixtures"),
        ("record", "recording into"),
        ("drift", "nothing is written"),
    ):
        bench = bench_of(BenchOptions(replay=tmp_path, mode=mode))
        assert bench is not None
        lines = told(bench, "http://127.0.0.1:1")
        assert words in lines[0]
        assert "/t/TEST/anthropic" in lines[2]
        assert say_report(bench), "nothing ran, so nothing failed"


def test_a_detached_replay_answers_until_it_is_ended(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "version: 1\n")
    lay(tmp_path / "fx")
    done = machine.run("replay", str(tmp_path / "fx"), "--detach", "--port", "0", "--json")
    assert done.code == 0, done.err
    ready = json.loads(done.out)
    try:
        reply = httpx.post(f"{ready['url']}/v1/chat/completions", json=SAY, timeout=10)
        assert reply.json()["choices"][0]["message"]["content"] == "Paris."
    finally:
        os.kill(ready["pid"], signal.SIGTERM)

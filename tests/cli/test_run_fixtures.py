"""A gateway with fixtures for one command: what is kept, what is given out, and what makes it fail."""

import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from aigw_dev.cli import run_fixtures
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.run_fixtures import FixtureOptions, OneTest, Outcome, Problem, Session, opened, summed_up

COMMAND = ("node", "all.mjs")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A fresh machine: no config, no state; temporary folders are made where the test can see them."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Context(home_option=tmp_path / "home", environ={"PATH": ""})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "fx"


def call(session: Session, test: str, text: str = "hi", **more: Any) -> httpx.Response:
    """One chat of `test`; of no test where it is empty."""
    base = f"/t/{quote(test, safe='')}/openai/v1" if test else "/v1"
    body = {"model": "mock/echo", "messages": [{"role": "user", "content": text}], **more}
    return httpx.post(f"{session.own.url}{base}/chat/completions", json=body, timeout=30)


def play(
    context: Context, options: FixtureOptions, *calls: tuple[str, str], code: int = 0
) -> tuple[list[int], Outcome]:
    """A command that makes these calls (test, text) and ends with `code`: the statuses, and what came of it."""
    with opened(context, options, COMMAND) as session:
        statuses = [call(session, test, text).status_code for test, text in calls]
        return statuses, session.conclude(code)


def kinds(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.kind, one.test) for one in outcome.problems]


def files(folder: Path) -> list[str]:
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*.aigw.json"))


def test_what_was_recorded_per_test_and_per_request_is_given_out_again(
    context: Context, folder: Path, tmp_path: Path
) -> None:
    calls = (("one", "a"), ("two/b", "c"), ("", "d"), ("one", "e"))
    with opened(context, FixtureOptions(record=folder), COMMAND) as session:
        for test, text in calls:
            assert call(session, test, text).status_code == 200
        assert not folder.exists(), "nothing is written before the command has ended"
        recorded = session.conclude(0)
    assert (recorded.exit_code, recorded.problems, len(recorded.written)) == (0, [], 3)
    own, of_request, below = files(folder)
    assert (own, below) == ("one.aigw.json", "two/b.aigw.json")
    assert of_request.startswith("openai.chat.completions-mock-echo-")
    statuses, replayed = play(context, FixtureOptions(replay=folder), *calls)
    assert statuses == [200] * 4
    assert (replayed.exit_code, replayed.problems, replayed.calls) == (0, [], 4)
    assert sorted(one.name for one in replayed.tests) == ["one", "session", "two/b"]
    assert list((tmp_path / "tmp").iterdir()) == [], "nothing is left of the gateways"


def test_a_replay_reads_nothing_of_this_user(context: Context, folder: Path, tmp_path: Path) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"))
    absent = Context(home_option=tmp_path / "nowhere", environ={"AIGW_DEV_URL": "http://127.0.0.1:9"})
    statuses, outcome = play(absent, FixtureOptions(replay=folder), ("t", "a"))
    assert (statuses, outcome.exit_code) == ([200], 0)
    assert not (tmp_path / "nowhere").exists()


def test_nothing_is_kept_of_a_command_that_fails_unless_asked(context: Context, folder: Path) -> None:
    _, outcome = play(context, FixtureOptions(record=folder), ("t", "a"), code=7)
    assert (outcome.exit_code, outcome.written, outcome.dropped) == (7, [], 1)
    assert "1 recorded call not kept" in summed_up(outcome)
    assert not folder.exists()
    _, kept = play(context, FixtureOptions(record=folder, keep_failed=True), ("t", "a"), code=7)
    assert (kept.exit_code, len(kept.written), kept.dropped) == (7, 1, 0)


def test_a_miss_fails_a_command_that_succeeded_and_names_the_way_out(context: Context, folder: Path) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"), ("u", "b"))
    statuses, outcome = play(context, FixtureOptions(replay=folder), ("t", "other"), ("u", "b"))
    assert statuses == [424, 200]
    assert outcome.exit_code == 1
    assert kinds(outcome) == [("miss", "t"), ("unused", "t")]
    assert "aigw-dev run --record" in outcome.problems[0].text
    assert "node all.mjs" in outcome.problems[0].text
    assert "differed at messages[0].content" in outcome.problems[1].text
    _, own = play(context, FixtureOptions(replay=folder), ("t", "other"), ("u", "b"), code=5)
    assert own.exit_code == 5, "the command's own code is the one that tells"


def test_equal_requests_beyond_the_recording_miss_unless_repeated(context: Context, folder: Path) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"))
    assert kinds(play(context, FixtureOptions(replay=folder), ("t", "a"), ("t", "a"))[1]) == [
        ("exhausted", "t")
    ]
    statuses, outcome = play(context, FixtureOptions(replay=folder, repeat="last"), ("t", "a"), ("t", "a"))
    assert (statuses, outcome.exit_code) == ([200, 200], 0)


def test_unused_is_judged_over_all_files_and_all_tests(context: Context, folder: Path) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"), ("t", "b"), ("u", "c"), ("", "d"))
    _, outcome = play(context, FixtureOptions(replay=folder), ("t", "a"))
    assert outcome.exit_code == 1
    assert sorted(kinds(outcome)) == [("unused", "session"), ("unused", "t"), ("unused", "u")]
    by_test = {one.test: one.text for one in outcome.problems}
    assert "interaction 2 of 2 never requested" in by_test["t"]
    assert "belongs to no test that ran: u" in by_test["u"]
    _, allowed = play(context, FixtureOptions(replay=folder, allow_unused=True), ("t", "a"))
    assert (allowed.exit_code, allowed.problems, allowed.unused_allowed) == (0, [], 3)
    assert "3 unused (allowed)" in summed_up(allowed)
    _, borrowed = play(context, FixtureOptions(replay=folder), ("", "a"), ("", "b"), ("", "c"), ("", "d"))
    assert (borrowed.exit_code, borrowed.problems) == (0, []), "a call outside tests uses them as well"


def test_recordings_of_no_test_that_were_not_made_again_are_named_and_pruned(
    context: Context, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"), ("", "old"), ("", "kept"))
    old, kept = (
        next(one for one in files(folder) if text in (folder / one).read_text("utf-8"))
        for text in ('"old"', '"kept"')
    )
    shared = folder / "_shared/greeting.aigw.json"
    shared.parent.mkdir()
    shared.write_bytes((folder / old).read_bytes())
    before = files(folder)
    _, unused = play(context, FixtureOptions(replay=folder), ("t", "a"), ("", "kept"))
    assert "delete it, or `aigw-dev run --record" in unused.problems[0].text
    assert "--prune -- node all.mjs`" in unused.problems[0].text
    _, failed = play(context, FixtureOptions(record=folder, prune=True), ("", "kept"), code=3)
    _, empty = play(context, FixtureOptions(record=folder, prune=True))
    assert (failed.stale, empty.stale, files(folder)) == ([], [], before)
    _, named = play(context, FixtureOptions(record=folder), ("", "kept"))
    assert ([Path(one).name for one in named.stale], named.exit_code) == ([old], 0)
    run_fixtures.say(named, is_quiet=False)
    assert "--prune deletes them" in capsys.readouterr().err
    _, pruned = play(context, FixtureOptions(record=folder, prune=True), ("", "kept"))
    assert [Path(one).name for one in pruned.stale] == [old]
    assert files(folder) == sorted({*before} - {old})
    assert kept in files(folder)
    with pytest.raises(CommandError, match="--prune goes with --record"):
        play(context, FixtureOptions(replay=folder, prune=True))


def test_a_recording_run_without_a_call_asks_for_the_variable(
    context: Context, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = play(context, FixtureOptions(record=folder))[1]
    run_fixtures.say(outcome, is_quiet=False)
    assert "0 calls came through: does the program read OPENAI_BASE_URL?" in capsys.readouterr().err
    run_fixtures.say(outcome, is_quiet=True)
    assert "0 calls" not in capsys.readouterr().err


def test_a_file_that_cannot_be_read_is_never_passed_over(context: Context, folder: Path) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"))
    (folder / "broken.aigw.json").write_text('{"aigw_fixture": 2}', "utf-8")
    _, outcome = play(context, FixtureOptions(replay=folder, allow_unused=True), ("t", "a"))
    assert outcome.exit_code == 1
    assert [one.kind for one in outcome.problems] == ["unreadable"]
    assert "broken.aigw.json" in outcome.problems[0].text
    _, drifting = play(context, FixtureOptions(replay=folder, mode="drift"), ("broken", "a"))
    assert (drifting.exit_code, [one.kind for one in drifting.problems]) == (1, ["unreadable"])


def test_auto_records_only_what_is_missing(context: Context, folder: Path) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"))
    before = (folder / "t.aigw.json").read_bytes()
    statuses, outcome = play(context, FixtureOptions(replay=folder, mode="auto"), ("t", "a"), ("u", "b"))
    assert (statuses, outcome.exit_code, outcome.problems) == ([200, 200], 0, [])
    assert [Path(one).name for one in outcome.written] == ["u.aigw.json"]
    assert (folder / "t.aigw.json").read_bytes() == before
    _, failed = play(context, FixtureOptions(replay=folder, mode="auto"), ("t", "a"), ("v", "b"), code=1)
    assert not (folder / "v.aigw.json").exists()
    assert failed.dropped == 1


def test_a_changed_shape_fails_a_drift_run_and_writes_nothing(context: Context, folder: Path) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"))
    same = play(context, FixtureOptions(replay=folder, mode="drift"), ("t", "a"))[1]
    assert (same.exit_code, same.problems) == (0, [])
    path = folder / "t.aigw.json"
    held = json.loads(path.read_text("utf-8"))
    held["interactions"][0]["attempts"][0]["response"]["body"]["citations"] = ["x"]
    path.write_text(json.dumps(held), "utf-8")
    before = path.read_bytes()
    _, outcome = play(context, FixtureOptions(replay=folder, mode="drift"), ("t", "a"))
    assert outcome.exit_code == 1
    assert kinds(outcome) == [("drift", "t")]
    assert "citations" in outcome.problems[0].text
    assert "1 drifted" in summed_up(outcome)
    assert path.read_bytes() == before


def test_a_fault_strikes_and_one_that_nobody_knows_is_refused(context: Context, folder: Path) -> None:
    play(context, FixtureOptions(record=folder), ("t", "a"))
    options = FixtureOptions(replay=folder, fault=["http.429;times=1"])
    assert play(context, options, ("t", "a"), ("t", "a"))[0] == [429, 200]
    with pytest.raises(CommandError, match=r"http\.4299"):
        play(context, FixtureOptions(replay=folder, fault=["http.4299"]))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (FixtureOptions(record=Path("fx")), "--record"),
        (FixtureOptions(replay=Path("fx"), mode="auto"), "--mode auto"),
        (FixtureOptions(replay=Path("fx"), mode="drift"), "--mode drift"),
    ],
)
def test_in_ci_nobody_is_called_unless_allowed(
    context: Context, options: FixtureOptions, word: str, tmp_path: Path
) -> None:
    (tmp_path / "work/fx").mkdir()
    ci = Context(home_option=context.home_option, environ={"CI": "true"})
    with pytest.raises(CommandError, match=word) as caught, opened(ci, options, COMMAND):
        pass
    assert "--allow-network" in caught.value.hint
    no_ci = Context(home_option=context.home_option, environ={"CI": "false"})
    with opened(no_ci, options, COMMAND) as session:
        assert not session.is_offline


def test_a_replay_is_let_through_in_ci(context: Context, folder: Path) -> None:
    folder.mkdir()
    ci = Context(home_option=context.home_option, environ={"CI": "1"})
    with opened(ci, FixtureOptions(replay=folder), COMMAND) as session:
        assert session.is_offline


def test_what_cannot_be_written_fails_the_command(context: Context, folder: Path) -> None:
    folder.mkdir()
    (folder / "t").write_text("a file where a folder must be", "utf-8")
    _, outcome = play(context, FixtureOptions(record=folder), ("t/u", "a"))
    assert outcome.exit_code == 1
    assert kinds(outcome) == [("not_written", "t/u")]


def test_a_call_that_was_refused_for_want_of_a_credential_is_told_and_fails(
    context: Context, folder: Path, tmp_path: Path
) -> None:
    config = 'version: 1\nproviders: {up: {kind: openai, base_url: "http://127.0.0.1:9/v1", keys: ["env:UP_KEY"]}}\n'
    (tmp_path / "up.yaml").write_text(config, "utf-8")
    keyed = Context(
        config_option=tmp_path / "up.yaml",
        home_option=context.home_option,
        environ={"UP_KEY": "sk-test-0123456789abcdefghij"},
    )
    with opened(keyed, FixtureOptions(record=folder), COMMAND) as session:
        assert call(session, "t", "a", model="up/m").status_code == 401
        outcome = session.conclude(0)
    assert outcome.exit_code == 1
    assert sorted(kinds(outcome)) == [("not_recorded", "t"), ("not_written", "t")]
    assert "call #1 of t was refused" in outcome.problems[0].text
    assert "1 call refused" in summed_up(outcome)


def test_the_last_line_counts_each_kind_once() -> None:
    def problem(kind: str) -> Problem:
        return Problem(kind=kind, test="t", path="p", text="x")

    outcome = Outcome(
        mode="auto",
        dir="fx",
        exit_code=1,
        calls=1,
        tests=[OneTest(name="t", calls=1, duration_s=0.1)],
        problems=[problem("miss"), problem("unused"), problem("not_written"), problem("unreadable")],
        written=["a", "b"],
    )
    assert summed_up(outcome) == (
        "fixtures fx: 1 call in 1 test · 2 missed · 1 unused · 2 files written · 1 not written"
    )


def test_problems_are_said_also_where_all_else_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(
        mode="replay",
        dir="fx",
        exit_code=1,
        calls=0,
        tests=[],
        problems=[Problem(kind="miss", test="t", path="p", text="aigw: gone\x1b[2J")],
        written=[],
    )
    run_fixtures.say(outcome, is_quiet=True)
    told = capsys.readouterr().err
    assert "aigw: gone" in told
    assert "\x1b" not in told
    assert "fixtures fx" not in told

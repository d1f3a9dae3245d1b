"""`run --record`, `run --replay` and `replay --against` as processes: recorded from a provider, replayed without it, compared."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import AIGW, KEY, GatewayProcess, config_for
from tests.e2e.test_openai_sdk import REPLY
from tests.scripted import ScriptedUpstream, json_reply

APP = """
import os, sys, urllib.parse, openai
for test in sys.argv[2:]:
    base = f"{os.environ['AIGW_DEV_URL']}/t/{urllib.parse.quote(test, safe='')}/openai/v1"
    client = openai.OpenAI(base_url=base, max_retries=0)
    try:
        reply = client.chat.completions.create(
            model="up/gpt-4o-mini", messages=[{"role": "user", "content": f"I am {test}"}]
        )
        print(reply.choices[0].message.content)
    except openai.APIStatusError as error:
        print(error.status_code, error.code)
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def fresh(tmp_path: Path) -> GatewayProcess:
    """A machine where nothing runs."""
    (tmp_path / "app.py").write_text(APP, "utf-8")
    return GatewayProcess(tmp_path, "version: 1\n")


def test_what_a_provider_said_once_is_replayed_without_it_key_and_config(
    upstream: ScriptedUpstream, fresh: GatewayProcess, tmp_path: Path
) -> None:
    fresh.path.write_text(config_for(upstream), "utf-8")
    upstream.enqueue([json_reply(REPLY)], [json_reply(REPLY)])
    app = ("--", sys.executable, "app.py", "0")
    done = fresh.run("run", "--record", "fx", *app, "a > 1", "b/2")
    assert done.stdout == "Hello\nHello\n"
    assert upstream.requests[0].header(b"authorization") == f"Bearer {KEY}".encode()
    assert "2 files written" in done.stderr
    kept = [one.read_text("utf-8") for one in (tmp_path / "fx").rglob("*") if one.is_file()]
    assert not any(KEY in one or "aigwdev-" in one for one in kept)
    fresh.path.write_text("version: 1\n", "utf-8")
    asked = len(upstream.requests)
    done = fresh.run(
        "run", "--replay", "fx", *app, "b/2", "a > 1", UP_KEY="", AIGW_DEV_HOME=str(tmp_path / "none")
    )
    assert done.stdout == "Hello\nHello\n"
    assert "0 missed · 0 unused" in done.stderr
    assert len(upstream.requests) == asked
    assert not (tmp_path / "none").exists()
    done = fresh.run(
        "run",
        "--replay",
        "fx",
        "--json",
        "--report",
        "junit:out/x.xml",
        "--report",
        "github",
        *app,
        "c",
        expect=1,
    )
    told, totals = done.stdout.splitlines()
    assert told == "424 fixture_miss"
    assert [one["kind"] for one in json.loads(totals)["fixtures"]["problems"]] == [
        "no_fixture",
        "unused",
        "unused",
    ]
    assert 'failures="3"' in (tmp_path / "out/x.xml").read_text("utf-8")
    assert done.stderr.count("\n::error file=fx/") == 3


def test_nothing_is_kept_of_a_command_that_is_ended(
    upstream: ScriptedUpstream, fresh: GatewayProcess, tmp_path: Path
) -> None:
    fresh.path.write_text(config_for(upstream), "utf-8")
    upstream.enqueue([json_reply(REPLY)])
    waiting = APP.replace("sys.exit(", "print('waiting', flush=True); sys.stdin.read(); sys.exit(")
    (tmp_path / "app.py").write_text(waiting, "utf-8")
    command = [
        *AIGW,
        "run",
        "--record",
        "fx",
        "--config",
        str(fresh.path),
        "--",
        sys.executable,
        "app.py",
        "0",
        "a",
    ]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=fresh.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != b"waiting":
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 128 + signal.SIGTERM
    assert b"1 recorded call not kept" in told
    assert not (tmp_path / "fx").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--replay", "none"), "no such folder of fixtures"),
        (("--replay", "fx", "--record", "fx"), "exclude each other"),
        (("--replay", "fx", "--report", "html"), "no such report"),
        (("--replay", "fx", "--keep-log"), "--keep-log"),
        (("--report", "junit"), "--record DIR or --replay DIR"),
        (("--allow-unused",), "--record DIR or --replay DIR"),
        (("--replay", "fx", "--mode", "x"), "no such mode"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_the_command_runs(
    fresh: GatewayProcess, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    (tmp_path / "fx").mkdir()
    done = fresh.run("run", *words, "--", sys.executable, "-c", "print('ran')", expect=2)
    assert why in done.stderr
    assert done.stdout == ""


def test_fixtures_are_compared_with_another_gateway(
    upstream: ScriptedUpstream, fresh: GatewayProcess, tmp_path: Path
) -> None:
    fresh.path.write_text(config_for(upstream), "utf-8")
    upstream.enqueue([json_reply(REPLY)], [json_reply({**REPLY, "object": 7})], [json_reply(REPLY)])
    fresh.run("run", "-q", "--record", "fx", "--", sys.executable, "app.py", "0", "a")
    with fresh:
        words = ("replay", "fx", "--against", fresh.url, "--key", "env:GATEWAY")
        done = fresh.run(*words, expect=1, GATEWAY=fresh.token)
        assert "1 differ" in done.stdout
        assert "object  string -> number" in done.stdout
        found = json.loads(fresh.run(*words, "--json", GATEWAY=fresh.token).stdout)
        assert [one["verdict"] for one in found["interactions"]] == ["same"]
        refused = fresh.run("replay", "fx", "--against", fresh.url, expect=1)
        assert "200 -> 401" in refused.stdout
    fresh.run("replay", "fx", "--against", fresh.url, expect=3)
    fresh.run("replay", "fx", "--only", "a", expect=2)

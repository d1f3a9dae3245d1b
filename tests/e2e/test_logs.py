"""`aigw-dev logs` and `stats` beside a running gateway: what a user sees of real calls, from here and from afar."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import AIGW, GatewayProcess, Start

Until = Callable[..., None]

CONFIG = """version: 1
gateway: {name: e2e}
routes:
  ai-test:
    models: [smart]
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/think}
      else:
        if: metadata.region in ["eu", "uk"]
        then: {send: mock/echo}
        else: {send: mock/tools, fallback: [mock/echo]}
"""


@pytest.fixture
def gateway(start: Start) -> GatewayProcess:
    """A gateway that has answered a chat, a stream through a route, and a call for a model nobody has."""
    made = start(CONFIG)
    assert made.chat("mock/echo", "hello \x1b[2J there").status_code == 200
    metadata = {"x-ai-route-metadata": '{"region":"eu"}'}
    assert made.chat("smart", "route me now", stream=True, headers=metadata).status_code == 200
    assert made.chat("nobody/has-it").status_code == 404
    made.last(ended=3)
    return made


@contextmanager
def following(
    gateway: GatewayProcess, *words: str, **env: str
) -> Generator[tuple[Path, "subprocess.Popen[bytes]"]]:
    """A running `logs tail`: its output, and its process."""
    out = gateway.folder / "tail.out"
    with out.open("w") as stdout, (gateway.folder / "tail.err").open("w") as stderr:
        process = subprocess.Popen(
            [*AIGW, "logs", "tail", *words], stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL,
            env={**gateway.env, "AIGW_DEV_CONFIG": str(gateway.path), **env}, cwd=gateway.folder,
        )  # fmt: skip
    try:
        yield out, process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)


def test_a_list_shows_the_seeds_five_columns_of_real_calls(gateway: GatewayProcess) -> None:
    header, *lines = gateway.run("logs", "list").stdout.splitlines()
    assert header.split()[:7] == ["ID", "STATUS", "TIME", "MARKS", "MODEL", "REQUEST", "RESPONSE"]
    assert "404" in lines[0]
    assert "mock/echo" in lines[1]
    assert "route me now" in lines[1]
    assert r"hello \x1b[2J there" in lines[2]
    assert "free" in lines[2]


def test_a_past_request_is_drawn_with_its_values_and_why_not_the_other_branch(
    gateway: GatewayProcess,
) -> None:
    shown = gateway.run("logs", "show", "-2").stdout
    assert 'if metadata.tier == "pro" → false' in shown
    assert "metadata.tier is missing" in shown
    assert "then (not taken): mock/think" in shown
    assert 'metadata.region is "eu"' in shown
    assert "then (taken): mock/echo" in shown
    assert "else (not taken): mock/tools, else mock/echo" in shown
    assert "because the condition is true" in shown
    assert "asked for as smart" in shown
    assert "chunks, longest gap" in shown
    assert "estimated: the provider sent no usage" in shown
    assert "user: route me now" in shown
    assert "text: route me now" in shown


def test_the_body_of_a_stream_is_what_the_caller_got(gateway: GatewayProcess) -> None:
    reply = gateway.chat("mock/echo", "again", stream=True)
    gateway.last(ended=4)
    assert gateway.run("logs", "show", "last", "--body", "response").stdout == reply.text
    request = json.loads(gateway.run("logs", "show", "last", "--body", "request").stdout)
    assert request["messages"][0]["content"] == "again"


def test_an_exchange_is_found_by_the_id_in_its_error(gateway: GatewayProcess) -> None:
    error: dict[str, Any] = gateway.chat("nobody/has-it").json()["error"]
    name = error["message"].rpartition(" ")[2]
    gateway.last(ended=4)
    shown = gateway.run("logs", "show", name[:10]).stdout
    assert name in shown
    assert "model_not_found" in shown


def test_from_afar_everything_looks_the_same(gateway: GatewayProcess, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    afar = {
        **os.environ,
        "AIGW_DEV_URL": gateway.url,
        "AIGW_DEV_ADMIN_TOKEN": gateway.admin_token,
        "AIGW_DEV_HOME": str(nowhere / "state"),
    }
    for words in (["list"], ["show", "-2"], ["export"], ["audit", "--json"]):
        here = gateway.run("logs", *words).stdout
        there = subprocess.run(
            [*AIGW, "logs", *words],
            env=afar,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=nowhere,
        )
        assert there.stdout == here, words
    stats = [*AIGW, "stats", "--by", "provider"]
    there = subprocess.run(
        stats, env=afar, capture_output=True, text=True, check=True, timeout=60, cwd=nowhere
    )
    assert there.stdout == gateway.run("stats", "--by", "provider").stdout
    missing = subprocess.run(
        [*AIGW, "logs", "show", "zz"],
        env=afar,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=nowhere,
    )
    assert missing.returncode == 2
    assert missing.stderr == gateway.run("logs", "show", "zz", expect=2).stderr


def test_statistics_count_every_call_in_the_seeds_table(gateway: GatewayProcess) -> None:
    header, first, *_ = gateway.run("stats", "--by", "provider").stdout.splitlines()
    assert header == (
        "PROVIDER(TYPE)  MODEL@BASEURL  RESP-TYPE  TOTAL-REQ  SUCCESS/FAILED  AVG-DUR(ms)  TOKENS(INPUT/OUTPUT)"
    )
    cells = first.split("  ")
    assert cells[0] == "mock(mock)"
    assert cells[2:5] == ["/v1/chat/completions", "2", "2/0"]
    document = json.loads(gateway.run("stats", "--json").stdout)
    assert document["groups"][0]["totals"]["requests"] == 3
    assert document["groups"][0]["success_rate"] == pytest.approx(2 / 3)
    assert document["groups"][0]["cost"] == "free"


def test_tail_shows_each_call_as_it_ends_and_goes_on_over_a_restart(
    gateway: GatewayProcess, until: Until
) -> None:
    with following(gateway, "-n", "1", "--columns", "status,request") as (out, process):
        until(lambda: "404" in out.read_text(), what="the earlier one")
        gateway.chat("mock/echo", "first of all")
        until(lambda: "first of all" in out.read_text(), what="a live call")
        assert gateway.stop() == 0
        gateway.start()
        gateway.chat("mock/echo", "after the restart")
        until(lambda: "after the restart" in out.read_text(), what="a call of the next gateway")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        lines = out.read_text().splitlines()
    assert len(lines) == 4, lines


def test_tail_from_afar_is_json_lines_and_ends_with_the_gateway(
    gateway: GatewayProcess, until: Until
) -> None:
    afar = {"AIGW_DEV_URL": gateway.url}
    with following(gateway, "request:wanted", "-n", "0", "--json", **afar) as (out, process):
        # its feed is open once a call shows up
        def called() -> bool:
            gateway.chat("mock/echo", "wanted")
            gateway.chat("mock/echo", "not this one")
            return bool(out.read_text())

        until(called, what="a live call")
        assert gateway.stop() == 0
        assert process.wait(20) == 0
        rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row["request_preview"] for row in rows} == {"wanted"}


def test_pause_keeps_bodies_out_until_resume(gateway: GatewayProcess) -> None:
    assert json.loads(gateway.run("logs", "pause", "--json").stdout) == {"paused": True}
    gateway.chat("mock/echo", "unseen")
    assert gateway.last(ended=4)["request_body"] is None
    assert "not recorded" in gateway.run("logs", "show", "last").stdout
    gateway.run("logs", "pause", "--resume")
    gateway.chat("mock/echo", "seen")
    assert "seen" in gateway.last(ended=5)["request_body"]
    actions = [event["action"] for event in json.loads(gateway.run("logs", "audit", "--json").stdout)]
    assert actions[:2] == ["logs.resume", "logs.pause"]


def test_purge_goes_through_the_gateway_that_runs(gateway: GatewayProcess) -> None:
    assert gateway.run("logs", "purge", expect=2, input_text="").stderr.count("--yes") == 1
    done = gateway.run("logs", "purge", "status:404", "--yes", "--json")
    assert json.loads(done.stdout) == {"deleted": 1}
    assert len(gateway.run("logs", "list").stdout.splitlines()) == 3


def test_the_log_is_read_and_purged_when_the_gateway_is_down(gateway: GatewayProcess) -> None:
    gateway.stop()
    assert len(gateway.run("logs", "list").stdout.splitlines()) == 4
    assert json.loads(gateway.run("logs", "purge", "--yes", "--json").stdout) == {"deleted": 3}
    assert gateway.run("logs", "list").stdout == ""
    assert gateway.run("stats", "--json").stdout


def test_where_only_another_gateway_runs_it_is_named(gateway: GatewayProcess, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\n", "utf-8")
    done = gateway.run("logs", "list", "--config", str(other), expect=2)
    assert gateway.url in done.stderr


def test_a_wrong_admin_token_is_said(gateway: GatewayProcess) -> None:
    done = gateway.run(
        "logs", "list", AIGW_DEV_URL=gateway.url, AIGW_DEV_ADMIN_TOKEN="aigwdev-admin-" + "x" * 40, expect=2
    )
    assert "error:" in done.stderr
    assert httpx.get(f"{gateway.url}/healthz", timeout=5).status_code == 200
    assert sys.executable not in done.stderr

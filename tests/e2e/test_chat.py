"""`aigw-dev chat` as a process: on a fresh machine, through a running gateway, in a pipe and in a terminal."""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import AIGW, KEY, GatewayProcess, Start, config_for
from tests.e2e.test_openai_sdk import END, REPLY, USAGE, piece
from tests.scripted import (
    Close,
    Hold,
    ScriptedUpstream,
    chunk,
    event,
    json_reply,
    reply,
    sse_reply,
    stream_head,
)

ROUTED = """routes:
  tiers:
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/echo}
      else: {send: mock/think}
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal of POSIX")


@pytest.fixture
def fresh(tmp_path: Path) -> GatewayProcess:
    """A machine where nothing is configured and nothing runs."""
    return GatewayProcess(tmp_path, "")


def aigw(
    machine: GatewayProcess, *words: str, stdin: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """A command on this machine, without a config named."""
    return subprocess.run(
        [*AIGW, *words], env={**machine.env, **env}, cwd=machine.folder, input=stdin, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip


def test_on_a_fresh_machine_the_readmes_chat_answers(fresh: GatewayProcess) -> None:
    done = aigw(fresh, "chat", "mock/echo", "hello")
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


def test_a_pipe_gives_the_prompt_and_gets_plain_text(fresh: GatewayProcess) -> None:
    done = aigw(fresh, "chat", "mock/echo", stdin="**two**\nlines\n")
    assert done.stdout == "**two**\nlines\n"
    assert aigw(fresh, "chat", "mock/echo").returncode == 2, "no prompt at all"


def test_json_is_one_document_with_text_usage_cost_and_ids(upstream: ScriptedUpstream, start: Start) -> None:
    upstream.enqueue(
        sse_reply(piece(reasoning_content="hm"), piece(content="Hel"), piece(content="lo"), END, USAGE)
    )
    gateway = start(config_for(upstream))
    found = json.loads(gateway.run("chat", "up/gpt-4o-mini", "hi", "--json").stdout)
    assert (found["text"], found["reasoning"], found["finish"]) == ("Hello", "hm", "stop")
    assert (found["usage"]["input"], found["usage"]["output"]) == (9, 2)
    assert found["upstream"] == "up/gpt-4o-mini"
    assert found["temporary"] is False
    assert gateway.exchange(found["exchange"])["cost"] == found["cost"]
    assert found["cost"]["nanousd"] > 0


def test_the_body_is_the_panels(upstream: ScriptedUpstream, start: Start) -> None:
    gateway = start(config_for(upstream))

    def sent(*options: str) -> Any:
        upstream.enqueue([json_reply(REPLY)])
        assert gateway.run("chat", "up/m", "hi", *options).stdout == "Hello\n"
        return upstream.requests[-1].json()

    user = {"role": "user", "content": "hi"}
    defaults = {"max_tokens": 1024, "top_p": 0.95, "temperature": 1}
    assert sent() == {"model": "m", "messages": [user], **defaults, "stream": True}
    nothing = ("--max-tokens", "none", "--top-p", "none", "--temperature", "none", "--no-stream")
    assert sent(*nothing) == {"model": "m", "messages": [user]}
    body = sent(
        "--system", "be brief", "--param", "seed=7", "--param", "temperature=0.5", "--temperature", "0"
    )
    assert body["messages"] == [{"role": "system", "content": "be brief"}, user]
    assert (body["seed"], body["temperature"]) == (7, 0.5)
    assert gateway.run("chat", "up/m", "hi", "--max-tokens", "9000", expect=2).stdout == ""
    assert gateway.run("chat", "up/m", "hi", "--system", "x" * 101, expect=2).stdout == ""
    assert sent("--max-tokens", "9000", "--no-limits")["max_tokens"] == 9000


def test_metadata_decides_the_route(fresh: GatewayProcess) -> None:
    fresh.path.write_text(f"version: 1\n{ROUTED}", "utf-8")
    found = json.loads(fresh.run("chat", "dynamic/tiers", "hi", "--metadata", "tier=pro", "--json").stdout)
    assert (found["upstream"], found["route"]) == ("mock/echo", "tiers")
    assert "metadata" in fresh.run("chat", "dynamic/tiers", "hi", expect=2).stderr


def test_a_providers_error_shows_its_status_and_words_and_ends_with_3(
    upstream: ScriptedUpstream, fresh: GatewayProcess
) -> None:
    fresh.path.write_text(config_for(upstream), "utf-8")
    error = {"error": {"message": "Insufficient balance\x1b[31m", "type": "billing", "code": "no_money"}}
    upstream.enqueue([json_reply(error, status=402)])
    done = fresh.run("chat", "up/m", "hi", expect=3)
    assert "402 from up/m: Insufficient balance" in done.stderr
    assert "aigw-dev explain upstream_status" in done.stderr
    assert "\x1b" not in done.stderr
    assert KEY not in done.stdout + done.stderr
    failure = json.loads(fresh.run("chat", "dynamic/nope", "hi", "--json", expect=2).stderr)
    assert failure["error"]["code"] == "model_not_found"


def test_a_stream_that_breaks_keeps_what_came_and_ends_with_3(
    upstream: ScriptedUpstream, fresh: GatewayProcess
) -> None:
    fresh.path.write_text(config_for(upstream), "utf-8")
    upstream.enqueue([stream_head(), chunk(event(piece(content="begun"))), Close()])
    done = fresh.run("chat", "up/m", "hi", expect=3)
    assert done.stdout == "begun\n"
    assert "explain" in done.stderr


def test_raw_gives_the_bytes_as_received(upstream: ScriptedUpstream, fresh: GatewayProcess) -> None:
    fresh.path.write_text(config_for(upstream), "utf-8")
    body = b'{"choices": [{"index":0,"message":{"content":"\\u001b \xe2\x80\xa8"}}],  "n": 1e0}\n'
    upstream.enqueue([reply(body, headers=[("Content-Type", "application/json")])])
    upstream.enqueue([reply(body, status=500, headers=[("Content-Type", "application/json")])])
    command = [*AIGW, "chat", "up/m", "hi", "--raw"]
    env = {**fresh.env, "AIGW_DEV_CONFIG": str(fresh.path)}
    done = subprocess.run(command, env=env, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, body)
    assert subprocess.run(command, env=env, capture_output=True, check=False, timeout=60).returncode == 3


def test_curl_and_code_are_printed_run_and_hold_no_token(start: Start) -> None:
    gateway = start("version: 1\n")
    tricky = 'it\'s "$HOME" `id`'
    printed = {
        language: gateway.run("chat", "mock/echo", tricky, "--code", language).stdout
        for language in ("curl", "python", "node")
    }
    assert gateway.run("chat", "mock/echo", tricky, "--curl").stdout == printed["curl"]
    assert all(gateway.token not in text for text in printed.values())
    assert gateway.admin("/exchanges")["entries"] == [], "nothing was sent"
    env = {**gateway.env, "AIGW_DEV_TOKEN": gateway.token}
    ran = subprocess.run(
        [sys.executable, "-c", printed["python"]],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout == f"{tricky}\n"
    if shutil.which("sh") and shutil.which("curl"):
        ran = subprocess.run(
            [shutil.which("sh") or "sh", "-c", printed["curl"]],
            env=env,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert "[DONE]" in ran.stdout
    assert gateway.run("chat", "mock/echo", "x", "--code", "cobol", expect=2).stdout == ""


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_leaving_ends_the_providers_work_too_and_leaves_no_log(
    upstream: ScriptedUpstream, fresh: GatewayProcess, *, number: signal.Signals, code: int
) -> None:
    scratch = fresh.folder / "tmp"
    scratch.mkdir()
    fresh.path.write_text(config_for(upstream), "utf-8")
    upstream.enqueue([stream_head(), chunk(event(piece(content="begun "))), Hold("never")])
    process = subprocess.Popen(
        [*AIGW, "chat", "up/m", "hi"], env={**fresh.env, "AIGW_DEV_CONFIG": str(fresh.path), "TMPDIR": str(scratch)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.read(6) == b"begun "
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == code
    assert list(scratch.iterdir()) == []
    upstream.wait_until(lambda: upstream.open_connections == 0)


# in a terminal


def at_a_terminal(
    machine: GatewayProcess, words: Sequence[str], script: Sequence[tuple[str, str]] = (), **env: str
) -> tuple[int, str]:
    """Run with a terminal; `script` is what to wait for on the screen, and what is typed then."""
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*AIGW, *words], stdin=slave, stdout=slave, stderr=slave, cwd=machine.folder, start_new_session=True,
        env={**machine.env, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **env},
    )  # fmt: skip
    os.close(slave)
    screen, seen, todo = b"", 0, list(script)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        with contextlib.suppress(OSError):  # Linux: EIO where the other end is closed
            if read := os.read(master, 65536):
                screen += read
                while todo and (at := screen.find(todo[0][0].encode(), seen)) >= 0:
                    seen = at + len(todo[0][0])
                    os.write(master, todo.pop(0)[1].encode())
                continue
        break
    os.close(master)
    assert todo == [], screen.decode()
    return process.wait(20), screen.decode()


@posix
def test_a_terminal_gets_markdown_and_a_last_line_of_facts(fresh: GatewayProcess) -> None:
    code, screen = at_a_terminal(
        fresh, ["chat", "mock/echo", "# Title\n\n**bold** \x1b]0;owned\x07 `x`\n\n- item"]
    )
    assert code == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    assert "**" not in plain
    assert "• item" in plain
    assert "\x1b[1" in screen, "bold"
    assert "\x1b]" not in screen, "what the model says cannot steer the terminal"
    assert re.search(
        r"mock/echo  ·  ttft [\d.]+ s  ·  .*tokens/s  ·  .* tokens  ·  \$0  ·  [0-9a-f]{16}", plain
    )


@posix
def test_no_color_draws_without_colour(fresh: GatewayProcess) -> None:
    code, screen = at_a_terminal(fresh, ["chat", "mock/think", "**why**"], NO_COLOR="1")
    assert code == 0
    assert "I will repeat them" in screen, "a terminal shows the reasoning"
    assert re.search(r"\x1b\[[0-9;]*m", screen) is None


@posix
def test_a_conversation_remembers_until_it_is_reset(
    upstream: ScriptedUpstream, fresh: GatewayProcess
) -> None:
    fresh.path.write_text(config_for(upstream), "utf-8")
    for answer in ("first answer", "second answer", "third answer"):
        upstream.enqueue(sse_reply(piece(content=answer), END))
    script = [
        ("> ", "one\n"),
        ("first answer", ""),
        ("tokens/s", ""),
        ("> ", "two \\\n"),
        ("… ", "more\n"),
        ("second answer", ""),
        ("tokens/s", ""),
        ("> ", "/reset\n"),
        ("forgotten", ""),
        ("> ", "three\n"),
        ("third answer", ""),
        ("tokens/s", ""),
        ("> ", "\x04"),
    ]
    code, _ = at_a_terminal(fresh, ["chat", "up/m", "--config", str(fresh.path)], script)
    assert code == 0
    sent = [[message["content"] for message in each.json()["messages"]] for each in upstream.requests]
    assert sent == [["one"], ["one", "first answer", "two \nmore"], ["three"]]

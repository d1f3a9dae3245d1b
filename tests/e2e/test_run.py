"""`aigw-dev run -- CMD` as a process: CMD's calls go through the gateway under a name, and CMD's end is its end."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import AIGW, GatewayProcess, Start, config_for
from tests.e2e.test_openai_sdk import REPLY
from tests.scripted import ScriptedUpstream, json_reply

APP = """
import os, sys, openai
client = openai.OpenAI(max_retries=0)
for model in sys.argv[2:]:
    try:
        reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "from the app"}])
        print(reply.choices[0].message.content)
    except openai.APIStatusError as error:
        print(error.status_code)
sys.exit(int(sys.argv[1]))
"""
ROUTED = """routes:
  tiers:
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/echo}
      else: {send: up/else}
"""
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture
def fresh(tmp_path: Path) -> GatewayProcess:
    """A machine where nothing runs."""
    (tmp_path / "app.py").write_text(APP, "utf-8")
    return GatewayProcess(tmp_path, "version: 1\n")


def test_an_app_without_a_gateway_runs_through_one_of_its_own(fresh: GatewayProcess) -> None:
    command = (
        "run",
        "--name",
        "ci-1",
        "--",
        sys.executable,
        "app.py",
        "7",
        "mock/echo",
        "mock/echo",
        "dynamic/no",
    )
    done = fresh.run(*command, expect=7)
    assert done.stdout.splitlines() == ["from the app", "from the app", "404"]
    assert re.search(r"run ci-1: 3 calls, \d+ \+ \d+ tokens, \$0, 1 errors  ·  .*exit 7", done.stderr)
    assert "OPENAI_BASE_URL=http://127.0.0.1:" in done.stderr
    assert "aigwdev-" not in done.stderr, "a token is never printed"


def test_the_log_knows_the_run_and_its_credential_ends_with_it(
    upstream: ScriptedUpstream, start: Start
) -> None:
    gateway = start(config_for(upstream))
    upstream.enqueue([json_reply(REPLY)])
    app = APP.replace("sys.exit(", "print(os.environ['OPENAI_API_KEY'])\nsys.exit(")
    (gateway.folder / "app.py").write_text(app, "utf-8")
    done = gateway.run(
        "run", "--name", "mine", "--json", "-q", "--", sys.executable, "app.py", "0", "up/gpt-4o-mini"
    )
    text, token, totals = done.stdout.splitlines()
    found = json.loads(totals)
    assert text == "Hello"
    assert (found["run"], found["calls"], found["errors"], found["exit_code"]) == ("mine", 1, 0, 0)
    assert (found["input_tokens"], found["output_tokens"]) == (9, 3)
    assert found["cost_nanousd"] == gateway.last()["cost"]["nanousd"] > 0
    assert [one["run"] for one in gateway.admin("/exchanges?q=run:mine")["entries"]] == ["mine"]
    reply = httpx.get(f"{gateway.url}/v1/models", headers={"authorization": f"Bearer {token}"}, timeout=10)
    assert reply.status_code == 401
    assert token not in done.stderr
    assert done.stderr == "", "quiet"


def test_a_runs_metadata_counts_where_a_call_sends_none(
    upstream: ScriptedUpstream, fresh: GatewayProcess
) -> None:
    fresh.path.write_text(config_for(upstream, more=ROUTED), "utf-8")
    own = APP.replace(
        '"from the app"}]', '"from the app"}], extra_headers={"x-ai-route-metadata": "tier=free"}'
    )
    (fresh.folder / "own.py").write_text(own, "utf-8")
    command = ("run", "--metadata", "tier=pro", "--", sys.executable)
    assert fresh.run(*command, "app.py", "0", "dynamic/tiers").stdout == "from the app\n"
    upstream.enqueue([json_reply(REPLY)])
    assert fresh.run(*command, "own.py", "0", "dynamic/tiers").stdout == "Hello\n", (
        "the call's own header wins"
    )
    assert fresh.run("run", "--", sys.executable, "app.py", "0", "dynamic/tiers").stdout == "400\n"


def test_the_command_sees_the_gateway_and_nothing_that_wins_over_it(fresh: GatewayProcess) -> None:
    planted = {
        "ANTHROPIC_API_KEY": "sk-ant-planted",
        "OPENAI_API_KEY": "sk-planted",
        "NO_PROXY": "corp.example",
    }
    done = fresh.run("run", "--", sys.executable, "-c", SHOW, expect=0, **planted)
    inside = json.loads(done.stdout)
    assert inside["OPENAI_API_KEY"].startswith("aigwdev-")
    assert inside["NO_PROXY"] == "corp.example,127.0.0.1,localhost,::1"
    assert "ANTHROPIC_API_KEY" not in inside
    assert "unset  ANTHROPIC_API_KEY" in done.stderr
    assert "planted" not in done.stderr


SDKS = """
import sys
model = "mock/echo"
if sys.argv[1] == "anthropic":
    import anthropic
    reply = anthropic.Anthropic(max_retries=0).messages.create(
        model=model, max_tokens=99, messages=[{"role": "user", "content": "from the app"}])
    print("".join(block.text for block in reply.content if block.type == "text"))
else:
    from google import genai
    client = genai.Client()  # one that nothing holds closes itself
    print(client.models.generate_content(model=model, contents="from the app").text)
"""


@pytest.mark.parametrize("sdk", ["anthropic", "google.genai"])
def test_the_sdks_of_every_dialect_that_is_served_find_the_gateway(fresh: GatewayProcess, sdk: str) -> None:
    pytest.importorskip(sdk)
    fresh.path.write_text("version: 1\nproviders:\n  anthropic: {}\n  gemini: {}\n", "utf-8")
    (fresh.folder / "sdks.py").write_text(SDKS, "utf-8")
    planted = {
        "ANTHROPIC_API_KEY": "sk-ant-planted",
        "GOOGLE_API_KEY": "planted",
        "GOOGLE_GENAI_USE_VERTEXAI": "true",
        "GOOGLE_CLOUD_PROJECT": "planted",
    }
    done = fresh.run("run", "--", sys.executable, "sdks.py", sdk, expect=0, **planted)
    assert done.stdout == "from the app\n"
    assert ": 1 calls" in done.stderr


LOGIN = """
import anthropic
reply = anthropic.Anthropic(max_retries=0).messages.create(
    model="claude-sonnet-4-5", max_tokens=99, messages=[{"role": "user", "content": "hi"}])
print(reply.content[0].text)
"""
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "by login"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 3},
}


def test_a_login_passes_through_unchanged_and_alone(
    upstream: ScriptedUpstream, fresh: GatewayProcess
) -> None:
    pytest.importorskip("anthropic")
    provider = f"anthropic: {{base_url: '{upstream.url}', auth: passthrough}}"
    fresh.path.write_text(f"version: 1\nproviders:\n  {provider}\n", "utf-8")
    (fresh.folder / "login.py").write_text(LOGIN, "utf-8")
    upstream.enqueue([json_reply(MESSAGE)])
    done = fresh.run("run", "--", sys.executable, "login.py", ANTHROPIC_API_KEY="sk-ant-own")
    assert done.stdout == "by login\n"
    (request,) = upstream.requests
    shown = b"\n".join(name + b": " + value for name, value in request.headers)
    assert b"sk-ant-own" in shown
    assert b"aigwdev-" not in shown
    assert b"esa_aigw_auth" not in shown
    assert "sk-ant-own" not in done.stderr
    assert "aigwdev-" not in done.stderr


PROGRAM = """#!{python}
import json, os, sys
print(json.dumps({{"words": sys.argv[1:], "env": dict(os.environ)}}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a script by its first line")
@pytest.mark.parametrize(
    ("program", "variable", "flag"),
    [
        ("claude", "ANTHROPIC_AUTH_TOKEN", "--settings"),
        ("codex", "AIGW_DEV_TOKEN", "-c"),
        ("gemini", "GEMINI_API_KEY", ""),
        ("aider", "AIDER_OPENAI_API_KEY", ""),
        ("opencode", "OPENCODE_CONFIG_CONTENT", ""),
    ],
)
def test_a_tool_known_by_name_gets_its_own_also_where_the_config_does_not_serve_its_dialect(
    fresh: GatewayProcess, program: str, variable: str, flag: str
) -> None:
    script = fresh.folder / program
    script.write_text(PROGRAM.format(python=sys.executable), "utf-8")
    script.chmod(0o755)
    done = fresh.run("run", "--", str(script), "own", HOME=str(fresh.folder))
    inside = json.loads(done.stdout)
    assert inside["env"][variable]
    assert inside["words"][-1] == "own"
    assert inside["words"][0] == (flag or "own")
    assert variable in done.stderr
    assert ("added" in done.stderr) == bool(flag)
    assert "aigwdev-" not in done.stderr
    assert not any("aigwdev-" in word for word in inside["words"]), "argv is for everybody to read"


def test_our_own_commands_inside_a_run_use_its_gateway(fresh: GatewayProcess) -> None:
    done = fresh.run("run", "--name", "outer", "--", *AIGW, "chat", "mock/echo", "nested")
    assert done.stdout == "nested\n"
    assert "run outer: 1 calls" in done.stderr


def test_a_command_line_that_cannot_be_run_ends_with_2(fresh: GatewayProcess) -> None:
    assert "cannot be run" in fresh.run("run", "--", "no-such-program-here", expect=2).stderr
    assert "CMD" in fresh.run("run", expect=2).stderr
    assert "--name" in fresh.run("run", "--name", "a b", "--", "true", expect=2).stderr


def test_stdin_and_stdout_are_the_commands_own(fresh: GatewayProcess) -> None:
    echo = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    assert fresh.run("run", "-q", "--", sys.executable, "-c", echo, input_text="a\nb").stdout == "a\nb"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "is_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_a_signal_ends_the_command_and_the_totals_still_come(
    fresh: GatewayProcess, number: signal.Signals, *, is_group: bool
) -> None:
    wait = "import signal; signal.signal(2, signal.SIG_DFL); print('up', flush=True); signal.pause()"
    process = subprocess.Popen(
        [*AIGW, "run", "--config", str(fresh.path), "--", sys.executable, "-c", wait], env=fresh.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    if is_group:  # as ctrl-C in a terminal does
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert ": 0 calls" in told

"""`aigw-dev env` as a process: what it prints puts an SDK on the gateway, and takes it off again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import AIGW, GatewayProcess, Start

APP = (
    "import openai; r = openai.OpenAI().chat.completions.create(model='mock/echo', "
    "messages=[{'role': 'user', 'content': 'hi'}]); print(r.choices[0].message.content)"
)


@pytest.mark.skipif(shutil.which("sh") is None, reason="no sh here")
def test_evaluated_it_puts_an_unchanged_app_on_the_gateway_and_off_again(start: Start) -> None:
    gateway = start("version: 1\n")
    aigw = f"{sys.executable} -m aigw_dev"
    script = (
        f'eval "$({aigw} env --shell sh)"\n{sys.executable} -c "{APP}"\n'
        f'eval "$({aigw} env --shell sh --unset)"\necho "[$OPENAI_BASE_URL$OPENAI_API_KEY$AIGW_DEV_URL$NO_PROXY]"\n'
    )
    env = {**gateway.env, "AIGW_DEV_CONFIG": str(gateway.path)}
    done = subprocess.run(
        [shutil.which("sh") or "sh", "-c", script],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("hi\n[]\n", "")


def test_json_names_every_variable_and_its_value(start: Start) -> None:
    gateway = start("version: 1\n")
    found = json.loads(gateway.run("env", "--json").stdout)
    assert found["set"]["OPENAI_BASE_URL"] == f"{gateway.url}/v1"
    assert found["set"]["OPENAI_API_KEY"] == gateway.token
    assert found["unset"] == []


def test_each_tool_gets_its_own_form(start: Start) -> None:
    gateway = start("version: 1\n")
    aider = json.loads(gateway.run("env", "--for", "aider", "--json").stdout)["set"]
    assert set(aider) == {"OPENAI_API_BASE", "OPENAI_API_KEY", "NO_PROXY", "no_proxy"}
    assert f"apiBase: {gateway.url}/v1" in gateway.run("env", "--for", "continue").stdout
    assert "api_key_name: aigw-dev" in gateway.run("env", "--for", "llm").stdout
    assert "openai, aider" in gateway.run("env", "--for", "emacs", expect=2).stderr


def test_examples_run_and_hold_no_token(start: Start) -> None:
    gateway = start("version: 1\n")
    shown = gateway.run("env", "--example", "mock/echo").stdout
    assert gateway.token not in shown
    assert all(f"{mark}\n" in shown for mark in ("# curl", "# python", "// node"))
    found = json.loads(gateway.run("env", "--example", "mock/echo", "--json").stdout)
    env = {**gateway.env, found["token_variable"]: gateway.token}
    ran = subprocess.run(
        [sys.executable, "-c", found["python"]],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout == "Hello!\n"


def test_without_a_gateway_nothing_is_printed_and_the_exit_code_is_2(tmp_path: Path) -> None:
    machine = GatewayProcess(tmp_path, "version: 1\n")
    done = machine.run("env", expect=2)
    assert done.stdout == ""
    assert "aigw-dev up" in done.stderr
    assert "unset OPENAI_BASE_URL" in machine.run("env", "--unset", "--shell", "bash").stdout


def test_the_config_of_another_gateway_is_not_taken_for_ours(start: Start, tmp_path: Path) -> None:
    gateway = start("version: 1\n")
    other = tmp_path / "other"
    other.mkdir()
    done = subprocess.run(
        [*AIGW, "env"], env=gateway.env, cwd=other, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert gateway.url in done.stderr

"""`aigw-dev env` as a process: what it prints puts an SDK on the gateway, and takes it off again."""

import json
import shutil
import subprocess
import sys
import tomllib
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


def test_without_a_tool_it_prints_every_dialect_that_the_config_serves(start: Start) -> None:
    only = json.loads(start("version: 1\n").run("env", "--json").stdout)["set"]
    assert not any(name.startswith(("ANTHROPIC", "GEMINI")) for name in only)
    gateway = start("version: 1\nproviders:\n  anthropic: {}\n  gemini: {}\n")
    found = json.loads(gateway.run("env", "--json").stdout)["set"]
    assert found["ANTHROPIC_BASE_URL"] == found["GOOGLE_GEMINI_BASE_URL"] == gateway.url
    assert found["ANTHROPIC_AUTH_TOKEN"] == found["GEMINI_API_KEY"] == gateway.token


def test_each_tool_gets_its_own_form(start: Start) -> None:
    gateway = start("version: 1\n")
    wanted = {
        "aider": {"OPENAI_API_BASE", "OPENAI_API_KEY", "AIDER_OPENAI_API_BASE", "AIDER_OPENAI_API_KEY"},
        "openai": {"OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENAI_API_KEY"},
        "anthropic": {"ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "ANTHROPIC_AUTH_TOKEN"},
        "claude-code": {"ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"},
        "gemini": {"GOOGLE_GEMINI_BASE_URL", "GEMINI_API_KEY"},
    }
    for tool, names in wanted.items():
        found = json.loads(gateway.run("env", "--for", tool, "--json").stdout)
        assert set(found["set"]) == names | {"NO_PROXY", "no_proxy"}, tool
        assert found["files"] == []
    assert f"apiBase: {gateway.url}/v1" in gateway.run("env", "--for", "continue").stdout
    assert "api_key_name: aigw-dev" in gateway.run("env", "--for", "llm").stdout
    assert "Did you mean opencode?" in gateway.run("env", "--for", "opencod", expect=2).stderr


def test_codex_gets_its_file_with_the_key_as_a_reference(start: Start) -> None:
    gateway = start("version: 1\n")
    shown = gateway.run("env", "--for", "codex", "--model", "mock/echo").stdout
    assert gateway.token not in shown
    found = tomllib.loads(shown)
    assert found["model"] == "mock/echo"
    assert found["model_providers"]["aigw-dev"]["base_url"] == f"{gateway.url}/v1"
    as_json = json.loads(gateway.run("env", "--for", "codex", "--json").stdout)
    assert as_json["set"]["AIGW_DEV_TOKEN"] == gateway.token
    assert as_json["files"][0]["path"] == "~/.codex/config.toml"


def test_opencode_gets_the_models_that_the_gateway_lists(start: Start) -> None:
    gateway = start("version: 1\n")
    (file,) = json.loads(gateway.run("env", "--for", "opencode", "--json").stdout)["files"]
    assert "mock/echo" in json.loads(file["text"])["provider"]["aigw-dev"]["models"]


def test_a_model_is_named_only_where_one_is_asked_for_and_taken_back_with_it(start: Start) -> None:
    gateway = start("version: 1\n")
    words = ("env", "--for", "claude-code", "--model", "mock/echo")
    found = json.loads(gateway.run(*words, "--json").stdout)["set"]
    named = {name for name, value in found.items() if value == "mock/echo"}
    assert {"ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL"} <= named
    back = json.loads(gateway.run(*words, "--unset", "--json", **found).stdout)
    assert set(found) <= set(back["unset"])
    assert "--for" in gateway.run("env", "--model", "x", expect=2).stderr


def test_a_login_of_the_callers_own_is_left_and_our_token_goes_beside_it(start: Start) -> None:
    gateway = start("version: 1\nproviders:\n  anthropic: {auth: passthrough}\n")
    found = json.loads(gateway.run("env", "--json", ANTHROPIC_API_KEY="sk-ant-own").stdout)
    assert found["set"]["ANTHROPIC_CUSTOM_HEADERS"] == f"esa_aigw_auth: Bearer {gateway.token}"
    assert "ANTHROPIC_AUTH_TOKEN" not in found["set"]
    assert "ANTHROPIC_API_KEY" not in found["unset"]


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

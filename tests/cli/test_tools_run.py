"""What `run` adds for a tool that it knows, and that it keeps its hands off what the user said himself."""

import json
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from aigw_dev.cli import tools, variables
from aigw_dev.cli.tools_run import Prepared, prepared
from aigw_dev.cli.variables import Aim

AIM = Aim(url="http://127.0.0.1:2449", token="aigwdev-x")
LOGIN = Aim(url=AIM.url, token=AIM.token, passthrough=frozenset({"anthropic"}))


def ready(
    *command: str, environ: Mapping[str, str] | None = None, aim: Aim = AIM, models: Sequence[str] = ()
) -> AbstractContextManager[Prepared]:
    changes = variables.for_run(aim, environ or {}, is_windows=False)
    return prepared(
        tools.of_program(command[0]),
        command,
        aim=aim,
        changes=changes,
        environ=variables.applied(changes, environ or {}),
        models=lambda: models,
    )


def test_any_other_program_is_left_as_it_is() -> None:
    with ready("python", "app.py") as found:
        assert found.command == ("python", "app.py")
        assert (found.flags, found.note) == ((), "")


def test_claude_gets_settings_that_win_over_its_own_and_they_are_gone_afterwards() -> None:
    with ready("claude", "-p", "hi") as found:
        program, option, path, *rest = found.command
        assert (program, option, rest) == ("claude", "--settings", ["-p", "hi"])
        settings = json.loads(Path(path).read_text("utf-8"))["env"]
        if os.name == "posix":
            assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
            assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700
    assert settings["ANTHROPIC_BASE_URL"] == AIM.url
    assert settings["ANTHROPIC_AUTH_TOKEN"] == AIM.token
    assert settings["ANTHROPIC_API_KEY"] == settings["CLAUDE_CODE_USE_BEDROCK"] == ""
    assert not Path(path).parent.exists()
    assert AIM.token not in " ".join(found.command)


def test_claude_with_a_login_of_its_own_keeps_it() -> None:
    with ready("claude", aim=LOGIN) as found:
        settings = json.loads(Path(found.command[2]).read_text("utf-8"))["env"]
    assert settings["ANTHROPIC_CUSTOM_HEADERS"] == f"esa_aigw_auth: Bearer {AIM.token}"
    assert not {"ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"} & set(settings)
    assert settings["CLAUDE_CODE_USE_VERTEX"] == ""


@pytest.mark.parametrize("own", [["--settings", "mine.json"], ["--settings=mine.json"]])
def test_settings_of_the_users_own_win(own: list[str]) -> None:
    with ready("claude", *own) as found:
        assert found.command == ("claude", *own)
        assert "--settings" in found.note


def test_what_comes_after_two_dashes_is_no_option() -> None:
    with ready("claude", "--", "--settings") as found:
        assert len(found.flags) == 2


def test_codex_gets_its_provider_by_flags_before_the_users_own() -> None:
    with ready("codex", "exec", "-c", 'model="o3"', "hi") as found:
        added = found.flags
        assert found.command == ("codex", *added, "exec", "-c", 'model="o3"', "hi")
    assert added[::2] == ("-c",) * 5
    assert 'model_providers.aigw-dev.wire_api="responses"' in added
    assert 'model_providers.aigw-dev.env_key="AIGW_DEV_TOKEN"' in added
    assert AIM.token not in " ".join(added)


@pytest.mark.parametrize(
    "own",
    [
        ["-c", 'model_provider="mine"'],
        ["--config", "model_provider = mine"],
        ["--config=model_provider=mine"],
        ["-cmodel_provider=mine"],
        ["-c", "model_providers.aigw-dev.base_url=x"],
        ["--oss"],
        ["exec", "--local-provider=ollama"],
    ],
)
def test_a_provider_of_the_users_own_wins(own: list[str]) -> None:
    with ready("codex", *own) as found:
        assert found.command == ("codex", *own)
        assert found.note


def test_opencode_gets_the_models_that_the_gateway_lists() -> None:
    with ready("opencode", "run", "hi", models=("mock/echo",)) as found:
        config = json.loads(found.changes.set["OPENCODE_CONFIG_CONTENT"])
        assert found.command == ("opencode", "run", "hi")
    assert list(config["provider"]["aigw-dev"]["models"]) == ["mock/echo"]
    assert AIM.token not in found.changes.set["OPENCODE_CONFIG_CONTENT"]


def test_config_of_the_users_own_wins() -> None:
    with ready("opencode", environ={"OPENCODE_CONFIG_CONTENT": "{}"}) as found:
        assert "OPENCODE_CONFIG_CONTENT" not in found.changes.set
        assert "OPENCODE_CONFIG_CONTENT" in found.note


def test_aiders_own_variables_win_over_its_config_file() -> None:
    with ready("aider") as found:
        assert found.changes.set["AIDER_OPENAI_API_BASE"] == f"{AIM.url}/v1"
        assert found.changes.set["AIDER_OPENAI_API_KEY"] == AIM.token


@pytest.mark.skipif(sys.platform == "win32", reason="links want a right there")
def test_gemini_runs_in_a_home_that_signs_in_by_key(tmp_path: Path) -> None:
    with ready("gemini", environ={"HOME": str(tmp_path)}) as found:
        home = Path(found.changes.set["GEMINI_CLI_HOME"])
        settings = json.loads((home / ".gemini/settings.json").read_text("utf-8"))
        assert settings["security"]["auth"]["selectedType"] == "gemini-api-key"
    assert not home.exists()

"""The pieces of config files parse as what they are, and point at the gateway."""

import json
import tomllib
from typing import Any

import pytest
from ruamel.yaml import YAML

from aigw_dev.cli.tools_files import FILES, codex_settings, opencode_config
from aigw_dev.cli.variables import Aim

AIM = Aim(url="http://127.0.0.1:2449", token="aigwdev-x")


def test_codex_speaks_responses_and_its_file_holds_no_credential() -> None:
    file = FILES["codex"](AIM, ("openai/gpt-5.1",))
    found = tomllib.loads(file.text)
    assert found["model_provider"] == "aigw-dev"
    assert found["model"] == "openai/gpt-5.1"
    assert found["model_providers"]["aigw-dev"] == {
        "name": "aigw-dev",
        "base_url": "http://127.0.0.1:2449/v1",
        "wire_api": "responses",
        "env_key": "AIGW_DEV_TOKEN",
    }
    assert AIM.token not in file.text


def test_codex_with_a_login_of_its_own_sends_ours_beside_it() -> None:
    login = Aim(url=AIM.url, token=AIM.token, passthrough=frozenset({"openai"}))
    found = tomllib.loads("\n".join(f"{name} = {value}" for name, value in codex_settings(login).items()))
    provider = found["model_providers"]["aigw-dev"]
    assert provider["requires_openai_auth"] is True
    assert provider["env_http_headers"] == {"esa_aigw_auth": "AIGW_DEV_TOKEN"}
    assert "env_key" not in provider


def test_opencode_gets_a_provider_of_its_own_and_the_built_in_ones_are_turned() -> None:
    file = FILES["opencode"](AIM, ("mock/echo", "dynamic/a"))
    found = json.loads(file.text)
    assert found["model"] == "aigw-dev/mock/echo"
    assert list(found["provider"]["aigw-dev"]["models"]) == ["mock/echo", "dynamic/a"]
    addresses = {name: one["options"]["baseURL"] for name, one in found["provider"].items()}
    assert addresses == {
        "aigw-dev": "http://127.0.0.1:2449/v1",
        "openai": "http://127.0.0.1:2449/v1",
        "anthropic": "http://127.0.0.1:2449/v1",
        "google": "http://127.0.0.1:2449/v1beta",
    }
    assert AIM.token not in file.text
    assert "model" not in opencode_config(AIM, ())


def test_opencodes_own_login_stays_where_it_passes_through() -> None:
    login = Aim(url=AIM.url, token=AIM.token, passthrough=frozenset({"anthropic"}))
    found = opencode_config(login, ())["provider"]["anthropic"]["options"]
    assert found["headers"] == {"esa_aigw_auth": "Bearer {env:AIGW_DEV_TOKEN}"}
    assert "apiKey" not in found


@pytest.mark.parametrize("model", ["mock/echo", "dynamic/it's: #1", "[x]", "123", "a: b"])
def test_yaml_pieces_hold_any_model_name(model: str) -> None:
    yaml: Any = YAML(typ="safe")  # ruamel has no types for what it reads
    entry = yaml.load(FILES["continue"](AIM, (model,)).text)["models"][0]
    assert (entry["model"], entry["apiBase"], entry["apiKey"]) == (model, f"{AIM.url}/v1", AIM.token)
    (row,) = yaml.load(FILES["llm"](AIM, (model,)).text)
    assert (row["model_id"], row["model_name"], row["api_base"]) == ("aigw-dev", model, f"{AIM.url}/v1")


@pytest.mark.parametrize("name", ["continue", "llm"])
def test_without_a_model_the_embedded_one_stands_there(name: str) -> None:
    assert "mock/echo" in FILES[name](AIM, ()).text

"""The config where there is no file."""

from aigw_dev.core.config_check import check_config
from aigw_dev.core.default_config import default_config, rules


def test_nothing_is_configured_on_a_fresh_machine() -> None:
    assert default_config([], {}).providers == {}


def test_a_usual_variable_brings_its_provider() -> None:
    assert set(default_config([], {"OPENAI_API_KEY": "sk-x", "PATH": "/bin"}).providers) == {"openai"}


def test_an_empty_variable_and_a_token_of_ours_bring_none() -> None:
    env = {"OPENAI_API_KEY": "", "GROQ_API_KEY": "aigwdev-0123456789abcdef0123456789abcdef0123456789abcdef"}
    assert default_config([], env).providers == {}


def test_a_recorded_key_brings_its_provider() -> None:
    assert set(default_config(["qwen"], {}).providers) == {"qwen"}


def test_kinds_without_an_address_and_local_servers_are_never_added() -> None:
    assert default_config(["openai-compatible", "ollama", "mock"], {}).providers == {}


def test_the_rules_check_flows_with_the_whole_path() -> None:
    tree = {
        "routes": {
            "r": {"flow": {"if": "model ==", "then": {"send": "mock/echo"}, "else": {"send": "mock/echo"}}}
        }
    }
    config, problems = check_config(tree, rules=rules())
    assert config is None
    assert problems[0].path == ("routes", "r", "flow", "if")

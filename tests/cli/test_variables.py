"""Which variables change: those that point at the gateway are set, those that would win over them are gone."""

import pytest

from aigw_dev.cli import variables
from aigw_dev.cli.variables import Aim

URL = "http://127.0.0.1:2449"
TOKEN = "aigwdev-run-x"
EVERY = Aim(url=URL, token=TOKEN)
OPENAI = Aim(url=URL, token=TOKEN, dialects=("openai",))
LOGIN = Aim(url=URL, token=TOKEN, passthrough=frozenset({"anthropic"}))


def test_a_run_gets_the_gateway_under_every_name_an_sdk_reads() -> None:
    changes = variables.for_run(EVERY, {}, is_windows=False)
    assert changes.set == {
        "OPENAI_BASE_URL": f"{URL}/v1",
        "OPENAI_API_BASE": f"{URL}/v1",
        "OPENAI_API_KEY": TOKEN,
        "ANTHROPIC_BASE_URL": URL,
        "ANTHROPIC_API_BASE": URL,
        "ANTHROPIC_AUTH_TOKEN": TOKEN,
        "GOOGLE_GEMINI_BASE_URL": URL,
        "GEMINI_API_KEY": TOKEN,
        "AIGW_DEV_URL": URL,
        "AIGW_DEV_TOKEN": TOKEN,
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "no_proxy": "127.0.0.1,localhost,::1",
    }
    assert changes.unset == ()


def test_a_dialect_that_is_not_served_is_not_set_but_its_way_around_is_closed() -> None:
    environ = {"ANTHROPIC_API_KEY": "sk-ant-x", "GOOGLE_GENAI_USE_VERTEXAI": "true"}
    changes = variables.for_run(OPENAI, environ, is_windows=False)
    assert not any(name.startswith(("ANTHROPIC", "GOOGLE", "GEMINI")) for name in changes.set)
    assert set(changes.unset) == set(environ)


def test_a_shell_keeps_what_belongs_to_a_dialect_that_is_not_served() -> None:
    environ = {"ANTHROPIC_API_KEY": "sk-ant-x", "OPENAI_ORG_ID": "org-1"}
    assert variables.for_shell(OPENAI, environ, is_windows=False).unset == ("OPENAI_ORG_ID",)


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_BEDROCK_BASE_URL",
        "ANTHROPIC_CUSTOM_HEADERS",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CODE_USE_BEDROCK",
        "CLAUDE_CODE_USE_VERTEX",
        "GOOGLE_API_KEY",
        "GOOGLE_GENAI_USE_ENTERPRISE",
        "GOOGLE_GENAI_USE_VERTEXAI",
        "OPENAI_CUSTOM_HEADERS",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
    ],
)
def test_what_would_win_over_the_run_is_taken_away(name: str) -> None:
    environ = {name: "planted", "OPENAI_API_KEY": "sk-real", "GOOGLE_CLOUD_PROJECT": "mine", "HOME": "/"}
    changes = variables.for_run(EVERY, environ, is_windows=False)
    assert changes.unset == (name,)
    inside = variables.applied(changes, environ)
    assert (inside["HOME"], inside["OPENAI_API_KEY"]) == ("/", TOKEN)
    assert inside["GOOGLE_CLOUD_PROJECT"] == "mine", "no SDK reads it once Vertex is off"
    assert name not in inside


def test_a_login_of_the_callers_own_stays_and_our_token_travels_beside_it() -> None:
    environ = {
        "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-x",
        "ANTHROPIC_CUSTOM_HEADERS": "x-team: blue\nEsa_Aigw_Auth: Bearer aigwdev-old",
        "CLAUDE_CODE_USE_BEDROCK": "1",
    }
    changes = variables.for_run(LOGIN, environ, is_windows=False)
    assert changes.set["ANTHROPIC_BASE_URL"] == URL
    assert changes.set["ANTHROPIC_CUSTOM_HEADERS"] == f"x-team: blue\nesa_aigw_auth: Bearer {TOKEN}"
    assert "ANTHROPIC_AUTH_TOKEN" not in changes.set
    assert changes.unset == ("CLAUDE_CODE_USE_BEDROCK",)


def test_a_token_of_ours_is_no_login() -> None:
    environ = {"ANTHROPIC_AUTH_TOKEN": "aigwdev-from-an-env-before", "ANTHROPIC_API_KEY": "sk-ant-own"}
    assert variables.for_run(LOGIN, environ, is_windows=False).unset == ("ANTHROPIC_AUTH_TOKEN",)


def test_every_variable_that_holds_a_credential_is_known_as_secret() -> None:
    for aim in (EVERY, LOGIN):
        made = variables.for_run(aim, {"AZURE_OPENAI_API_KEY": "x"}, is_windows=False).set
        assert {name for name, value in made.items() if TOKEN in value} <= variables.SECRET


def test_azure_is_turned_to_the_gateway_only_where_it_was_set() -> None:
    changes = variables.for_run(OPENAI, {"AZURE_OPENAI_API_KEY": "real"}, is_windows=False)
    assert changes.set["AZURE_OPENAI_ENDPOINT"] == URL
    assert changes.set["AZURE_OPENAI_API_KEY"] == TOKEN


def test_loopback_is_added_to_the_proxies_exceptions_of_both_spellings() -> None:
    environ = {"NO_PROXY": "corp.example, 127.0.0.1", "no_proxy": "other.example"}
    value = variables.proxies(environ, is_windows=False)["no_proxy"]
    assert value == "corp.example,127.0.0.1,other.example,localhost,::1"
    assert "no_proxy" not in variables.proxies(environ, is_windows=True)
    assert variables.proxies({"NO_PROXY": "*"}, is_windows=False) == {}


@pytest.mark.parametrize("aim", [EVERY, LOGIN, Aim(url="http://10.0.0.9:2449", token=TOKEN)])
def test_unset_takes_back_what_env_set_and_leaves_what_is_not_ours(aim: Aim) -> None:
    before = {"NO_PROXY": "corp.example", "ANTHROPIC_CUSTOM_HEADERS": "x-team: blue"}
    before = before if aim.passthrough else {"NO_PROXY": "corp.example"}
    there = variables.applied(variables.for_shell(aim, before, is_windows=False), before)
    changes = variables.unset_for_shell(there, is_windows=False)
    assert variables.applied(changes, there) == {**before, "no_proxy": "corp.example"}


def test_unset_leaves_real_keys_and_other_addresses() -> None:
    foreign = {
        "OPENAI_API_KEY": "sk-real",
        "OPENAI_BASE_URL": "https://api.openai.com/v1",
        "ANTHROPIC_CUSTOM_HEADERS": "x-team: blue",
        "AIDER_OPENAI_API_KEY": "sk-real",
        "ANTHROPIC_MODEL": "opus",
    }
    changes = variables.unset_for_shell(
        foreign, is_windows=False, more=("AIDER_OPENAI_API_KEY",), exact={"ANTHROPIC_MODEL": "mock/echo"}
    )
    assert variables.applied(changes, foreign) == foreign


def test_unset_takes_back_what_only_one_tool_got() -> None:
    there = {
        "AIDER_OPENAI_API_BASE": f"{URL}/v1",
        "AIDER_OPENAI_API_KEY": TOKEN,
        "ANTHROPIC_MODEL": "mock/echo",
    }
    changes = variables.unset_for_shell(
        there, is_windows=False, more=tuple(there), exact={"ANTHROPIC_MODEL": "mock/echo"}
    )
    assert variables.applied(changes, there) == {}

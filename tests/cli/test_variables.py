"""Which variables change: those that point at the gateway are set, those that would win over them are gone."""

from aigw_dev.cli import variables

URL = "http://127.0.0.1:2449"
TOKEN = "aigwdev-run-x"


def test_a_run_gets_the_gateway_under_every_name_an_sdk_reads() -> None:
    changes = variables.for_run(URL, TOKEN, {}, is_windows=False)
    assert changes.set == {
        "OPENAI_BASE_URL": f"{URL}/v1",
        "OPENAI_API_BASE": f"{URL}/v1",
        "OPENAI_API_KEY": TOKEN,
        "AIGW_DEV_URL": URL,
        "AIGW_DEV_TOKEN": TOKEN,
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "no_proxy": "127.0.0.1,localhost,::1",
    }
    assert changes.unset == ()


def test_what_would_win_over_the_run_is_taken_away() -> None:
    environ = {
        "ANTHROPIC_API_KEY": "sk-ant-x",
        "OPENAI_ORG_ID": "org-1",
        "OPENAI_API_KEY": "sk-real",
        "HOME": "/",
    }
    changes = variables.for_run(URL, TOKEN, environ, is_windows=False)
    assert set(changes.unset) == {"ANTHROPIC_API_KEY", "OPENAI_ORG_ID"}
    inside = variables.applied(changes, environ)
    assert inside["HOME"] == "/"
    assert inside["OPENAI_API_KEY"] == TOKEN
    assert not {"ANTHROPIC_API_KEY", "OPENAI_ORG_ID"} & set(inside)
    assert not any(value.startswith("sk-") for value in inside.values())


def test_azure_is_turned_to_the_gateway_only_where_it_was_set() -> None:
    changes = variables.for_run(URL, TOKEN, {"AZURE_OPENAI_API_KEY": "real"}, is_windows=False)
    assert changes.set["AZURE_OPENAI_ENDPOINT"] == URL
    assert changes.set["AZURE_OPENAI_API_KEY"] == TOKEN


def test_loopback_is_added_to_the_proxies_exceptions_of_both_spellings() -> None:
    environ = {"NO_PROXY": "corp.example, 127.0.0.1", "no_proxy": "other.example"}
    value = variables.for_shell(URL, TOKEN, environ, is_windows=False).set["no_proxy"]
    assert value == "corp.example,127.0.0.1,other.example,localhost,::1"
    assert "no_proxy" not in variables.for_shell(URL, TOKEN, environ, is_windows=True).set
    assert "NO_PROXY" not in variables.for_shell(URL, TOKEN, {"NO_PROXY": "*"}, is_windows=False).set


def test_unset_takes_back_what_env_set_and_leaves_what_is_not_ours() -> None:
    there = variables.for_shell(URL, TOKEN, {"NO_PROXY": "corp.example"}, is_windows=False).set
    changes = variables.unset_for_shell(there, is_windows=False)
    assert variables.applied(changes, there) == {"NO_PROXY": "corp.example", "no_proxy": "corp.example"}
    foreign = {"OPENAI_API_KEY": "sk-real", "OPENAI_BASE_URL": "https://api.openai.com/v1"}
    assert variables.applied(variables.unset_for_shell(foreign, is_windows=False), foreign) == foreign

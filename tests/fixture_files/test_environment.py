"""Values of variables that are named like secrets."""

from aigw_dev.fixture_files.environment import secrets_in


def test_values_of_variables_named_like_secrets_are_found_once() -> None:
    env = {
        "OPENAI_API_KEY": " sk-one-0123456789 ",
        "MY_TOKEN": "tok-0123456789",
        "SAME_TOKEN": "tok-0123456789",
        "DB_PASSWORD": "hunter2",
        "SSH_AUTH_SOCK": "/run/user/1000/agent",
        "KEYBOARD": "a-long-layout-name",
        "PATH": "/usr/bin:/bin:/usr/local/bin",
    }
    assert secrets_in(env) == ["sk-one-0123456789", "tok-0123456789"]

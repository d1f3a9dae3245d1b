"""Which values of the environment are secrets."""

from aigw_dev.server.testbench.secrets_here import of_environment


def test_variables_named_like_secrets() -> None:
    env = {
        "OPENAI_API_KEY": "0123456789abc",
        "MY_TOKEN": " 0123456789def ",
        "DB_PASSWORD": "correct horse battery",
        "KEYBOARD": "0123456789ghi",
        "SSH_KEY": "/home/me/.ssh/id",
        "SHORT_TOKEN": "abc",
    }
    assert of_environment(env) == ["0123456789abc", "0123456789def", "correct horse battery"]

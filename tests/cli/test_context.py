"""Where a command works: the option, then the variable, then the platform's own place."""

from pathlib import Path

import platformdirs

from aigw_dev.cli.context import Context


def test_the_config_option_wins_over_the_variable() -> None:
    environ = {"AIGW_DEV_CONFIG": "from-variable.yaml"}
    assert Context(config_option=Path("named.yaml"), environ=environ).named_config() == Path("named.yaml")
    assert Context(environ=environ).named_config() == Path("from-variable.yaml")


def test_an_empty_variable_counts_as_unset() -> None:
    assert Context(environ={"AIGW_DEV_CONFIG": ""}).named_config() is None
    assert Context(environ={"AIGW_DEV_HOME": ""}).home() == platformdirs.user_data_path(
        "aigw-dev", appauthor=False
    )


def test_the_home_option_wins_over_the_variable() -> None:
    environ = {"AIGW_DEV_HOME": "~/state"}
    assert Context(home_option=Path("here"), environ=environ).home() == Path("here")
    assert Context(environ=environ).home() == Path.home() / "state"


def test_the_user_config_directory_is_ours_alone() -> None:
    assert Context().user_config_dir().name == "aigw-dev"


def test_the_processs_own_environment_is_read_by_default() -> None:
    assert "aigw-dev-tests-" in str(Context().home())

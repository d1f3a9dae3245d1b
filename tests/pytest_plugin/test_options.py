"""What the command line and the ini file come to."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from aigw_dev.pytest_plugin import options

Suite = Any  # the fixture `suite` of conftest.py


def parsed(pytester: pytest.Pytester, *arguments: str) -> pytest.Config:
    return pytester.parseconfig("-p", "aigw_dev.pytest_plugin", *arguments)


@pytest.mark.parametrize(
    ("text", "age"),
    [("90d", dt.timedelta(days=90)), (" 12 h", dt.timedelta(hours=12)), ("never", None), ("", None)],
)
def test_an_age(text: str, age: dt.timedelta | None) -> None:
    assert options.age_of(text, option="x") == age


@pytest.mark.parametrize("text", ["90", "d", "-1d", "1 year"])
def test_no_age(text: str) -> None:
    with pytest.raises(pytest.UsageError, match=r"aigw_max_age = .*as 90d"):
        options.age_of(text, option="aigw_max_age")


def test_an_amount() -> None:
    assert options.money_of("$0.50", option="x") == Decimal("0.50")
    assert options.money_of(1, option="x") == 1
    for text in ("lots", "-1", "nan", "inf"):
        with pytest.raises(pytest.UsageError, match="an amount in USD"):
            options.money_of(text, option="x")


def test_a_pace() -> None:
    for text in ("instant", "recorded", "x10", "2.5", 3):
        assert options.check_timing(text, option="x") == str(text)
    with pytest.raises(pytest.UsageError, match="say instant, recorded, or x10"):
        options.check_timing("fast", option="x")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("aigw_mode", "replays", "say replay or auto or record or live or drift"),
        ("aigw_unused", "ignore", "say error or warn"),
        ("aigw_env", "global", "say test or session"),
        ("aigw_egress", "deny", "say block, `block, db.internal`, or allow"),
        ("aigw_config", "missing.yaml", "there is no file *missing.yaml"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(suite: Suite, name: str, value: str, words: str) -> None:
    suite.options[name] = value
    suite.tests("")
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{name}*{words}*"])


def test_fixtures_lie_beside_the_tests_and_paths_start_at_the_root(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naigw_config = routes.yaml\naigw_ignore =\n    $.user\n    $.metadata\n")
    settings = options.settings_of(parsed(pytester, "--aigw=auto", "--aigw-timing=x10"))
    assert settings.directory == pytester.path / "llm_fixtures"
    assert settings.config == pytester.path / "routes.yaml"
    assert settings.ignore == ("$.user", "$.metadata")
    assert (settings.mode, settings.is_mode_explicit, settings.timing) == ("auto", True, "x10")
    assert settings.command[1:] == ("-P", "-m", "aigw_dev")
    pytester.mkdir("tests")
    assert options.settings_of(parsed(pytester)).directory == pytester.path / "tests" / "llm_fixtures"
    pytester.makeini("[pytest]\naigw_dir = shared\naigw_command = 'my gateway' --x\naigw_mode = drift\n")
    settings = options.settings_of(parsed(pytester))
    assert settings.directory == pytester.path / "shared"
    assert settings.command == ("my gateway", "--x")
    assert (settings.mode, settings.is_mode_explicit) == ("drift", False)


@pytest.mark.parametrize(
    ("value", "is_ci"), [("true", True), ("1", True), ("", False), ("false", False), ("0", False)]
)
def test_ci(monkeypatch: pytest.MonkeyPatch, value: str, is_ci: bool) -> None:
    monkeypatch.setenv("CI", value)
    assert options.is_ci() == is_ci

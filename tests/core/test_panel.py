"""The panel sends what the hosted console sends, within its limits."""

from typing import Any

import pytest

from aigw_dev.core.panel import PARAMETERS, PanelSettings, build_chat_body, check_settings, read_number
from aigw_dev.core.problem import Problem

USER = [{"role": "user", "content": "hello"}]


def body(**settings: Any) -> dict[str, Any]:
    made = build_chat_body("mock/echo", USER, settings=PanelSettings(**settings))
    assert isinstance(made, dict)
    return made


def test_the_defaults_are_sent() -> None:
    assert body() == {
        "model": "mock/echo",
        "messages": USER,
        "max_tokens": 1024,
        "top_p": 0.95,
        "temperature": 1,
        "stream": True,
    }


def test_each_parameter_can_be_left_out() -> None:
    assert body(max_tokens=None, top_p=None, temperature=None, stream=False) == {
        "model": "mock/echo",
        "messages": USER,
    }


def test_a_system_prompt_stands_first() -> None:
    assert body(system="Be brief.")["messages"] == [{"role": "system", "content": "Be brief."}, *USER]


def test_zero_is_a_value() -> None:
    sent = body(max_tokens=0, top_p=0, temperature=0)
    assert (sent["max_tokens"], sent["top_p"], sent["temperature"]) == (0, 0, 0)


def test_own_parameters_win() -> None:
    made = build_chat_body(
        "m", USER, settings=PanelSettings(), params={"temperature": 2, "stream": False, "seed": 7}
    )
    assert isinstance(made, dict)
    assert (made["temperature"], made["stream"], made["seed"]) == (2, False, 7)


@pytest.mark.parametrize(
    ("settings", "flag", "limit"),
    [
        ({"system": "é" * 101}, "--system", "100"),
        ({"max_tokens": 8193}, "--max-tokens", "8192"),
        ({"max_tokens": -1}, "--max-tokens", "8192"),
        ({"top_p": 1.01}, "--top-p", "1"),
        ({"temperature": 2.5}, "--temperature", "2"),
    ],
)
def test_a_broken_limit_is_named_with_its_flag_and_can_be_lifted(
    settings: dict[str, Any], flag: str, limit: str
) -> None:
    problems = build_chat_body("m", USER, settings=PanelSettings(**settings))
    assert isinstance(problems, list)
    (problem,) = problems
    assert problem.path == (flag,)
    assert limit in problem.text()
    assert "--no-limits" in problem.hint
    assert isinstance(build_chat_body("m", USER, settings=PanelSettings(**settings), has_limits=False), dict)


def test_the_limits_themselves_are_within_them() -> None:
    """A hundred characters, not bytes."""
    most = PanelSettings(system="é" * 100, max_tokens=8192, top_p=1, temperature=2)
    least = PanelSettings(max_tokens=0, top_p=0, temperature=0)
    assert check_settings(most) == check_settings(least) == []


def test_every_broken_limit_is_told_at_once() -> None:
    assert len(check_settings(PanelSettings(system="x" * 101, max_tokens=9999, top_p=3, temperature=3))) == 4


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_refused_without_limits_too(value: float) -> None:
    assert check_settings(PanelSettings(temperature=value), has_limits=False)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("max_tokens", "64", 64),
        ("temperature", " 0.7 ", 0.7),
        ("temperature", "1", 1),
        ("top_p", "none", None),
        ("max_tokens", "not-sent", None),
        ("temperature", "UNSET", None),
    ],
)
def test_a_number_is_read_as_people_write_it(name: str, text: str, value: float | None) -> None:
    read = read_number(name, text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("name", "text"), [("max_tokens", "1.5"), ("max_tokens", "many"), ("top_p", "nan"), ("temperature", "")]
)
def test_what_is_no_number_is_refused_with_its_flag(name: str, text: str) -> None:
    problem = read_number(name, text)
    assert isinstance(problem, Problem)
    assert problem.path == (PARAMETERS[name].flag,)


def test_the_defaults_of_the_settings_are_those_of_the_table() -> None:
    usual = PanelSettings()
    assert (usual.max_tokens, usual.top_p, usual.temperature) == tuple(
        one.default for one in PARAMETERS.values()
    )

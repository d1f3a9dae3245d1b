"""Functions become commands: common options added, dataclasses spread, other programs' words left alone."""

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer

from aigw_dev.cli import build
from aigw_dev.cli.context import Context
from aigw_dev.cli.registry import Command, Registry

seen: list[object] = []


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """Options that belong together."""

    speed: Annotated[int, typer.Option("--speed", help="How fast.")] = 3
    colour: Annotated[Colour | None, typer.Option("--colour", help="Which.")] = None


def turn(
    context: Context,
    place: Annotated[str, typer.Argument(help="Where.")],
    knobs: Knobs,
    *,
    is_loud: Annotated[bool, typer.Option("--loud", help="Say so.")] = False,
) -> int:
    """Turn the knobs.

    All of them.
    """
    seen.append((context.config_option, context.home_option, context.is_json, place, knobs, is_loud))
    return 7


TURN = Command("turn", f"{__name__}:turn", "Turn the knobs.")


def run(*words: str) -> object:
    seen.clear()
    return build.runnable(TURN).main(list(words), "aigw-dev turn", standalone_mode=False)


def test_a_dataclass_stands_for_its_fields() -> None:
    assert run("here", "--speed", "9", "--colour", "blue", "--loud") == 7
    assert seen == [(None, None, False, "here", Knobs(speed=9, colour=Colour.BLUE), True)]


def test_defaults_come_from_the_dataclass() -> None:
    run("here")
    assert seen == [(None, None, False, "here", Knobs(), False)]


def test_the_common_options_reach_the_context() -> None:
    run("here", "--config", "a.yaml", "--home", "state", "--json")
    assert seen == [(Path("a.yaml"), Path("state"), True, "here", Knobs(), False)]


def test_the_help_of_a_command_shows_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    run("--help")
    shown = capsys.readouterr().out
    for word in (
        "Turn the knobs.",
        "All of them.",
        "--speed",
        "--colour",
        "--loud",
        "--config",
        "--home",
        "--json",
        "-h",
    ):
        assert word in shown
    assert not seen


def test_an_overview_loads_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    table = Registry(
        (Command("keys add", "aigw_dev.no_such_module:f", "Add a key."),), {"keys": "Keys of providers."}
    )
    build.overview(table).main(["--help"], "aigw-dev", standalone_mode=False)
    assert "keys  Keys of providers." in capsys.readouterr().out
    build.overview(table, "keys").main(["--help"], "aigw-dev keys", standalone_mode=False)
    shown = capsys.readouterr().out
    assert "Usage: aigw-dev keys" in shown
    assert "add  Add a key." in shown

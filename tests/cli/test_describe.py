"""What a command takes is read from its function, the same under every typer."""

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer

from aigw_dev.cli import describe
from aigw_dev.cli.context import Context
from aigw_dev.cli.registry import Command


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """Options that belong together."""

    speed: Annotated[int, typer.Option("--speed", "-s", help="How fast.")] = 3
    secret: Annotated[bool, typer.Option("--secret", hidden=True)] = False


def paint(
    context: Context,
    colours: Annotated[list[Colour], typer.Argument(help="Which.")],
    knobs: Knobs,
    *,
    target: Annotated[Path | None, typer.Option("--target", metavar="FILE", help="Where to.")] = None,
    loud: Annotated[bool, typer.Option(help="Say so.")] = True,
    note: Annotated[list[str] | None, typer.Option("--note", help="Remarks.")] = None,
) -> None:
    """Paint it.

    In one go.
    """


def bare(context: Context, name: str) -> None:
    """Lack a description."""


def page() -> describe.Page:
    return describe.page(Command("paint", f"{__name__}:paint", "Paint it."))


def test_the_docstring_is_split_into_summary_and_details() -> None:
    assert (page().summary, page().details) == ("Paint it.", "In one go.")


def test_usage_names_the_arguments() -> None:
    assert page().usage() == "aigw-dev paint red|blue... [OPTIONS]"


def test_every_shown_parameter_is_described() -> None:
    (colours,) = page().arguments
    assert (colours.choices, colours.is_required, colours.is_repeated) == (("red", "blue"), True, True)
    speed, target, loud, note = page().options
    assert (speed.flags, speed.metavar, speed.default) == (("--speed", "-s"), "INTEGER", "3")
    assert (target.metavar, target.is_path, target.default) == ("FILE", True, "")
    assert (loud.flags, loud.metavar, loud.default) == (("--loud", "--no-loud"), "", "")
    assert (note.metavar, note.is_repeated) == ("TEXT", True)


def test_the_common_options_stand_apart() -> None:
    assert [option.flags for option in describe.common_options()] == [("--config",), ("--home",), ("--json",)]


def test_a_parameter_without_a_description_is_a_fault_of_the_command() -> None:
    with pytest.raises(TypeError, match="name"):
        describe.page(Command("bare", f"{__name__}:bare", "Lack a description."))

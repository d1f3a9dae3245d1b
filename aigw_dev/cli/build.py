"""Commands made from functions: what the registry names becomes what typer runs.

A command is `def keys_add(context: Context, ...) -> int | None`: the first parameter is ours, the rest are typer's.
The options every command takes are added here. A parameter whose type is a dataclass stands for its fields, so a
command with many options names them in one dataclass and stays within eight parameters.
"""

import dataclasses
import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Protocol, cast, get_type_hints

import typer
from typer.main import get_command

from aigw_dev.cli import exits, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.registry import ROOT_EPILOG, ROOT_HELP, Command, Registry

_SETTINGS: Final = {"help_option_names": ["--help", "-h"], "max_content_width": 100}

COMMON: Final[dict[str, inspect.Parameter]] = {
    name: inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        (
            "config_option",
            None,
            Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Use this config file.")],
        ),
        (
            "home_option",
            None,
            Annotated[
                Path | None, typer.Option("--home", metavar="DIR", help="Keep state in this directory.")
            ],
        ),
        (
            "is_json",
            False,
            Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")],
        ),
    )
}
"""The options every command takes after its name."""


class Runnable(Protocol):
    """What we need of typer's command object, whichever click it stands on."""

    def main(self, args: list[str], prog_name: str, *, standalone_mode: bool) -> Any:
        """Parse `args` and run; outside standalone mode errors are raised and the result is returned."""
        ...


def function_of(row: Command) -> Callable[..., int | None]:
    """Import the function behind a command."""
    module, _, name = row.place.partition(":")
    return getattr(importlib.import_module(module), name)


def runnable(row: Command) -> Runnable:
    """The command behind a row, ready to run; imports its module."""
    app = _app(help_text=None)
    settings = {"allow_interspersed_args": False} if row.takes_command_line else {}
    app.command(row.last_word, context_settings=_SETTINGS | settings)(typed(function_of(row)))
    return cast("Runnable", get_command(app))


def overview(commands: Registry, group: str = "") -> Runnable:
    """The command that prints the help of a group, or of the whole program; imports none of their modules."""
    if group:
        app = _app(help_text=commands.groups[group])
        app.callback()(_nothing)
        listed = [(row.last_word, row.help) for row in commands.members(group)]
    else:
        app = _app(help_text=ROOT_HELP, epilog=ROOT_EPILOG)
        app.callback()(_version_option)
        listed = list(commands.top_level())
    for name, text in listed:
        app.command(name, help=text, short_help=text)(_nothing)
    return cast("Runnable", get_command(app))


def typed(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """`function` as typer wants it: common options added, dataclasses spread, called with both put together again."""
    spread = {
        own.name: cast("type[Any]", own.annotation)
        for own in _own(function)
        if dataclasses.is_dataclass(own.annotation)
    }

    def command(**given: Any) -> int | None:
        context = Context(**{name: given.pop(name) for name in COMMON})
        together = {
            name: kind(**{field.name: given.pop(field.name) for field in dataclasses.fields(kind)})
            for name, kind in spread.items()
        }
        try:
            return function(context, **together, **given)
        except BrokenPipeError:  # caught here, because typer makes an exit code of 1 of it
            output.close_quietly()
            return exits.DONE

    listed = parameters(function)
    command.__name__ = function.__name__
    command.__doc__ = inspect.getdoc(function)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in listed}
    command.__signature__ = inspect.Signature(listed)  # pyright: ignore[reportFunctionMemberAccess] - PEP 362 names it
    return command


def parameters(function: Callable[..., int | None]) -> list[inspect.Parameter]:
    """What a user may give a command: its own parameters, then the common ones; all keyword-only."""
    listed: list[inspect.Parameter] = []
    for own in _own(function):
        listed += _fields(own.annotation) if dataclasses.is_dataclass(own.annotation) else [own]
    return [own.replace(kind=inspect.Parameter.KEYWORD_ONLY) for own in listed] + list(COMMON.values())


def _own(function: Callable[..., int | None]) -> list[inspect.Parameter]:
    """The parameters after the context."""
    return list(inspect.signature(function, eval_str=True).parameters.values())[1:]


def _fields(options: Any) -> list[inspect.Parameter]:
    """A dataclass's fields as parameters, with their `Annotated` types and defaults."""
    hints = get_type_hints(options, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(options)
    ]


def _app(*, help_text: str | None, epilog: str = "") -> typer.Typer:
    """An empty typer application in our style: plain help, no completion options, errors left to us."""
    return typer.Typer(
        help=help_text,
        epilog=epilog or None,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_SETTINGS | {"terminal_width": 80} if help_text else _SETTINGS,
    )


def _nothing() -> None:
    """Stand in for a command in an overview."""


def _version_option(
    *, version: Annotated[bool, typer.Option("--version", "-V", help="Print the version and exit.")] = False
) -> None:
    """Stand in for the root in its overview; main answers `--version` itself."""

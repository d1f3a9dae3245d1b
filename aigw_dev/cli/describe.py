"""What a command takes, read from its function: for the completion scripts and the reference page.

Read from the signature and not from typer's parsed command, because that one's shape differs between typer versions.
"""

import enum
import inspect
import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, Union, get_args, get_origin

from typer.models import ArgumentInfo, OptionInfo

from aigw_dev.cli import build
from aigw_dev.cli.registry import COMMANDS, Command, Registry

_METAVARS: Final[dict[type, str]] = {str: "TEXT", int: "INTEGER", float: "NUMBER", Path: "PATH"}
"""What stands for a value of each type a command may take; any other is a programming error."""


class Parameter(NamedTuple):
    """One argument or option."""

    flags: tuple[str, ...]
    """`("--name", "-n")`; empty for an argument. The negative form of a switch is among them."""
    metavar: str
    """What stands for its value; empty for a switch."""
    help: str
    choices: tuple[str, ...]
    """The only values it takes; empty where any will do."""
    default: str
    """As a user would write it; empty where there is none."""
    is_required: bool
    is_repeated: bool
    is_path: bool


class Page(NamedTuple):
    """A command, as its help shows it."""

    words: str
    summary: str
    details: str
    """The rest of the docstring, paragraphs kept; empty where there is none."""
    arguments: tuple[Parameter, ...]
    options: tuple[Parameter, ...]
    """Its own only, see `common_options`; hidden ones are left out."""

    def usage(self) -> str:
        """`aigw-dev keys add [PROVIDER] [OPTIONS]`."""
        parts = [f"aigw-dev {self.words}"]
        for argument in self.arguments:
            name = argument.metavar + ("..." if argument.is_repeated else "")
            parts.append(name if argument.is_required else f"[{name}]")
        return " ".join([*parts, "[OPTIONS]"])


def page(row: Command) -> Page:
    """Describe one command; imports its module."""
    function = build.function_of(row)
    summary, _, details = (inspect.getdoc(function) or "").partition("\n")
    listed = [(own, *unwrapped(own)) for own in build.parameters(function) if own.name not in build.COMMON]
    shown = [(own, kind, info) for own, kind, info in listed if not info.hidden]
    return Page(
        words=row.words,
        summary=summary,
        details=details.strip(),
        arguments=tuple(_parameter(*each) for each in shown if isinstance(each[2], ArgumentInfo)),
        options=tuple(_parameter(*each) for each in shown if isinstance(each[2], OptionInfo)),
    )


def pages(commands: Registry = COMMANDS) -> tuple[Page, ...]:
    """Describe every command, in the registry's order; imports all their modules."""
    return tuple(page(row) for row in commands.rows)


def common_options() -> tuple[Parameter, ...]:
    """The options every command takes after its name."""
    return tuple(_parameter(own, *unwrapped(own)) for own in build.COMMON.values())


def unwrapped(own: inspect.Parameter) -> tuple[Any, OptionInfo | ArgumentInfo]:
    """The type and typer's description of a parameter: every one of ours is `Annotated` with exactly one."""
    if get_origin(own.annotation) is not Annotated:
        raise TypeError(
            f"parameter {own.name} wants Annotated[type, typer.Option(...) or typer.Argument(...)]"
        )
    kind, *notes = get_args(own.annotation)
    info = next(note for note in notes if isinstance(note, OptionInfo | ArgumentInfo))
    return kind, info


def _parameter(own: inspect.Parameter, kind: Any, info: OptionInfo | ArgumentInfo) -> Parameter:
    """Describe one parameter; in `Annotated` the first flag stands where typer's `default` would."""
    kind, is_repeated = single(kind)
    is_switch = kind is bool
    choices = tuple(str(each.value) for each in kind) if _is_enum(kind) else ()
    flags = tuple(
        flag
        for declared in (info.default, *(info.param_decls or ()))
        if isinstance(declared, str)
        for flag in declared.split("/")
        if flag.startswith("-")
    )
    if isinstance(info, OptionInfo) and not flags:
        name = own.name.replace("_", "-")
        flags = (f"--{name}", f"--no-{name}") if is_switch else (f"--{name}",)
    metavar = "" if is_switch else info.metavar or ("|".join(choices) if choices else "")
    if not is_switch and not metavar:
        metavar = own.name.upper() if isinstance(info, ArgumentInfo) else _METAVARS[kind]
    return Parameter(
        flags=flags,
        metavar=metavar,
        help=info.help or "",
        choices=choices,
        default="" if is_switch else _default(own.default),
        is_required=own.default is inspect.Parameter.empty,
        is_repeated=is_repeated,
        is_path=kind is Path,
    )


def single(kind: Any) -> tuple[Any, bool]:
    """The type of one value, and whether several may be given; `None` in a union only says that it may be left out."""
    if get_origin(kind) in {Union, types.UnionType}:
        kind = next(each for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is list:
        return get_args(kind)[0], True
    return kind, False


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, enum.Enum)


def _default(value: Any) -> str:
    if value is None or value is inspect.Parameter.empty or isinstance(value, Callable | list):
        return ""
    return str(value.value if isinstance(value, enum.Enum) else value)

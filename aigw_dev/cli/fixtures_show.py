"""`aigw-dev fixtures show FILE`: one fixture as a conversation; also what git shows in a diff."""

import os
from pathlib import Path
from typing import Annotated

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.fixture_places import library_at, told
from aigw_dev.core import harmless
from aigw_dev.core.recording.fixture import SUFFIX, Fixture, FixtureError


def fixtures_show(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file, or a name from `fixtures list`.")],
    *,
    interaction: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Only this one; the first is 0.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the JSON as the file has it.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Without times, keys and costs: what a diff should show.")
    ] = False,
) -> int:
    """Show a fixture: prompts, answers, route, attempts, timing.

    In `git diff`: `git config diff.aigw.textconv "aigw-dev fixtures show --plain"`, once in each clone. The
    `.gitattributes` that a first recording writes beside the fixtures names that driver.
    """
    from aigw_dev.fixture_files.library import parsed

    content = _content(file)
    try:
        fixture = parsed(content, file=str(file))
    except FixtureError as failure:
        if not plain:
            raise CommandError(str(failure), hint=failure.hint, code=failure.code) from failure
        output.say(f"broken: {harmless.line(failure.message)}")  # a diff shows the text then
        output.write(harmless.block(content.decode("utf-8", "replace")))
        return DONE
    if raw or context.is_json:
        _print_raw(content, fixture, interaction, is_json=context.is_json)
        return DONE
    from aigw_dev.cli.fixture_text import fixture_lines

    for line in fixture_lines(fixture, numbers=_numbers(fixture, interaction), is_plain=plain):
        output.say(line)
    return DONE


def _content(file: Path) -> bytes:
    """The file's bytes, not through a link; what is no file is a name in the usual folder."""
    from aigw_dev.fixture_files.limits import read_regular

    with told():
        is_name = not file.is_absolute() and not file.name.endswith(SUFFIX)
        if is_name and not os.path.lexists(file):
            return library_at(None).content(file.as_posix())
        try:
            return read_regular(file, file=str(file))
        except FileNotFoundError as absent:
            raise CommandError(
                f"{file}: there is no such file.", hint="`aigw-dev fixtures list` names what there is."
            ) from absent


def _numbers(fixture: Fixture, interaction: int | None) -> list[int]:
    count = len(fixture.interactions)
    if interaction is None:
        return list(range(count))
    if interaction >= count:
        raise CommandError(f"There is no interaction {interaction}: the file has {count}, the first is 0.")
    return [interaction]


def _print_raw(content: bytes, fixture: Fixture, interaction: int | None, *, is_json: bool) -> None:
    """The file's own JSON; with `is_json` as one document laid out like any other."""
    from aigw_dev.core.recording.document import parse

    if interaction is not None:
        _numbers(fixture, interaction)
        output.print_json(parse(content)["interactions"][interaction])
    elif is_json:
        output.print_json(parse(content))
    else:
        output.write(harmless.json_text(content.decode()))

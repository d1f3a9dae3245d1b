"""`aigw-dev fixtures import`: recordings of vcrpy, go-vcr, HAR and aimock as fixtures."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.fixture_places import redactor_of, told
from aigw_dev.core import harmless
from aigw_dev.core.recording.fixture import FixtureError

if TYPE_CHECKING:
    from aigw_dev.fixture_files.importing import Import


class Source(Enum):
    """The formats that are read."""

    vcrpy = "vcrpy"
    go_vcr = "go-vcr"
    har = "har"
    aimock = "aimock"


def fixtures_import(
    context: Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Recordings, or folders of them.")],
    *,
    to: Annotated[Path, typer.Option(metavar="DIR", help="The folder of fixtures to write into.")],
    source: Annotated[
        Source | None, typer.Option("--from", help="Their format; else told by what is in them.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace fixtures that are there.")] = False,
) -> int:
    """Turn recordings of other tools into fixtures.

    One file for each recording, redacted; one that still holds what looks like a secret is not written. What could
    not be taken is said. Exits 1 where a recording could not be imported.
    """
    from aigw_dev.fixture_files.importing import import_into, sources
    from aigw_dev.fixture_files.library import Library

    library = Library(to)
    redactor = redactor_of(context)
    done: list[Import] = []
    failed: list[dict[str, str]] = []
    with told():
        listed = sources(files)
    if not listed:
        raise CommandError(
            "There is nothing to import.", hint="Name cassettes: *.yaml, *.yml, *.json, *.har."
        )
    for each in listed:
        try:
            done.append(
                import_into(
                    library, each, redactor=redactor, kind=source.value if source else "", is_forced=force
                )
            )
        except FixtureError as failure:
            failed.append({"file": str(each.path), "error": str(failure), "hint": failure.hint})
    if context.is_json:
        output.print_json({"imported": done, "failed": failed})
    else:
        _say(done, failed)
    return NOT_HELD if failed else DONE


def _say(done: "list[Import]", failed: list[dict[str, str]]) -> None:
    for each in done:
        count = f"{each.interactions} interaction(s) from {each.source}"
        for path in each.written:
            output.say(harmless.line(f"{path}: {count}"))
        if not each.written:
            output.note(harmless.line(f"{each.file}: no model call in it"))
        for text in each.notes:
            output.note(harmless.line(f"{each.file}: {text}"))
        for text in each.skipped:
            output.note(harmless.line(f"{each.file}: left out {text}"))
    for one in failed:
        output.note(harmless.line(f"not imported: {one['error'].rstrip('.')}. {one['hint']}".rstrip()))
    taken = sum(each.interactions for each in done)
    left = sum(len(each.skipped) for each in done)
    output.note(
        f"{len(done)} recording(s) imported, {taken} interaction(s); {left} left out; {len(failed)} recording(s) failed"
    )

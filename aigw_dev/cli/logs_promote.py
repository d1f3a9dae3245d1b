"""`aigw-dev logs promote ID`: logged calls as a fixture and a pytest test, shown or written, both for review."""

from pathlib import Path
from typing import Annotated, Any

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.fixture_places import redactor_of, told
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless


def logs_promote(
    context: Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID...",
            help="An id, a beginning of it, `last`, or -2; several are one test, in this order.",
            show_default=False,
        ),
    ] = None,
    *,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="DIR", help="The folder of fixtures; as the pytest plugin has it without this."
        ),
    ] = None,
    name: Annotated[str, typer.Option("--name", metavar="TEST", help="The test's name: test_refund.")] = "",
    asserts: Annotated[
        str,
        typer.Option(
            "--assert",
            metavar="LIST",
            help="What it asserts: status, text, tool_calls, finish, route, cost, usage, snapshot.",
        ),
    ] = "status,text,tool_calls,finish",
    test_file: Annotated[
        str,
        typer.Option("--test-file", metavar="FILE", help="The test's module; one of its own without this."),
    ] = "",
    append: Annotated[bool, typer.Option("--append", help="Add the test to a module that is there.")] = False,
    no_test: Annotated[
        bool, typer.Option("--no-test", help="A fixture alone, that answers as often as it is asked.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print both, write nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a fixture and a test that are there.")
    ] = False,
) -> int:
    """Make a fixture and a pytest test of logged calls.

    The test sends the same requests with the SDK of their dialect and is answered from the fixture: no key, no network.
    Secrets are masked; where one is left nothing is written. What the log does not hold cannot be promoted: the message
    says which switch keeps it.
    """
    from aigw_dev.fixture_files import promoted

    project = Path.cwd()
    with Place(context).need_client() as client:
        made = client.promote(
            names or ["last"],
            name=name,
            file=_relative(test_file, project),
            folder=promoted.usual_tests(project),
            asserts=[one.strip() for one in asserts.split(",") if one.strip()],
            has_test=not no_test,
        )
    written: list[Path] = []
    if not dry_run:
        place = promoted.Place(
            project=project,
            fixtures=to or promoted.usual_fixtures(project),
            is_forced=force,
            is_appended=append,
        )
        with told():
            written = promoted.write(made, place, leftovers=redactor_of(context).leftovers)
    if context.is_json:
        output.print_json(made | {"written": [str(path) for path in written]})
        return DONE
    _show(made, written)
    return DONE


def _relative(file: str, project: Path) -> str:
    """A test file as its runner names it: below the project, with `/`."""
    if not file:
        return ""
    path = Path(file)
    try:
        return (path.relative_to(project) if path.is_absolute() else path).as_posix()
    except ValueError as elsewhere:
        raise CommandError(
            f"{file} is not below {project}.",
            hint="Run this where pytest is run: the test's id begins there.",
        ) from elsewhere


def _show(made: dict[str, Any], written: list[Path]) -> None:
    """Both texts where nothing was written, else what was and how it is run."""
    if not written:
        if made["module"]:
            output.say(output.styled(f"# {made['file']}", "dim"))
            output.say(harmless.block(made["module"]))
        output.say(output.styled(f"# {made['fixture']}.aigw.json", "dim"))
        output.say(harmless.block(made["content"].rstrip("\n")))
    for path in written:
        output.say(f"wrote {harmless.line(str(_near(path)))}")
    for note in made["notes"]:
        output.note(f"note: {note}")
    if written and made["test_id"]:
        output.note(f"run it: pytest {made['test_id']}")


def _near(path: Path) -> Path:
    """A path as people here name it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path

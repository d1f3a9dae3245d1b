"""`aigw-dev logs promote ID`: logged calls as a fixture and a pytest test, shown or written, both for review."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.fixture_places import redactor_of, told
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless


@dataclass(frozen=True, kw_only=True)
class TestOptions:
    """What becomes of the calls as a test."""

    __test__ = False

    name: Annotated[str, typer.Option("--name", metavar="TEST", help="The test's name: test_refund.")] = ""
    asserts: Annotated[
        str,
        typer.Option(
            "--assert",
            metavar="LIST",
            help="What it asserts: status, text, tool_calls, finish, route, cost, usage, snapshot.",
        ),
    ] = "status,text,tool_calls,finish"
    test_file: Annotated[
        str,
        typer.Option("--test-file", metavar="FILE", help="The test's module; one of its own without this."),
    ] = ""
    append: Annotated[bool, typer.Option("--append", help="Add the test to a module that is there.")] = False
    no_test: Annotated[
        bool, typer.Option("--no-test", help="A fixture alone, that answers as often as it is asked.")
    ] = False


def logs_promote(
    context: Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID",
            help="Its id, a beginning of it, `last`, or -2; several are one test, in this order.",
        ),
    ] = None,
    *,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="DIR",
            help="The folder of fixtures; without it where the pytest plugin looks: tests/llm_fixtures, llm_fixtures.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print both, write nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a fixture and a test that are there.")
    ] = False,
    test: TestOptions,
) -> int:
    """Make a fixture and a pytest test of logged calls.

    The test sends the same requests with the SDK of their dialect and is answered from the fixture: no key, no network.
    Secrets are masked; where one is left nothing is written. What the log does not hold cannot be promoted: the message
    says which switch keeps it.
    """
    from aigw_dev.fixture_files import promoted

    made = _made(context, names or ["last"], test)
    written: list[Path] = []
    if not dry_run:
        place = promoted.Place(
            project=Path.cwd(),
            fixtures=to or promoted.usual_fixtures(Path.cwd()),
            is_forced=force,
            is_appended=test.append,
        )
        with told():
            written = promoted.write(made, place, leftovers=redactor_of(context).leftovers)
    if context.is_json:
        output.print_json(made | {"written": [str(path) for path in written]})
        return DONE
    _show(made, written)
    if (
        to is not None
        and written
        and made["test_id"]
        and to.absolute() != promoted.usual_fixtures(Path.cwd())
    ):
        output.note(f"note: pytest looks there with the ini option aigw_dir = {to}")
    return DONE


def _made(context: Context, names: list[str], test: TestOptions) -> dict[str, Any]:
    """What the gateway makes of them."""
    from aigw_dev.fixture_files import promoted

    with Place(context).need_client() as client:
        return client.promote(
            names,
            name=test.name,
            file=_relative(test.test_file, Path.cwd()),
            folder=promoted.usual_tests(Path.cwd()),
            asserts=[one.strip() for one in test.asserts.split(",") if one.strip()],
            has_test=not test.no_test,
        )


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

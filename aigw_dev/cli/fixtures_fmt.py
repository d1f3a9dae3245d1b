"""`aigw-dev fixtures fmt`: the one way to write a fixture, so that a new recording changes few lines."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, USAGE
from aigw_dev.cli.fixture_places import paths_or_usual, told
from aigw_dev.core import harmless
from aigw_dev.core.recording.fixture import FixtureError

if TYPE_CHECKING:
    from aigw_dev.fixture_files.finding import Found

PATHS = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Files and folders; without any tests/llm_fixtures, else fixtures."),
]


def fixtures_fmt(
    context: Context,
    paths: PATHS = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 where a file would change.")
    ] = False,
) -> int:
    """Write fixtures in their canonical form.

    What a fixture says does not change. A file that cannot be read is left as it is, and the command exits 2.
    """
    from aigw_dev.fixture_files.finding import fixtures_in

    changed: list[str] = []
    broken: list[dict[str, str]] = []
    count = 0
    with told():
        for found in fixtures_in(paths_or_usual(paths)):
            count += 1
            try:
                if _format(found, is_check=check):
                    changed.append(str(found.path))
            except FixtureError as failure:
                broken.append({"file": str(found.path), "error": str(failure), "hint": failure.hint})
    if context.is_json:
        output.print_json({"files": count, "changed": changed, "broken": broken})
    else:
        _say(changed, broken, count=count, is_check=check)
    if broken:
        return USAGE
    return NOT_HELD if check and changed else DONE


def _format(found: "Found", *, is_check: bool) -> bool:
    """Whether the file differs from its canonical form; written so, unless it is only looked at."""
    content = found.library.content(found.name)
    rendered = found.library.render(found.library.parse(content, file=str(found.path)))
    if rendered.content == content:
        return False
    if not is_check:
        found.library.put(found.name, rendered)
    return True


def _say(changed: list[str], broken: list[dict[str, str]], *, count: int, is_check: bool) -> None:
    for file in changed:
        output.say(harmless.line(file))
    for each in broken:
        output.note(harmless.line(f"left as it is: {each['error']}"))
    did = "would change" if is_check else "changed"
    output.note(f"{count} file(s), {len(changed)} {did}")

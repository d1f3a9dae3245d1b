"""`aigw-dev fixtures prune`: what no test needs any more; says what would go, and removes it when told to."""

import time
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.fixture_places import library_at, read_test_ids, told
from aigw_dev.cli.fixtures import FOLDER, size
from aigw_dev.core import harmless


def fixtures_prune(
    context: Context,
    folder: FOLDER = None,
    *,
    apply: Annotated[
        bool, typer.Option("--apply", help="Remove the files; else they are only named.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The plugin's JSON report of a whole run: its orphans go too."),
    ] = None,
    tests: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Every test there is, an id on each line (- reads stdin): others' go too."
        ),
    ] = None,
) -> int:
    """Remove fixtures and blobs that no test needs.

    These are recordings of failed tests, expired fixtures, blobs that no fixture wants and what broken-off writes
    left; with --report or --tests also the fixtures of tests that are gone. Only files of ours are removed.
    """
    from aigw_dev.fixture_files import pruning

    library = library_at(folder)
    with told():
        listed = read_test_ids(tests) if tests is not None else None
        planned = pruning.plan(
            library,
            now_s=time.time(),
            tests=listed,
            orphans=_orphans(report) if report is not None else (),
        )
        gone = pruning.remove(library, planned) if apply else []
    if context.is_json:
        output.print_json({"removed": gone, "removable": planned.files, "notes": planned.notes})
        return DONE
    if planned.files:
        rows = [[each.file, size(each.bytes), each.why] for each in planned.files]
        output.table(["FILE", "SIZE", "WHY"], rows, right=frozenset({"SIZE"}))
    for note in planned.notes:
        output.note(harmless.line(note))
    total = size(sum(each.bytes for each in planned.files))
    if apply:
        output.note(f"{len(gone)} file(s) removed, {total}")
    elif planned.files:
        output.note(f"{len(planned.files)} file(s), {total}; nothing was removed: --apply does it")
    else:
        output.note("there is nothing to remove")
    return DONE


def _orphans(path: Path) -> list[str]:
    """The fixtures that a report calls orphans, as names or files; a run of a part of the suite can tell of none."""
    from aigw_dev.core.recording.document import parse
    from aigw_dev.fixture_files.limits import read_regular

    try:
        document: Any = parse(read_regular(path.resolve(), file=str(path)))
    except FileNotFoundError as absent:
        raise CommandError(f"{path}: there is no such file.") from absent
    fields = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    orphans = fields.get("orphans")
    unchecked = fields.get("orphans_not_checked")
    if not isinstance(orphans, list) or unchecked:
        why = f": {unchecked}" if isinstance(unchecked, str) else ""
        raise CommandError(
            f"{path} does not say which fixtures are orphans{why}.",
            hint="Run the whole suite with `--aigw-report=json`: only a whole run can tell.",
        )
    names = [name for each in cast("list[Any]", orphans) if (name := _name(each))]
    beside = path.resolve().parent
    return [
        *names,
        *(str(beside / name) for name in names),
    ]  # files are named from where the report lies, or whole


def _name(orphan: Any) -> str:
    """An orphan is a name, a file, or an object with a `fixture`."""
    if isinstance(orphan, dict):
        orphan = cast("dict[str, Any]", orphan).get("fixture")
    return orphan if isinstance(orphan, str) else ""

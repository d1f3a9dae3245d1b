"""`aigw-dev fixtures check`: whether fixtures can be trusted, and how to mend those that cannot."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, NOT_HELD, CommandError
from aigw_dev.cli.fixture_places import paths_or_usual, read_test_ids, redactor_of, told
from aigw_dev.cli.fixtures_fmt import PATHS
from aigw_dev.core import duration, harmless
from aigw_dev.fixture_files.checking import Finding, Rules, check_folder, check_one
from aigw_dev.fixture_files.finding import fixtures_in
from aigw_dev.fixture_files.library import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What is asked of fixtures."""

    max_age: Annotated[
        str | None, typer.Option(metavar="AGE", help="Older recordings are findings: 90d.")
    ] = None
    tests: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Every test there is, an id on each line (- reads stdin): finds orphans."
        ),
    ] = None
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as findings.")] = False


def fixtures_check(context: Context, paths: PATHS = None, *, options: CheckOptions) -> int:
    """Check fixtures: keys, summaries, blobs, secrets, age.

    A finding is `file: where: what: how to mend it`, and the exit code is 1. Secrets are searched for by their exact
    values in the environment and by their shape; the keyring is not asked.
    """
    leftovers = redactor_of(context).leftovers
    checked = 0
    findings: list[Finding] = []
    with told():
        rules = _rules(options)
        given = paths_or_usual(paths)
        for found in fixtures_in(given):
            checked += 1
            own = check_one(found.library, found.name, leftovers=leftovers, rules=rules)
            findings += [_below(each, found.library.root) for each in own]
        for folder in (path for path in given if path.is_dir()):
            findings += [_below(each, folder) for each in check_folder(Library(folder))]
    is_held = not any(options.strict or not each.is_warning for each in findings)
    if context.is_json:
        output.print_json({"ok": is_held, "files": checked, "findings": findings})
    else:
        _say(findings, checked)
    return DONE if is_held else NOT_HELD


def _rules(options: CheckOptions) -> Rules:
    max_age_s = None
    if options.max_age is not None:
        max_age_s = duration.parse(options.max_age)
        if max_age_s is None:
            raise CommandError(f"--max-age {options.max_age[:40]} is no age.", hint="Write it as 90d or 12h.")
    tests = None if options.tests is None else read_test_ids(options.tests)
    return Rules(now_s=time.time(), max_age_s=max_age_s, tests=tests)


def _below(finding: Finding, root: Path) -> Finding:
    """With the file as it is named from here."""
    return Finding(
        file=str(root / finding.file),
        where=finding.where,
        message=finding.message,
        hint=finding.hint,
        is_warning=finding.is_warning,
    )


def _say(findings: Sequence[Finding], checked: int) -> None:
    for each in findings:
        words = [each.file, each.where, f"{'warning: ' if each.is_warning else ''}{each.message}", each.hint]
        output.say(": ".join(harmless.line(word.rstrip(".")) for word in words if word))
    errors = sum(not each.is_warning for each in findings)
    output.note(f"{checked} fixture(s), {errors} finding(s), {len(findings) - errors} warning(s)")

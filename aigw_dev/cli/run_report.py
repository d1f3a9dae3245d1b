"""What a run made of its fixtures, for machines that show test results: JUnit XML, and annotations of GitHub's runner."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from aigw_dev.cli import output
from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.run_fixtures import OneTest, Outcome, Problem
from aigw_dev.core import harmless

JUNIT_FILE: Final = "aigw-dev-junit.xml"
"""Where `--report junit` writes."""
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped (section 2.2)."""
_DATA: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY: Final = {**_DATA, ":": "%3A", ",": "%2C"}
"""How GitHub's runner wants text: actions/toolkit, packages/core/src/command.ts (read 2026-11)."""
_WORDS: Final = {
    "miss": "no recorded response",
    "exhausted": "asked more often than recorded",
    "no_fixture": "nothing is recorded",
    "route_changed": "the route changed",
    "unused": "recorded, never requested",
    "unreadable": "the fixture cannot be read",
    "not_written": "the recording was not written",
    "not_recorded": "refused, so not recorded",
    "late": "a call after the test had ended",
    "drift": "the provider answers in another shape",
    "limit": "over the test's limit",
}


def checked(forms: Sequence[str]) -> tuple[str, ...]:
    """The forms of `--report`, if all are known. Raises `CommandError`."""
    for form in forms:
        name, colon, file = form.partition(":")
        if name not in {"junit", "github"} or (colon and (name != "junit" or not file)):
            raise CommandError(
                f"--report {harmless.line(form)}: no such report.", hint="junit, junit:FILE or github."
            )
    return tuple(forms)


def write(outcome: Outcome, forms: Sequence[str], *, is_quiet: bool = False) -> None:
    """Every report that was asked for. Raises `CommandError` where a file cannot be written."""
    for form in forms:
        name, _, file = form.partition(":")
        if name == "github":
            for one in outcome.problems:
                output.note(annotation(one, root=Path.cwd()))  # the runner reads both streams
            continue
        path = Path(file or JUNIT_FILE)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(junit(outcome).encode("utf-8", "replace"))
        except OSError as error:
            raise CommandError(f"{path}: the report cannot be written: {error.strerror or error}.") from error
        if not is_quiet:
            output.note(f"report   {harmless.line(str(path))}")


def junit(outcome: Outcome) -> str:
    """One test case for each test that called or should have, with a failure for everything that did not hold there."""
    rows = {one.name: one for one in outcome.tests}
    for one in outcome.problems:
        rows.setdefault(one.test, OneTest(name=one.test, calls=0, duration_s=0.0))
    failed = {one.test for one in outcome.problems}
    total_s = sum(one.duration_s for one in rows.values())
    head = f'tests="{len(rows)}" failures="{len(failed)}" errors="0" skipped="0" time="{total_s:.3f}"'
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f"<testsuites {head}>",
        f'  <testsuite name="aigw-dev {_text(outcome.mode)}" {head}>',
        "    <properties>",
        f'      <property name="fixtures" value="{_text(outcome.dir)}"/>',
        f'      <property name="calls" value="{outcome.calls}"/>',
        f'      <property name="exit_code" value="{outcome.exit_code}"/>',
        "    </properties>",
    ]
    for row in rows.values():
        lines += _case(row, [one for one in outcome.problems if one.test == row.name])
    return "\n".join([*lines, "  </testsuite>", "</testsuites>", ""])


def annotation(problem: Problem, *, root: Path) -> str:
    """One line that GitHub's runner shows at the fixture's file; `root` is the checkout, which its paths begin at."""
    path = Path(problem.path)
    if path.is_absolute() and path.is_relative_to(root):
        path = path.relative_to(root)
    title = f"{_WORDS.get(problem.kind, problem.kind)}: {problem.test}"
    return (
        f"::error file={_escaped(path.as_posix(), _PROPERTY)},title={_escaped(title, _PROPERTY)}"
        f"::{_escaped(problem.text, _DATA)}"
    )


def _case(row: OneTest, problems: Sequence[Problem]) -> list[str]:
    """A case with at most one failure: readers show the first only."""
    start = f'    <testcase classname="aigw-dev" name="{_text(row.name)}" time="{row.duration_s:.3f}"'
    if not problems:
        return [f"{start}/>"]
    kinds = dict.fromkeys(_WORDS.get(one.kind, one.kind) for one in problems)
    opening = f'<failure type="{_text(problems[0].kind)}" message="{_text("; ".join(kinds))}">'
    text = "\n\n".join(one.text for one in problems)
    return [
        f'{start} file="{_text(problems[0].path)}">',
        f"      {opening}{_text(text)}</failure>",
        "    </testcase>",
    ]


def _text(value: str) -> str:
    """Fit for an attribute or an element, whatever it held."""
    return escape(_NOT_XML.sub("\ufffd", value.replace("\r\n", "\n")))


def _escaped(value: str, table: dict[str, str]) -> str:
    """As the runner reads it back. What could steer a terminal is shown first, since this is printed."""
    safe = harmless.block(value)
    return "".join(table.get(character, character) for character in safe)

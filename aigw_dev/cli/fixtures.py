"""`aigw-dev fixtures list`: the fixtures of a folder, and the broken ones among them."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import msgspec
import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE
from aigw_dev.cli.fixture_places import library_at, told
from aigw_dev.cli.money import ago
from aigw_dev.core.recording.fixture import SUFFIX, Fixture, FixtureError, Interaction, Request

if TYPE_CHECKING:
    from aigw_dev.fixture_files.library import Library

FOLDER = Annotated[
    Path | None,
    typer.Argument(metavar="DIR", help="The folder; without it tests/llm_fixtures, else fixtures."),
]


class Row(msgspec.Struct, kw_only=True):
    """One fixture of the list."""

    name: str
    interactions: int = 0
    ops: list[str] = []
    models: list[str] = []
    recorded_at: str = ""
    expires: str = ""
    bytes: int = 0
    test: str = ""
    error: str = ""
    """Why it cannot be used; empty = it can."""


def fixtures_list(context: Context, folder: FOLDER = None) -> int:
    """List recorded fixtures, and say which are broken.

    Links are not among them; `fixtures check` names those.
    """
    library = library_at(folder)
    with told():
        rows = [row_of(library, name) for name in library.names()]
        odd = library.odd()
    if context.is_json:
        output.print_json(
            {
                "dir": str(library.root),
                "fixtures": rows,
                "odd": [{"file": each.file, "why": each.why} for each in odd],
            }
        )
        return DONE
    if rows:
        now_s = time.time()
        output.table(
            ["NAME", "CALLS", "OPERATIONS", "MODELS", "RECORDED", "SIZE", "TEST"],
            [_cells(row, now_s) for row in rows],
            right=frozenset({"CALLS", "SIZE"}),
        )
    else:
        output.note(f"there are no fixtures in {library.root}; `aigw-dev up --record DIR` records some")
    if odd:
        output.note(f"{len(odd)} file(s) that are not read: `aigw-dev fixtures check` names them")
    return DONE


def row_of(library: "Library", name: str) -> Row:
    """What the list says of one fixture."""
    row = Row(name=name)
    try:
        content = library.content(name)
        row.bytes = len(content)
        fixture = library.parse(content, file=f"{name}{SUFFIX}")
    except FixtureError as failure:
        row.error = str(failure).removeprefix(f"{name}{SUFFIX}: ")
        return row
    _fill(row, fixture)
    return row


def model_of(interaction: Interaction) -> str:
    """The model that was asked for, as the app named it; else the one that was called."""
    asked = _named(interaction.request)
    if asked or not interaction.attempts:
        return asked
    return interaction.attempts[-1].upstream


def size(count: int) -> str:
    """`512 B`, `12 KiB`, `3.4 MiB`."""
    if count < 1024:  # noqa: PLR2004 - a KiB
        return f"{count} B"
    return f"{count / 1024:.0f} KiB" if count < 1024**2 else f"{count / 1024**2:.1f} MiB"


def _fill(row: Row, fixture: Fixture) -> None:
    row.interactions = len(fixture.interactions)
    row.ops = list(dict.fromkeys(each.request.op for each in fixture.interactions))
    row.models = list(dict.fromkeys(filter(None, map(model_of, fixture.interactions))))
    row.recorded_at, row.expires, row.test = fixture.recorded_at, fixture.expires, fixture.test


def _cells(row: Row, now_s: float) -> list[str]:
    if row.error:
        return [row.name, "-", f"broken: {row.error}", "", "", size(row.bytes), ""]
    return [
        row.name,
        str(row.interactions),
        ", ".join(row.ops),
        ", ".join(row.models),
        _age(row.recorded_at, now_s),
        size(row.bytes),
        row.test,
    ]


def _age(recorded_at: str, now_s: float) -> str:
    from aigw_dev.fixture_files.checking import moment

    recorded_s = moment(recorded_at) if recorded_at else None
    return "-" if recorded_s is None else ago(recorded_s, now=now_s)


def _named(request: Request) -> str:
    body: Any = request.body
    fields = cast("dict[str, Any]", body) if isinstance(body, dict) else request.form or {}
    model = fields.get("model")
    return model if isinstance(model, str) else ""

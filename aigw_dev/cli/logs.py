"""`aigw-dev logs list|search`: exchanges as a table, newest first."""

from dataclasses import dataclass
from typing import Annotated, Final

import typer

from aigw_dev.cli import log_lines, log_source, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.place import Place

FILTER = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILTER",
        help="Which exchanges: 'status:>=400 provider:openai \"card declined\"' (docs/logs.md).",
    ),
]
"""A filter in the language of docs/logs.md; several words are one filter."""
SINCE = Annotated[
    str, typer.Option(metavar="TIME", help="Only what ended since: 5m, 24h, 7d ago, or 2026-11-20T10:00.")
]
UNTIL = Annotated[str, typer.Option(metavar="TIME", help="Only what ended before: as --since.")]
COLUMNS = Annotated[
    str, typer.Option(metavar="A,B,...", help=f"The columns: {', '.join(log_lines.COLUMNS)}.")
]

_SPACES: Final = " \t\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """Which part of the log, and what of it."""

    since: SINCE = ""
    until: UNTIL = ""
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 20
    before: Annotated[
        int | None, typer.Option(metavar="SEQ", help="Go on below this place, as the page before said.")
    ] = None
    columns: COLUMNS = ""


def logs_list(context: Context, words: FILTER = None, *, options: PageOptions) -> int:
    """List exchanges, newest first.

    The columns are those that fit the terminal; `--columns` names others, and `logs show ID` shows all of one.
    """
    return _print(context, log_source.query_of(words, since=options.since, until=options.until), options)


def logs_search(
    context: Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS", help="Words that all occur; 'two words' is a phrase; wor* a beginning."
        ),
    ],
    *,
    filter_: Annotated[
        str, typer.Option("--filter", metavar="FILTER", help="Only among these: 'provider:openai'.")
    ] = "",
    options: PageOptions,
) -> int:
    """List the exchanges whose request or response holds these words.

    Nothing in WORDS is syntax, so text can be pasted; conditions go into `--filter`.
    """
    texts = [f'"{word.replace(chr(34), " ").strip(_SPACES)}"' for word in words if word.strip(_SPACES)]
    if not texts:
        raise CommandError("There is nothing to search for.")
    query = log_source.query_of([*texts, filter_], since=options.since, until=options.until)
    return _print(context, query.strip(), options)


def _print(context: Context, query: str, options: PageOptions) -> int:
    columns = log_lines.chosen(options.columns, width=output.width())
    log = log_source.log_of(Place(context))
    try:
        page = log_source.entries(log, query, before=options.before, limit=options.limit)
    finally:
        log.close()
    if context.is_json:
        output.print_json(page)
        return DONE
    if not page["entries"]:
        output.note("no exchange passes" if query else "nothing has been logged yet")
        return DONE
    output.table(
        [column.header for column in columns],
        [[column.cell(entry) for column in columns] for entry in page["entries"]],
        right=frozenset(column.header for column in columns if column.is_right),
    )
    if page["next_before"] is not None:
        output.note(f"there are more: --before {page['next_before']}, or a higher --limit")
    return DONE

"""`aigw-dev logs export`: exchanges whole, for other programs."""

import os
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TextIO

import msgspec
import typer

from aigw_dev.cli import log_source, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE
from aigw_dev.cli.logs import FILTER, SINCE, UNTIL
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless


class Format(Enum):
    """How exchanges are written."""

    jsonl = "jsonl"
    json = "json"


def logs_export(
    context: Context,
    words: FILTER = None,
    *,
    since: SINCE = "",
    until: UNTIL = "",
    format_: Annotated[
        Format, typer.Option("--format", help="jsonl: one exchange a line; json: one array.")
    ] = Format.jsonl,
    file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to this file, readable by you only."),
    ] = None,
) -> int:
    """Write exchanges whole, as JSON lines or one JSON document.

    Newest first, with bodies as they were kept: keys masked, everything else that was said is in them.
    """
    query = log_source.query_of(words, since=since, until=until)
    log = log_source.log_of(Place(context))
    try:
        exchanges = log_source.whole(log, query)
        if file is None:
            _write(exchanges, sys.stdout, format_)
            return DONE
        count = _write_file(exchanges, file, format_)
    finally:
        log.close()
    if context.is_json:
        output.print_json({"exported": count, "path": str(file)})
    else:
        output.note(f"{count} exchange{'' if count == 1 else 's'} written to {harmless.line(str(file))}")
    return DONE


def _write_file(exchanges: Iterator[dict[str, Any]], file: Path, format_: Format) -> int:
    """Write beside the file and put it in place when all is there; an error leaves what was there before."""
    part = file.with_name(f"{file.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            count = _write(exchanges, stream, format_)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return count


def _write(exchanges: Iterator[dict[str, Any]], stream: TextIO, format_: Format) -> int:
    """How many were written. JSON keeps its value; characters that steer a terminal are spelled out in it."""
    is_array = format_ is Format.json
    count = 0
    if is_array:
        stream.write("[")
    for exchange in exchanges:
        if is_array:
            stream.write(",\n" if count else "\n")
        stream.write(harmless.json_text(msgspec.json.encode(exchange).decode()))
        if not is_array:
            stream.write("\n")
        count += 1
    if is_array:
        stream.write("\n]\n")
    return count

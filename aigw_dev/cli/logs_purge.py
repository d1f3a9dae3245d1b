"""`aigw-dev logs purge`: exchanges deleted for good, by the gateway that runs or, where none runs, by this command."""

import random
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from aigw_dev.cli import asking, log_source, output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE
from aigw_dev.cli.logs import FILTER, SINCE, UNTIL
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.store import database
from aigw_dev.store.batches import Counts
from aigw_dev.store.filters import Filter
from aigw_dev.store.state import StateStore
from aigw_dev.store.upkeep import OpenLog
from aigw_dev.store.writer import open_log

_COUNTED: Final = 2_000
"""Up to so many exchanges are counted before the question."""


def logs_purge(
    context: Context,
    words: FILTER = None,
    *,
    since: SINCE = "",
    until: UNTIL = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Delete exchanges from the log, for good.

    Without a filter all of them. Their bytes are overwritten on disk; statistics keep counting what they counted,
    and exchanges still running stay.
    """
    query = log_source.query_of(words, since=since, until=until)
    log_source.parsed(query)
    place = Place(context)
    if not yes:
        asking.require_person("Deleting wants a yes.", hint="Give --yes to answer in advance.")
        if not asking.confirm(_question(place, query)):
            raise asking.refused()
    client = place.client()
    if client is not None:
        with client:
            deleted: int = client.purge(query)["deleted"]
    else:
        deleted = purge_file(log_source.path_of(place), query)
    if context.is_json:
        output.print_json({"deleted": deleted})
    else:
        output.note(f"{deleted} exchange{'' if deleted == 1 else 's'} deleted")
    return DONE


def purge_file(path: Path, query: str) -> int:
    """Delete from a log that no gateway serves; `StoreError` (`store_locked`) where one does. It is audited."""
    wanted: Filter = log_source.parsed(query)
    if not path.exists():
        return 0
    lock = database.WriterLock(path)
    lock.take_or_raise()
    try:
        db = open_log(path)
        log = OpenLog(db, mask=bytes, draw=random.random, counts=Counts(), is_first=True)
        try:
            deleted = sum(log.purge(wanted))
        finally:
            log.close()
        state = StateStore(path.with_name("state.db"))
        detail = f"{query or 'everything'}: {deleted} exchanges"
        state.audit("logs.purge", at=time.time(), actor="cli", origin="cli", detail={"detail": detail})
        state.close()
    finally:
        lock.free()
    return deleted


def _question(place: Place, query: str) -> str:
    log = log_source.log_of(place)
    try:
        page = log_source.entries(log, query, before=None, limit=_COUNTED)
    finally:
        log.close()
    count = len(page["entries"])
    number = f"more than {count}" if page["next_before"] is not None else str(count)
    plural, verb = ("", "passes") if number == "1" else ("s", "pass")
    which = f"that {verb} `{harmless.line(query)}`" if query else "of this log, all there are"
    return f"Delete {number} exchange{plural} {which}?"

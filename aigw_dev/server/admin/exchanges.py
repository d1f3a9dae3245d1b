"""The log as a list over all of it: where rows are, the rows in sight, what changed, as an answer or as it happens.

What a virtual list needs and no more; `live.py` has pages and single exchanges for commands.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from litestar import Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from aigw_dev.core.streams import sse
from aigw_dev.server.admin.desk import Answer, Desk, granted, refuse
from aigw_dev.store import completion, filters, listing
from aigw_dev.store.reader import LogReader
from aigw_dev.store.traffic import traffic as counted

_WATCH_S: Final = 0.1
"""How often a watch looks: at most ten events a second, whatever the rate."""
_KEEP_ALIVE_S: Final = 15.0
_BUDGET_S: Final = 2.0
_MOST_DIGITS: Final = 18
"""SQLite's numbers have a digit more."""


def router(desk: Desk) -> Router:
    """The handlers."""
    return Router(path="/admin/v1", route_handlers=[*_lists(desk), *_following(desk)], tags=["exchanges"])


def _lists(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/exchanges/index")
    async def index(q: FromQuery[str] = "", limit: FromQuery[int] = 200_000) -> Answer:
        """Where the newest `limit` exchanges are that pass the filter `q`: runs of seqs, oldest first."""
        wanted, journal = _filter(q), desk.gateway.recorder.writer.journal
        return await desk.answer(listing.index, desk.logs, journal, wanted, limit=limit, budget_s=_BUDGET_S)

    @get("/exchanges/rows")
    async def rows(
        first: FromQuery[int] = 0, last: FromQuery[int] = 0, q: FromQuery[str] = "", seqs: FromQuery[str] = ""
    ) -> Answer:
        """Exchanges for a list, ascending, with previews, at most 1000: those from `first` to `last` that pass, or `seqs`."""
        if seqs:
            return await desk.answer(_these, desk.logs, _numbers(seqs))
        return await desk.answer(_between, desk.logs, _filter(q), first=first, last=last)

    @get("/exchanges/words")
    async def words(field: FromQuery[str] = "", prefix: FromQuery[str] = "") -> dict[str, Any]:
        """What can come next in a filter: values of `field` in this log that hold `prefix`; without it, the fields."""
        return {"words": await desk.read(completion.words, desk.logs, field, prefix)}

    @get("/routes/{name:str}/traffic")
    async def traffic(name: FromPath[str], since: FromQuery[str] = "1h") -> dict[str, Any]:
        """Calls and errors per node of the flow in force, and attempts per target, since then."""
        route = desk.gateway.snapshot.routes.get(name)
        if route is None:
            refuse("route_not_found", f"there is no route {name!r}; see `aigw-dev routes list`")
        within = _filter(f"since:{since}")
        return msgspec.to_builtins(await desk.read(counted, desk.logs, route, within))

    return [index, rows, words, traffic]


def _following(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/exchanges/changes")
    async def changes(end: FromQuery[str], q: FromQuery[str] = "") -> Answer:
        """What changed since the cursor `end` of an index, of what passes `q`; `is_reset`: take the index anew."""
        wanted, journal = _filter(q), desk.gateway.recorder.writer.journal
        return await desk.answer(listing.changes, desk.logs, journal, wanted, end=end)

    @get("/exchanges/watch")
    async def watch(end: FromQuery[str], q: FromQuery[str] = "") -> Stream:
        """The answers of `changes` as server-sent events, one only when something changed."""
        headers = {"cache-control": "no-cache"}
        return Stream(_watch(desk, _filter(q), end), media_type="text/event-stream", headers=headers)

    return [changes, watch]


def _filter(text: str) -> filters.Filter:
    return granted(filters.parse(text, now_s=time.time()))


def _between(reader: LogReader, wanted: filters.Filter, *, first: int, last: int) -> dict[str, Any]:
    return {"entries": listing.between(reader, wanted, first=first, last=last)}


def _these(reader: LogReader, seqs: list[int]) -> dict[str, Any]:
    return {"entries": listing.these(reader, seqs)}


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) <= _MOST_DIGITS for part in parts):
        refuse("invalid_request", "seqs wants numbers with commas between them: seqs=17,18,40", status=400)
    return [int(part) for part in parts]


async def _watch(desk: Desk, wanted: filters.Filter, end: str) -> AsyncIterator[bytes]:
    journal = desk.gateway.recorder.writer.journal
    yield sse.encode_comment("watching")
    seen, quiet_s = None, 0.0
    while not desk.gateway.is_draining:
        is_news = False
        if journal.place != seen:
            seen = journal.place
            found = await desk.read(listing.changes, desk.logs, journal, wanted, end=end)
            end, is_news = found.end, found.is_news
            if is_news:
                yield sse.encode(msgspec.json.encode(found), event="changes")
        quiet_s = 0.0 if is_news else quiet_s + _WATCH_S
        if quiet_s >= _KEEP_ALIVE_S:
            quiet_s = 0.0
            yield sse.encode_comment("still here")
        await asyncio.sleep(_WATCH_S)

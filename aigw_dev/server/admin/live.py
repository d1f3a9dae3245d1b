"""The log over the admin API: pages, one exchange, a live feed, totals, purging, pausing."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from aigw_dev.core.rollup import COUNTERS
from aigw_dev.core.streams import sse
from aigw_dev.server.admin.desk import Answer, Desk, granted, refuse
from aigw_dev.store import filters, stats
from aigw_dev.store.records import as_json

_POLL_S: Final = 0.15
"""How often a live feed looks for new rows; the writer makes them durable within 0.1 s."""
_KEEP_ALIVE_S: Final = 15.0
_BUDGET_S: Final = 2.0
_LONGEST_STEP_S: Final = 366 * 86_400


class PurgeRequest(msgspec.Struct, kw_only=True):
    """Which exchanges to delete."""

    q: str
    """A filter; empty deletes everything."""


class PauseRequest(msgspec.Struct, kw_only=True):
    """Whether bodies are recorded."""

    paused: bool


def router(desk: Desk) -> Router:
    """The handlers."""
    handlers = [*_reading(desk), *_changing(desk), *_totals(desk)]
    return Router(path="/admin/v1", route_handlers=handlers, tags=["exchanges"])


def _reading(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/exchanges")
    async def page(
        q: FromQuery[str] = "",
        before: FromQuery[int | None] = None,
        limit: FromQuery[int] = 50,
        *,
        previews: FromQuery[bool] = True,
    ) -> Answer:
        """A page of exchanges that pass the filter `q`, newest first; go on from `next_before`."""
        wanted = granted(filters.parse(q, now_s=time.time()))
        return await desk.answer(
            desk.logs.page,
            wanted,
            before=before,
            limit=min(max(limit, 1), 1000),
            budget_s=_BUDGET_S,
            previews=previews,
        )

    @get("/exchanges/live")
    async def live(q: FromQuery[str] = "") -> Stream:
        """Exchanges as they end, as server-sent events; a comment every 15 s keeps the connection warm."""
        wanted = granted(filters.parse(q, now_s=time.time()))
        return Stream(
            _feed(desk, wanted), media_type="text/event-stream", headers={"cache-control": "no-cache"}
        )

    @get("/exchanges/{name:str}")
    async def one(name: FromPath[str]) -> Answer:
        """One exchange whole, by id, unique beginning of it, `last` or `-2`."""
        return await desk.answer(lambda: as_json(granted(desk.logs.get(name))))

    return [page, live, one]


def _changing(desk: Desk) -> list[HTTPRouteHandler]:
    @post("/exchanges/purge", status_code=200)
    async def purge(data: JSONBody[PurgeRequest]) -> dict[str, Any]:
        """Delete what passes the filter."""
        wanted = granted(filters.parse(data.q, now_s=time.time()))
        deleted = await asyncio.wrap_future(desk.gateway.recorder.writer.purge(wanted))
        await asyncio.to_thread(desk.audit, "logs.purge", f"{data.q or 'everything'}: {deleted} exchanges")
        return {"deleted": deleted}

    @post("/logging", status_code=200)
    async def pause(data: JSONBody[PauseRequest]) -> dict[str, Any]:
        """Stop or resume the recording of bodies, until the gateway ends."""
        desk.gateway.pause(is_paused=data.paused)
        await asyncio.to_thread(desk.audit, "logs.pause" if data.paused else "logs.resume")
        return {"paused": data.paused}

    return [purge, pause]


def _totals(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/stats")
    async def totals(
        since: FromQuery[str] = "1h",
        until: FromQuery[str] = "",
        by: FromQuery[str] = "",
        q: FromQuery[str] = "",
    ) -> Answer:
        """Totals of an interval, grouped by the comma-separated fields of `by`."""
        asked = _interval(since, until, by, q)
        return await desk.answer(
            stats.summary,
            desk.logs,
            since_s=asked.since_s,
            until_s=asked.until_s,
            by=asked.by,
            filter_=asked.filter,
        )

    @get("/stats/series")
    async def series(
        step: FromQuery[int],
        since: FromQuery[str] = "1h",
        until: FromQuery[str] = "",
        by: FromQuery[str] = "",
        *,
        q: FromQuery[str] = "",
        fields: FromQuery[str] = "",
        percentiles: FromQuery[bool] = False,
    ) -> Answer:
        """Totals over time in steps of `step` seconds; `fields` names the counters wanted, none is all of them."""
        asked, wanted = _interval(since, until, by, q), _counters(fields)
        if step > _LONGEST_STEP_S:
            refuse("invalid_request", f"a step has at most {_LONGEST_STEP_S} seconds", status=400)

        def told() -> object:
            found = stats.series(
                desk.logs, since_s=asked.since_s, until_s=asked.until_s, step_s=step, by=asked.by,
                filter_=asked.filter, percentiles=percentiles,
            )  # fmt: skip
            return _with_fields(granted(found), wanted) if wanted else found

        return await desk.answer(told)

    return [totals, series]


def _counters(fields: str) -> list[str]:
    """The counters that `fields` names; none where it is empty."""
    wanted = [name for name in fields.split(",") if name]
    unknown = [name for name in wanted if name not in COUNTERS]
    if unknown:
        refuse(
            "invalid_request",
            f"there is no counter {unknown[0]!r}; there is {', '.join(COUNTERS)}",
            status=400,
        )
    return wanted


def _with_fields(series: stats.Series, wanted: list[str]) -> dict[str, Any]:
    """The series with the named counters only: most are zero, and a screen asks every second."""
    told: dict[str, Any] = msgspec.to_builtins(series)
    for point in told["points"]:
        for part in ("totals", "non_stream", "stream"):
            point[part] = {name: point[part][name] for name in wanted}
    return told


class _Interval(NamedTuple):
    """What both kinds of totals are asked for."""

    since_s: float
    until_s: float
    by: tuple[str, ...]
    filter: filters.Filter


def _interval(since: str, until: str, by: str, q: str) -> _Interval:
    now = time.time()
    return _Interval(
        since_s=_moment(since, now),
        until_s=_moment(until, now) if until else now,
        by=tuple(part for part in by.split(",") if part),
        filter=granted(filters.parse(q, now_s=now)),
    )


def _moment(text: str, now_s: float) -> float:
    found = filters.moment(text, now_s=now_s)
    if found is None:
        refuse("invalid_request", f"{text!r} is no time; write 5m, 24h, 7d or 2026-11-20T12:00", status=400)
    return found


async def _feed(desk: Desk, wanted: filters.Filter) -> AsyncIterator[bytes]:
    seen = await desk.read(desk.logs.end)
    yield sse.encode_comment("live")
    quiet_s = 0.0
    while not desk.gateway.is_draining:
        entries, seen = await desk.read(desk.logs.tail, seen, wanted, previews=True)
        for entry in entries:
            if entry.state != "open":
                yield sse.encode(msgspec.json.encode(entry), event="exchange")
        quiet_s = 0.0 if entries else quiet_s + _POLL_S
        if quiet_s >= _KEEP_ALIVE_S:
            quiet_s = 0.0
            yield sse.encode_comment("still here")
        await asyncio.sleep(_POLL_S)

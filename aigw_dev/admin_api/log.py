"""The admin API's calls about the log: lists, one exchange, what changes, sums over time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from aigw_dev.admin_api.sending import Sending, segment

_REPLAY_S: Final = 330.0
"""Longer than the gateway gives a replay."""


class LogCalls(Sending):
    """Everything that was logged. Answers are plain JSON values."""

    def exchanges(self, *, query: str = "", before: int | None = None, limit: int = 50) -> dict[str, Any]:
        """A page of exchanges, newest first."""
        return self._get("/exchanges", {"q": query, "before": before, "limit": limit})

    def exchange(self, name: str) -> dict[str, Any]:
        """One exchange whole, by id, unique prefix, `last` or `-2`."""
        return self._get(f"/exchanges/{segment(name)}")

    def index(self, query: str = "", *, limit: int = 200_000) -> dict[str, Any]:
        """Where the newest `limit` exchanges are that pass: `runs` of seqs, and `end` for `changes` and `watch`."""
        return self._get("/exchanges/index", {"q": query, "limit": limit})

    def rows(
        self, first: int = 0, last: int = 0, query: str = "", *, seqs: Sequence[int] | None = None
    ) -> dict[str, Any]:
        """The exchanges with `first <= seq <= last` that pass, ascending, at most 1000, with previews.

        `seqs` asks for these instead, which is quicker where few of many pass.
        """
        if seqs is not None:
            return self._get("/exchanges/rows", {"seqs": ",".join(map(str, seqs))})
        return self._get("/exchanges/rows", {"first": first, "last": last, "q": query})

    def changes(self, end: str, query: str = "") -> dict[str, Any]:
        """What changed since the cursor `end`: new `runs`, seqs that `ended` or `dropped`, the next `end`.

        `is_reset`: take the index anew.
        """
        return self._get("/exchanges/changes", {"end": end, "q": query})

    def watch(
        self, query: str, end: str, *, on_open: Callable[[], None] | None = None
    ) -> Iterator[dict[str, Any]]:
        """What `changes` tells, as it happens, until the gateway goes or the iterator is closed."""
        return self._events("/exchanges/watch", {"q": query, "end": end}, on_open)

    def replay(
        self,
        name: str,
        *,
        models: Sequence[str] | None = None,
        edits: Mapping[str, Any] | None = None,
        note: str = "",
    ) -> dict[str, Any]:
        """Send a recorded request again through the gateway, once per model (at most 8), and compare what comes.

        `edits` is a JSON merge patch of its body. What the calls cost is spent. Takes as long as the calls take.
        """
        body = {"models": list(models or ()), "edits": dict(edits or {}), "note": note}
        path = f"/exchanges/{segment(name)}/replay"
        return self._call("POST", path, json=body, timeout_s=_REPLAY_S)

    def compare(self, name: str, other: str) -> dict[str, Any]:
        """How the exchange `other` differs from this one."""
        return self._get(f"/exchanges/{segment(name)}/compare", {"other": other})

    def purge(self, query: str) -> dict[str, Any]:
        """Delete the exchanges that a filter names."""
        return self._post("/exchanges/purge", {"q": query})

    def stats(self, *, since: str, until: str, by: list[str], query: str = "") -> dict[str, Any]:
        """Sums over an interval, grouped, of what passes the filter."""
        return self._get("/stats", {"since": since, "until": until, "by": ",".join(by), "q": query})

    def series(
        self,
        step: int,
        *,
        since: str = "1h",
        until: str = "",
        by: Sequence[str] = (),
        query: str = "",
        fields: Sequence[str] = (),
        percentiles: bool = False,
    ) -> dict[str, Any]:
        """Sums over time in steps of `step` seconds (1, 15, 60 ...), at most 2000 of them.

        `fields` names the counters wanted (all where it is empty); `percentiles` adds `latency` and `ttft_latency`.
        """
        asked: dict[str, str | int | bool] = {
            "step": step,
            "since": since,
            "until": until,
            "by": ",".join(by),
            "q": query,
            "fields": ",".join(fields),
            "percentiles": percentiles,
        }
        return self._get("/stats/series", asked)

    def words(self, field: str = "", prefix: str = "") -> list[str]:
        """What can come next in a filter: values of `field` in this log that hold `prefix`; without it, the fields."""
        return self._get("/exchanges/words", {"field": field, "prefix": prefix})["words"]

    def traffic(self, route: str, since: str = "1h") -> dict[str, Any]:
        """Calls and errors per node of the route's flow in force, and attempts per target."""
        return self._get(f"/routes/{segment(route)}/traffic", {"since": since})

    def live(self, *, query: str = "", on_open: Callable[[], None] | None = None) -> Iterator[dict[str, Any]]:
        """Exchanges as they end, until the gateway goes or the iterator is closed.

        `on_open` is called once, when the gateway has begun to watch: what ends after that comes.
        """
        return self._events("/exchanges/live", {"q": query}, on_open)

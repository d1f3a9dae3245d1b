"""One look at the gateway: every number of the dashboard, asked for in a worker's thread."""

from collections.abc import Mapping
from typing import Any, Final

from aigw_dev.client import AdminClient
from aigw_dev.tui.dashboard.picture import NOW_S, Answers, Picture, Question, picture
from aigw_dev.tui.dashboard.ranges import GROUPS, moment

_MOST_FAULTS: Final = 500
"""Failed exchanges that are sorted by kind; there may be more."""
_REFUSED: Final = ("throttled", "intercepted")
"""Ended badly as well, by the gateway's own will."""
_PLOTTED: Final = (
    "requests", "ok", "failed", "input_tokens", "output_tokens", "estimated_usage", "durations",
    "cost_nanousd", "cost_unknown", "cost_partial", "cost_estimated", "cost_free",
)  # fmt: skip
"""The counters that buckets are asked for."""


def look(client: AdminClient, question: Question) -> Picture:
    """Blocking; a handful of small calls."""
    since, until = moment(question.since_s), moment(question.until_s)
    total = client.stats(since=since, until=until, by=[])
    is_quiet = not any(group["totals"]["requests"] for group in total["groups"])
    return picture(
        question,
        Answers(
            total=total,
            before=client.stats(since=moment(question.since_s - question.range.span_s), until=since, by=[]),
            groups=client.stats(since=since, until=until, by=list(GROUPS[question.by])),
            series=client.series(
                question.step_s, since=since, until=until, fields=_PLOTTED, percentiles=True
            ),
            lately=client.series(1, since=moment(question.until_s - NOW_S), until=until, fields=_PLOTTED),
            faults=[
                fault for group in total["groups"] for fault in _faults(client, question, group["totals"])
            ],
            deployments=client.deployments(),
            is_empty=is_quiet and not client.exchanges(limit=1)["entries"],
        ),
    )


def _faults(client: AdminClient, question: Question, totals: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every exchange that ended badly, of the kinds that there are; the newest of each."""
    kinds = {"outcome:failed": totals["failed"]}
    kinds |= {f"mark:{mark}": totals[mark] for mark in _REFUSED}
    return [
        entry
        for words, count in kinds.items()
        if count
        for entry in client.exchanges(query=f"{words} {question.window()}", limit=_MOST_FAULTS)["entries"]
    ]

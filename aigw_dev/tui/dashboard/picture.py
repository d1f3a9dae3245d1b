"""What the dashboard knows after one look: answers of the admin API as numbers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec

from aigw_dev.core.rollup import Totals
from aigw_dev.tui.dashboard.ranges import GROUPS, Range, moment

NOW_S: Final = 60
"""The seconds of `now`: queries a second, success, tokens a second."""
LATELY_S: Final = (1, 15, NOW_S)
"""Over which the success rate is told."""
_NONE: Final = "none"
"""What the gateway calls a caller without a name."""
_UNSAFE: Final = frozenset(" \"',*?\t")
"""A filter would read them as something else."""


class Question(NamedTuple):
    """What is looked at."""

    range: Range
    by: str
    """A key of `ranges.GROUPS`."""
    step_s: int
    until_s: int
    """UTC, whole seconds."""

    @property
    def since_s(self) -> int:
        """Where the range begins."""
        return self.until_s - self.range.span_s

    def window(self) -> str:
        """The range as terms of a filter."""
        return f"since:{moment(self.since_s)} until:{moment(self.until_s)}"


class Times(NamedTuple):
    """Percentiles in seconds; None where nothing was measured."""

    p50_s: float | None = None
    p95_s: float | None = None


class Step(NamedTuple):
    """One bucket of the plots."""

    start_s: int
    totals: Totals
    stream: Totals
    times: Times


class Group(NamedTuple):
    """A row of the table."""

    name: str
    """Empty = calls that have none of it."""
    filter: str
    """What finds its calls in the log."""
    totals: Totals
    times: Times
    ttft: Times


class Fault(NamedTuple):
    """Errors of one kind."""

    calls: int
    status: int
    words: str
    """The code, or the status in words where the provider said it."""
    model: str
    first_s: float
    last_s: float
    filter: str
    """What finds them, but for the time."""


class Deployed(NamedTuple):
    """A config that came into force within the range."""

    number: int
    at_s: float
    note: str


class Lately(NamedTuple):
    """The last minute."""

    qps: float = 0.0
    stream_qps: float = 0.0
    input_per_s: float = 0.0
    output_per_s: float = 0.0
    success: tuple[float | None, ...] = (None,) * len(LATELY_S)
    """Over each of `LATELY_S`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One look."""

    question: Question
    totals: Totals = field(default_factory=Totals)
    stream: Totals = field(default_factory=Totals)
    non_stream: Totals = field(default_factory=Totals)
    before: Totals = field(default_factory=Totals)
    """The interval before, as long."""
    times: Times = field(default_factory=Times)
    times_before: Times = field(default_factory=Times)
    ttft: Times = field(default_factory=Times)
    step_s: int = 1
    """May be wider than asked for."""
    steps: tuple[Step, ...] = ()
    groups: tuple[Group, ...] = ()
    faults: tuple[Fault, ...] = ()
    """Counted from the log: without what sampling and retention took."""
    deployed: tuple[Deployed, ...] = ()
    lately: Lately = field(default_factory=Lately)
    is_empty: bool = False
    """Nothing was ever logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the gateway said, as it came."""

    total: Mapping[str, Any]
    before: Mapping[str, Any]
    groups: Mapping[str, Any]
    series: Mapping[str, Any]
    lately: Mapping[str, Any]
    faults: Sequence[Mapping[str, Any]]
    deployments: Sequence[Mapping[str, Any]] = ()
    is_empty: bool = False


def picture(question: Question, answers: Answers) -> Picture:
    """The numbers behind the screen."""
    whole, before = _only(answers.total), _only(answers.before)
    return Picture(
        question=question,
        totals=_totals(whole.get("totals")),
        stream=_totals(whole.get("stream")),
        non_stream=_totals(whole.get("non_stream")),
        before=_totals(before.get("totals")),
        times=times(whole),
        times_before=times(before),
        ttft=_percentiles(whole.get("ttft_latency")),
        step_s=int(answers.series.get("step_s", question.step_s)),
        steps=tuple(_step(point) for point in answers.series.get("points", ())),
        groups=tuple(_group(group, question.by) for group in answers.groups.get("groups", ())),
        faults=_faults(answers.faults),
        deployed=_deployed(answers.deployments, question),
        lately=_lately(answers.lately),
        is_empty=answers.is_empty,
    )


def times(group: Mapping[str, Any]) -> Times:
    """The percentiles of all calls, whole and streamed; of the larger part where a gateway tells them only apart."""
    if group.get("latency") is not None:
        return _percentiles(group["latency"])
    counts = {kind: (group.get(kind) or {}).get("durations", 0) for kind in ("non_stream", "stream")}
    return _percentiles(group.get(f"{max(counts, key=lambda kind: counts[kind])}_latency"))


def _only(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(iter(answer.get("groups", ())), {})


def _totals(value: Any) -> Totals:
    return msgspec.convert(value or {}, Totals)


def _percentiles(value: Mapping[str, Any] | None) -> Times:
    return Times((value or {}).get("p50_s"), (value or {}).get("p95_s"))


def _step(point: Mapping[str, Any]) -> Step:
    return Step(int(point["start_s"]), _totals(point["totals"]), _totals(point.get("stream")), times(point))


def _group(group: Mapping[str, Any], by: str) -> Group:
    key: Mapping[str, str] = group["key"]
    names = [(field, key.get(field, "")) for field in reversed(GROUPS[by])]
    field, name = next(((one, said) for one, said in names if said and said != _NONE), ("", ""))
    return Group(
        name=name,
        filter=term(field, name),
        totals=_totals(group["totals"]),
        times=times(group),
        ttft=_percentiles(group.get("ttft_latency")),
    )


def term(field: str, name: str) -> str:
    """`model:gpt-4o`; empty where a filter could not say it."""
    return "" if not name or _UNSAFE & set(name) else f"{field}:{name}"


def _faults(entries: Sequence[Mapping[str, Any]]) -> tuple[Fault, ...]:
    kinds: dict[_Kind, list[float]] = {}
    for entry in entries:
        at_s = float(entry["started_at"]) + float(entry.get("duration_s") or 0.0)
        model = entry.get("request_model") or entry.get("original_model") or ""
        kind = _Kind(
            str(entry.get("outcome") or "failed"),
            int(entry.get("status") or 0),
            str(entry.get("error") or ""),
            str(entry.get("provider") or ""),
            str(model),
        )
        kinds.setdefault(kind, []).append(at_s)
    faults = [_fault(kind, seen) for kind, seen in kinds.items()]
    return tuple(sorted(faults, key=lambda fault: (-fault.calls, -fault.last_s)))


class _Kind(NamedTuple):
    outcome: str
    status: int
    code: str
    provider: str
    model: str


def _fault(kind: _Kind, seen: list[float]) -> Fault:
    where = (f"status:{kind.status}" if kind.status else "", term("error", kind.code))
    whose = (term("provider", kind.provider), term("model", kind.model))
    terms = (f"outcome:{kind.outcome}", *where, *whose)
    return Fault(
        calls=len(seen),
        status=kind.status,
        words=_words(kind.status, kind.code),
        model=f"{kind.provider}/{kind.model}" if kind.provider else kind.model,
        first_s=min(seen),
        last_s=max(seen),
        filter=" ".join(filter(None, terms)),
    )


_SHORT: Final = {
    400: "bad request", 401: "key rejected", 408: "timed out", 413: "too large", 429: "rate limited", 500: "server error",
    503: "unavailable", 504: "timed out",
}  # fmt: skip
"""Of statuses whose official words are long or say little."""


def _words(status: int, code: str) -> str:
    """The provider's own status in words, else our code."""
    if code and code != "upstream_status":
        return code
    if status in _SHORT:
        return _SHORT[status]
    try:
        return HTTPStatus(status).phrase.lower()
    except ValueError:
        return code


def _deployed(rows: Sequence[Mapping[str, Any]], question: Question) -> tuple[Deployed, ...]:
    found = [
        Deployed(int(row.get("id", row.get("number", 0))), float(row["at"]), str(row.get("note") or ""))
        for row in rows
    ]
    inside = [one for one in found if question.since_s <= one.at_s < question.until_s]
    return tuple(sorted(inside, key=lambda one: one.at_s))


def _lately(series: Mapping[str, Any]) -> Lately:
    """From the last seconds one by one."""
    points = list(series.get("points", ()))[-NOW_S:]
    seconds = [_totals(point["totals"]) for point in points]
    streams = [_totals(point.get("stream")) for point in points]
    span_s = max(1, len(seconds))

    def per_s(name: str, rows: Sequence[Totals] = ()) -> float:
        return sum(getattr(one, name) for one in rows or seconds) / span_s

    return Lately(
        qps=per_s("requests"),
        stream_qps=per_s("requests", streams) if streams else 0.0,
        input_per_s=per_s("input_tokens"),
        output_per_s=per_s("output_tokens"),
        success=tuple(_success(seconds[-span:]) for span in LATELY_S),
    )


def _success(seconds: Sequence[Totals]) -> float | None:
    ok, failed = sum(one.ok for one in seconds), sum(one.failed for one in seconds)
    return ok / (ok + failed) if ok + failed else None

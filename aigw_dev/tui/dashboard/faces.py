"""What the tiles say: a picture as a few words and a sparkline each. Pure."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from aigw_dev.core.rollup import Totals
from aigw_dev.tui.dashboard import say
from aigw_dev.tui.dashboard.picture import LATELY_S, Picture, Step
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.spark import Values


class Face(NamedTuple):
    """One tile."""

    title: str
    value: tuple[Span, ...]
    """The number that is looked for."""
    aside: Span = Span("")
    """Against the interval before."""
    values: Values = ()
    """Over the range, for the sparkline."""
    style: str = "info"
    is_peak: bool = False
    """The sparkline shows the highest of neighbours, not their mean."""
    more: str = ""
    brief: str = ""
    """`more` where there is little room."""
    tight: tuple[Span, ...] = ()
    """`value` where there is little room."""


class Metric(NamedTuple):
    """What a plot can show, one number per bucket."""

    title: str
    unit: Callable[[float], str]
    parts: tuple[tuple[str, str, Callable[[Step], float]], ...]
    """Name, style and number of every part of a bar, the lowest first."""


def _tokens_in(step: Step) -> float:
    return step.totals.input_tokens


def _tokens_out(step: Step) -> float:
    return step.totals.output_tokens


def _dollars(step: Step) -> float:
    return step.totals.cost_nanousd / 1e9


METRICS: Final[dict[str, Metric]] = {
    "requests": Metric(
        "Requests",
        say.short,
        (
            ("errors", "bad", lambda step: step.totals.failed),
            ("rest", "info", lambda step: step.totals.requests - step.totals.failed),
        ),
    ),
    "errors": Metric("Errors", say.short, (("errors", "bad", lambda step: step.totals.failed),)),
    "tokens": Metric("Tokens", say.short, (("in", "info", _tokens_in), ("out", "accent", _tokens_out))),
    "cost": Metric("Cost", lambda amount: f"${say.short(amount)}", (("cost", "good", _dollars),)),
}
"""By the tile that chooses it; every other tile leaves the plot as it is."""

RANGE_TILES: Final = ("requests", "errors", "tokens", "latency", "cost")
NOW_TILES: Final = ("qps", "success", "throughput", "rt")


def faces(picture: Picture, glyphs: Glyphs) -> dict[str, Face]:
    """Every tile by its id."""
    made = (_requests, _errors, _tokens, _latency, _cost, _qps, _success, _throughput, _rt)
    return dict(zip((*RANGE_TILES, *NOW_TILES), (make(picture, glyphs) for make in made), strict=True))


def _requests(picture: Picture, glyphs: Glyphs) -> Face:
    totals = picture.totals
    whole = picture.non_stream.requests
    return Face(
        title="Requests",
        value=(Span(say.count(totals.requests), "strong"),),
        aside=Span(say.change(totals.requests, picture.before.requests, glyphs=glyphs), "dim"),
        values=_over(picture.steps, lambda step: step.totals.requests),
        more=f"{say.count(picture.stream.requests)} streamed {glyphs.middot} {say.count(whole)} whole",
        brief=f"{say.count(picture.stream.requests)} streamed",
    )


def _errors(picture: Picture, glyphs: Glyphs) -> Face:
    totals = picture.totals
    share, before = _share(totals), _share(picture.before)
    style = "bad strong" if totals.failed else "good strong"
    other = [(totals.throttled, "throttled"), (totals.cancelled, "cancelled"), (totals.fallback, "fell back")]
    said = [f"{say.count(count)} {word}" for count, word in other if count]
    return Face(
        title="Errors",
        value=(
            Span(say.count(totals.failed), style),
            Span(f"  {say.percent(share, glyphs)}", "bad" if totals.failed else "dim"),
        ),
        aside=Span(say.points(share, before, glyphs=glyphs), "dim"),
        values=_over(picture.steps, lambda step: step.totals.failed),
        style="bad",
        is_peak=True,
        more=f" {glyphs.middot} ".join(said),
    )


def _tokens(picture: Picture, glyphs: Glyphs) -> Face:
    totals = picture.totals
    given, said = say.tokens(totals.input_tokens, totals), say.tokens(totals.output_tokens, totals)
    mark = "~" if totals.estimated_usage else ""
    beside = [
        f"{say.count(count)} {word}"
        for count, word in ((totals.cached_input_tokens, "cached"), (totals.reasoning_tokens, "thought"))
        if count
    ]
    return Face(
        title="Tokens",
        value=(Span(given, "strong"), Span(" / ", "dim"), Span(said, "strong")),
        aside=Span(say.change(_all_tokens(totals), _all_tokens(picture.before), glyphs=glyphs), "dim"),
        values=_over(picture.steps, lambda step: _all_tokens(step.totals)),
        more=f" {glyphs.middot} ".join(["in / out", *beside]),
        brief="in / out",
        tight=(
            Span(f"{mark}{say.short(totals.input_tokens)}/{mark}{say.short(totals.output_tokens)}", "strong"),
        ),
    )


def _latency(picture: Picture, glyphs: Glyphs) -> Face:
    p50, p95 = picture.times
    first = say.ms(picture.ttft.p50_s, glyphs)
    return Face(
        title="Latency p50 p95",
        value=(
            Span(say.ms(p50, glyphs), "strong"),
            Span("  "),
            Span(say.ms(p95, glyphs), "warn strong"),
            Span(" ms" if p95 is not None and p95 < 100 else "", "dim"),
        ),
        aside=Span(say.change(p95, picture.times_before.p95_s, glyphs=glyphs), "dim"),
        values=[step.times.p95_s for step in picture.steps],
        style="warn",
        is_peak=True,
        more="" if picture.ttft.p50_s is None else f"first packet {first} ms",
    )


def _cost(picture: Picture, glyphs: Glyphs) -> Face:
    totals = picture.totals
    said = say.cost(totals, glyphs)
    lacks = totals.cost_unknown + totals.cost_partial
    more = [say.per_hour(totals, _lived_s(picture), glyphs), f"{say.count(lacks)} unpriced" if lacks else ""]
    return Face(
        title="Cost",
        value=(Span(said, "dim" if said == glyphs.dash else "strong"),),
        aside=Span(say.change(totals.cost_nanousd, picture.before.cost_nanousd, glyphs=glyphs), "dim"),
        values=_over(picture.steps, _dollars),
        style="good",
        more=f" {glyphs.middot} ".join(filter(None, more)),
        brief=next(filter(None, more), ""),
    )


def _qps(picture: Picture, glyphs: Glyphs) -> Face:
    lately = picture.lately
    whole = lately.qps - lately.stream_qps
    stream = say.rate(lately.stream_qps)
    return Face(
        title="QPS last minute",
        value=(Span(say.rate(lately.qps), "strong"), Span(" /s", "dim")),
        more=f"{stream} streamed {glyphs.middot} {say.rate(whole)} whole",
        brief=f"str {stream} whl {say.rate(whole)}",
    )


def _success(picture: Picture, glyphs: Glyphs) -> Face:
    shares = [say.percent(share, glyphs) for share in picture.lately.success]
    last = picture.lately.success[-1]
    words = [f"{span} s {share}" for span, share in zip(LATELY_S[:-1], shares, strict=False)]
    return Face(
        title="Success 1 min",
        value=(Span(shares[-1], "good strong" if last is None or last >= 0.99 else "warn strong"),),
        more=f" {glyphs.middot} ".join(words),
        brief=" ".join(words).replace(" %", "%").replace(" s", "s"),
    )


def _throughput(picture: Picture, glyphs: Glyphs) -> Face:
    lately = picture.lately
    given, said = say.rate(lately.input_per_s), say.rate(lately.output_per_s)
    return Face(
        title="Tokens per second",
        value=(Span(say.rate(lately.input_per_s + lately.output_per_s), "strong"), Span(" /s", "dim")),
        more=f"{given} in {glyphs.middot} {said} out",
        brief=f"{given} in {said} out",
    )


def _rt(picture: Picture, glyphs: Glyphs) -> Face:
    whole = say.ms(picture.non_stream.mean_duration_s, glyphs)
    stream = say.ms(picture.stream.mean_duration_s, glyphs)
    first = say.ms(picture.stream.mean_ttft_s, glyphs)
    return Face(
        title="RT average",
        value=(
            Span(whole, "strong"),
            Span(" whole ", "dim"),
            Span(stream, "strong"),
            Span(" stream ms", "dim"),
        ),
        tight=(Span(whole, "strong"), Span(" whl ", "dim"), Span(stream, "strong"), Span(" str", "dim")),
        more=f"{first} ms to the first packet" if first != glyphs.dash else "",
        brief=f"first {first} ms" if first != glyphs.dash else "",
    )


def _over(steps: Sequence[Step], number: Callable[[Step], float]) -> Values:
    return [number(step) for step in steps]


def _share(totals: Totals) -> float | None:
    rate = totals.success_rate
    return None if rate is None else 1 - rate


def _all_tokens(totals: Totals) -> int:
    return totals.input_tokens + totals.output_tokens


def _lived_s(picture: Picture) -> float:
    """Seconds since the first spending in the range, at most the range: a gateway that just began has a rate too."""
    first = next((step.start_s for step in picture.steps if step.totals.cost_nanousd), None)
    span_s = picture.question.range.span_s
    return span_s if first is None else min(span_s, max(10, picture.question.until_s - first))

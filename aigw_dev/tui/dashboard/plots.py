"""What the plots show of a picture. Pure: widgets ask with their size."""

from typing import Final, NamedTuple

from aigw_dev.tui import text
from aigw_dev.tui.dashboard import say
from aigw_dev.tui.dashboard.faces import METRICS
from aigw_dev.tui.dashboard.picture import Picture, Step
from aigw_dev.tui.dashboard.ranges import MINUTE_S, clock, width
from aigw_dev.tui.look import Look
from aigw_dev.tui.widgets.lines import Row
from aigw_dev.tui.widgets.plot import Curve, Mark, Sheet, bars, curves

LATENCY: Final = "latency"
_NOTE: Final = 24
"""Cells of a deployment's note."""
_MANY: Final = 0.05
"""From this share of a bucket on, errors are marked louder."""


class Drawing(NamedTuple):
    """One plot: `latency`, or a metric of `faces.METRICS`."""

    metric: str

    def titles(self, picture: Picture, cursor: int | None, look: Look) -> tuple[str, str]:
        """Above and below the plot; below stands what is pointed at."""
        name = "Latency ms" if self.metric == LATENCY else METRICS[self.metric].title
        title = f"{name} per {width(picture.step_s)}"
        if cursor is None or cursor >= len(picture.steps):
            newest = picture.deployed[-1] if picture.deployed else None
            if newest is None:
                return title, "z zoom"
            at = clock(newest.at_s, picture.question.range.span_s)
            note = text.cut(newest.note, _NOTE, glyphs=look.glyphs) or "in force"
            return title, f"{look.glyphs.up} #{newest.number} {note} {at}"
        return title, pointed(picture, picture.steps[cursor], look)

    def rows(self, picture: Picture, look: Look, *, cells: int, rows: int, cursor: int | None) -> list[Row]:
        """The plot."""
        steps, span_s = picture.steps, picture.question.range.span_s
        is_curve = self.metric == LATENCY
        sheet = Sheet(
            cells=cells,
            rows=rows,
            times=lambda place: clock(steps[place].start_s, span_s),
            unit=(lambda ms: say.short(round(ms, 3))) if is_curve else METRICS[self.metric].unit,
            marks=marks(picture, look, has_errors=self.metric == "requests") if rows > 6 else (),
            cursor=cursor,
            glyphs=look.glyphs,
            is_colour=look.is_colour,
        )
        if is_curve:
            p95 = [_ms(step.times.p95_s) for step in steps]
            p50 = [_ms(step.times.p50_s) for step in steps]
            return curves([Curve("p95", p95, "warn"), Curve("p50", p50, "info")], sheet)
        parts = METRICS[self.metric].parts
        return bars(
            [Curve(name, [number(step) for step in steps], style) for name, style, number in parts], sheet
        )


def marks(picture: Picture, look: Look, *, has_errors: bool) -> list[Mark]:
    """What happened: deployments, and with `has_errors` the buckets in which something failed."""
    if not picture.steps:
        return []
    start_s, step_s, glyphs = picture.steps[0].start_s, picture.step_s, look.glyphs
    errors = [
        Mark(place, glyphs.warn if step.totals.failed > _MANY * step.totals.requests else glyphs.middot, "bad strong")
        for place, step in enumerate(picture.steps)
        if has_errors and step.totals.failed
    ]  # fmt: skip
    deployed = [
        Mark(int(one.at_s - start_s) // step_s, glyphs.up, "accent strong") for one in picture.deployed
    ]
    return [*errors, *deployed] or [Mark(-1, " ")]


def pointed(picture: Picture, step: Step, look: Look) -> str:
    """One bucket in words."""
    totals, glyphs = step.totals, look.glyphs
    at = clock(step.start_s, 0 if picture.step_s < MINUTE_S else picture.question.range.span_s)
    words = [f"{say.count(totals.requests)} requests"]
    if totals.failed:
        words.append(f"{say.count(totals.failed)} errors")
    if step.times.p95_s is not None:
        words.append(f"p50 {say.ms(step.times.p50_s)} p95 {say.ms(step.times.p95_s)} ms")
    words.append(f"{say.tokens(totals.input_tokens + totals.output_tokens, totals)} tokens")
    if totals.cost_nanousd:
        words.append(say.cost(totals, glyphs))
    words += [
        f"{glyphs.up} #{one.number} {one.note}".rstrip()
        for one in picture.deployed
        if step.start_s <= one.at_s < step.start_s + picture.step_s
    ]
    return f"{at}  " + f" {glyphs.middot} ".join(words)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000

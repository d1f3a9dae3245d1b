"""What `enter` looks for in Logs: the calls behind a tile, a bucket, a group or a kind of error. Pure."""

from collections.abc import Callable
from typing import Final

from textual.widget import Widget

from aigw_dev.tui.dashboard.panels import FaultTable, GroupTable, PlotPanel, Tile
from aigw_dev.tui.dashboard.picture import Picture
from aigw_dev.tui.dashboard.ranges import moment


def drill_filter(picture: Picture, here: Widget, *, is_fixed: bool) -> str:
    """A filter of the log's language; with `is_fixed` the range is a stretch of time, else it goes on."""
    if isinstance(here, PlotPanel) and here.cursor is not None and here.cursor < len(picture.steps):
        start_s = picture.steps[here.cursor].start_s
        window = f"since:{moment(start_s)} until:{moment(start_s + picture.step_s)}"
        return _and(_OF_PLOT.get(here.drawing.metric, _all)(picture), window)
    return _and(_terms(picture, here), window_of(picture, is_fixed=is_fixed))


def window_of(picture: Picture, *, is_fixed: bool) -> str:
    """The range as terms."""
    if is_fixed:
        return picture.question.window()
    span_s = picture.question.range.span_s
    size, unit = next(
        (size, unit) for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")) if span_s % size == 0
    )
    return f"since:{span_s // size}{unit}"


def _terms(picture: Picture, here: Widget) -> str:
    if isinstance(here, Tile):
        return _OF_TILE.get(here.face_name, _all)(picture)
    if isinstance(here, PlotPanel):
        return _OF_PLOT.get(here.drawing.metric, _all)(picture)
    if isinstance(here, GroupTable):
        return next((group.filter for group in picture.groups if f"group {group.name}" == here.key), "")
    if isinstance(here, FaultTable):
        return next((fault.filter for fault in picture.faults if f"fault {fault.filter}" == here.key), "")
    return ""


def _all(_: Picture) -> str:
    return ""


def _failed(_: Picture) -> str:
    return "outcome:failed"


def _slow(picture: Picture) -> str:
    p95 = picture.times.p95_s
    return "" if p95 is None else f"ms:>={p95 * 1000:.0f}"


_OF_TILE: Final[dict[str, Callable[[Picture], str]]] = {
    "errors": _failed,
    "success": _failed,
    "latency": _slow,
}

_OF_PLOT: Final[dict[str, Callable[[Picture], str]]] = {"errors": _failed}


def _and(*terms: str) -> str:
    return " ".join(filter(None, terms))

"""The Dashboard screen: how much, how well, how fast and for how much, over a range of time."""

import shlex
import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.dashboard import csv_text, teach, zooming
from aigw_dev.tui.dashboard.asking import look
from aigw_dev.tui.dashboard.drilling import drill_filter
from aigw_dev.tui.dashboard.faces import METRICS, NOW_TILES, RANGE_TILES, faces
from aigw_dev.tui.dashboard.heading import heading
from aigw_dev.tui.dashboard.moving import nearest
from aigw_dev.tui.dashboard.panels import FaultTable, GroupTable, HeadLine, PlotPanel, Tile
from aigw_dev.tui.dashboard.picture import Picture, Question
from aigw_dev.tui.dashboard.plots import LATENCY, Drawing
from aigw_dev.tui.dashboard.ranges import FIRST, GROUPS, RANGES, step_s
from aigw_dev.tui.dashboard.say import rate
from aigw_dev.tui.room import Room
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.table import Table
from aigw_dev.tui.widgets.text_pane import TextPane

_NARROW: Final = 100
_SHORT: Final = 30
_AXIS: Final = 12
"""About as many cells as a plot's frame, axis and names take."""


class DashboardRoom(Room):
    """Tiles, two plots, a table by group, errors. Asks only while it is shown."""

    ROOM: ClassVar[str] = "dashboard"
    DEFAULT_CSS = """
    DashboardRoom #dash-head { height: 1; background: $background; scrollbar-size: 0 0; }
    DashboardRoom #dash { height: 1fr; }
    DashboardRoom #tiles { height: 5; }
    DashboardRoom #now { height: 4; }
    DashboardRoom #mid, DashboardRoom #low { height: 1fr; }
    DashboardRoom .tile { width: 1fr; }
    DashboardRoom #latency, DashboardRoom #groups, DashboardRoom #faults, DashboardRoom #metric { width: 1fr; }
    DashboardRoom.-wide #latency { width: 4fr; }
    DashboardRoom.-wide #groups { width: 3fr; }
    DashboardRoom .panel { border: round $foreground 25%; border-title-color: $foreground 80%; border-subtitle-color: $foreground 60%; padding: 0 1; scrollbar-size: 0 0; background: $background; }
    DashboardRoom .panel:focus { border: heavy $accent; border-title-color: $accent; border-title-style: bold; }
    DashboardRoom.-plain .panel { border: ascii $foreground 40%; }
    DashboardRoom.-plain .panel:focus { border: ascii $accent; }
    DashboardRoom .bare, DashboardRoom .bare:focus, DashboardRoom.-plain .bare, DashboardRoom.-plain .bare:focus { border: none; padding: 0 0 0 1; }
    DashboardRoom #groups, DashboardRoom #faults { padding: 0; scrollbar-size-vertical: 1; }
    DashboardRoom.-short #tiles { height: 3; }
    DashboardRoom.-short #now { height: 2; }
    DashboardRoom.-short #low { height: 7; }
    DashboardRoom.-narrow #metric { display: none; }
    DashboardRoom #teach { height: 1fr; padding: 1 2; display: none; background: $background; }
    DashboardRoom.-teaching #teach { display: block; }
    DashboardRoom.-teaching #dash { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("less_than_sign", "range(-1)", "Shorter", id="dashboard.shorter", tooltip="A shorter range of time."),
        Binding("greater_than_sign", "range(1)", "Longer", id="dashboard.longer", tooltip="A longer range of time."),
        Binding("b", "group(1)", "Group by", id="dashboard.group", tooltip="Group by model, provider, route, consumer or key."),
        Binding("B", "group(-1)", "Group back", show=False, id="dashboard.group_back", tooltip="The grouping before."),
        Binding("z", "zoom", "Zoom", id="dashboard.zoom", tooltip="This panel alone; in a plot left and right then point at buckets."),
        Binding("space", "pause", "Pause", id="dashboard.pause", tooltip="Stop looking; the numbers stay."),
        Binding("y", "copy", "Copy CSV", id="dashboard.copy", tooltip="Copy the numbers of this panel as CSV."),
        Binding("g", "mock", "Mock request", show=False, id="dashboard.mock", tooltip="Send a request to mock/echo through /v1."),
        Binding("escape", "unzoom", "Back", show=False, id="dashboard.unzoom", tooltip="All panels again; no bucket pointed at."),
    ]  # fmt: skip

    def __init__(self, shell: Shell) -> None:
        """Asks nothing before it is shown."""
        super().__init__(shell)
        self.ask_picture: Callable[[AdminClient, Question], Picture] = look
        """One look; tests put their own here."""
        self.now: Callable[[], float] = time.time
        self.picture: Picture | None = None
        self.range_at: int = FIRST
        self.by: str = next(iter(GROUPS))
        self.is_paused: bool = False
        self.zoomed: str = ""
        """The id of the panel that is alone on the screen."""
        self._metric: str = "requests"
        self._timer: Timer | None = None
        self._is_in_front: bool = False
        self._until_s: int = 0
        self._focus_id: str = "tile-requests"
        self._asked: tuple[int, int] = (0, 0)
        """The size at the last look: another one wants other buckets."""

    def body(self) -> Iterable[Widget]:
        """From the words at the top to the errors at the bottom."""
        shell_look = self.shell.look
        yield HeadLine()
        with Vertical(id="dash"):
            with Horizontal(id="tiles"):
                yield from (Tile(name, shell_look) for name in RANGE_TILES)
            with Horizontal(id="now"):
                yield from (Tile(name, shell_look) for name in NOW_TILES)
            with Horizontal(id="mid"):
                yield PlotPanel(Drawing(LATENCY), shell_look, id="latency")
                yield GroupTable(shell_look)
            with Horizontal(id="low"):
                yield FaultTable(shell_look)
                yield PlotPanel(Drawing("requests"), shell_look, id="metric")
        yield TextPane(id="teach")

    # the frame's side

    def on_mount(self) -> None:
        """The look, and what was left."""
        self.set_class(self.shell.look.is_ascii, "-plain")
        super().on_mount()

    def on_shown(self) -> None:
        """Look at once, then again and again."""
        self._is_in_front = True
        self._tell()
        self._focus_kept()
        self._look()

    def on_left(self) -> None:
        """Nobody sees it: nothing is asked."""
        self._is_in_front = False
        self._stop_timer()

    def on_link(self, *, is_up: bool) -> None:
        """Numbers stay and say how old they are."""
        self.set_class(not is_up, "-stale")
        self._tell()
        if is_up and self._is_in_front:
            self._look()

    def on_resize(self, _event: events.Resize) -> None:
        """Tiles lose their frames where there is little room; another width wants other buckets."""
        is_short = self.size.height < _SHORT
        for tile in self.query(Tile):
            tile.set_class(is_short, "bare")
        self._draw_kinds()
        self.call_after_refresh(self._resized)

    def top_words(self) -> str:
        """How much is going on."""
        return "" if self.picture is None else f"{rate(self.picture.lately.qps)} req/s"

    def remember(self) -> dict[str, Any]:
        """Where one was."""
        return {
            "range": RANGES[self.range_at].name,
            "by": self.by,
            "metric": self._metric,
            "focus": self._focus_id,
            "zoomed": self.zoomed,
        }

    def recall(self, kept: dict[str, Any]) -> None:
        """Back there."""
        names = [one.name for one in RANGES]
        if kept.get("range") in names:
            self.range_at = names.index(kept["range"])
        self.by = kept["by"] if kept.get("by") in GROUPS else self.by
        self._metric = kept["metric"] if kept.get("metric") in {LATENCY, *METRICS} else self._metric
        self._focus_id = str(kept.get("focus") or self._focus_id)
        self._draw_kinds()
        if kept.get("zoomed") and self.query(f"#{kept['zoomed']}.panel"):
            self._zoom_to(str(kept["zoomed"]))

    # looking

    def _question(self) -> Question:
        chosen = RANGES[self.range_at]
        if not self.is_paused or not self._until_s:
            self._until_s = int(self.now())
        wide = max((plot.size.width for plot in self.query(PlotPanel) if plot.display), default=0)
        return Question(chosen, self.by, step_s(chosen.span_s, max(20, wide - _AXIS)), self._until_s)

    def _look(self) -> None:
        self._stop_timer()
        question = self._question()
        self._asked = (self.size.width, self.size.height)
        ask = self.ask_picture
        self.shell.link.ask(
            self, lambda client: ask(client, question), self._seen, failed=self._failed, group="look"
        )

    def _seen(self, picture: Picture) -> None:
        self.picture = picture
        self._paint()
        self._again()

    def _failed(self, error: GatewayError) -> None:
        if self.shell.link.is_up:
            self.shell.toast("The numbers did not come", error.message, severity="warning")
        self._tell()
        self._again()

    def _again(self) -> None:
        self._stop_timer()
        if self._is_in_front and not self.is_paused:
            self._timer = self.set_timer(RANGES[self.range_at].poll_s, self._look)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _resized(self) -> None:
        if self._is_in_front and self._asked != (self.size.width, self.size.height):
            self._look()

    # painting

    def _paint(self) -> None:
        picture = self.picture
        if picture is None:
            return
        was_teaching = self.has_class("-teaching")
        self.set_class(picture.is_empty, "-teaching")
        if picture.is_empty:
            self.query_one("#teach", TextPane).show(teach.rows(self.shell), is_kept=True)
        elif was_teaching:
            self.call_after_refresh(self._focus_kept)
        shown = faces(picture, self.shell.look.glyphs)
        for tile in self.query(Tile):
            tile.show(shown[tile.face_name])
        for plot in self.query(PlotPanel):
            plot.show(picture)
        self.query_one(GroupTable).show(picture)
        self.query_one(FaultTable).show(picture)
        self._tell()
        self.refresh_top()

    def _draw_kinds(self) -> None:
        """The one plot of a narrow screen shows what was chosen last; two share latency and the rest."""
        is_narrow = self.size.width < _NARROW
        first = self._metric if is_narrow else LATENCY
        second = self._metric if self._metric != LATENCY else "requests"
        for name, metric in (("latency", first), ("metric", second)):
            for plot in self.query(f"#{name}").results(PlotPanel):
                plot.draw(Drawing(metric))

    def _tell(self) -> None:
        link = self.shell.link
        words, tail = heading(
            RANGES[self.range_at],
            self.by,
            picture=self.picture,
            is_paused=self.is_paused,
            down_since_s=0.0 if link.is_up else link.down_since_s,
            is_narrow=self.size.width < _NARROW,
            glyphs=self.shell.look.glyphs,
        )
        self.query_one(HeadLine).tell(words, tail)

    # keys

    @on(HeadLine.Picked)
    def _picked(self, message: HeadLine.Picked) -> None:
        if message.kind == "range":
            self.action_range([one.name for one in RANGES].index(message.value) - self.range_at)
        else:
            self.action_group(list(GROUPS).index(message.value) - list(GROUPS).index(self.by))

    @on(Table.Chosen)
    def _chosen(self, message: Table.Chosen) -> None:
        message.stop()
        self.action_drill()

    def action_range(self, by: int) -> None:
        """Another range of time."""
        self.range_at = max(0, min(len(RANGES) - 1, self.range_at + by))
        for plot in self.query(PlotPanel):
            plot.unpoint()
        self._changed()

    def action_group(self, by: int) -> None:
        """Another grouping."""
        names = list(GROUPS)
        self.by = names[(names.index(self.by) + by) % len(names)]
        self._changed()

    def _changed(self) -> None:
        chosen = RANGES[self.range_at]
        since = chosen.name if chosen.name[0].isdigit() else f"{chosen.span_s // 60}m"
        self.shell.cli(f"aigw-dev stats --since {since} --by {','.join(GROUPS[self.by])}")
        self._tell()
        self._look()

    def action_pause(self) -> None:
        """Stop or go on."""
        self.is_paused = not self.is_paused
        self._tell()
        if self.is_paused:
            self._stop_timer()
        else:
            self._look()

    def action_step(self, across: int, down: int) -> None:
        """The next panel in a direction; in a plot that is alone, the next bucket."""
        here = self.focused
        if self.zoomed:
            if isinstance(here, PlotPanel) and across:
                here.action_point(across)
            return
        panels = {
            panel.id or "": panel for panel in self.query(".panel") if panel.display and panel.region.area
        }
        if here is None or here.id not in panels:
            self._focus_kept()
            return
        found = nearest({name: panel.region for name, panel in panels.items()}, here.id, across, down)
        if found is not None:
            panels[found].focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The second plot follows the tile."""
        widget = event.widget
        if widget.id and widget.has_class("panel"):
            self._focus_id = widget.id
        if (
            isinstance(widget, Tile)
            and widget.face_name in {LATENCY, *METRICS}
            and widget.face_name != self._metric
        ):
            self._metric = widget.face_name
            self._draw_kinds()

    def action_zoom(self) -> None:
        """One panel alone, or all of them again."""
        here = self.focused
        if self.zoomed:
            self._zoom_to("")
        elif here is not None and here.id and here.has_class("panel"):
            follower = "latency" if self.size.width < _NARROW or here.id == "tile-latency" else "metric"
            self._zoom_to(follower if isinstance(here, Tile) else here.id)

    def action_unzoom(self) -> None:
        """First the bucket, then the zoom."""
        pointed = [plot.unpoint() for plot in self.query(PlotPanel)]
        if not any(pointed):
            self._zoom_to("")

    def _zoom_to(self, name: str) -> None:
        self.zoomed = name
        zooming.zoom(self, name)
        self.call_after_refresh(self._look)

    def action_drill(self) -> None:
        """The calls behind what has the focus, in Logs."""
        here = self.focused
        if self.picture is None or here is None:
            return
        found = drill_filter(self.picture, here, is_fixed=self.is_paused)
        self.shell.go("logs", filter=found)
        self.shell.cli(f"aigw-dev logs list {shlex.quote(found)}")

    def action_copy(self) -> None:
        """CSV of the panel; where there is nothing yet, the line that points an app here."""
        picture = self.picture
        if picture is None or picture.is_empty:
            self.shell.copy(teach.export_line(self.shell), "the export line")
            return
        here = self.focused
        write, what = csv_text.series, f"{len(picture.steps)} buckets"
        if isinstance(here, GroupTable):
            write, what = csv_text.groups, f"{len(picture.groups)} groups"
        elif isinstance(here, FaultTable):
            write, what = csv_text.faults, f"{len(picture.faults)} kinds of error"
        self.shell.copy(write(picture), f"{what} as CSV")

    def action_mock(self) -> None:
        """A call that costs nothing, so that there is something to see."""
        shell = self.shell

        def then(_: None) -> None:
            shell.toast("Sent 1 request to mock/echo", "it is in Logs (4)")
            self._look()

        shell.link.ask(self, lambda _: teach.send_mock(shell), then, group="mock")

    def _focus_kept(self) -> None:
        if self.focused is None or not self.focused.display:
            for panel in self.query(f"#{self._focus_id}.panel"):
                panel.focus()

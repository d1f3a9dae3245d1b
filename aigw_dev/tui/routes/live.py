"""Calls, errors and live traffic per branch, asked for every few seconds while the screen is shown."""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from textual.timer import Timer

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.graph.catalogue import Catalogue, read_catalogue
from aigw_dev.tui.routes.bench import Bench
from aigw_dev.tui.routes.changes import common_places

RANGES: Final = ("15m", "1h", "24h", "7d")
POLL_S: Final = 3.0
_FAILED: Final = ("failed", "throttled", "intercepted")


class Live:
    """What the gateway counted. UI loop only."""

    def __init__(self, bench: Bench, *, changed: Callable[[], None]) -> None:
        """Asks nothing before `start`."""
        self._bench, self._changed = bench, changed
        self.at: int = 1
        """Which of `RANGES`."""
        self.counts: dict[str, tuple[int, int]] = {}
        """Calls and errors by route."""
        self.traffic: Mapping[str, Any] = {}
        """Of the route on the canvas."""
        self._poll: Timer | None = None

    @property
    def span(self) -> str:
        """The range in words."""
        return RANGES[self.at]

    def start(self) -> None:
        """Ask now and from now on."""
        if self._poll is None:
            self._poll = self._bench.screen.set_interval(POLL_S, self.ask)
        self._poll.resume()
        self.ask()

    def stop(self) -> None:
        """Ask no more for now."""
        if self._poll is not None:
            self._poll.pause()

    def widen(self, by: int) -> None:
        """Another range."""
        self.at = max(0, min(len(RANGES) - 1, self.at + by))
        self._changed()
        self.ask()

    def another_route(self) -> None:
        """The traffic on the canvas is not this route's."""
        self.traffic = {}
        self.show()
        self.ask()

    def ask(self) -> None:
        """Once."""
        bench, span, name = self._bench, self.span, self._bench.at
        is_live = bench.item is not None and bench.item.live is not None

        def work(client: AdminClient) -> tuple[dict[str, Any], dict[str, Any]]:
            return client.stats(since=span, until="", by=["route"]), client.traffic(
                name, since=span
            ) if is_live else {}

        def then(found: tuple[dict[str, Any], dict[str, Any]]) -> None:
            self._take(found[0], found[1] if name == bench.at else {})

        bench.shell.link.ask(bench.screen, work, then, failed=quiet, group="counts")

    def _take(self, sums: Mapping[str, Any], traffic: Mapping[str, Any]) -> None:
        counts = {
            str(group["key"]["route"]): (
                int(group["totals"]["requests"]),
                sum(int(group["totals"][name]) for name in _FAILED),
            )
            for group in cast("list[Any]", sums.get("groups") or [])
        }
        if counts == self.counts and traffic == self.traffic:
            return
        self.counts, self.traffic = counts, traffic
        self.show()
        self._changed()

    def show(self) -> None:
        """On the wires, as far as the flow is the one that the requests went through."""
        item, canvas = self._bench.item, self._bench.canvas
        nodes = cast("Mapping[str, int]", self.traffic.get("nodes") or {})
        live = item.live.get("flow") if item is not None and item.live is not None else None
        same = common_places(live, canvas.flow) if nodes else set[str]()
        canvas.set_traffic({name: count for name, count in nodes.items() if name in same})

    def read_catalogue(self) -> None:
        """What a route can be sent to: for pickers and warnings."""
        bench = self._bench

        def then(found: Catalogue) -> None:
            bench.canvas.set_catalogue(found)
            self._changed()

        bench.shell.link.ask(bench.screen, _catalogue, then, failed=quiet, group="catalogue")


def _catalogue(client: AdminClient) -> Catalogue:
    return read_catalogue(models=client.models(), providers=client.providers(), keys=client.keys())


def quiet(_: GatewayError) -> None:
    """What is shown stays; the top line says when the gateway is away."""

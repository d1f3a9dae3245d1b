"""Counters of this process for `GET /metrics`: plain dictionaries on the event loop, text when somebody asks.

Names with the prefix `ai_gateway_` are Easegress' (its `ai_gateway_*` series and labels); ours begin with `aigw_dev_`.
Success is a 2xx that ended whole; averages and histograms are over successes, first-packet times over streams only.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from aigw_dev.core.exchange import Exchange

DURATION_BUCKETS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
LABELS: Final = ("provider", "providerType", "baseUrl", "model", "respType")
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Key = tuple[str, ...]


class _Series:
    """The numbers of one set of labels."""

    __slots__ = (
        "completion",
        "cost_nanousd",
        "durations",
        "failed",
        "prompt",
        "success",
        "total",
        "ttfts",
        "unpriced",
    )

    def __init__(self) -> None:
        self.total = self.success = self.prompt = self.completion = self.cost_nanousd = self.unpriced = 0
        self.failed: dict[str, int] = {}
        self.durations = _Histogram()
        self.ttfts = _Histogram()


class _Histogram:
    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(DURATION_BUCKETS_S) + 1)
        self.sum_s = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(DURATION_BUCKETS_S, seconds)] += 1
        self.sum_s += seconds


class Metrics:
    """What has been counted since the gateway started. One thread: the event loop."""

    MOST_SERIES: Final = 2000
    """Sets of labels kept apart; what comes beyond is counted under `other`."""

    def __init__(self) -> None:
        self._series: dict[Key, _Series] = {}

    def observe(self, exchange: Exchange) -> None:
        """Count an exchange that has ended."""
        last = exchange.attempts[-1] if exchange.attempts else None
        key = (
            exchange.provider or "none",
            last.kind if last else "none",
            last.base_url if last else "none",
            exchange.request_model or "none",
            exchange.operation,
        )
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= self.MOST_SERIES:
                key = ("other",) * len(LABELS)
            series = self._series.setdefault(key, _Series())
        series.total += 1
        is_success = 200 <= exchange.status < 300 and not exchange.error and "cancelled" not in exchange.marks  # noqa: PLR2004  -- HTTP
        if is_success:
            series.success += 1
            series.durations.observe(exchange.duration_s)
            if exchange.timing is not None and exchange.ttft_s is not None:
                series.ttfts.observe(exchange.ttft_s)
        else:
            reason = exchange.error or ("cancelled" if "cancelled" in exchange.marks else "failed")
            series.failed[reason] = series.failed.get(reason, 0) + 1
        if exchange.usage is not None:
            series.prompt += exchange.usage.input
            series.completion += exchange.usage.output
        if exchange.cost.nanousd is not None:
            series.cost_nanousd += exchange.cost.nanousd
        elif is_success:
            series.unpriced += 1

    def text(self, *, gauges: Mapping[str, tuple[str, float]], refused: Mapping[str, int]) -> str:
        """Everything in Prometheus' text format; `gauges`: name to (help, value); `refused`: door refusals by code."""
        lines: list[str] = []
        self._counter(lines, "ai_gateway_total_request", "Requests", "total")
        self._counter(lines, "ai_gateway_success_request", "Requests answered whole", "success")
        _head(lines, "ai_gateway_failed_request", "Requests that failed, by error", "counter")
        for key, series in self._series.items():
            for reason, count in series.failed.items():
                lines.append(f"ai_gateway_failed_request{{{_labels(key)},error={_quoted(reason)}}} {count}")
        self._histogram(lines, "ai_gateway_requests_duration", "Seconds to the end of successes", "durations")
        self._histogram(lines, "aigw_dev_ttft_seconds", "Seconds to the first packet of streams", "ttfts")
        self._counter(lines, "ai_gateway_prompt_tokens", "Input tokens", "prompt")
        self._counter(lines, "ai_gateway_completion_tokens", "Output tokens", "completion")
        _head(lines, "aigw_dev_cost_usd_total", "Known cost in USD", "counter")
        for key, series in self._series.items():
            lines.append(f"aigw_dev_cost_usd_total{{{_labels(key)}}} {series.cost_nanousd / 1e9:.9f}")
        self._counter(lines, "aigw_dev_unpriced_total", "Successes without a known price", "unpriced")
        _head(lines, "aigw_dev_door_refused_total", "Requests turned away at the door, by code", "counter")
        lines += [
            f"aigw_dev_door_refused_total{{code={_quoted(code)}}} {count}" for code, count in refused.items()
        ]
        for name, (help_text, value) in gauges.items():
            _head(lines, name, help_text, "gauge")
            lines.append(f"{name} {value:g}")
        return "\n".join(lines) + "\n"

    def _counter(self, lines: list[str], name: str, help_text: str, field: str) -> None:
        _head(lines, name, help_text, "counter")
        lines += [
            f"{name}{{{_labels(key)}}} {getattr(series, field)}" for key, series in self._series.items()
        ]

    def _histogram(self, lines: list[str], name: str, help_text: str, field: str) -> None:
        _head(lines, name, help_text, "histogram")
        for key, series in self._series.items():
            histogram: _Histogram = getattr(series, field)
            labels, total = _labels(key), 0
            for bound, count in zip((*DURATION_BUCKETS_S, float("inf")), histogram.counts, strict=True):
                total += count
                shown = "+Inf" if bound == float("inf") else f"{bound:g}"
                lines.append(f'{name}_bucket{{{labels},le="{shown}"}} {total}')
            lines += [f"{name}_sum{{{labels}}} {histogram.sum_s:.6f}", f"{name}_count{{{labels}}} {total}"]


def _head(lines: list[str], name: str, help_text: str, kind: str) -> None:
    lines += [f"# HELP {name} {help_text}.", f"# TYPE {name} {kind}"]


def _labels(key: Key) -> str:
    return ",".join(f"{name}={_quoted(value)}" for name, value in zip(LABELS, key, strict=True))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

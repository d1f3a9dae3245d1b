"""A quarter of an hour that never was: the same numbers every time, in the shapes of the admin API."""

import math
from typing import Any

from aigw_dev.tui.dashboard.picture import Answers, Picture, Question, picture
from aigw_dev.tui.dashboard.ranges import RANGES

UNTIL_S = 1_790_000_100
STEP_S = 20
QUARTER = RANGES[2]


def totals(requests: int, failed: int = 0, **more: int) -> dict[str, int]:
    ok = requests - failed
    return {
        "requests": requests,
        "ok": ok,
        "failed": failed,
        "input_tokens": requests * 340,
        "output_tokens": requests * 95,
        "durations": ok,
        "duration_us": ok * 640_000,
        "ttft_us": ok * 214_000,
        "ttfts": ok,
        "cost_nanousd": requests * 1_500_000,
    } | more


def times(p50_s: float | None, p95_s: float | None) -> dict[str, float | None]:
    return {"p50_s": p50_s, "p95_s": p95_s, "p99_s": p95_s}


def group(name: str, requests: int, failed: int = 0, *, by: str = "model", **more: int) -> dict[str, Any]:
    return {
        "key": {by: name},
        "totals": totals(requests, failed, **more),
        "stream": totals(requests // 2, failed),
        "non_stream": totals(requests - requests // 2),
        "latency": times(0.64, 2.87),
        "ttft_latency": times(0.214, 0.5),
    }


def point(start_s: int, requests: int, failed: int = 0) -> dict[str, Any]:
    wave = math.sin(start_s / 130)
    return {
        "start_s": start_s,
        "key": {},
        "totals": totals(requests, failed),
        "stream": totals(requests // 2),
        "non_stream": totals(requests - requests // 2),
        "latency": times(0.6 + 0.1 * wave, 2.2 + 0.9 * wave) if requests else None,
    }


def entry(
    status: int, error: str, model: str, at_s: float, *, provider: str = "openai", outcome: str = "failed"
) -> dict[str, Any]:
    return {
        "status": status,
        "error": error,
        "provider": provider,
        "request_model": model,
        "outcome": outcome,
        "started_at": at_s,
        "duration_s": 0.5,
    }


def answers(**other: Any) -> Answers:
    since_s = UNTIL_S - QUARTER.span_s
    points = [
        point(at, 20 + round(12 * math.sin(at / 90)), 3 if 300 <= at - since_s < 360 else 0)
        for at in range(since_s, UNTIL_S, STEP_S)
    ]
    whole = group("", 1204, 37, throttled=2, fallback=9, estimated_usage=3, cost_unknown=4) | {"key": {}}
    faults = [
        *(entry(429, "upstream_status", "gpt-4o", since_s + 310 + n) for n in range(14)),
        *(
            entry(500, "upstream_status", "mistral-large", since_s + 700, provider="mistral")
            for _ in range(10)
        ),
        entry(504, "upstream_timeout", "mistral-large", since_s + 720, provider="mistral"),
        entry(400, "route_metadata_missing", "", since_s + 800, provider=""),
    ]
    fields: dict[str, Any] = {
        "total": {"groups": [whole]},
        "before": {"groups": [group("", 1075, 12)]},
        "groups": {
            "groups": [
                group("gpt-4o", 412, 30),
                group("claude-sonnet-4-5", 388, cost_unknown=2),
                group("llama3.2:3b", 83, cost_nanousd=0, cost_unknown=83),
                group("", 4, 4, cost_nanousd=0),
            ]
        },
        "series": {"step_s": STEP_S, "points": points},
        "lately": {"points": [point(UNTIL_S - 60 + second, 3, int(second == 50)) for second in range(60)]},
        "faults": faults,
        "deployments": [
            {"id": 7, "at": float(since_s + 500), "note": "cheaper fallback"},
            {"id": 6, "at": float(since_s - 9_000), "note": "before"},
        ],
    }
    return Answers(**(fields | other))


def question(by: str = "model") -> Question:
    return Question(QUARTER, by, STEP_S, UNTIL_S)


def made(by: str = "model", **other: Any) -> Picture:
    return picture(question(by), answers(**other))

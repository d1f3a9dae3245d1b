"""A run's totals: nothing is hidden that is not known (with a gateway: tests/e2e/test_run.py)."""

from typing import Any

from aigw_dev.cli.run import Totals, add_up


def entry(**changed: Any) -> dict[str, Any]:
    return {
        "error": "",
        "status": 200,
        "input_tokens": 9,
        "output_tokens": 3,
        "usage_estimated": False,
        "cost_nanousd": 5,
        "cost_status": "exact",
        **changed,
    }


def test_totals_count_errors_and_say_what_is_estimated_or_unpriced() -> None:
    entries = [
        entry(),
        entry(usage_estimated=True, cost_nanousd=None, cost_status="unknown"),
        entry(status=429, error="upstream_status", input_tokens=None, output_tokens=None, cost_nanousd=None),
        entry(error="upstream_in_band"),
    ]
    found = add_up(Totals(run="r", exit_code=0, duration_s=1.0), entries)
    assert (found.calls, found.errors, found.unpriced) == (4, 2, 1)
    assert (found.input_tokens, found.output_tokens, found.cost_nanousd) == (27, 9, 10)
    assert found.is_estimated

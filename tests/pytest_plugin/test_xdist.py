"""Workers, the controller, and neither."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aigw_dev.pytest_plugin import xdist


def config(**parts: Any) -> pytest.Config:
    parts.setdefault("option", SimpleNamespace())
    return cast("pytest.Config", SimpleNamespace(**parts))


def test_who_runs_tests() -> None:
    assert xdist.runs_tests(config())
    assert xdist.runs_tests(
        config(workerinput={"workerid": "gw1"}, option=SimpleNamespace(dist="load", tx=["popen"]))
    )
    assert not xdist.runs_tests(config(option=SimpleNamespace(dist="load", tx=["popen"])))
    assert xdist.worker_of(config(workerinput={"workerid": "gw1"})) == "gw1"


def test_money_is_shared_among_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "4")
    assert xdist.share_of(Decimal(1)) == Decimal("0.25")
    monkeypatch.delenv("PYTEST_XDIST_WORKER_COUNT")
    assert xdist.share_of(Decimal(1)) == 1


def test_what_a_worker_leaves_is_taken_over() -> None:
    output: dict[str, Any] = {}
    xdist.hand_over(config(workeroutput=output), {"tests": []})
    assert xdist.taken_over(SimpleNamespace(workeroutput=output)) == {"tests": []}
    assert xdist.taken_over(SimpleNamespace()) is None
    xdist.hand_over(config(), {})

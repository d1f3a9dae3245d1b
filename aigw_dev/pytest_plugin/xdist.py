"""pytest-xdist: what differs in its workers and its controller. xdist itself is never imported."""

import os
from decimal import Decimal
from typing import Any, Final, cast

import pytest

_OUTPUT: Final = "aigw"


def worker_of(config: pytest.Config) -> str:
    """The worker's name (`gw0`); empty in the controller and without xdist."""
    said = cast("dict[str, Any] | None", getattr(config, "workerinput", None))
    return "" if said is None else str(said.get("workerid", "gw0"))


def runs_tests(config: pytest.Config) -> bool:
    """Whether this process runs tests itself: a controller has them run by its workers."""
    if worker_of(config):
        return True
    return str(getattr(config.option, "dist", "no")) == "no" and not getattr(config.option, "tx", None)


def share_of(limit: Decimal) -> Decimal:
    """This worker's part of what the session may spend: workers do not know of each other's spending."""
    return limit / max(1, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1") or 1))


def hand_over(config: pytest.Config, plain: dict[str, Any]) -> None:
    """In a worker: leave what it has added up (see `Tally.plain`) for the controller."""
    output = cast("dict[str, Any] | None", getattr(config, "workeroutput", None))
    if output is not None:
        output[_OUTPUT] = plain


def taken_over(node: object) -> dict[str, Any] | None:
    """In the controller: what a worker that went down has left; None where it crashed or used nothing."""
    output = cast("dict[str, Any]", getattr(node, "workeroutput", None) or {})
    return output.get(_OUTPUT)

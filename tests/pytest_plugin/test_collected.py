"""When a collection was the whole."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aigw_dev.pytest_plugin.collected import Collected


def gap(*, has_errors: bool = False, deselected: int = 0, scopes: bool = True, **option: Any) -> str:
    collected = Collected(deselected=deselected, scopes=[Path()] if scopes else [])
    config = cast("pytest.Config", SimpleNamespace(option=SimpleNamespace(**option)))
    collected.judge(config, has_errors=has_errors)
    return collected.gap


def test_every_way_of_selecting_is_a_gap() -> None:
    assert gap() == ""
    assert gap(keyword="", markexpr="", lf=False, ignore=None) == ""
    assert gap(keyword="a") == "-k selects tests"
    assert gap(markexpr="slow") == "-m selects tests"
    assert gap(lf=True) == "--lf selects tests"
    assert gap(ignore=["a"]) == "--ignore leaves files out"
    assert gap(deselected=2) == "2 tests were deselected"
    assert gap(has_errors=True) == "a file could not be collected"
    assert gap(scopes=False) == "single tests were selected"

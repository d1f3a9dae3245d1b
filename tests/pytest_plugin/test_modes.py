"""Modes, ages, and what the cache remembers."""

import datetime as dt
from typing import Any, cast

import pytest

from aigw_dev.pytest_plugin import modes


class Cache:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.written = 0

    def get(self, key: str, default: Any) -> Any:
        return self.values.get(key, default)

    def set(self, key: str, value: object) -> None:
        self.values[key] = value
        self.written += 1


class Config:
    def __init__(self, cache: Cache | None) -> None:
        if cache is not None:
            self.cache = cache


def test_age_is_counted_from_the_recording() -> None:
    now = dt.datetime.now(dt.UTC)
    assert modes.is_older((now - dt.timedelta(days=91)).isoformat(), dt.timedelta(days=90))
    assert not modes.is_older((now - dt.timedelta(days=89)).isoformat(), dt.timedelta(days=90))
    assert modes.is_older("2020-01-01T00:00:00", dt.timedelta(days=90))
    assert not modes.is_older("yesterday", dt.timedelta(days=90))
    assert not modes.is_older("2020-01-01T00:00:00Z", None)


def test_missed_tests_are_remembered_until_they_run_well() -> None:
    cache = Cache()
    config = cast("pytest.Config", Config(cache))
    modes.remember_missed(config, missed=["b"], ran=["a", "b"])
    modes.remember_missed(config, missed=["c"], ran=["c"])
    assert cache.values[modes.MISSED] == ["b", "c"]
    modes.remember_missed(config, missed=[], ran=["b"])
    assert cache.values[modes.MISSED] == ["c"]
    modes.remember_missed(config, missed=[], ran=["a"])
    assert cache.written == 3
    modes.remember_missed(cast("pytest.Config", Config(None)), missed=["b"], ran=["b"])

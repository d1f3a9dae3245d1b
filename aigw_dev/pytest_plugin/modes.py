"""Which mode a test runs in, what a mode needs to be allowed, and which tests a run leaves out."""

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Protocol, cast

import pytest

from aigw_dev.pytest_plugin import markers
from aigw_dev.pytest_plugin.library import head_of, heads
from aigw_dev.pytest_plugin.options import LIVE_MODES, Settings, is_ci

MISSED: Final = "aigw/missed"
"""Where pytest's cache keeps the tests that met a miss."""


class _Cache(Protocol):
    """What is used of pytest's cache."""

    def get(self, key: str, default: Any) -> Any: ...
    def set(self, key: str, value: object) -> None: ...


def check(settings: Settings) -> None:
    """Refuse what must not run: a mode that calls providers in CI, a refresh that narrows nothing."""
    if settings.mode in LIVE_MODES:
        check_network(settings, settings.mode, asked_by=f"--aigw={settings.mode}")
    if settings.refresh and settings.mode != "record":
        raise pytest.UsageError(
            f"--aigw-refresh={settings.refresh} narrows --aigw=record, and this run is --aigw={settings.mode}"
        )
    if settings.config is not None and not settings.config.is_file():
        raise pytest.UsageError(f"aigw_config: there is no file {settings.config}")


def check_network(settings: Settings, mode: str, *, asked_by: str) -> None:
    """Refuse a mode that calls providers where CI is set and nobody allowed it."""
    if is_ci() and not settings.is_network_allowed and mode in LIVE_MODES:
        raise pytest.UsageError(
            f"{asked_by} calls providers, and CI is set. Add --aigw-allow-network if this job is meant to;"
            " otherwise run with --aigw=replay."
        )


def mode_of(settings: Settings, wanted: markers.Wanted) -> str:
    """The mode of one test: its marker's, else the session's; `--aigw=replay` on the command line holds against both."""
    if wanted.mode is None or (settings.is_mode_explicit and settings.mode == "replay"):
        return settings.mode
    check_network(settings, wanted.mode, asked_by=f"@pytest.mark.aigw(mode={wanted.mode!r})")
    return wanted.mode


def left_out(config: pytest.Config, settings: Settings, items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The collected tests that this run is not meant for: live-only ones, and those that a refresh does not name."""
    out = [item for item in items if settings.mode != "live" and markers.is_live_only(item)]
    if settings.refresh is None:
        return out
    kept = _refreshed(config, settings)
    return [*out, *(item for item in items if item not in out and not _is_named(item, settings, kept))]


def _is_named(item: pytest.Item, settings: Settings, kept: set[str]) -> bool:
    if not markers.is_user(item):
        return False
    named = markers.fixture_of(item)
    if settings.refresh == "stale" and named is not None:
        return is_older(head_of(settings.directory, named).recorded_at, settings.max_age)
    return markers.test_id(item) in kept


def _refreshed(config: pytest.Config, settings: Settings) -> set[str]:
    """The ids of the tests that are to be recorded anew."""
    if settings.refresh == "stale":
        return {
            head.test
            for head in heads(settings.directory).values()
            if is_older(head.recorded_at, settings.max_age)
        }
    cache = _cache_of(config)
    if cache is None:
        raise pytest.UsageError(
            f"--aigw-refresh={settings.refresh} reads pytest's cache, which is off (-p no:cacheprovider)"
        )
    remembered: Any = cache.get(MISSED if settings.refresh == "missed" else "cache/lastfailed", [])
    return {str(each) for each in remembered}


def is_older(recorded_at: str, age: dt.timedelta | None) -> bool:
    """Whether something recorded then is older than that; what bears no readable date is not."""
    found = age_since(recorded_at)
    return age is not None and found is not None and found > age


def age_since(recorded_at: str) -> dt.timedelta | None:
    """How long ago an RFC 3339 moment was; None where it cannot be read."""
    try:
        moment = dt.datetime.fromisoformat(recorded_at)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return dt.datetime.now(dt.UTC) - moment


def remember_missed(config: pytest.Config, missed: Iterable[str], ran: Iterable[str]) -> None:
    """Keep for `--aigw-refresh=missed` which tests met a miss; those that ran well since are forgotten."""
    cache = _cache_of(config)
    if cache is None:
        return
    before: Any = cache.get(MISSED, [])
    now = sorted(({str(each) for each in before} - set(ran)) | set(missed))
    if now != before:
        cache.set(MISSED, now)


def _cache_of(config: pytest.Config) -> _Cache | None:
    """Pytest's cache; None where it is off."""
    return cast("_Cache | None", getattr(config, "cache", None))


def profile_path(settings: Settings, profile: str) -> Path:
    """The config that a marker's `profile=` names: `aigw-dev.NAME.yaml` beside the config in use (else in rootdir)."""
    folder = settings.config.parent if settings.config else settings.root
    tried = [folder / f"aigw-dev.{profile}.yaml", settings.directory / "_profiles" / f"{profile}.yaml"]
    for path in tried:
        if path.is_file():
            return path
    raise pytest.UsageError(
        f"@pytest.mark.aigw(profile={json.dumps(profile)}): there is neither {tried[0]} nor {tried[1]}"
    )

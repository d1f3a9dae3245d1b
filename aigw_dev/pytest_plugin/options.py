"""The plugin's command line and ini options, and what they come to once read.

Nothing here touches a file or the network: `settings_of` may be asked in every run, also where no test uses the plugin.
"""

import dataclasses
import datetime as dt
import os
import re
import shlex
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import pytest

MODES: Final = ("replay", "auto", "record", "live", "drift")
LIVE_MODES: Final = frozenset({"auto", "record", "live", "drift"})
"""Those in which a call may leave this machine and cost money."""
REFRESHES: Final = ("stale", "missed", "failed")
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE: Final = re.compile(r"(\d+)\s*([smhdw])")
_TIMING: Final = re.compile(r"instant|recorded|x?\d+(\.\d+)?")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a session was asked for."""

    root: Path
    """pytest's rootdir; relative paths start there, and the gateway is started there."""
    directory: Path
    """Where the fixtures lie."""
    mode: str
    is_mode_explicit: bool
    """Whether the command line named the mode: `--aigw=replay` then holds against every marker."""
    command: tuple[str, ...]
    """What starts the gateway, before `replay`."""
    config: Path | None
    """The gateway's config file; None = what the gateway finds itself."""
    max_age: dt.timedelta | None
    """Older fixtures are listed as stale; None = never."""
    max_age_fail: dt.timedelta | None
    """Older fixtures fail their test."""
    is_unused_error: bool
    is_egress_blocked: bool
    egress_hosts: frozenset[str]
    """Hosts that tests may reach all the same."""
    ignore: tuple[str, ...]
    has_session_env: bool
    """Whether the variables are set for the whole session."""
    refresh: str | None
    is_pruning: bool
    timing: str | None
    """The pace of tests whose marker names none; None = instant."""
    cost_limit: Decimal | None
    """USD that the whole session may spend at providers."""
    report: str | None
    is_network_allowed: bool
    """Whether `--aigw-allow-network` was given."""


settings_key: Final = pytest.StashKey[Settings]()


def add_options(parser: pytest.Parser) -> None:
    """Tell pytest what may be written on its command line and in its ini file."""
    group = parser.getgroup("aigw", "aigw-dev: model calls replayed from fixtures")
    add = group.addoption
    add(
        "--aigw",
        choices=MODES,
        default=None,
        help="replay (default): fixtures only, offline; auto: record what is missing; record: record the selected"
        " tests anew; live: no fixtures; drift: call live, compare shapes, write nothing",
    )
    add("--aigw-refresh", choices=REFRESHES, default=None, help="with --aigw=record: only these tests")
    add("--aigw-prune", action="store_true", help="delete fixtures whose test is gone (whole suite only)")
    add(
        "--aigw-timing",
        default=None,
        metavar="PACE",
        help="instant (default), recorded, or x10: ten times as fast",
    )
    add(
        "--aigw-cost-limit",
        default=None,
        metavar="USD",
        help="stop calling providers once this much is spent",
    )
    add(
        "--aigw-report",
        choices=("md", "json"),
        default=None,
        help="write aigw-report.md or .json into rootdir",
    )
    add("--aigw-allow-network", action="store_true", help="allow modes that call providers where CI is set")
    ini = parser.addini
    ini("aigw_dir", "folder of the fixtures (default: tests/llm_fixtures, else llm_fixtures)", default="")
    ini("aigw_mode", "mode where --aigw is not given (default: replay)", default="replay")
    ini("aigw_config", "the gateway's config: routes and fallbacks under test", default="")
    ini("aigw_max_age", "list fixtures older than this as stale (default: 90d; never)", default="90d")
    ini("aigw_max_age_fail", "fail tests whose fixture is older than this", default="")
    ini(
        "aigw_unused",
        "an interaction or stub never asked for, a fault that never fired: error (default) or warn",
        default="error",
    )
    ini("aigw_egress", "block (default; hosts after a comma are allowed) or allow", default="block")
    ini("aigw_ignore", "parts of requests that do not count, as in the marker's ignore=", type="linelist")
    ini("aigw_env", "set the variables per test (default) or for the whole session", default="test")
    ini("aigw_command", "command that starts the gateway (default: this Python's aigw_dev)", default="")


def settings_of(config: pytest.Config) -> Settings:
    """What was asked for; read once per session. What cannot be meant is a `pytest.UsageError` naming the option."""
    found = config.stash.get(settings_key, None)
    if found is None:
        found = config.stash[settings_key] = _read(config)
    return found


def is_ci() -> bool:
    """Whether the environment says that this is a CI run."""
    return os.environ.get("CI", "").strip().lower() not in {"", "0", "false", "no"}


def age_of(text: str, *, option: str) -> dt.timedelta | None:
    """`90d`, `12h`; empty and `never` are None."""
    if text.strip().lower() in {"", "never", "0"}:
        return None
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise pytest.UsageError(f"{option} = {text!r}: say a number and a unit, as 90d, 12h or 8w (or never)")
    return dt.timedelta(seconds=int(match[1]) * _UNITS_S[match[2]])


def money_of(text: object, *, option: str) -> Decimal:
    """An amount of USD, at least zero."""
    try:
        amount = Decimal(str(text).strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise pytest.UsageError(f'{option} = {text!r}: say an amount in USD, as "0.50"')
    return amount


def check_timing(timing: object, *, option: str) -> str:
    """A pace that the gateway knows, as text."""
    text = str(timing).strip()
    if not _TIMING.fullmatch(text):
        raise pytest.UsageError(f"{option} = {timing!r}: say instant, recorded, or x10 for ten times as fast")
    return text


def _read(config: pytest.Config) -> Settings:
    root = config.rootpath
    explicit = _option(config, "aigw")
    mode = explicit or _choice(config, "aigw_mode", MODES)
    egress = [word for word in re.split(r"[,\s]+", _ini(config, "aigw_egress")) if word]
    if not egress or egress[0] not in {"block", "allow"}:
        raise pytest.UsageError(
            f"aigw_egress = {' '.join(egress)!r}: say block, `block, db.internal`, or allow"
        )
    timing, limit = _option(config, "aigw_timing"), _option(config, "aigw_cost_limit")
    own_config = _ini(config, "aigw_config")
    return Settings(
        root=root,
        directory=_directory(config, root),
        mode=mode,
        is_mode_explicit=explicit is not None,
        command=_command(_ini(config, "aigw_command")),
        config=root / own_config if own_config else None,
        max_age=age_of(_ini(config, "aigw_max_age"), option="aigw_max_age"),
        max_age_fail=age_of(_ini(config, "aigw_max_age_fail"), option="aigw_max_age_fail"),
        is_unused_error=_choice(config, "aigw_unused", ("error", "warn")) == "error",
        is_egress_blocked=egress[0] == "block",
        egress_hosts=frozenset(word.lower() for word in egress[1:]),
        ignore=tuple(config.getini("aigw_ignore")),
        has_session_env=_choice(config, "aigw_env", ("test", "session")) == "session",
        refresh=_option(config, "aigw_refresh"),
        is_pruning=bool(config.getoption("aigw_prune")),
        timing=None if timing is None else check_timing(timing, option="--aigw-timing"),
        cost_limit=None if limit is None else money_of(limit, option="--aigw-cost-limit"),
        report=_option(config, "aigw_report"),
        is_network_allowed=bool(config.getoption("aigw_allow_network")),
    )


def _option(config: pytest.Config, name: str) -> str | None:
    found = config.getoption(name)
    return found if isinstance(found, str) else None


def _ini(config: pytest.Config, name: str) -> str:
    return str(config.getini(name)).strip()


def _choice(config: pytest.Config, name: str, choices: tuple[str, ...]) -> str:
    word = _ini(config, name)
    if word not in choices:
        raise pytest.UsageError(f"{name} = {word!r}: say {' or '.join(choices)}")
    return word


def _directory(config: pytest.Config, root: Path) -> Path:
    named = _ini(config, "aigw_dir")
    if named:
        return root / named
    return root / ("tests/llm_fixtures" if (root / "tests").is_dir() else "llm_fixtures")


def _command(text: str) -> tuple[str, ...]:
    """The words of `aigw_command`; without one, this Python's own gateway, which nothing in rootdir can shadow."""
    if not text:
        return (sys.executable, "-P", "-m", "aigw_dev")
    words = shlex.split(text, posix=os.name != "nt")
    return tuple(word.strip('"') for word in words) if os.name == "nt" else tuple(words)

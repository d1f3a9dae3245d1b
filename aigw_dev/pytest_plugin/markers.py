"""What a test's fixtures and markers ask for: `aigw`, `aigw_fault`, `aigw_live`, read from the module inwards."""

import dataclasses
import difflib
from decimal import Decimal
from typing import Any, Final, cast

import pytest

from aigw_dev.pytest_plugin.options import MODES, check_timing, money_of

FIXTURES: Final = frozenset({"aigw", "aigw_snapshot"})
"""Fixtures that give a test a handle of its own."""
LINES: Final = (
    "aigw(fixture=None, mode=None, ignore=[], repeat=None, timing='instant', keep_failures=False, max_cost=None, max_calls=None, live=False, profile=None, record_raw=False): replay this test's model calls from its fixture",
    "aigw_fault(id, times=None, after_events=None, provider=None, node=None, ...): break a provider's answer this way",
    "aigw_live(reason=''): never replayed; deselected unless --aigw=live",
)
"""The markers, as `pytest --markers` prints them."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one test asks for; None = as the session has it."""

    fixture: str | None = None
    mode: str | None = None
    ignore: tuple[str, ...] = ()
    repeat: str | None = None
    timing: str | None = None
    keep_failures: bool = False
    max_cost: Decimal | None = None
    max_calls: int | None = None
    live: bool = False
    profile: str | None = None
    record_raw: bool = False
    faults: tuple[dict[str, Any], ...] = ()
    """As the control API takes them."""


_NAMES: Final = tuple(field.name for field in dataclasses.fields(Wanted) if field.name != "faults")


def is_user(item: pytest.Item) -> bool:
    """Whether a test asks for the gateway, by a fixture or by a marker."""
    names = cast("list[str]", getattr(item, "fixturenames", []))
    if not FIXTURES.isdisjoint(names):
        return True
    return any(item.get_closest_marker(name) for name in ("aigw", "aigw_fault", "aigw_live"))


def is_live_only(item: pytest.Item) -> bool:
    """Whether a test says of itself that it must never be replayed."""
    if item.get_closest_marker("aigw_live") is not None:
        return True
    closest = [mark.kwargs["live"] for mark in item.iter_markers("aigw") if "live" in mark.kwargs]
    return bool(closest and closest[0])


def fixture_of(item: pytest.Item) -> str | None:
    """The fixture that a marker names instead of the test's own."""
    named = [mark.kwargs["fixture"] for mark in item.iter_markers("aigw") if mark.kwargs.get("fixture")]
    return str(named[0]) if named else None


def test_id(item: pytest.Item) -> str:
    """The test's id as its author knows it: without what xdist appends to it for a group."""
    names = {
        str(mark.args[0] if mark.args else mark.kwargs.get("name", "default"))
        for mark in item.iter_markers("xdist_group")
    }
    return item.nodeid.removesuffix(f"@{'_'.join(sorted(names))}") if names else item.nodeid


def wanted_of(item: pytest.Item) -> Wanted:
    """What the markers say, the closest one last; a word they do not know fails the test, naming the nearest."""
    found: dict[str, Any] = {}
    ignored: list[str] = []
    for mark in reversed(list(item.iter_markers("aigw"))):
        if mark.args:
            _refuse(f"@pytest.mark.aigw takes names only: fixture={mark.args[0]!r} is what was meant?")
        for name in mark.kwargs:
            _check_name(name)
        ignored += _texts(mark.kwargs.get("ignore", ()))
        found |= mark.kwargs
    found = {name: value for name, value in found.items() if value is not None}
    found["ignore"] = tuple(dict.fromkeys(ignored))
    if item.get_closest_marker("aigw_live") is not None:
        found["live"] = True
    _check(found)
    faults = tuple(_fault(mark) for mark in reversed(list(item.iter_markers("aigw_fault"))))
    return Wanted(**found, faults=faults)


def fault_body(fault: str, params: dict[str, Any]) -> dict[str, Any]:
    """A fault as the control API takes it; `fault` is an id, or the command line's form, to which `params` add."""
    return {"fault": fault, **params}


def _fault(mark: pytest.Mark) -> dict[str, Any]:
    if len(mark.args) != 1 or not isinstance(mark.args[0], str):
        _refuse(
            '@pytest.mark.aigw_fault takes a fault\'s id first: aigw_fault("stream.cut.clean", after_events=3)'
        )
    return fault_body(str(mark.args[0]), dict(mark.kwargs))


def _check_name(name: str) -> None:
    if name not in _NAMES:
        near = difflib.get_close_matches(name, _NAMES, n=1)
        hint = f"; did you mean {near[0]}=?" if near else ""
        _refuse(f"@pytest.mark.aigw knows no {name}={hint} It takes: {', '.join(_NAMES)}.")


def _check(found: dict[str, Any]) -> None:
    """Bring values into their types; what cannot be meant fails the test."""
    if "mode" in found and found["mode"] not in MODES:
        _refuse(f"@pytest.mark.aigw(mode={found['mode']!r}): say one of {', '.join(MODES)}")
    if found.get("repeat", "last") not in {"last", "cycle"}:
        _refuse(f"@pytest.mark.aigw(repeat={found['repeat']!r}): say 'last' or 'cycle'")
    if "max_cost" in found:
        found["max_cost"] = money_of(found["max_cost"], option="@pytest.mark.aigw: max_cost")
    if "timing" in found:
        found["timing"] = check_timing(found["timing"], option="@pytest.mark.aigw: timing")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(each) for each in cast("list[object]", value)]


def _refuse(message: str) -> None:
    raise pytest.UsageError(message)

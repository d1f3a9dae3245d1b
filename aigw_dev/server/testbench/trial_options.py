"""How a test is run, and what is found to be wrong in it."""

from typing import Any, Final, Literal

import msgspec

Mode = Literal["replay", "auto", "record", "live", "drift"]
MODES: Final[tuple[Mode, ...]] = ("replay", "auto", "record", "live", "drift")
OFFLINE: Final = "replay"
"""The mode in which nothing is ever sent to a provider."""


class TrialOptions(msgspec.Struct, kw_only=True, frozen=True):
    """How a test is run."""

    mode: Mode
    fixture: str = ""
    """The fixture's name in the library; empty = the test's own."""
    ignore: tuple[str, ...] = ()
    repeat: Literal["", "last", "cycle"] = ""
    pace: float = 0.0
    """Multiplies recorded pauses: 0 = none, 1 = as recorded."""
    keep_failures: bool = False
    """Keep failed attempts whole, also where the interaction succeeded elsewhere."""
    record_raw: bool = False
    """Keep streams byte for byte."""
    max_cost_nanousd: int | None = None
    max_calls: int | None = None


class Found(msgspec.Struct, kw_only=True):
    """Something that did not hold, for the report: a miss, a changed route, a changed shape."""

    kind: str
    """`miss`, `exhausted`, `no_fixture`, `route_changed`, `drift`, `limit`."""
    text: str
    """For people, several lines."""
    call: int
    detail: dict[str, Any] = {}

"""The catalogue: every kind of provider by name. A new OpenAI-compatible provider is one row in `vendors` or `servers`."""

import difflib
from typing import Final

from aigw_dev.core.providers.clouds import CLOUDS
from aigw_dev.core.providers.kind import Kind
from aigw_dev.core.providers.servers import SERVERS
from aigw_dev.core.providers.vendors import VENDORS

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (*VENDORS, *CLOUDS, *SERVERS)}
"""Every kind, vendors first, in the order people are shown them."""


def near_kinds(name: str) -> list[str]:
    """Up to three kinds that a mistyped name may have meant, likeliest first; empty where none is near."""
    return difflib.get_close_matches(name.lower(), list(KINDS), n=3, cutoff=0.6)


def kinds_for_variable(variable: str) -> tuple[str, ...]:
    """The kinds whose key usually stands in this environment variable."""
    return tuple(kind.name for kind in KINDS.values() if variable in kind.env)

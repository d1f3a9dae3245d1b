"""Every fault that there is, by id, with words for its wire form in each dialect and for what official SDKs make of it."""

from types import MappingProxyType
from typing import Final

from aigw_dev.core.recording.faults.rows_body import BODY
from aigw_dev.core.recording.faults.rows_http import HTTP, NET, SLOW
from aigw_dev.core.recording.faults.rows_stream import STREAM

CATALOGUE: Final = MappingProxyType({row.id: row for row in (*HTTP, *NET, *SLOW, *STREAM, *BODY)})
"""By id, in the order of the documentation."""
ALIASES: Final = MappingProxyType(
    {
        "stream.cut": "stream.cut.clean",
        "stream.cut.reset": "stream.reset",
        "http.429.rate": "http.429",
        "http.400": "http.400.param",
        "http.overloaded": "http.529",
        "body.wrong_model": "gateway.wrong_model",
        "slow.ttft": "slow.first_token",
    }
)
"""Other names that are taken for an id."""


def canonical_id(name: str) -> str | None:
    """The id that `name` means; None where there is no such fault."""
    known = ALIASES.get(name, name)
    return known if known in CATALOGUE else None


def aigw_faults(family: str = "", *, is_legal: bool | None = None) -> tuple[str, ...]:
    """The ids of a family (`stream`), of a branch (`stream.cut`) or of all; only the legal oddities, or only the others."""
    return tuple(
        row.id
        for row in CATALOGUE.values()
        if (not family or family in {row.family, row.id} or row.id.startswith(f"{family}."))
        and (is_legal is None or row.is_legal == is_legal)
    )

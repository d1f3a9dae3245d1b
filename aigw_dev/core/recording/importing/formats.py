"""The formats that can be imported, and which of them a document is in."""

from typing import Any, Final, Protocol, cast

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.core.recording.importing.aimock import import_aimock
from aigw_dev.core.recording.importing.go_vcr import import_go_vcr
from aigw_dev.core.recording.importing.har import import_har
from aigw_dev.core.recording.importing.imported import Imported, Store, member
from aigw_dev.core.recording.importing.vcrpy import import_vcrpy


class Importer(Protocol):
    """Reads one format."""

    def __call__(self, document: Any, *, name: str, store: Store) -> Imported:
        """The model calls in `document`; FixtureError, with a place, where it is none of this format."""
        ...


IMPORTERS: Final[dict[str, Importer]] = {
    "vcrpy": import_vcrpy,
    "go-vcr": import_go_vcr,
    "har": import_har,
    "aimock": import_aimock,
}
"""By the name of the format, as the command line takes it."""


def guess(document: Any) -> str:
    """Which of `IMPORTERS` a document is for, by its shape. FixtureError where it is for none."""
    if isinstance(member(member(document, "log"), "entries"), list):
        return "har"
    if isinstance(member(document, "fixtures"), list):
        return "aimock"
    interactions = member(document, "interactions")
    if not isinstance(interactions, list):
        raise FixtureError(
            "this is no recording that can be imported",
            hint=f"known are: {', '.join(IMPORTERS)}; a cassette has `interactions`, a HAR `log.entries`",
        )
    first = next((one for one in cast("list[Any]", interactions) if member(one, "request") is not None), None)
    # Both have `interactions`; go-vcr calls the address `url` and the status `code`.
    is_go = (
        member(member(first, "request"), "url") is not None
        and member(member(first, "response"), "code") is not None
    )
    return "go-vcr" if is_go else "vcrpy"

"""A syrupy extension that writes a request as one line per item: `00:tools get_weather`, `01:user Weather in Oslo?`.

Imported by the `aigw_snapshot` fixture only: nothing else here knows syrupy.
"""

from typing import Any, cast

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.amber import AmberSnapshotExtension

from aigw_dev.pytest_plugin.calls import Body, Call, Calls
from aigw_dev.pytest_plugin.control import ControlError


class ContextLines(AmberSnapshotExtension):
    """Snapshots of requests: what a model was shown, short enough to review."""

    def serialize(self, data: Any, **options: Any) -> str:
        """A request (or a call, or all calls) as context lines; anything else as syrupy writes it."""
        text = context_of(data)
        return text if text is not None else super().serialize(data, **options)


def context_of(data: object) -> str | None:
    """The lines of what a test compares; None where it is no request."""
    if isinstance(data, Call):
        return context_of(data.request)
    if isinstance(data, Calls) or _is_list_of_calls(data):
        calls = list(cast("list[Call]", data))
        return "\n".join(f"# call {at}\n{context_of(call)}" for at, call in enumerate(calls))
    if not isinstance(data, Body):
        return None
    if not data.context:
        raise ControlError(
            "this gateway sends no context lines: update the aigw-dev that the ini option aigw_command starts"
        )
    return data.context


def snapshot_of(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """The fixture of syrupy itself, with requests as context lines."""
    return snapshot.use_extension(ContextLines)


def _is_list_of_calls(data: object) -> bool:
    return (
        isinstance(data, list)
        and bool(cast("list[object]", data))
        and all(isinstance(each, Call) for each in cast("list[object]", data))
    )

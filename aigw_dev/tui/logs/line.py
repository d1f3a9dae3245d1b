"""One exchange as the list knows it: the fields of the gateway's `Entry` that columns show."""

from collections.abc import Iterable
from typing import Any

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row. Names and units are those of the admin API's entries; what an older gateway leaves out is empty."""

    seq: int
    id: str
    state: str = "ended"
    """`ended`, `open` or `interrupted`."""
    started_at: float = 0.0
    duration_s: float | None = None
    ttft_s: float | None = None
    status: int = 0
    outcome: str = ""
    marks: tuple[str, ...] = ()
    is_stream: bool = False
    consumer: str = ""
    run: str = ""
    session: str = ""
    operation: str = ""
    original_model: str = ""
    request_model: str = ""
    response_model: str = ""
    provider: str = ""
    key_name: str = ""
    route: str = ""
    attempts: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None
    usage_estimated: bool = False
    cost_nanousd: int | None = None
    cost_status: str | None = None
    error: str = ""
    finish: str = ""
    client: str = ""
    request_bytes: int = 0
    response_bytes: int = 0
    request_preview: str = ""
    response_preview: str = ""
    upstream_status: int | None = None
    path: str = ""
    replay_of: str = ""


def read_lines(entries: Iterable[Any]) -> list[Line]:
    """The rows of an answer; one that cannot be read is left out."""
    lines: list[Line] = []
    for one in entries:
        try:
            lines.append(msgspec.convert(one, Line))
        except msgspec.ValidationError:
            continue
    return lines

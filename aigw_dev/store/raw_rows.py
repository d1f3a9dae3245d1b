"""A row of the table `exchange`, as it is stored."""

from typing import Final, NamedTuple

COLUMNS: Final = (
    "e.seq, e.id, e.state, e.dim, e.is_stream, e.started_at, e.duration_s, e.ttft_s, e.status, e.outcome, e.marks,"
    " e.attempts, e.input_tokens, e.output_tokens, e.cached_input_tokens, e.cache_write_tokens, e.reasoning_tokens,"
    " e.usage_estimated, e.cost_nanousd, e.cost_status, e.request_bytes, e.response_bytes, e.error, e.finish, e.client,"
    " e.deployment, e.price, e.head, e.decision, e.session, e.trace_id"
)
"""The columns of a `RawRow`, of the table `exchange` as `e`."""


class RawRow(NamedTuple):
    """A row of `exchange` as it is stored."""

    seq: int
    id: str
    state: int
    dim: int
    is_stream: int
    started_at: float
    duration_s: float | None
    ttft_s: float | None
    status: int
    outcome: int
    marks: int
    attempts: int
    input_tokens: int | None
    output_tokens: int | None
    cached_input_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    usage_estimated: int | None
    cost_nanousd: int | None
    cost_status: int | None
    request_bytes: int
    response_bytes: int
    error: int
    finish: int
    client: int
    deployment: int
    price: int
    head: int
    decision: int
    session: str
    trace_id: bytes | None

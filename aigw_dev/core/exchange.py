"""The record that travels: one request with its attempts and its end.

One owner: the pipeline. Everybody else reads it after `settle`, in the writer thread, when nothing changes it any more.
Times named `_s` inside an exchange are seconds since its start, on the monotonic clock; `_at` are UTC seconds since the epoch.
"""

from typing import Final, Literal

import msgspec

from aigw_dev.core.units import Units

Scalar = str | int | float | bool

MARKS: Final = ("throttled", "intercepted", "fallback", "retried", "cached", "cancelled", "broken")
"""What may have happened to an exchange, beside its status; stored as a set."""

COST_STATUSES: Final = ("exact", "reported", "upper_bound", "partial", "estimated", "free", "unknown")
"""How far a cost can be trusted; `unknown` has no amount and is never shown as zero.

`exact`: reported usage times one price row; `reported`: the provider's own amount; `upper_bound`: at most this;
`partial`: at least this, something had no rate; `estimated`: usage or price is not certain; `free`: declared so.
"""


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens in one canonical set: `input` includes cached and written tokens, `output` includes reasoning.

    A provider that counts otherwise is converted by its dialect; what it sent stays beside this in `raw`.
    """

    input: int = 0
    output: int = 0
    cached_input: int = 0
    """Part of `input` read from the provider's prompt cache."""
    cache_write: int = 0
    """Part of `input` written to the provider's prompt cache."""
    reasoning: int = 0
    """Part of `output` spent on reasoning."""
    estimated: bool = False
    """The provider sent no usage; these are our own counts."""
    reported_nanousd: int | None = None
    """What the provider itself says that the call cost, in nano-USD; None where it says nothing."""
    raw: msgspec.Raw = msgspec.Raw(b"null")
    """The provider's own usage object, untouched; `null` where there was none."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls, as far as the door could tell."""

    kind: Literal["none", "token", "admin", "run", "consumer", "provider-key"] = "none"
    consumer: str = "none"
    """The consumer's name; `none` where nobody is named."""
    run: str = ""
    """The run whose credential was shown."""
    providers: frozenset[str] | None = frozenset()
    """Providers whose stored keys this caller may spend; None = all."""
    metadata: dict[str, Scalar | None] = {}
    """What its calls carry for routes where they send no `x-ai-route-metadata` of their own."""

    @property
    def keeper(self) -> str:
        """Under which name the gateway keeps conversations for it.

        Who may not spend every key never reads what an identified caller said, though neither has a name.
        """
        if self.providers is None or self.consumer != "none":
            return self.consumer
        return f"({', '.join(sorted(self.providers))})"  # no consumer's name has parentheses


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What an exchange cost. Amount in integer nano-USD (1e-9 USD)."""

    status: Literal["exact", "reported", "upper_bound", "partial", "estimated", "free", "unknown"] = "unknown"
    nanousd: int | None = None
    """None exactly when `status` is `unknown`."""
    price_id: str = ""
    """The price row used: `qwen/qwen3-max@2025-09-23`."""
    reason: str = ""
    """Why unknown or partial: `no price for openai/gpt-99`."""


class Attempt(msgspec.Struct, kw_only=True):
    """One upstream call. A retry is another attempt at the same target, a fallback one at the next target."""

    number: int
    """1-based."""
    provider: str
    kind: str
    """The provider's kind in the catalogue."""
    base_url: str
    request_model: str
    """The model name sent upstream."""
    key_name: str = ""
    """The key used, by name; empty where none was needed."""
    reason: Literal["first", "retry", "fallback"] = "first"
    node: str = ""
    """The route node this target stands in; empty for a direct call."""
    started_s: float = 0.0
    first_byte_s: float | None = None
    """First SSE event with data, or first body byte."""
    ended_s: float | None = None
    status: int | None = None
    """The provider's HTTP status; None when no reply came."""
    error: str = ""
    """Our code for what went wrong (`connect_failed`, `first_packet_timeout`, `upstream_status` ...); empty when well."""
    error_text: str = ""
    """The error in words, or the head of the provider's error body; redacted before it is stored."""
    retry_after_s: float | None = None
    upstream_request_id: str = ""


class StreamTiming(msgspec.Struct, kw_only=True):
    """When the pieces of a streamed reply arrived: parallel lists, one entry per piece read from upstream.

    At most 20,000 pieces; what comes after counts to the last one.
    """

    at_us: list[int] = msgspec.field(default_factory=list[int])
    """Microseconds since the exchange began."""
    size_bytes: list[int] = msgspec.field(default_factory=list[int])


class ToolCall(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A tool call as the model made it; `arguments` is the JSON text."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class Assembled(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A reply put together from its events: what a person wants to read."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: list[ToolCall] = msgspec.field(default_factory=list[ToolCall])
    finish: str = ""


class ReplySummary(msgspec.Struct, frozen=True, kw_only=True):
    """What the log keeps of a whole reply."""

    response_model: str = ""
    finish: str = ""
    usage: Usage | None = None
    """None where the provider sent none; the caller estimates."""
    assembled: Assembled = msgspec.field(default_factory=Assembled)


class ReplyError(msgspec.Struct, frozen=True, kw_only=True):
    """An error that came inside a stream, after status 200."""

    message: str
    code: str = ""
    """The provider's own code, as text."""
    status: int = 0
    """The HTTP status it stands for, where the provider says so; 0 = not said."""


class Exchange(msgspec.Struct, kw_only=True):
    """One request with its attempts and its end."""

    id: str
    gateway: str
    """The gateway's name."""
    started_at: float
    """UTC seconds since the epoch."""
    method: str
    path: str
    """Path with query, credentials in the query masked."""
    operation: str
    """`openai.chat.completions`, `openai.embeddings` ...; `unknown` for a path we do not know."""
    dialect: str
    """The caller's dialect."""
    client: str = ""
    """The caller's user-agent."""
    consumer: str = "none"
    run: str = ""
    session: str = ""
    trace_id: str = ""
    """32 hex digits, from `traceparent` or made."""
    is_stream: bool = False
    """The caller asked for a stream."""
    original_model: str = ""
    request_model: str = ""
    response_model: str = ""
    provider: str = ""
    """The provider of the last attempt."""
    key_name: str = ""
    route: str = ""
    decision: bytes = b""
    """JSON of `core.routing.flow.Decision` where a route decided; empty else."""
    attempts: list[Attempt] = msgspec.field(default_factory=list[Attempt])
    status: int = 0
    """What the caller got; 499 when it left before a status."""
    error: str = ""
    """Our code for how it ended badly; empty when well."""
    error_text: str = ""
    marks: set[str] = msgspec.field(default_factory=set[str])
    usage: Usage | None = None
    units: Units | None = None
    """What was used beside tokens (images, seconds, characters ...); None where tokens are all there is."""
    cost: Cost = Cost()
    ttft_s: float | None = None
    """Seconds to the first relayed byte of data."""
    duration_s: float = 0.0
    finish: str = ""
    request_bytes: int = 0
    response_bytes: int = 0
    request_body: bytes | None = None
    """The caller's body; None when bodies are not recorded."""
    response_body: bytes | None = None
    """Exactly what the caller got; None when bodies are not recorded."""
    request_headers: list[tuple[str, str]] = msgspec.field(default_factory=list[tuple[str, str]])
    """Allow-listed headers only."""
    response_headers: list[tuple[str, str]] = msgspec.field(default_factory=list[tuple[str, str]])
    timing: StreamTiming | None = None
    """None for a reply that was not streamed."""
    assembled: Assembled | None = None
    ledger: bytes = b""
    """JSON of what translation kept, approximated or dropped; empty where nothing was translated."""
    violations: list[str] = msgspec.field(default_factory=list[str])
    """What the provider's stream did that its protocol forbids (`core.streams.lint`)."""
    deployment: str = ""
    """Digest of the config in force when it began."""
    replay_of: str = ""
    """The id of the exchange that this one sent again; empty for what a caller sent."""

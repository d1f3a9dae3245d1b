"""What a dialect is: the functions every wire protocol offers, and the plain values they give back.

A dialect is a module; `aigw_dev.core.dialects.DIALECTS` names them. To add one: a file with these functions, one entry
there, a folder of cases in `fixtures/dialects/`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Assembled, ReplyError, ReplySummary, Usage
from aigw_dev.core.streams.sse import Event

__all__ = (
    "Content",
    "Dialect",
    "ModelRow",
    "Reader",
    "ReplyError",
    "ReplySummary",
    "RequestFacts",
)


class RequestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway reads of a request."""

    model: str
    """The model asked for, never empty."""
    is_stream: bool = False
    session: str = ""
    """What names the conversation in the body (`prompt_cache_key` ...); empty where nothing does."""
    wants_usage: bool = False
    """The caller asked for usage in its stream (`stream_options.include_usage`)."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What a condition may ask about a request's content."""

    has_tools: bool = False
    has_images: bool = False
    input_chars: int = 0
    """Characters of text that the model reads: messages, prompt or input; no tools' schemas, no images."""


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a model list."""

    id: str
    created: int = 0
    """UTC seconds since the epoch."""
    owned_by: str = ""


class Reader(Protocol):
    """Listens to a stream and knows at any moment what it has said. Never raises, whatever the stream holds."""

    has_data: bool
    """An event with data was seen; comments and empty events do not count."""
    is_done: bool
    """The stream said that it is over; some never say it."""
    error: ReplyError | None
    """The first error inside the stream."""
    bad_events: int
    """Events that could not be read."""
    note: str
    """What the first of them held, for the log; empty where all could be read."""

    def feed(self, event: Event) -> None:
        """Take one event."""
        ...

    @property
    def usage(self) -> Usage | None:
        """What the provider counted, the last time it said so."""
        ...

    @property
    def response_model(self) -> str:
        """The model as the provider names it."""
        ...

    @property
    def finish(self) -> str:
        """Why the reply ended, in the provider's word; empty while it runs."""
        ...

    def assembled(self) -> Assembled:
        """The reply so far, put together."""
        ...

    def output_text(self) -> str:
        """Every character the model wrote so far (text, reasoning, tool calls, all choices): to estimate tokens from."""
        ...


class Dialect(Protocol):
    """One wire protocol. Functions are pure and never raise on what a caller or a provider sent."""

    @property
    def REQUEST_ID_HEADER(self) -> str:  # noqa: N802 - a module's constant
        """The header that names the exchange to the caller."""
        ...

    def read_request(
        self, body: RequestBody, /, *, path_model: str = "", is_stream: bool = False
    ) -> RequestFacts | Refusal:
        """What the gateway reads, checked; `path_model` and `is_stream` count where the path says them."""
        ...

    def measure(self, body: RequestBody, /) -> Content:
        """What conditions ask about the content; only called where a condition asks."""
        ...

    def rename_model(
        self, body: RequestBody, /, model: str, params: Mapping[str, Any] | None = None
    ) -> bytes:
        """The body with another model and `params` merged; every other byte kept."""
        ...

    def ask_usage(self, body: RequestBody, /) -> RequestBody:
        """The body that asks for usage in its stream; the same where the caller already did."""
        ...

    def hides_usage(self, event: Event, /) -> bool:
        """Whether this is the extra event that only `ask_usage` brought."""
        ...

    def reply_usage(self, body: bytes, /) -> Usage | None:
        """What the provider counted in a whole reply."""
        ...

    def reply_summary(self, body: bytes, /) -> ReplySummary:
        """What the log keeps of a whole reply."""
        ...

    def stream_reader(self) -> Reader:
        """A new reader, for one stream."""
        ...

    def encode_error(
        self, status: int, code: str, message: str, request_id: str = "", *, param: str | None = None
    ) -> bytes:
        """The dialect's error object; a `request_id` adds where to look it up."""
        ...

    def encode_stream_error(self, status: int, code: str, message: str, request_id: str = "") -> bytes:
        """The same inside a stream that has begun: ends it in the way the dialect's clients understand."""
        ...

    def is_error_body(self, body: bytes, /) -> bool:
        """Whether a provider's error body already is this dialect's error object."""
        ...

    def error_text(self, body: bytes, /) -> str | None:
        """What an error body says, whatever its shape; None where it says nothing."""
        ...

    def retry_delay_s(self, body: bytes, /) -> float | None:
        """The wait in seconds that an error body asks for where no header does; None where it names none."""
        ...

    def encode_models(self, rows: Sequence[ModelRow], /) -> bytes:
        """A model list."""
        ...

    def encode_model(self, row: ModelRow, /) -> bytes:
        """One model."""
        ...

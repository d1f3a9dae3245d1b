"""Translation: what a dialect offers beside `protocol.Dialect` so that its callers can reach other dialects' providers.

A *caller's codec* reads a request of its dialect into neutral words and writes replies and streams of it; a
*provider's codec* does the opposite. Most dialects have both; one that only providers speak (Bedrock's Converse) has
the second. Functions are pure; what a peer sent never makes them raise.
"""

import functools
import importlib
from collections.abc import Mapping
from typing import Any, Final, Protocol, cast

import msgspec

from aigw_dev.core.chat.events import ChatEvent
from aigw_dev.core.chat.vocabulary import ChatReply, ChatRequest, ReplyContext
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal, UpstreamError
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams.sse import Event


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """What is particular about the provider and model that a request is written for; data from the catalogue."""

    refuses: frozenset[str] = frozenset()
    """Neutral parameter names (`temperature`, `top_p`, `top_k`, `presence_penalty` ...) that the model refuses."""
    takes: frozenset[str] = frozenset()
    """openai-chat: what the server understands beyond OpenAI's usual words: `top_k`, `min_p`, `developer` (the role),
    `cache_control`, `allowed_tools`, `custom_tools`, `thought_signature`."""
    renames: Mapping[str, str] = {}
    """Wire fields that the model wants under another name: `max_tokens` -> `max_completion_tokens`."""
    efforts: tuple[str, ...] = ()
    """Reasoning efforts that the model takes, rising; empty = any."""
    has_adaptive_thinking: bool = False
    """Anthropic: the model takes `thinking: {type: adaptive}` and `output_config.effort` instead of a budget."""
    has_inline_system: bool = False
    """Anthropic: the model takes messages of role `system` amid the conversation (Claude Opus 4.8 and later)."""
    has_thinking_level: bool = False
    """Gemini 3: `thinkingLevel` instead of `thinkingBudget`."""
    has_structured_outputs: bool = True
    """It takes a JSON schema for its answer; else a forced tool stands in (Anthropic) or plain JSON mode."""
    echoes_reasoning: bool = False
    """openai-chat: `reasoning_content` of earlier turns must be sent back (DeepSeek, Moonshot)."""
    takes_usage_option: bool = True
    """openai-chat: `stream_options.include_usage` is understood."""
    max_output_tokens: int = 4096
    """Written where the dialect requires a limit and the caller gave none."""
    params: Mapping[str, Any] = {}
    """The route's `params`, merged into the written body at the top level, last."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it goes to a provider, but for address, key and model renaming."""

    path: str
    """Behind the API's base; `{model}` stands for the model's name (`/models/{model}:generateContent`)."""
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    """The dialect's own (`anthropic-version`); lower-case names."""
    query: str = ""
    """`alt=sse`."""


class Framer(Protocol):
    """Cuts the bytes of a reply into events: SSE, NDJSON, AWS's event stream. `sse.Decoder` is one."""

    def feed(self, chunk: bytes) -> list[Event]:
        """Every event that `chunk` completes. Raises `UpstreamError` for one that is too large or broken."""
        ...

    def close(self) -> list[Event]:
        """The event the body ended in, if any."""
        ...


class StreamDecoder(Protocol):
    """Reads a provider's stream into neutral events; keeps the laws in `core.chat.events`. Never raises."""

    def feed(self, event: Event) -> list[ChatEvent]:
        """What this event says."""
        ...

    def close(self) -> list[ChatEvent]:
        """What remains at the end of the body: missing ends, or `Failed` where the reply was cut off."""
        ...


class StreamEncoder(Protocol):
    """Writes neutral events as a caller's stream. Fed by one decoder; relies on its laws."""

    def encode(self, event: ChatEvent) -> bytes:
        """The bytes for this event; may be empty. `Failed` becomes the dialect's in-band error and ends the stream."""
        ...


class CallerCodec(Protocol):
    """The caller's side of a dialect."""

    def read_chat(
        self, body: RequestBody, /, *, path_model: str = "", is_stream: bool = False, version: str = ""
    ) -> ChatRequest | Refusal:
        """A caller's request in neutral words, or what is malformed in it (`invalid_request` with `param`).

        `path_model` and `is_stream` count where the path says them (Gemini); `version` is the wire version header
        (`anthropic-version`).
        """
        ...

    def write_reply(self, reply: ChatReply, /, context: ReplyContext, ledger: Ledger) -> bytes:
        """A whole reply for the caller."""
        ...

    def stream_encoder(self, context: ReplyContext, ledger: Ledger) -> StreamEncoder:
        """A new encoder, for one stream."""
        ...


class ProviderCodec(Protocol):
    """The provider's side of a dialect."""

    def write_chat(
        self, request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger
    ) -> Outgoing | Refusal:
        """The request as this dialect's provider takes it; a `Refusal` where the dialect cannot say it at all."""
        ...

    def read_chat_reply(self, body: bytes, /) -> ChatReply | ReplyError:
        """A whole reply in neutral words; a `ReplyError` where a body of status 200 is an error or is unreadable."""
        ...

    def read_error(self, status: int, body: bytes, /) -> ReplyError:
        """What an error body says, whatever its shape; `message` is never empty."""
        ...

    def stream_decoder(self) -> StreamDecoder:
        """A new decoder, for one stream."""
        ...

    def framer(self) -> Framer:
        """Cuts this dialect's streams into events."""
        ...


class CountCodec(Protocol):
    """Token counting, of the dialects that have it (Anthropic, Gemini)."""

    def read_count(
        self, body: RequestBody, /, *, path_model: str = "", version: str = ""
    ) -> ChatRequest | Refusal:
        """A caller's request to count, in neutral words (no `max_tokens` needed)."""
        ...

    def write_count(
        self, request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger
    ) -> Outgoing | Refusal:
        """The request to count, for a provider that can."""
        ...

    def read_count_reply(self, body: bytes, /) -> int | None:
        """Input tokens that the provider counted; None where it did not say."""
        ...

    def write_count_reply(self, tokens: int, /) -> bytes:
        """The reply for the caller."""
        ...


_MODULES: Final = {
    # dialect: module; imported when first needed, because most gateways use one or two
    "openai-chat": "aigw_dev.core.dialects.openai_chat_codec",
    "openai-responses": "aigw_dev.core.dialects.responses",
    "anthropic-messages": "aigw_dev.core.dialects.anthropic",
    "gemini-generate-content": "aigw_dev.core.dialects.gemini",
    "bedrock-converse": "aigw_dev.core.dialects.bedrock",
}


@functools.cache
def caller_codec(dialect: str) -> CallerCodec:
    """The caller's side of a dialect that callers may speak."""
    return cast("CallerCodec", importlib.import_module(_MODULES[dialect]))


@functools.cache
def provider_codec(dialect: str) -> ProviderCodec:
    """The provider's side of a dialect."""
    return cast("ProviderCodec", importlib.import_module(_MODULES[dialect]))


@functools.cache
def count_codec(dialect: str) -> CountCodec | None:
    """Token counting of a dialect; None where it has none."""
    module = importlib.import_module(_MODULES[dialect])
    return cast("CountCodec", module) if hasattr(module, "write_count") else None


def array_encoder(context: ReplyContext, ledger: Ledger) -> StreamEncoder:
    """Gemini's other form of a stream: one JSON array, for callers that did not ask for events."""
    made = importlib.import_module(_MODULES["gemini-generate-content"]).stream_encoder
    return cast("StreamEncoder", made(context, ledger, is_array=True))


def cut_off() -> UpstreamError:
    """A provider's stream that ended before its reply did."""
    return UpstreamError("the provider's stream ended before its reply was complete", code="upstream_reset")

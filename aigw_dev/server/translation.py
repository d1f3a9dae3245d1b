"""One request in another dialect: read once into neutral words, written for each target's provider, ledger kept.

Nothing is sent before the whole request could be written: a malformed request, or one whose losses its route does not
accept, is a refusal.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core import harmless
from aigw_dev.core.chat import carried, estimate, media_bytes
from aigw_dev.core.chat.vocabulary import ChatRequest, Opaque, ReplyContext
from aigw_dev.core.dialects.codec import (
    CallerCodec,
    Outgoing,
    ProviderCodec,
    caller_codec,
    count_codec,
    provider_codec,
)
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.ledger import Entry, Ledger
from aigw_dev.core.operations import Match
from aigw_dev.core.providers import Place
from aigw_dev.core.providers.traits import traits_of
from aigw_dev.core.routing.flow import Target

_NEUTRAL_PARAMS: Final[dict[str, Any]] = {
    "temperature": float,
    "top_p": float,
    "top_k": int,
    "max_tokens": int,
    "seed": int,
    "frequency_penalty": float,
    "presence_penalty": float,
    "service_tier": str,
    "verbosity": str,
}
"""Parameters of a route's leaf that mean the same in every dialect; others are the provider's own."""
FORGETFUL: Final = frozenset({"openai-chat"})
"""Dialects whose clients mostly do not echo signed thoughts: their protocol has no place of its own for them."""
_SHOWN_LOSSES: Final = 8


class Reading(msgspec.Struct, kw_only=True):
    """A caller's request, read into neutral words at most once, however many targets are tried."""

    match: Match
    body: RequestBody
    version: str
    """The caller's wire version (`anthropic-version`)."""
    fields: dict[str, msgspec.Raw] = {}
    """The caller's top-level fields as they came, for protocols that echo them."""
    _read: ChatRequest | Refusal | None = None

    def chat(self) -> ChatRequest | Refusal:
        """The request, or what is malformed in it."""
        if self._read is None:
            operation = self.match.operation
            codec = caller_codec(operation.dialect)
            if operation.family == "count":
                counting = count_codec(operation.dialect)
                assert counting is not None  # noqa: S101  -- the table of operations names dialects that count
                self._read = counting.read_count(
                    self.body, path_model=self.match.path_model, version=self.version
                )
            else:
                self._read = codec.read_chat(
                    self.body,
                    path_model=self.match.path_model,
                    is_stream=self.match.is_stream,
                    version=self.version,
                )
            if isinstance(self._read, ChatRequest):
                self._read = media_bytes.refusal(self._read) or self._read
        return self._read


class Translation(msgspec.Struct, kw_only=True):
    """A request on its way to a provider of another dialect, and what its reply needs on the way back."""

    outgoing: Outgoing
    ledger: Ledger
    context: ReplyContext
    caller: CallerCodec
    provider: ProviderCodec
    dialect: str
    """The provider's."""


def translate(
    reading: Reading,
    exchange: Exchange,
    *,
    place: Place,
    table: str,
    target: Target,
    on_loss: str,
    thoughts: carried.Memory | None = None,
) -> Translation | Refusal:
    """The request as the provider at `place` takes it; `table` is its kind's `traits`.

    `thoughts` are what came with earlier calls, put back where the caller's protocol loses them.
    """
    chat = reading.chat()
    if isinstance(chat, Refusal):
        return chat
    unsaid = _unsaid(chat, place)
    if unsaid is not None:
        return unsaid
    ledger = Ledger(exchange.dialect, place.dialect)
    chat, own = _with_params(chat, target.params)
    if thoughts is not None and exchange.dialect in FORGETFUL:
        chat = carried.restored(
            chat, thoughts, consumer=exchange.consumer, dialect=place.dialect, ledger=ledger
        )
    traits = traits_of(table, target.model)
    if own or traits.params:
        traits = msgspec.structs.replace(traits, params=own)
    write = _writer(reading, place)
    outgoing = write(chat, model=target.model, traits=traits, ledger=ledger)
    ledger.count_kept(reading.fields or reading.body.fields)
    exchange.ledger = ledger.encode()
    if isinstance(outgoing, Refusal):
        return outgoing
    losses = ledger.losses()
    if losses and on_loss == "reject":
        return _too_lossy(losses, target)
    ledger.is_warning = bool(losses) and on_loss == "warn"
    return Translation(
        outgoing=outgoing,
        ledger=ledger,
        context=ReplyContext(
            request=chat,
            id_seed=f"{exchange.id}{exchange.trace_id}"[:32],
            created=int(exchange.started_at),
            input_estimate=estimate.rough_tokens(reading.body.raw),
            fields=reading.fields or reading.body.fields,
        ),
        caller=caller_codec(exchange.dialect),
        provider=provider_codec(place.dialect),
        dialect=place.dialect,
    )


def _unsaid(chat: ChatRequest, place: Place) -> Refusal | None:
    """A turn of the user of which nothing could be said to the provider: left out, the question would be another one."""
    for number, message in enumerate(chat.messages):
        if message.role != "user" or not message.parts:
            continue
        strange = [
            part for part in message.parts if isinstance(part, Opaque) and part.dialect != place.dialect
        ]
        if len(strange) == len(message.parts) and not any(one.type.endswith("_output") for one in strange):
            types = ", ".join(dict.fromkeys(harmless.line(one.type[:40]) or "unknown" for one in strange))
            return Refusal(
                code="invalid_request",
                message=f"nothing of messages[{number}] can be said to a provider of another dialect: {types}; send text, "
                "images, documents or audio, or call a provider that knows this kind of content",
                param=f"messages[{number}]",
            )
    return None


def _writer(reading: Reading, place: Place) -> Callable[..., Outgoing | Refusal]:
    """What writes this kind of request for the provider's dialect; who counts tokens was chosen for that."""
    counting = count_codec(place.dialect) if reading.match.operation.family == "count" else None
    return provider_codec(place.dialect).write_chat if counting is None else counting.write_count


def _too_lossy(losses: Sequence[Entry], target: Target) -> Refusal:
    named = ", ".join(f"{one.field} ({one.fate}: {one.how})" for one in losses[:_SHOWN_LOSSES])
    return Refusal(
        code="translation_loss",
        message=f"the route says `on_loss: reject`, and {target.text()} cannot take all of this request: {named}. "
        "Nothing was sent.",
        param=losses[0].field,
    )


def _with_params(chat: ChatRequest, params: Mapping[str, Any]) -> tuple[ChatRequest, dict[str, Any]]:
    """The request with a leaf's parameters in it, and those of them that only the provider knows."""
    if not params:
        return chat, {}
    common: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, value in params.items():
        wanted = _NEUTRAL_PARAMS.get(name)
        try:
            (own if wanted is None else common)[name] = (
                value if wanted is None else msgspec.convert(value, wanted, strict=False)
            )
        except msgspec.ValidationError:
            own[name] = value
    own.pop("model", None)
    own.pop("stream", None)
    return msgspec.structs.replace(chat, **common), own


@functools.lru_cache(maxsize=64)
def is_foreign_header(name: bytes, dialect: str) -> bool:
    """Whether a caller's header belongs to a dialect that the provider does not speak."""
    own = {"anthropic-messages": b"anthropic-"}.get(dialect, b"openai-")
    return name.startswith((b"anthropic-", b"openai-", b"x-stainless-")) and not name.startswith(own)

"""Counting a request's tokens without an answer: Bedrock's CountTokens, which wants the conversation of a Converse call."""

from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import ChatRequest
from aigw_dev.core.dialects.bedrock import wire
from aigw_dev.core.dialects.bedrock.request import HEADERS, write_body
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger

_COUNTED: Final = ("messages", "system", "toolConfig", "additionalModelRequestFields")
"""The fields of a Converse call that the operation knows."""


def write_count(request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger) -> Outgoing | Refusal:
    """The request to count; the model of a cross-region profile is refused by some regions, its plain id is not."""
    body = write_body(request, model=model, traits=traits, ledger=ledger)
    if isinstance(body, Refusal):
        return body
    counted = {name: body[name] for name in _COUNTED if name in body}
    return Outgoing(
        path="/model/{model}/count-tokens",
        body=msgspec.json.encode({"input": {"converse": counted}}),
        headers=HEADERS,
    )


def read_count_reply(body: bytes, /) -> int | None:
    """Input tokens that the provider counted; None where it did not say."""
    return wire.count((wire.body_fields(body) or {}).get("inputTokens"))

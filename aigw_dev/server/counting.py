"""Counting the tokens of a request: asked of a provider that can, else estimated here and marked. Never 404."""

from collections.abc import Sequence
from typing import Final

from aigw_dev.core.chat import estimate
from aigw_dev.core.chat.vocabulary import ChatRequest
from aigw_dev.core.dialects.codec import count_codec
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Cost
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.providers import chat_place
from aigw_dev.core.routing.flow import Target
from aigw_dev.server import attempts, outbound, replies
from aigw_dev.server.job import Failure, Job, dialect_of

_CANNOT: Final = frozenset({404, 405, 501})
"""What a server answers that does not know the path."""


async def count(job: Job, targets: Sequence[Target]) -> Failure | None:
    """Ask the first target that can count; estimate where none can."""
    inbound = job.inbound
    able = [target for target in targets if _can_count(job, target)]
    if able:
        failure = await attempts.run(job, able)
        if failure is None or failure.status not in _CANNOT:
            return failure
    assert job.reading is not None  # noqa: S101  -- counting has a JSON body
    chat = job.reading.chat()
    if not isinstance(chat, ChatRequest):
        return Failure(refusal=chat)
    codec = count_codec(inbound.match.operation.dialect)
    if codec is None:
        return Failure(refusal=Refusal(code="operation_not_supported", message="nothing here counts tokens"))
    exchange = job.exchange
    ledger = Ledger(exchange.dialect, "estimate")
    ledger.approximated("input_tokens", "estimated from the request's text; the provider cannot count")
    exchange.ledger = ledger.encode()
    exchange.cost = Cost(status="free", nanousd=0, reason="counting tokens costs nothing")
    body = codec.write_count_reply(estimate.input_tokens(chat))
    headers = [
        (b"content-type", replies.JSON),
        (b"x-aigw-translation", ledger.header().encode("ascii", "backslashreplace")),
        *replies.own_headers(exchange, dialect_of(exchange), []),
        replies.cost_header(exchange.cost),
    ]
    await job.downstream.answer(200, headers, body)
    return None


def _can_count(job: Job, target: Target) -> bool:
    provider = job.inbound.snapshot.providers[target.provider]
    resolved = provider.resolved
    if resolved.kind.has_publishers:
        place = outbound.publish(resolved, target.model).place
    else:
        place = chat_place(resolved, job.exchange.dialect)
    return count_codec(place.dialect) is not None

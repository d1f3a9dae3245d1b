"""What an exchange used and cost: from the provider's own count where it sent one, else estimated and marked.

The price is found on the event loop because the caller's headers show it. What nobody waits for (putting a streamed
message together, estimating tokens, counting what came in a stream, leaving bytes out of the log) is done by the log's
writer thread: `completion` gives it the work.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core import tokens
from aigw_dev.core.binary_reply import BinaryReply
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import ReplySummary
from aigw_dev.core.exchange import Assembled, Cost, Exchange, Usage
from aigw_dev.core.modality_units import CATEGORIES, FREE, NOTHING
from aigw_dev.core.streams.lint import lint
from aigw_dev.server import kept_bodies, metering, replies
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.headers import Pairs
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.relay import Listener
from aigw_dev.server.snapshot import Snapshot

_OK: Final = range(200, 300)
_ESTIMATED: Final = frozenset({"chat", "embedding"})
"""Categories whose tokens can be estimated from what was said."""
_TOKENS_ALONE: Final = frozenset(name for name, category in CATEGORIES.items() if category in _ESTIMATED)
"""Operations of which `metering` has nothing to say: what they use is tokens, and never free."""


def account_reply(
    inbound: Inbound, exchange: Exchange, body: bytes, summary: ReplySummary | None = None
) -> Pairs:
    """Read a whole reply's usage and price it; the headers that say so. `summary` is what was read of it already."""
    _read_reply(inbound, exchange, body, summary)
    return [replies.cost_header(exchange.cost)]


def _read_reply(
    inbound: Inbound, exchange: Exchange, body: bytes, summary: ReplySummary | None = None
) -> None:
    summary = summary or DIALECTS[exchange.dialect].reply_summary(body)
    exchange.response_model, exchange.finish = summary.response_model, summary.finish
    exchange.assembled = summary.assembled
    if inbound.owner is not None and not exchange.request_model:
        exchange.request_model = inbound.owner.model
    if exchange.operation in _TOKENS_ALONE:
        exchange.usage = summary.usage
        exchange.cost = price(exchange, inbound.snapshot)
        return
    exchange.usage = None if metering.is_look(exchange) else summary.usage
    exchange.units = metering.read(inbound, exchange, body)
    exchange.cost = price(exchange, inbound.snapshot, doubts=metering.doubts(inbound, exchange.units))


def account_stream(exchange: Exchange, snapshot: Snapshot, listener: Listener) -> None:
    """The same for what was streamed, once it has ended in whatever way."""
    reader = listener.reader
    exchange.response_model, exchange.finish = reader.response_model, reader.finish
    exchange.usage = reader.usage
    exchange.cost = price(exchange, snapshot)


def completion(inbound: Inbound, downstream: Downstream, listener: Listener) -> Callable[[Exchange], None]:
    """What the writer thread still has to do for an exchange that has ended."""
    binary = downstream.binary  # not the reply itself: its pieces need not wait for the writer

    def complete(ended: Exchange) -> None:
        reader = listener.reader
        if listener.is_events:
            ended.assembled = reader.assembled()
            if listener.is_whole and listener.dialect:
                ended.violations = list(lint(listener.dialect, listener.raw))
        if listener.first_s is not None and ended.status in _OK and ended.attempts:
            _count_late(inbound, ended, listener, binary)
            _estimate(inbound, ended, listener)
        kept_bodies.leave_bytes_out(ended)

    return complete


def _count_late(inbound: Inbound, ended: Exchange, listener: Listener, binary: BinaryReply | None) -> None:
    """What was not counted on the way: streams, and replies that were too large to be held for a header."""
    is_counted = ended.units is not None or ended.cost.nanousd is not None
    if is_counted and not listener.is_events:
        return
    body = ended.response_body
    if binary is not None:
        body = b""
    elif not listener.is_events and body is not None and not _was_read(ended):
        _read_reply(inbound, ended, body)
        return
    units = metering.read(inbound, ended, body, is_events=listener.is_events, binary=binary)
    if units is None:
        if not is_counted and metering.why_free(ended):
            ended.cost = price(ended, inbound.snapshot)
        return
    ended.units = units
    ended.cost = price(ended, inbound.snapshot, doubts=metering.doubts(inbound, units))


def _was_read(ended: Exchange) -> bool:
    """Whether the whole reply was read when it went out."""
    return ended.assembled is not None


def _estimate(inbound: Inbound, ended: Exchange, listener: Listener) -> None:
    """Tokens that the provider did not count, of what people said and what was answered."""
    if metering.category(ended.operation) not in _ESTIMATED:
        return
    if ended.usage is not None:
        _complete(inbound, ended, listener)
        return
    written = listener.reader.output_text() if listener.is_events else _text(ended.assembled)
    ended.usage = Usage(
        input=tokens.estimate_request(inbound.body), output=tokens.estimate(written), estimated=True
    )
    ended.cost = price(ended, inbound.snapshot)


def _complete(inbound: Inbound, ended: Exchange, listener: Listener) -> None:
    """A stream that was cut off counted only its beginning (Anthropic says one token at first): what was read counts."""
    usage = ended.usage
    if usage is None or not listener.is_events or listener.is_whole:
        return
    written = tokens.estimate(listener.reader.output_text())
    if written > usage.output:
        ended.usage = msgspec.structs.replace(usage, output=written, estimated=True)
        ended.cost = price(ended, inbound.snapshot)


def _text(assembled: Assembled | None) -> str:
    if assembled is None:
        return ""
    calls = "".join(call.name + call.arguments for call in assembled.tool_calls)
    return assembled.text + assembled.reasoning + assembled.refusal + calls


def price(exchange: Exchange, snapshot: Snapshot, *, doubts: tuple[str, ...] = ()) -> Cost:
    """The cost of what an exchange used, at the provider that answered it; `doubts` make it an estimate."""
    if not exchange.attempts:
        return Cost(status="free", nanousd=0, reason="nothing was sent")
    reason = "" if exchange.operation in _TOKENS_ALONE else metering.why_free(exchange)
    if reason and exchange.operation not in FREE:
        return Cost(status="free", nanousd=0, reason=reason)
    provider = snapshot.providers[exchange.provider].resolved
    cost = snapshot.prices.cost(
        provider.kind,
        provider.origin,
        models=(exchange.response_model, exchange.request_model),
        usage=exchange.usage,
        at_s=exchange.started_at,
        units=exchange.units or NOTHING,
        doubts=doubts,
    )
    # A vendor that does charge for moderations has a price in the list.
    return Cost(status="free", nanousd=0, reason=reason) if reason and cost.nanousd is None else cost

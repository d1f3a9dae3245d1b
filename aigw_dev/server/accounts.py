"""What an exchange used and cost: from the provider's own count where it sent one, else estimated and marked.

The price is found on the event loop because the caller's headers show it. What nobody waits for (putting a streamed
message together, estimating tokens) is done by the log's writer thread: `completion` gives it the work.
"""

from collections.abc import Callable
from typing import Final

from aigw_dev.core import tokens
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.protocol import ReplySummary
from aigw_dev.core.exchange import Assembled, Cost, Exchange, Usage
from aigw_dev.core.streams.lint import lint
from aigw_dev.server import replies
from aigw_dev.server.headers import Pairs
from aigw_dev.server.relay import Listener
from aigw_dev.server.snapshot import Snapshot

_OK: Final = range(200, 300)


def account_reply(
    exchange: Exchange, snapshot: Snapshot, body: bytes, summary: ReplySummary | None = None
) -> Pairs:
    """Read a whole reply's usage and price it; the headers that say so. `summary` is what was read of it already."""
    summary = summary or DIALECTS[exchange.dialect].reply_summary(body)
    exchange.response_model, exchange.finish = summary.response_model, summary.finish
    exchange.assembled = summary.assembled
    exchange.usage = summary.usage
    exchange.cost = price(exchange, snapshot)
    return [replies.cost_header(exchange.cost)]


def account_stream(exchange: Exchange, snapshot: Snapshot, listener: Listener) -> None:
    """The same for what was streamed, once it has ended in whatever way."""
    reader = listener.reader
    exchange.response_model, exchange.finish = reader.response_model, reader.finish
    exchange.usage = reader.usage
    exchange.cost = price(exchange, snapshot)


def completion(snapshot: Snapshot, *, request: bytes, listener: Listener) -> Callable[[Exchange], None]:
    """What the writer thread still has to do for an exchange that has ended."""

    def complete(ended: Exchange) -> None:
        reader = listener.reader
        if listener.is_events:
            ended.assembled = reader.assembled()
            if listener.is_whole and listener.dialect:
                ended.violations = list(lint(listener.dialect, listener.raw))
        is_answered = listener.first_s is not None and ended.status in _OK
        if ended.usage is not None or not is_answered or not ended.attempts:
            return
        written = reader.output_text() if listener.is_events else _text(ended.assembled)
        ended.usage = Usage(
            input=tokens.estimate_request(request), output=tokens.estimate(written), estimated=True
        )
        ended.cost = price(ended, snapshot)

    return complete


def _text(assembled: Assembled | None) -> str:
    if assembled is None:
        return ""
    calls = "".join(call.name + call.arguments for call in assembled.tool_calls)
    return assembled.text + assembled.reasoning + assembled.refusal + calls


def price(exchange: Exchange, snapshot: Snapshot) -> Cost:
    """The cost of an exchange's usage at the provider that answered it."""
    if not exchange.attempts:
        return Cost(status="free", nanousd=0, reason="nothing was sent")
    provider = snapshot.providers[exchange.provider].resolved
    return snapshot.prices.cost(
        provider.kind,
        provider.origin,
        models=(exchange.response_model, exchange.request_model),
        usage=exchange.usage,
        at_s=exchange.started_at,
    )

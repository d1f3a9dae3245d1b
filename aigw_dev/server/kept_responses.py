"""Responses that the gateway keeps itself, answered from here: read, listed, deleted."""

from urllib.parse import parse_qsl

from aigw_dev.core.exchange import Cost, Exchange
from aigw_dev.server import replies
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.inbound import Inbound
from aigw_dev.server.job import dialect_of


async def answered(inbound: Inbound, exchange: Exchange, downstream: Downstream) -> bool:
    """Answer a request about a response that is kept here; False where it is not, so that its provider is asked."""
    match = inbound.match
    if match.operation.resource != "response" or not match.resource_id:
        return False
    name, consumer = match.resource_id, inbound.identity.keeper
    stored = await inbound.things.stored(name, consumer)
    if stored is None:
        return False
    from aigw_dev.core.dialects.responses import state  # of a whole dialect, which not every gateway hears

    if match.operation.name.endswith("input_items"):
        asked = dict(parse_qsl(inbound.query.decode("latin-1")))
        limit = asked.get("limit", "")
        body = state.input_items(
            stored,
            limit=int(limit) if limit.isdecimal() and len(limit) < 5 else state.DEFAULT_LIMIT,  # noqa: PLR2004 -- digits
            after=asked.get("after", ""),
            is_ascending=asked.get("order") == "asc",
        )
    elif inbound.method == "DELETE":
        await inbound.things.responses.delete(name, consumer=consumer)
        body = state.deleted(name)
    else:
        body = bytes(stored.reply)
    exchange.cost = Cost(status="free", nanousd=0, reason="answered by the gateway itself")
    headers = [
        (b"content-type", replies.JSON),
        *replies.own_headers(exchange, dialect_of(exchange), []),
        replies.cost_header(exchange.cost),
    ]
    await downstream.answer(200, headers, body)
    return True

"""Model names inside a Responses WebSocket: there each `response.create` names its model, not the address.

The socket is open at one provider by then, so a name may only lead there; any other is answered here with an error
event, and goes no further.
"""

import secrets

import msgspec

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.dialects.request_body import read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.routing import address
from aigw_dev.core.routing.address import AddressTable
from aigw_dev.server import replies
from aigw_dev.server.socket_frames import Message


class ResponseModels:
    """Rewrites the names of one socket; usable as a `socket_relay.Sieve`."""

    def __init__(self, table: AddressTable, provider: str, exchange: Exchange) -> None:
        """`provider` is where the socket is open."""
        self._table = table
        self._provider = provider
        self._exchange = exchange

    def __call__(self, message: Message) -> tuple[Message | None, Message | None]:
        """The message with the provider's own name for its model, or the error that is answered instead."""
        body = read_body(message.payload)
        if isinstance(body, Refusal) or "model" not in body.fields:
            return message, None  # the provider knows what to say about it
        try:
            name = msgspec.json.decode(body.fields["model"], type=str)
        except ValueError:  # msgspec's errors are ValueErrors
            return message, None
        place = address.resolve(name, table=self._table, dialect=self._exchange.dialect)
        self._exchange.original_model = self._exchange.original_model or name
        if isinstance(place, Refusal):
            return None, _error(place)
        if not isinstance(place, address.Direct) or place.provider != self._provider:
            return None, _error(self._elsewhere(name))
        self._exchange.request_model = place.model
        if place.model == name:
            return message, None
        renamed = DIALECTS[self._exchange.dialect].rename_model(body, place.model, {})
        return Message(renamed, message.is_text), None

    def _elsewhere(self, name: str) -> Refusal:
        return Refusal(
            code="model_not_found",
            message=f"this WebSocket is open at {self._provider} and {name[:80]} leads elsewhere; call it over HTTP, or open "
            f"a socket for it with ?model= in its address",
            param="model",
        )


def _error(refusal: Refusal) -> Message:
    """An error event of the Responses API's WebSocket (its guide, read 2026-11)."""
    error = {
        "type": "invalid_request_error",
        "code": refusal.code,
        "message": refusal.message,
        "param": refusal.param,
    }
    event = {
        "type": "error",
        "event_id": f"event_{secrets.token_hex(8)}",
        "status": replies.status_of(refusal),
        "error": error,
    }
    return Message(msgspec.json.encode(event), is_text=True)

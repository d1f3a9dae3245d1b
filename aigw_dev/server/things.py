"""What this gateway remembers of what lives elsewhere.

Whose a file or job is, conversations that it keeps itself, secrets that it handed on. One object for the life of the
gateway; the request path only touches memory.
"""

import asyncio
import re
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat import carried
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.operations import Match
from aigw_dev.server.affinity import Affinity, Owner
from aigw_dev.server.ephemeral import EphemeralSecrets
from aigw_dev.server.response_store import ResponseStore
from aigw_dev.store.affinity_rows import AffinityRows
from aigw_dev.store.response_rows import ResponseRows
from aigw_dev.store.state import StateStore
from aigw_dev.store.write_behind import WriteBehind

if TYPE_CHECKING:  # the package of a whole dialect: imported by the first request that speaks it
    from aigw_dev.core.dialects.responses import state as conversation

MOST_ITEMS: Final = 50_000
"""Items of kept conversations that can be referred to by their id."""
_REFERENCE: Final = re.compile(rb'"id"\s*:\s*"([!-~]{1,200}?)"')
_STREAMED_ID: Final = re.compile(rb'"response"\s*:\s*\{\s*"id"\s*:\s*"([!-~]{1,200}?)"')
_PLAIN: Final = ("input_items", "items")


class _Known:
    """What one request may lean on, fetched beforehand."""

    def __init__(self) -> None:
        self.responses: dict[str, conversation.Stored] = {}
        self.items: dict[str, msgspec.Raw] = {}

    def response(self, response_id: str, /) -> "conversation.Stored | None":
        return self.responses.get(response_id)

    def item(self, item_id: str, /) -> msgspec.Raw | None:
        return self.items.get(item_id)


class Things:
    """The gateway's memory of things. On the event loop alone."""

    def __init__(self, state: StateStore) -> None:
        """Everything durable stands in `state`."""
        self._behind: Final = WriteBehind(state.file)
        self.affinity: Final = Affinity(AffinityRows(state.file, self._behind))
        self.responses: Final = ResponseStore(ResponseRows(state.file, self._behind))
        self.ephemeral: Final = EphemeralSecrets()
        self.thoughts: Final = carried.Memory()
        """What came with tool calls, for callers of openai-chat; in memory only."""
        self._items: OrderedDict[str, str] = OrderedDict()
        """The response that holds an item, by the item's id."""

    async def load(self) -> None:
        """Read what earlier processes remembered."""
        await self.affinity.load()

    async def close(self) -> None:
        """Write what is queued."""
        await asyncio.to_thread(self._behind.close)

    async def owner(self, match: Match, body: RequestBody | None, consumer: str) -> Owner | Refusal | None:
        """Whose the thing is that a request names in its path or body; a refusal where it is another consumer's."""
        operation = match.operation
        if operation.resource == "call":
            return self.call_owner(match.resource_id)
        kind, name = operation.resource, match.resource_id
        if not name and body is not None:
            kind, name = _named_in(body)
        if not name:
            return None
        owner = await self.affinity.owner(kind, name)
        if owner is not None and "none" not in {owner.consumer, consumer} and owner.consumer != consumer:
            return Refusal(code="thing_not_found", message=f"there is no {kind} {name[:80]!r}")
        return owner

    def call_owner(self, call: str) -> Owner | None:
        """Who carries a WebRTC call `rtc_...`."""
        found = self.ephemeral.call_owner(call, now_s=time.time())
        return None if found is None else Owner(provider=found.provider, key_name=found.key)

    def remember(self, exchange: Exchange, match: Match, reply: bytes) -> None:
        """A provider answered well about a thing, or made one."""
        operation = match.operation
        if not operation.resource or operation.name.endswith(_PLAIN):
            return
        if exchange.method == "DELETE":
            self.affinity.forget(operation.resource, match.resource_id)
            return
        is_new = exchange.method == "POST" and not match.resource_id
        self.affinity.remember_reply(operation.resource, reply, _owner_of(exchange), is_new=is_new)

    def remember_stream(self, exchange: Exchange, head: bytes) -> None:
        """A provider streamed a response of its own; `head` is how the stream began."""
        found = _STREAMED_ID.search(head)
        if found is not None:
            self.affinity.remember("response", found[1].decode(), _owner_of(exchange))

    # conversations that the gateway keeps itself

    async def expanded(self, body: RequestBody, consumer: str) -> RequestBody | Refusal:
        """A request with what it leans on written out; the same where it leans on nothing that is kept here."""
        from aigw_dev.core.dialects.responses import state as conversation

        if not conversation.is_stateful(body):
            return body
        known = await self._fetched(body, consumer)
        previous = loose_json.text(loose_json.load(body.text("previous_response_id")))
        if previous and previous not in known.responses:
            return body  # a provider of this dialect may know it
        return conversation.expand(body, known)

    async def _fetched(self, body: RequestBody, consumer: str) -> _Known:
        known = _Known()
        previous = loose_json.text(loose_json.load(body.text("previous_response_id")))
        wanted = [previous] if previous else []
        named = [found[1].decode() for found in _REFERENCE.finditer(body.text("input"))]
        wanted += [self._items[name] for name in named if name in self._items]
        for response_id in dict.fromkeys(wanted):
            stored = await self.stored(response_id, consumer)
            if stored is None:
                continue
            known.responses[response_id] = stored
            for item in (*_items(stored.input), *_items(stored.output)):
                name = loose_json.text(loose_json.mapping(loose_json.load(bytes(item))).get("id"))
                if name:
                    known.items[name] = item
        return known

    async def stored(self, response_id: str, consumer: str) -> "conversation.Stored | None":
        """A response that was kept here for this consumer."""
        kept = await self.responses.get(response_id, consumer=consumer)
        if kept is None:
            return None
        from aigw_dev.core.dialects.responses import state as conversation

        return msgspec.json.decode(kept, type=conversation.Stored)

    def keep(
        self, body: RequestBody, reply: bytes, exchange: Exchange, *, previous: str, consumer: str
    ) -> None:
        """Keep an answered request, unless its caller said `store: false`; `body` has everything written out."""
        from aigw_dev.core.dialects.responses import state as conversation

        stored = conversation.to_store(
            body, reply, provider=exchange.provider, previous_id=previous, id_seed=exchange.id
        )
        if stored is None:
            return
        self.responses.keep(stored.id, msgspec.json.encode(stored), consumer=consumer)
        for item in conversation.item_ids(stored):
            self._items[item] = stored.id
        while len(self._items) > MOST_ITEMS:
            self._items.popitem(last=False)


def _owner_of(exchange: Exchange) -> Owner:
    kind = exchange.attempts[-1].kind if exchange.attempts else ""
    return Owner(
        provider=exchange.provider,
        key_name="" if exchange.key_name == "ephemeral" else exchange.key_name,
        model=exchange.request_model,
        provider_kind=kind,
        consumer=exchange.consumer,
    )


def _named_in(body: RequestBody) -> tuple[str, str]:
    """The thing that a body leans on: kind and id."""
    for field, kind in (
        ("previous_response_id", "response"),
        ("input_file_id", "file"),
        ("conversation", "conversation"),
    ):
        value = loose_json.load(body.text(field)) if field in body.fields else None
        name = loose_json.text(value) or loose_json.text(loose_json.mapping(value).get("id"))
        if name:
            return kind, name
    return "", ""


def _items(listed: msgspec.Raw) -> list[msgspec.Raw]:
    return msgspec.json.decode(listed, type=list[msgspec.Raw])

"""Conversations that the gateway keeps itself, so that `previous_response_id` works over providers that keep none.

The pure part: what is stored of a response, how a later request is made whole from it, and the shapes of the endpoints
that show it. Where it is kept is the server's business:

1. `is_stateful(body)`: nothing to do where it is False. Else `expand(body, lookup)` before anything reads the items:
   a request that stands alone, or a `Refusal`. A `previous_response_id` that the lookup does not know may belong to a
   provider of this dialect: the server expands only where the request does not go there.
2. After the reply: `to_store(expanded, reply, ...)` with the body that `expand` gave (or the caller's own) and the whole
   Response object (`write_reply`'s bytes, `StreamEncoder.final`); None where nothing is to be kept.
3. `GET` answers with `Stored.reply`, `GET .../input_items` with `input_items(...)`, `DELETE` with `deleted(id)`.

Each `Stored` holds its whole conversation: one look is enough, and deleting an earlier response breaks nothing.
`instructions` are not part of it: the API does not inherit them.
"""

from typing import Final, Protocol

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.request_body import RequestBody, merge
from aigw_dev.core.dialects.responses import checks
from aigw_dev.core.dialects.responses.request_read import not_found
from aigw_dev.core.errors import Refusal

MAX_BYTES: Final = 8 * 1024 * 1024
"""The most that one conversation may hold; a longer one is not kept."""
DEFAULT_LIMIT: Final = 20
"""Items of a page where the caller names no number."""
MAX_LIMIT: Final = 100

_PREFIXES: Final = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
}
_REFERENCE: Final = b"item_reference"
_FOREIGN: Final = "aigw1:"
_STATUSLESS: Final = frozenset({"message", "function_call", "function_call_output"})


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """One response with its whole conversation."""

    id: str
    previous_id: str = ""
    """The response it went on from; only to be shown."""
    input: msgspec.Raw
    """JSON list of every item before the reply, earlier turns first; each has an id."""
    output: msgspec.Raw
    """JSON list of the reply's items."""
    reply: msgspec.Raw
    """The whole Response object, as the caller got it."""
    model: str
    provider: str
    """Who answered."""
    created_at: int
    """UTC seconds."""


class Lookup(Protocol):
    """What the server still has. Both answer at once, from memory."""

    def response(self, response_id: str, /) -> Stored | None:
        """A stored response."""
        ...

    def item(self, item_id: str, /) -> msgspec.Raw | None:
        """An item of any stored response of the same caller."""
        ...


def is_stateful(body: RequestBody) -> bool:
    """Whether a request leans on what was said before: a previous response, or a reference to an item."""
    return bool(_previous(body)) or _REFERENCE in body.text("input")


def expand(body: RequestBody, lookup: Lookup) -> RequestBody | Refusal:
    """The request with everything it refers to written out, and without `previous_response_id`.

    The earlier conversation stands before the request's own items; its instructions are not taken over.
    """
    previous = _previous(body)
    earlier: list[msgspec.Raw] = []
    if previous:
        stored = lookup.response(previous)
        if stored is None:
            return not_found(previous)
        earlier = checks.raw_items(bytes(stored.input)) + checks.raw_items(bytes(stored.output))
    own = _own_items(body)
    if isinstance(own, Refusal):
        return own
    written: list[msgspec.Raw] = []
    for number, item in enumerate(own):
        if _REFERENCE not in bytes(item):
            written.append(item)
            continue
        wire = loose_json.mapping(loose_json.load(bytes(item)))
        if wire.get("type") != "item_reference":
            written.append(item)
            continue
        found = _referred(loose_json.text(wire.get("id")), earlier, lookup)
        if found is None:
            return Refusal(
                code="invalid_request",
                message=f"Item with id '{loose_json.text(wire.get('id'))}' not found.",
                param=f"input[{number}].id",
            )
        written.append(found)
    changes = {"input": msgspec.json.encode(earlier + written)}
    return merge(body, changes | ({"previous_response_id": b"null"} if previous else {}))


def to_store(
    body: RequestBody, reply: bytes, *, provider: str, previous_id: str = "", id_seed: str
) -> Stored | None:
    """What to keep of an answered request.

    None where the caller said `store: false`, where the reply is no Response object or failed, and where the
    conversation is longer than `MAX_BYTES`. `id_seed` is what ids of input items are made from that have none.
    """
    if body.text("store") == b"false":
        return None
    fields = checks.raw_fields(reply)
    wire = loose_json.mapping(loose_json.load(reply))
    response_id, output = loose_json.text(wire.get("id")), fields.get("output")
    if not response_id or output is None or wire.get("status") not in {"completed", "incomplete"}:
        return None
    own = _own_items(body)
    if isinstance(own, Refusal):
        return None
    items = msgspec.json.encode([_named(item, f"{id_seed}{number:04x}") for number, item in enumerate(own)])
    if len(items) + len(reply) > MAX_BYTES:
        return None
    return Stored(
        id=response_id,
        previous_id=previous_id,
        input=msgspec.Raw(items),
        output=msgspec.Raw(bytes(output)),
        reply=msgspec.Raw(reply),
        model=loose_json.text(wire.get("model")),
        provider=provider,
        created_at=loose_json.count(wire.get("created_at")) or 0,
    )


def input_items(
    stored: Stored, *, limit: int = DEFAULT_LIMIT, after: str = "", is_ascending: bool = False
) -> bytes:
    """One page of `GET /v1/responses/{id}/input_items`, the latest item first unless `is_ascending`.

    `after` is the id of the last item of the page before; one that is unknown begins at the start.
    """
    items = checks.raw_items(bytes(stored.input))
    if not is_ascending:
        items.reverse()
    ids = [loose_json.text(loose_json.mapping(loose_json.load(bytes(item))).get("id")) for item in items]
    start = ids.index(after) + 1 if after in ids else 0
    end = start + max(1, min(limit, MAX_LIMIT))
    shown = ids[start:end]
    return msgspec.json.encode(
        {
            "object": "list",
            "data": items[start:end],
            "first_id": shown[0] if shown else None,
            "last_id": shown[-1] if shown else None,
            "has_more": end < len(items),
        }
    )


def deleted(response_id: str) -> bytes:
    """The reply to `DELETE /v1/responses/{id}`."""
    return msgspec.json.encode({"id": response_id, "object": "response", "deleted": True})


def item_ids(stored: Stored) -> list[str]:
    """The ids of every item of a stored conversation: what `Lookup.item` finds it by."""
    items = checks.raw_items(bytes(stored.input)) + checks.raw_items(bytes(stored.output))
    found = (loose_json.mapping(loose_json.load(bytes(item))).get("id") for item in items)
    return [one for one in map(loose_json.text, found) if one]


def without_foreign_reasoning(body: RequestBody) -> RequestBody:
    """The body without reasoning items that carry another dialect's signature: a provider of this one refuses them.

    For a request that goes to a provider of this dialect as it is; the same body where there are none.
    """
    if _FOREIGN.encode() not in body.text("input"):
        return body
    items = checks.raw_items(body.text("input"))
    kept = [item for item in items if not _is_foreign(bytes(item))]
    return body if len(kept) == len(items) else merge(body, {"input": msgspec.json.encode(kept)})


def _is_foreign(item: bytes) -> bool:
    if _FOREIGN.encode() not in item:
        return False
    wire = loose_json.mapping(loose_json.load(item))
    is_marked = loose_json.text(wire.get("encrypted_content")).startswith(_FOREIGN)
    return wire.get("type") == "reasoning" and is_marked


def _previous(body: RequestBody) -> str:
    return loose_json.text(loose_json.load(body.text("previous_response_id")))


def _own_items(body: RequestBody) -> list[msgspec.Raw] | Refusal:
    """The request's input as items; a text is one message."""
    text = body.text("input")
    if text in {b"", b"null"}:
        return []
    if text.startswith(b'"'):
        content = loose_json.text(loose_json.load(text))
        return [checks.raw({"type": "message", "role": "user", "content": content})]
    if not text.startswith(b"["):
        return Refusal(
            code="invalid_request", message="`input` must be a string or an array of items", param="input"
        )
    return checks.raw_items(text)


def _referred(item_id: str, earlier: list[msgspec.Raw], lookup: Lookup) -> msgspec.Raw | None:
    for item in earlier:
        if loose_json.mapping(loose_json.load(bytes(item))).get("id") == item_id:
            return item
    return lookup.item(item_id) if item_id else None


def _named(item: msgspec.Raw, seed: str) -> msgspec.Raw:
    """An input item as the API shows it: with type, id and status, a message's text as parts."""
    wire = loose_json.load(bytes(item))
    if not loose_json.is_object(wire):
        return item
    kind = loose_json.text(wire.get("type")) or ("message" if "role" in wire else "")
    added: dict[str, object] = {}
    if wire.get("type") != kind:
        added["type"] = kind
    if not wire.get("id"):
        added["id"] = f"{_PREFIXES.get(kind, 'item')}_{seed}"
    if kind in _STATUSLESS and not wire.get("status"):
        added["status"] = "completed"
    if kind == "message" and isinstance(wire.get("content"), str):
        text = loose_json.text(wire["content"])
        is_said = wire.get("role") == "assistant"
        said: dict[str, object] = {"type": "output_text", "text": text, "annotations": []}
        added["content"] = [said if is_said else {"type": "input_text", "text": text}]
    return checks.raw(wire | added) if added else item

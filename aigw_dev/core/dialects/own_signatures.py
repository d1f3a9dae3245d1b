"""A request that goes to a provider of the caller's own dialect, without the signatures of other dialects' providers.

They came into the conversation when another provider answered (`core.chat.signatures`); this one would refuse them. Only
requests that hold such a mark are touched, and of these only the field that holds it.
"""

import base64
import importlib
from collections.abc import Callable
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.request_body import RequestBody, merge

_MARK: Final = b"aigw1:"
_CODED_MARK: Final = base64.b64encode(_MARK)
"""In Gemini's place for a signature, which is base64; six bytes are eight characters whatever follows."""
_THOUGHTS: Final = frozenset({"thinking", "redacted_thinking"})
_FIELDS: Final = ("thoughtSignature", "thought_signature")


def own_signatures(body: RequestBody, dialect: str) -> RequestBody:
    """The body for a provider of `dialect`, the caller's own; the same where it holds no foreign signature."""
    if _MARK not in body.raw and _CODED_MARK not in body.raw:
        return body
    if dialect == "openai-responses":
        state = importlib.import_module("aigw_dev.core.dialects.responses.state")
        cleaned: RequestBody = state.without_foreign_reasoning(body)
        return cleaned
    if dialect == "anthropic-messages":
        return _changed(body, "messages", _without_thoughts)
    if dialect == "gemini-generate-content":
        return _changed(body, "contents", _without_thought_signatures)
    return body


def _changed(body: RequestBody, field: str, clean: Callable[[object], object]) -> RequestBody:
    turns = loose_json.items(loose_json.load(body.text(field)))
    return merge(body, {field: msgspec.json.encode([clean(turn) for turn in turns])}) if turns else body


def _without_thoughts(turn: object) -> object:
    """An Anthropic turn without thinking blocks of other providers."""
    fields = loose_json.mapping(turn)
    blocks = fields.get("content")
    if not loose_json.is_array(blocks):
        return turn
    kept = [block for block in blocks if not _is_foreign_thought(loose_json.mapping(block))]
    return turn if len(kept) == len(blocks) else fields | {"content": kept}


def _is_foreign_thought(block: dict[str, object]) -> bool:
    if block.get("type") not in _THOUGHTS:
        return False
    signature = loose_json.text(block.get("signature")) or loose_json.text(block.get("data"))
    return signature.encode().startswith(_MARK)


def _without_thought_signatures(turn: object) -> object:
    """A Gemini turn whose parts have no signatures of other providers; a part that is nothing else goes."""
    fields = loose_json.mapping(turn)
    parts = fields.get("parts")
    if not loose_json.is_array(parts):
        return turn
    cleaned = [_without_signature(part) for part in parts]
    return fields | {"parts": [part for part in cleaned if part != {}]}


def _without_signature(part: object) -> object:
    fields = loose_json.mapping(part)
    foreign = {name for name in _FIELDS if loose_json.text(fields.get(name)).encode().startswith(_CODED_MARK)}
    if not foreign:
        return part
    kept = {name: value for name, value in fields.items() if name not in foreign}
    return {} if set(kept) <= {"text", "thought"} and not kept.get("text") else kept

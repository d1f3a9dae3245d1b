"""JSON merge patch (RFC 7396): a change to a JSON object written as the object it makes; null takes a key away."""

from typing import Any, cast

import msgspec

from aigw_dev.core.dialects.request_body import RequestBody, merge, read_body
from aigw_dev.core.errors import Refusal


def patched(value: Any, patch: Any) -> Any:
    """The value with the patch applied; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    fields = dict(cast("dict[str, Any]", value)) if isinstance(value, dict) else {}
    for key, change in cast("dict[str, Any]", patch).items():
        if change is None:
            fields.pop(key, None)
        else:
            fields[key] = patched(fields.get(key), change)
    return fields


def patch_body(raw: bytes, patch: dict[str, Any]) -> bytes | Refusal:
    """A JSON body with the patch applied at its top level; what the patch does not name keeps its bytes.

    A key taken away rewrites the body without blanks; numbers and strings keep their spelling all the same.
    """
    body = read_body(raw)
    if isinstance(body, Refusal):
        return body
    changes: dict[str, bytes] = {}
    for key, change in patch.items():
        if change is None:
            continue
        known = _known(body, key) if isinstance(change, dict) else None
        changes[key] = msgspec.json.encode(patched(known, change))
    merged = merge(body, changes)
    gone = {key for key, change in patch.items() if change is None and key in merged.fields}
    if not gone:
        return merged.raw
    return msgspec.json.encode({key: value for key, value in merged.fields.items() if key not in gone})


def _known(body: RequestBody, key: str) -> Any:
    text = body.text(key)
    return msgspec.json.decode(text) if text else None

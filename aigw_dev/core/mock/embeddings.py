"""`mock/embed`: unit vectors made from a hash of the input, so that equal inputs are equal and others are far apart."""

import base64
import hashlib
import math
import struct
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.mock.reply import Asked, MockReply, answered, failed

DEFAULT_DIMENSIONS: Final = 256
MAX_DIMENSIONS: Final = 4096
MAX_INPUTS: Final = 2048

_Input = str | list[object]


def answer(asked: Asked) -> MockReply:
    """An embedding for each input, as floats or base64 (little-endian float32); both hold the same numbers."""
    inputs = _inputs(asked.request.get("input"))
    if inputs is None:
        message = f"`input` must be text, token ids, or an array of up to {MAX_INPUTS} of either, none of them empty"
        return failed(400, "invalid_request", message, param="input")
    dimensions = asked.request.get("dimensions")
    if dimensions is None:
        dimensions = DEFAULT_DIMENSIONS
    if (
        isinstance(dimensions, bool)
        or not isinstance(dimensions, int)
        or not 1 <= dimensions <= MAX_DIMENSIONS
    ):
        message = f"`dimensions` must be a whole number from 1 to {MAX_DIMENSIONS}"
        return failed(400, "invalid_request", message, param="dimensions")
    encoding = asked.request.get("encoding_format") or "float"
    if encoding not in ("float", "base64"):
        return failed(
            400, "invalid_request", "`encoding_format` must be float or base64", param="encoding_format"
        )
    rows: list[dict[str, object]] = []
    for index, one in enumerate(inputs):
        packed = vector(one, dimensions)
        embedding = (
            base64.b64encode(packed).decode()
            if encoding == "base64"
            else struct.unpack(f"<{dimensions}f", packed)
        )
        rows.append({"object": "embedding", "index": index, "embedding": embedding})
    return answered(
        {
            "object": "list",
            "data": rows,
            "model": f"mock/{asked.model}",
            "usage": {"prompt_tokens": asked.input_tokens, "total_tokens": asked.input_tokens},
        }
    )


def vector(content: _Input, dimensions: int) -> bytes:
    """A vector of length 1 as little-endian float32, from the hash of a text or of token ids."""
    seed = content if isinstance(content, str) else " ".join(str(token) for token in content)
    digest = hashlib.shake_256(seed.encode("utf-8", "replace")).digest(dimensions * 4)
    numbers = [number / 2**31 for number in struct.unpack(f"<{dimensions}i", digest)]
    length = math.hypot(*numbers) or 1.0
    return struct.pack(f"<{dimensions}f", *(number / length for number in numbers))


def _inputs(given: object) -> list[_Input] | None:
    """Every input; None where they are none of the four legal shapes."""
    if isinstance(given, str):
        return [given] if given else None
    listed = loose_json.items(given)
    if _is_tokens(listed):
        return [listed]
    if not 1 <= len(listed) <= MAX_INPUTS:
        return None
    inputs: list[_Input] = []
    for one in listed:
        if isinstance(one, str) and one:
            inputs.append(one)
            continue
        ids = loose_json.items(one)
        if not _is_tokens(ids):
            return None
        inputs.append(ids)
    return inputs


def _is_tokens(listed: list[object]) -> bool:
    return bool(listed) and all(isinstance(token, int) and not isinstance(token, bool) for token in listed)

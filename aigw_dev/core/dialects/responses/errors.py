"""The error event that ends a stream."""

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.streams import sse


def error_event(
    status: int, code: str, message: str, *, request_id: str = "", sequence_number: int = 0
) -> bytes:
    """`event: error`, in both forms at once.

    OpenAI's own servers send the error as an object in `error` (seen in recordings), on which its SDKs raise
    (openai-python 3.52 `_streaming.py`, read 2026-11-20); its schema, and clients made from it, have the fields flat.
    """
    wire = loose_json.mapping(loose_json.load(openai_errors.encode_error(status, code, message, request_id)))
    error = loose_json.mapping(wire.get("error"))
    event = {
        "type": "error",
        "code": error.get("code"),
        "message": error.get("message"),
        "param": None,
        "sequence_number": sequence_number,
        "error": error,
    }
    return sse.encode(sse.unbroken(msgspec.json.encode(event)), event="error")


def encode_stream_error(status: int, code: str, message: str, request_id: str = "") -> bytes:
    """The in-band error event that ends a relayed stream; see `openai_errors.encode_stream_error`."""
    return error_event(status, code, message, request_id=request_id)

"""The requests that are sent: the same bytes to every gateway."""

import json
from typing import Final

MODEL: Final = "gpt-4o-mini"
_SYSTEM: Final = (
    "You are a helpful assistant that answers briefly and precisely, always in English, and never invents facts that "
    "are not given."
)
_QUESTION: Final = (
    "What is the capital of France, and how many people live there according to the last census? Please answer in one "
    "sentence and name the year of the census that you used for it, if you know it at all."
)
_LARGE_BYTES: Final = 8491

REPLY: Final = (
    b'{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini-2024-07-18",'
    b'"choices":[{"index":0,"message":{"role":"assistant","content":"SQLite in WAL mode lets readers proceed while one '
    b"writer appends to the log; a checkpoint later folds the log into the main file. Batch your inserts in one "
    b'transaction to amortise the fsync.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":'
    b'{"prompt_tokens":57,"completion_tokens":41,"total_tokens":98,"prompt_tokens_details":{"cached_tokens":0}},'
    b'"system_fingerprint":"fp_bench"}'
)
"""What `upstream.c` answers."""


def small() -> bytes:
    """A chat of 436 bytes."""
    return _chat(_QUESTION, {"temperature": 0.7})


def large() -> bytes:
    """A chat of 8,491 bytes: a short history."""
    question = _QUESTION * (_LARGE_BYTES // len(_QUESTION))
    excess = len(_chat(question, {"temperature": 0.7})) - _LARGE_BYTES
    return _chat(question[:-excess] if excess > 0 else question, {"temperature": 0.7})


def stream() -> bytes:
    """The small one, streamed."""
    return _chat(_QUESTION, {"stream": True})


def _chat(question: str, more: dict[str, object]) -> bytes:
    messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": question}]
    return json.dumps({"model": MODEL, "messages": messages, **more}, separators=(",", ":")).encode()

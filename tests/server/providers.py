"""Configs whose providers are scripted upstreams, and what such a provider says."""

import json
from typing import Any, Final

from tests.scripted import ScriptedUpstream, json_reply

KEYS: Final = {"FIRST": "sk-first-0123456789abcdefghij", "SPARE": "sk-spare-0123456789abcdefghij"}
"""The keys of every provider, by variable."""
REPLY: Final[dict[str, Any]] = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "m-2024",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}  # fmt: skip


def config_of(*, more: str = "", gateway: str = "", settings: str = "", **upstreams: ScriptedUpstream) -> str:
    """A config with these providers, each with both of `KEYS`; `settings` goes to each, `more` after them."""
    keys = ", ".join(f'"env:{name}"' for name in KEYS)
    rows = "".join(
        f'  {name}: {{kind: openai-compatible, base_url: "{one.url}/v1", keys: [{keys}]{settings}}}\n'
        for name, one in upstreams.items()
    )
    return f"version: 1\ngateway: {{name: test{gateway}}}\nproviders:\n{rows}{more}"


def whole(**more: object) -> list[bytes]:
    """The script of a good reply."""
    return [json_reply(REPLY | more)]


def failing(status: int, text: str = "no", **headers: str) -> list[bytes]:
    """The script of an error in the dialect's own shape."""
    body = {"error": {"message": text, "type": "server_error", "param": None, "code": None}}
    return [json_reply(body, status=status, headers=[*headers.items()])]


def piece(text: str, **more: object) -> dict[str, object]:
    """A chunk of a chat stream."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"} | {
        "choices": [choice],
        **more,
    }


def said(text: str) -> str:
    """The words in a streamed reply, put together."""
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    choices = [choice for line in lines for choice in json.loads(line).get("choices", [])]
    return "".join(choice["delta"].get("content") or "" for choice in choices)

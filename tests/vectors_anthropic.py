"""The Anthropic recordings in the vectors, of every public source: requests, whole replies, streams.

Read only from where they lie; nothing of them is copied into the project.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import yaml

_CASSETTES: Final = (
    "pydantic-ai/models/cassettes/test_anthropic*/*.yaml",
    "simonw-llm-anthropic/tests/cassettes/*/*.yaml",
)
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RAW: Final = (
    "anthropic-sdk-python/tests/lib/streaming/fixtures/*.txt",
    "anthropic-sdk-python/tests/fixtures/*/*.sse",
    "agentgateway/response/anthropic/stream_*.json",
)


class Recording(NamedTuple):
    """One request, reply or stream."""

    id: str
    body: bytes


@functools.cache
def streams(vectors: Path) -> list[Recording]:
    """Every stream, as bytes of the wire; a file of several messages is cut into them."""
    found: list[Recording] = []
    for file in sorted((vectors / "vercel-ai/anthropic/src").glob("*.chunks.txt")):
        payloads = [line for line in file.read_text("utf-8").split("\n") if line.strip()]
        for number, lines in enumerate(_messages(payloads)):
            body = "".join(f"event: {json.loads(line)['type']}\ndata: {line}\n\n" for line in lines)
            found.append(Recording(f"vercel-ai/{file.name}#{number}", body.encode()))
    for pattern in _RAW:
        found += [
            Recording(f"{file.parent.name}/{file.name}", file.read_bytes())
            for file in sorted(vectors.glob(pattern))
        ]
    for name, _asked, reply in _interactions(vectors):
        if isinstance(reply, str) and "message_start" in reply:
            found.append(Recording(name, reply.encode()))
    return found


@functools.cache
def replies(vectors: Path) -> list[Recording]:
    """Every whole message."""
    found: list[Recording] = []
    found += [
        Recording(f"vercel-ai/{file.name}", file.read_bytes())
        for file in sorted((vectors / "vercel-ai/anthropic/src").glob("*.json"))
    ]
    found += [
        Recording(f"agentgateway/{file.name}", file.read_bytes())
        for file in sorted((vectors / "agentgateway/response/anthropic").glob("[!s]*.json"))
    ]
    for name, _asked, reply in _interactions(vectors):
        if isinstance(reply, dict):
            found.append(Recording(name, json.dumps(reply).encode()))
    return [one for one in found if json.loads(one.body).get("type") == "message"]


@functools.cache
def requests(vectors: Path) -> list[Recording]:
    """Every request to `/v1/messages`; a model and a limit are added where the source left them out."""
    found: list[Recording] = []
    for name, asked, _reply in _interactions(vectors):
        if isinstance(asked, dict) and "messages" in asked:
            whole = {"model": "claude", "max_tokens": 16} | cast("dict[str, Any]", asked)
            found.append(Recording(name, json.dumps(whole).encode()))
    found += [
        Recording(f"agentgateway/{file.name}", file.read_bytes())
        for file in sorted((vectors / "agentgateway/requests/messages").glob("*.json"))
    ]
    return found


def _messages(payloads: list[str]) -> Iterator[list[str]]:
    """The payloads of one message each: up to its `message_stop`."""
    message: list[str] = []
    for payload in payloads:
        message.append(payload)
        if json.loads(payload)["type"] == "message_stop":
            yield message
            message = []
    if message:
        yield message


@functools.cache
def _interactions(vectors: Path) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = []
    for pattern in _CASSETTES:
        for file in sorted(vectors.glob(pattern)):
            loaded: Any = yaml.load(file.read_text("utf-8"), Loader=_LOADER)  # noqa: S506 - the safe loader, in C where it is there
            for number, one in enumerate(loaded["interactions"]):
                asked, reply = one["request"], one["response"]
                found.append((f"{file.parent.name}/{file.stem}#{number}", _body(asked), _body(reply)))
    return found


def _body(side: dict[str, Any]) -> Any:
    """Parsed where it is JSON, text where it is a stream; None for nothing."""
    if "parsed_body" in side:
        return side["parsed_body"]
    body = side.get("body")
    if isinstance(body, dict):
        body = cast("dict[str, Any]", body).get("string")
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body

"""Real Gemini traffic, read from the vectors beside the project: requests, whole replies, streams, errors."""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml

from aigw_dev.core.streams.sse import encode

_METHODS = ("generateContent", "streamGenerateContent", "countTokens", "batchEmbedContents", "embedContent")


class Recording(NamedTuple):
    name: str
    method: str
    request: bytes
    reply: bytes
    status: int


def _body(side: dict[str, Any]) -> bytes:
    if "parsed_body" in side:
        return json.dumps(side["parsed_body"], default=str).encode()
    body: Any = side.get("body") or b""
    if isinstance(body, dict):
        body = cast("dict[str, Any]", body).get("string") or b""
    if isinstance(body, str):
        body = body.encode()
    whole = cast("bytes", body)
    return gzip.decompress(whole) if whole[:2] == b"\x1f\x8b" else whole


@cache
def _cassette(file: Path) -> tuple[Recording, ...]:
    wire = cast("dict[str, Any]", yaml.safe_load(file.read_text("utf-8")))
    found: list[Recording] = []
    for number, one in enumerate(wire["interactions"]):
        path = one["request"]["uri"].partition("?")[0]
        method = path.rpartition(":")[2]
        if method in _METHODS:
            status = one["response"]["status"]["code"]
            name = f"{file.stem}-{number}"
            found.append(Recording(name, method, _body(one["request"]), _body(one["response"]), status))
    return tuple(found)


def cassettes(vectors: Path) -> Iterator[Recording]:
    folders = ("pydantic-ai/models/cassettes/test_google", "simonw-llm-gemini/tests/cassettes/test_gemini")
    for folder in folders:
        for file in sorted((vectors / folder).glob("*.yaml")):
            yield from _cassette(file)


def requests(vectors: Path) -> Iterator[tuple[str, bytes]]:
    """Every request to generate."""
    for one in cassettes(vectors):
        if one.method.endswith("enerateContent"):
            yield one.name, one.request
    for folder in ("agentgateway/requests/gemini", "kong/ai-proxy/native/gemini/request"):
        for file in sorted((vectors / folder).glob("*.json")):
            yield file.name, file.read_bytes()


def replies(vectors: Path) -> Iterator[tuple[str, bytes]]:
    """Every whole reply that generates."""
    for one in cassettes(vectors):
        if one.method == "generateContent" and one.status == 200:
            yield one.name, one.reply
    places = (
        "vercel-ai/google/src/*.json",
        "agentgateway/response/vertex-gemini/*.json",
        "kong/ai-proxy/gemini/llm-v1-chat/responses/*.json",
        "kong/ai-proxy/unit/real-responses/gemini/*.json",
    )
    for place in places:
        for file in sorted(vectors.glob(place)):
            whole = file.read_bytes()
            if b'"candidates"' in whole and not whole.startswith(b"data:"):
                yield file.name, whole


def streams(vectors: Path) -> Iterator[tuple[str, bytes, bool]]:
    """Every stream as bytes; whether it is an array."""
    for one in cassettes(vectors):
        if one.method == "streamGenerateContent" and one.status == 200:
            yield one.name, one.reply, one.reply.lstrip()[:1] == b"["
    for file in sorted((vectors / "vercel-ai/google/src").glob("*.chunks.txt")):
        lines = file.read_bytes().splitlines()
        yield file.name, b"".join(encode(line) for line in lines if line.strip()), False
    file = vectors / "agentgateway/response/vertex-gemini/stream_tool.json"
    yield file.name, file.read_bytes(), False

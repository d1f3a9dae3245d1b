"""Bedrock's recorded traffic in the vectors, as one list; read only from where it lies."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

import msgspec
import yaml

Kind = Literal["reply", "stream", "frames", "error", "count"]


class Recording(msgspec.Struct, frozen=True):
    """One reply, stream, error or count."""

    name: str
    kind: Kind
    """`stream`: the bytes of an event stream; `frames`: one JSON payload per line, whose framing was lost."""
    body: bytes
    status: int = 200


SKIPPED = {
    "agentgateway/response/bedrock/rerank.json": "a reply of Rerank, not of Converse",
    "agentgateway/response/detect/bedrock-invoke.bin": "InvokeModel's stream: chunks of the model's own protocol",
    "agentgateway/response/detect/bedrock-broken.bin": "broken on purpose; test_a_broken_stream_is_refused reads it",
    "vercel-ai/amazon-bedrock/src/reranking/amazon-bedrock-reranking.1.json": "a reply of Rerank, not of Converse",
    "kong/ai-proxy/unit/expected-responses/bedrock/llm-v1-chat.json": "another gateway's translation, not Bedrock's words",
    "kong/ai-proxy/native/bedrock/request/with-functions-and-chatter.json": "a client's request: the codec writes them only",
    "kong/ai-proxy/unit/expected-requests/bedrock/llm-v1-chat.json": "a client's request: the codec writes them only",
    "pydantic-ai/models/cassettes/test_bedrock/test_bedrock_model_thinking_part_from_other_model.yaml#0": "a call of OpenAI's",
}
"""What is not decoded, and why; a test finds what is not listed and not read."""
SKIPPED_FOLDERS = {
    "agentgateway/response/bedrock-cohere": "embeddings",
    "agentgateway/response/bedrock-nova": "embeddings",
    "agentgateway/response/bedrock-titan": "embeddings",
    "apisix/aws": "moderation in front of OpenAI's chat; no words of Bedrock",
    "apisix/vertex-ai": "embeddings of Vertex",
    "agentgateway/response/vertex": "embeddings and rerank of Vertex",
    "agentgateway/response/vertex-gemini": "Gemini's dialect, on Vertex too: tested with that dialect",
    "openai-python/tests/fixtures": "signatures, which core/providers/test_sigv4.py reads, and OpenAI's dialect on Bedrock",
    "pydantic-ai/cassettes/test_embeddings": "embeddings",
    "pydantic-ai/models/cassettes/test_anthropic": "Anthropic's dialect on Bedrock (InvokeModel)",
    "pydantic-ai/models/cassettes/test_anthropic_mid_conversation_system": "Anthropic's dialect on Bedrock (InvokeModel)",
    "pydantic-ai/models/cassettes/test_google": "Gemini's dialect; core/providers/test_vertex.py reads its addresses",
    "pydantic-ai/models/cassettes/test_bedrock_mantle": "OpenAI's dialect on Bedrock",
    "vercel-ai/google": "Gemini's dialect, on Vertex too: tested with that dialect",
    "vercel-ai/google-vertex": "embeddings of Vertex",
}
"""Folders with traffic of Bedrock or Vertex that is not this dialect's."""
FOLDERS = (
    "agentgateway/response/bedrock",
    "agentgateway/response/detect",
    "apisix/bedrock",
    "helicone-ai-gateway/stubs/bedrock",
    "kong/ai-proxy/bedrock",
    "kong/ai-proxy/native/bedrock",
    "kong/ai-proxy/unit/expected-requests/bedrock",
    "kong/ai-proxy/unit/expected-responses/bedrock",
    "kong/ai-proxy/unit/real-responses/bedrock",
    "kong/ai-proxy/unit/streaming-chunk-formats/aws",
    "pydantic-ai/models/cassettes/test_anthropic_bedrock_count_tokens",
    "pydantic-ai/models/cassettes/test_bedrock",
    "vercel-ai/amazon-bedrock",
)


def recordings(vectors: Path) -> Iterator[Recording]:
    """Everything in `FOLDERS` but what is skipped."""
    for folder in FOLDERS:
        for file in sorted((vectors / folder).rglob("*")):
            name = file.relative_to(vectors).as_posix()
            if file.is_file() and name not in SKIPPED:
                yield from (one for one in read(file, name) if one.name not in SKIPPED)


def read(file: Path, name: str) -> list[Recording]:
    """The recordings of one file; none of another gateway's expectations (`.snap`, `detect` of other dialects)."""
    if file.suffix == ".yaml":
        return cassette(file, name)
    if file.suffix == ".bin":
        return [Recording(name, "stream", file.read_bytes())] if "sse" not in name else []
    if name.endswith(".chunks.txt"):
        return [Recording(name, "frames", file.read_bytes())]
    if "/chunks/" in name:
        return [Recording(name, "stream", base64.b64decode(file.read_bytes()))]
    if file.suffix != ".json" or name.endswith("expected-output.json"):
        return []
    body: Any = json.loads(file.read_bytes())
    if "jsonBody" in body.get("response", {}):
        return [Recording(name, "reply", json.dumps(body["response"]["jsonBody"]).encode())]
    return [Recording(name, "reply", file.read_bytes())]


def cassette(file: Path, name: str) -> list[Recording]:
    """The calls of a vcr cassette."""
    loaded = cast("dict[str, Any]", yaml.safe_load(file.read_bytes()))
    found: list[Recording] = []
    for number, call in enumerate(loaded["interactions"]):
        place = f"{name}#{number}"
        request, response = call["request"], call["response"]
        status = response["status"]["code"]
        raw = response.get("body", {}).get("string")
        if isinstance(raw, bytes):
            found.append(Recording(place, "stream", raw, status))
            continue
        body = raw.encode() if raw else json.dumps(response["parsed_body"]).encode()
        is_count = request["uri"].endswith("/count-tokens")
        kind: Kind = "error" if status != 200 else "count" if is_count else "reply"
        found.append(Recording(place, kind, body, status))
    return found

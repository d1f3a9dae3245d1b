"""The OpenAI-dialect recordings in the vectors, of every provider and every public source, as one uniform list.

Read only from where they lie; nothing of them is copied into the project. A recording holds wire bytes where its source
kept them (`is_wire`), else the payloads framed again or the parsed body encoded again.
"""

import functools
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import yaml

PATHS: Final = ("/chat/completions", "/completions", "/embeddings")
_EVENTS: Final = "text/event-stream"
_JSON: Final = "application/json"
_LINE_ENDS: Final = {"perplexity": b"\r\n"}
"""Providers whose frames end otherwise than with LF (wire-formats, fact 22); the payload files lost it."""
_WITHOUT_DONE: Final = frozenset({"perplexity"})
_STATUSES: Final = {"bad_request": 400, "unauthorized": 401, "internal_server_error": 500, "chat-error": 404}


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its reply, as recorded."""

    id: str
    """Where it stands: `pydantic-ai/test_groq/test_tool_use#0`."""
    provider: str
    """The host asked, or the vendor's folder."""
    path: str
    """One of `PATHS`."""
    status: int
    content_type: str
    body: bytes
    request: bytes | None = None
    """None where the source kept none; `asked` then makes a plausible one."""
    headers: tuple[tuple[str, str], ...] = ()
    is_wire: bool = False
    """The body's bytes are the provider's own."""

    @property
    def is_stream(self) -> bool:
        """The reply is a stream of events."""
        return self.content_type.startswith(_EVENTS)

    def payloads(self) -> list[bytes]:
        """The data of every event, cut in the simplest way there is: an oracle for the decoder."""
        lines = self.body.replace(b"\r\n", b"\n").split(b"\n")
        return [line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:")]

    def documents(self) -> list[dict[str, Any]]:
        """Every JSON object of the reply, in order."""
        texts = self.payloads() if self.is_stream else [self.body]
        loaded: list[Any] = [_json(text) for text in texts]
        return [cast("dict[str, Any]", one) for one in loaded if isinstance(one, dict)]

    def asked(self) -> bytes:
        """The recorded request, else one that such a reply could answer."""
        if self.request is not None:
            return self.request
        model = next((document["model"] for document in self.documents() if document.get("model")), "model")
        body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "Hi"}]}
        if self.path == "/completions":
            body = {"model": model, "prompt": "Hi"}
        if self.path == "/embeddings":
            body = {"model": model, "input": "Hi"}
        return json.dumps(body | ({"stream": True} if self.is_stream else {})).encode()


@functools.cache
def recordings(vectors: Path) -> tuple[Recording, ...]:
    """Every recording under `vectors`, always in the same order."""
    found = [*_cassettes(vectors), *_payload_files(vectors), *_bare_files(vectors)]
    return tuple(sorted(found, key=lambda one: one.id))


def streams(vectors: Path) -> list[Recording]:
    """Those that are streams."""
    return [one for one in recordings(vectors) if one.is_stream]


def _cassettes(vectors: Path) -> Iterator[Recording]:
    """Cassettes of vcrpy (pydantic-ai, simonw-llm) and go-vcr (envoy-ai-gateway)."""
    for folder in ("pydantic-ai", "simonw-llm", "envoy-ai-gateway/testopenai"):
        for file in sorted((vectors / folder).rglob("*.yaml")):
            document = cast("dict[str, Any]", yaml.load(file.read_bytes(), yaml.CSafeLoader))
            for number, interaction in enumerate(document.get("interactions", [])):
                name = f"{folder.partition('/')[0]}/{file.parent.name}/{file.stem}#{number}"
                recording = _interaction(name, interaction)
                if recording is not None:
                    yield recording


def _interaction(name: str, interaction: dict[str, Any]) -> Recording | None:
    if "request" not in interaction:
        return None
    request, response = interaction["request"], interaction["response"]
    url = str(request.get("uri") or request.get("url") or "").partition("?")[0]
    path = next((one for one in PATHS if url.endswith(one)), None)
    if path is None:
        return None
    sent = request.get("parsed_body", request.get("body"))
    got, is_wire = response.get("parsed_body"), False
    if got is None:
        got, is_wire = _inner(response["body"], "string"), True
    headers: dict[str, Any] = response.get("headers") or {}
    flat = [(key.lower(), _first(value)) for key, value in headers.items()]
    return Recording(
        id=name,
        provider=url.split("/")[2],
        path=path,
        status=response.get("code") or _inner(response["status"], "code"),
        content_type=dict(flat).get("content-type", _JSON),
        body=_body(got),
        request=_body(sent) if sent else None,
        headers=tuple(flat),
        is_wire=is_wire,
    )


def _first(value: Any) -> str:
    """A header's value; cassettes keep a list of them."""
    return str(cast("list[Any]", value)[0] if isinstance(value, list) else value)


def _inner(value: Any, key: str) -> Any:
    """The member of an object, or the value that stands in its place."""
    return cast("dict[str, Any]", value)[key] if isinstance(value, dict) else value


def _body(kept: Any) -> bytes:
    """A body as the cassette kept it: parsed, as text, or as gzipped bytes."""
    if isinstance(kept, bytes):
        return gzip.decompress(kept) if kept.startswith(b"\x1f\x8b") else kept
    return kept.encode() if isinstance(kept, str) else json.dumps(kept, ensure_ascii=False).encode()


def _payload_files(vectors: Path) -> Iterator[Recording]:
    """vercel-ai: one payload per line in `*.chunks.txt`, whole bodies in `*.json`."""
    root = vectors / "vercel-ai"
    for file in sorted([*root.rglob("*.chunks.txt"), *root.rglob("*.json")]):
        if {"responses", "image"} & set(file.parts):  # their errors look the same
            continue
        provider = file.relative_to(root).parts[0]
        is_stream = file.name.endswith(".txt")
        lines = (
            [line for line in file.read_bytes().split(b"\n") if line.strip()]
            if is_stream
            else [file.read_bytes()]
        )
        path = next((path for line in lines if (path := _path_of(_json(line))) is not None), None)
        if path is None:
            continue
        end = _LINE_ENDS.get(provider, b"\n")
        done = [] if provider in _WITHOUT_DONE or lines[-1].strip() == b"[DONE]" else [b"[DONE]"]
        framed = b"".join(b"data: " + line.strip() + end * 2 for line in [*lines, *done])
        yield Recording(
            id=f"vercel-ai/{file.relative_to(root).as_posix()}",
            provider=provider,
            path=path,
            status=400 if b'"error"' in lines[0] and not is_stream else 200,
            content_type=_EVENTS if is_stream else _JSON,
            body=framed if is_stream else lines[0],
        )


def _bare_files(vectors: Path) -> Iterator[Recording]:
    """Replies that other gateways test with: SSE text, JSON and HTML, without their requests."""
    places = (
        "vercel-ai/openai-compatible/src/chat/*.sse",
        "apisix/openai/*",
        "apisix/protocol-conversion/*.sse",
        "agentgateway/response/completions/*.json",
        "agentgateway/response/openai/*.json",
        "kong/ai-proxy/openai/llm-v1-*/responses/*",
    )
    for file in (file for place in places for file in sorted(vectors.glob(place))):
        body = file.read_bytes()
        is_stream = body.startswith(b"data:")
        first = body.split(b"\n")[0][5:] if is_stream else body
        path = _path_of(_json(first))
        status = _STATUSES.get(file.stem, 200)
        if path is None and status == 200:
            continue
        kind = _EVENTS if is_stream else "text/html" if file.suffix == ".html" else _JSON
        yield Recording(
            id=file.relative_to(vectors).as_posix(),
            provider=file.relative_to(vectors).parts[0],
            path=path or PATHS[0],
            status=status,
            content_type=kind,
            body=body,
            is_wire=True,
        )


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _path_of(document: Any) -> str | None:
    """Which operation a reply or chunk answers, by its look; None where it is of another dialect."""
    if not isinstance(document, dict):
        return None
    wire = cast("dict[str, Any]", document)
    if wire.get("object") == "list" and "embedding" in _head(wire.get("data")):
        return "/embeddings"
    if isinstance(wire.get("choices"), list):
        return "/completions" if "text" in _head(wire["choices"]) else "/chat/completions"
    error: Any = wire.get("error")
    is_openai = (
        isinstance(error, dict) and {"message", "type", "param"} <= cast("dict[str, Any]", error).keys()
    )
    return "/chat/completions" if is_openai else None


def _head(rows: Any) -> dict[str, Any]:
    """The first object of an array, else an empty one."""
    first: Any = cast("list[Any]", rows)[0] if isinstance(rows, list) and rows else None
    return cast("dict[str, Any]", first) if isinstance(first, dict) else {}

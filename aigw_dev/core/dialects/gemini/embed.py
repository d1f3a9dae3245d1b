"""Embeddings between OpenAI's `POST /v1/embeddings` and Gemini's `embedContent` and `batchEmbedContents`.

Plain functions: read a request of one, write it for the other; read the reply, write it back. Sources: OpenAI's
openapi.yaml and ai.google.dev/api/embeddings (read 2026-11-20).
"""

import base64
import struct
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.codec import Outgoing
from aigw_dev.core.dialects.gemini import wire
from aigw_dev.core.dialects.gemini.caller import bare_model
from aigw_dev.core.dialects.gemini.errors import reply_error
from aigw_dev.core.dialects.gemini.usage import read_usage
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger

_FLOAT_BYTES: Final = 4
_OPENAI: Final = frozenset({"model", "input", "dimensions", "encoding_format"})
_GEMINI: Final = frozenset({"model", "content", "outputDimensionality"})


class EmbedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Texts to embed."""

    inputs: tuple[str, ...]
    dimensions: int | None = None
    is_base64: bool = False
    """The caller wants vectors as base64 of little-endian 32-bit floats (what OpenAI's SDKs ask for, fact 25)."""
    is_batch: bool = True
    """A Gemini caller asked with `batchEmbedContents`."""
    extras: dict[str, msgspec.Raw] = {}
    """Fields without a word here."""


class EmbedReply(msgspec.Struct, frozen=True, kw_only=True):
    """Vectors, in the order of the texts."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage | None = None


def read_openai(body: RequestBody) -> EmbedRequest | Refusal:
    """An OpenAI caller's request. Token ids are refused: they mean nothing to another provider's tokenizer."""
    inputs: list[str] = []
    for raw in wire.items(body.text("input")):
        if not wire.is_string(raw):
            return _refusal(
                "input", "this provider embeds texts only: send a string or a list of strings, no token ids"
            )
        inputs.append(wire.text(raw))
    if not inputs:
        return _refusal("input", "there is nothing to embed: send a string or a list of strings")
    dimensions = body.text("dimensions")
    if dimensions not in {b"", b"null"} and wire.whole(dimensions) is None:
        return _refusal("dimensions", "this must be a whole number")
    form = wire.text(body.text("encoding_format")) or "float"
    if form not in {"float", "base64"}:
        return _refusal("encoding_format", "this must be float or base64")
    return EmbedRequest(
        inputs=tuple(inputs),
        dimensions=wire.whole(dimensions),
        is_base64=form == "base64",
        extras=wire.rest(body.fields, _OPENAI, ""),
    )


def write_gemini(request: EmbedRequest, *, model: str, ledger: Ledger) -> Outgoing:
    """The same for a Gemini provider; always a batch, because one reply per text is what was asked for."""
    for path in request.extras:
        ledger.dropped(path, "Gemini's embeddings have no such field")
    ledger.keep("input", *(("dimensions",) if request.dimensions is not None else ()))
    inner: dict[str, object] = {"model": f"models/{bare_model(model)}"}
    rest = {} if request.dimensions is None else {"outputDimensionality": request.dimensions}
    requests = [{**inner, "content": {"parts": [{"text": text}]}, **rest} for text in request.inputs]
    return Outgoing(
        path="/models/{model}:batchEmbedContents", body=msgspec.json.encode({"requests": requests})
    )


def read_gemini_reply(body: bytes) -> EmbedReply | ReplyError:
    """A Gemini provider's reply, single or batch."""
    error = reply_error(body)
    if error is not None:
        return error
    reply = wire.fields(body)
    said = wire.items(reply.get("embeddings")) or wire.items(reply.get("embedding"))
    usage = read_usage(reply["usageMetadata"]) if "usageMetadata" in reply else None
    return _reply([_floats(wire.fields(raw).get("values")) for raw in said], usage)


def write_openai_reply(
    reply: EmbedReply, request: EmbedRequest, *, model: str, input_estimate: int = 0
) -> bytes:
    """OpenAI's reply in the form that the caller asked for; Gemini counts no tokens here, so they may be an estimate."""
    tokens = reply.usage.input if reply.usage is not None else input_estimate
    rows = [
        {
            "object": "embedding",
            "index": number,
            "embedding": _packed(vector) if request.is_base64 else vector,
        }
        for number, vector in enumerate(reply.vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return msgspec.json.encode({"object": "list", "data": rows, "model": model, "usage": usage})


def read_gemini(body: RequestBody) -> EmbedRequest | Refusal:
    """A Gemini caller's `embedContent` (`content`) or `batchEmbedContents` (`requests`)."""
    top = {wire.camel(key): value for key, value in body.fields.items() if not wire.is_null(value)}
    is_batch = "requests" in top
    inputs: list[str] = []
    extras: wire.Fields = {}
    wanted: set[int | None] = set()
    for number, raw in enumerate(wire.items(top["requests"]) if is_batch else [wire.encode(top)]):
        place = f"requests[{number}]." if is_batch else ""
        one = wire.fields(raw)
        words = _content_text(one.get("content"))
        if words is None:
            return _refusal(f"{place}content", "send a content whose parts are texts")
        size = one.get("outputDimensionality")
        if size is not None and wire.whole(size) is None:
            return _refusal(f"{place}outputDimensionality", "this must be a whole number")
        inputs.append(words)
        wanted.add(wire.whole(size))
        extras |= wire.rest(one, _GEMINI, place)
    if not inputs:
        return _refusal("requests", "there is nothing to embed")
    if len(wanted) > 1:
        return _refusal("requests", "this provider embeds all texts with one outputDimensionality")
    return EmbedRequest(inputs=tuple(inputs), dimensions=wanted.pop(), is_batch=is_batch, extras=extras)


def write_openai(request: EmbedRequest, *, model: str, ledger: Ledger) -> Outgoing:
    """The same for a provider that speaks OpenAI's dialect."""
    for path in request.extras:
        ledger.dropped(path, "OpenAI's embeddings have no such field")
    ledger.keep("content", *(("outputDimensionality",) if request.dimensions is not None else ()))
    body: dict[str, object] = {"model": model, "input": list(request.inputs), "encoding_format": "float"}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    return Outgoing(path="/embeddings", body=msgspec.json.encode(body))


def read_openai_reply(body: bytes) -> EmbedReply | ReplyError:
    """An OpenAI provider's reply, floats or base64, in the order of its indexes."""
    reply = loose_json.mapping(loose_json.load(body))
    error = reply_error(body)
    if error is not None:
        return error
    rows = [loose_json.mapping(row) for row in loose_json.items(reply.get("data"))]
    rows.sort(key=lambda row: loose_json.count(row.get("index")) or 0)
    usage = loose_json.mapping(reply.get("usage"))
    tokens = loose_json.count(usage.get("prompt_tokens"))
    counted = None if tokens is None else Usage(input=tokens, raw=wire.encode(usage))
    return _reply([_vector(row.get("embedding")) for row in rows], counted)


def write_gemini_reply(reply: EmbedReply, request: EmbedRequest) -> bytes:
    """Gemini's reply to the method that was called."""
    rows = [{"values": vector} for vector in reply.vectors]
    body: dict[str, object] = {"embeddings": rows} if request.is_batch else {"embedding": rows[0]}
    if reply.usage is not None:
        body["usageMetadata"] = {"promptTokenCount": reply.usage.input}
    return msgspec.json.encode(body)


def _reply(vectors: list[tuple[float, ...]], usage: Usage | None) -> EmbedReply | ReplyError:
    if not vectors or not all(vectors):
        return ReplyError(
            message="the provider's reply holds no vectors that can be read", code="upstream_protocol"
        )
    return EmbedReply(vectors=tuple(vectors), usage=usage)


def _content_text(raw: msgspec.Raw | None) -> str | None:
    """The texts of a content; None where it holds something else or nothing."""
    if raw is None or not wire.is_object(raw):
        return None
    found = [wire.fields(part) for part in wire.items(wire.fields(raw).get("parts"))]
    if not found or any(set(part) != {"text"} for part in found):
        return None
    return "\n".join(wire.text(part["text"]) for part in found)


def _floats(raw: msgspec.Raw | None) -> tuple[float, ...]:
    return _vector(None if raw is None else loose_json.load(bytes(raw)))


def _vector(value: object) -> tuple[float, ...]:
    if isinstance(value, str):
        try:
            packed = base64.b64decode(value, validate=True)
        except ValueError:
            return ()
        whole = len(packed) - len(packed) % _FLOAT_BYTES
        return struct.unpack(f"<{whole // _FLOAT_BYTES}f", packed[:whole])
    numbers = loose_json.items(value)
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
        return ()
    return tuple(float(one) for one in numbers if isinstance(one, int | float))


def _packed(vector: tuple[float, ...]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _refusal(param: str, message: str) -> Refusal:
    return Refusal(code="invalid_request", message=f"`{param}`: {message}", param=param)

"""The OpenAI dialect: chat completions, legacy completions, embeddings and the model list, which share their envelopes.

This module is the dialect (`protocol.Dialect`); what is bigger stands in its own file and is named here.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.openai_errors import (
    encode_error,
    encode_stream_error,
    error_text,
    is_error_body,
    reply_error,
    retry_delay_s,
)
from aigw_dev.core.dialects.openai_reader import StreamReader, output_text, reply_summary, reply_usage
from aigw_dev.core.dialects.openai_usage import read_usage
from aigw_dev.core.dialects.protocol import Content, ModelRow, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody, merge, rename_model
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams.sse import Event

__all__ = (
    "REQUEST_ID_HEADER",
    "StreamReader",
    "ask_usage",
    "encode_error",
    "encode_model",
    "encode_models",
    "encode_stream_error",
    "error_text",
    "hides_usage",
    "is_error_body",
    "measure",
    "output_text",
    "read_request",
    "read_usage",
    "rename_model",
    "reply_error",
    "reply_summary",
    "reply_usage",
    "retry_delay_s",
    "stream_reader",
)

REQUEST_ID_HEADER: Final = "x-request-id"

_NULL: Final = b"null"
_BOOLEANS: Final = {b"true": True, b"false": False, _NULL: False, b"": False}
_KINDS: Final = {b"{": "an object", b"[": "an array", b'"': "a string", b"t": "a boolean", b"f": "a boolean"}
_SESSION_FIELDS: Final = ("prompt_cache_key", "previous_response_id")
_IMAGE_PARTS: Final = frozenset({"image_url", "input_image", "image", "image_file"})
_READ_FIELDS: Final = (
    "content",
    "text",
    "refusal",
    "tool_calls",
    "function",
    "arguments",
    "reasoning_content",
    "thinking",
)
"""What the model reads of a message, a part or a call."""


def read_request(
    body: RequestBody, /, *, path_model: str = "", is_stream: bool = False
) -> RequestFacts | Refusal:
    """What the gateway reads, checked: `model` is a string, `stream` a boolean or null; the rest is the provider's.

    `path_model` counts where the body names none (Azure's deployments).
    """
    named = body.text("model")
    model = _string(named)
    if model is None:
        return _wrong("model", "a string", named)
    model = model or path_model
    if not model:
        return Refusal(
            code="model_missing",
            message="the request names no model; set `model` to provider/model or a name listed by GET /v1/models",
            param="model",
        )
    asked = _BOOLEANS.get(body.text("stream"))
    if asked is None:
        return _wrong("stream", "true or false", body.text("stream"))
    return RequestFacts(
        model=model,
        is_stream=asked or is_stream,
        session=_session(body),
        wants_usage=_wants_usage(body),
    )


def measure(body: RequestBody, /) -> Content:
    """Whether tools and images are there, and how many characters of text the model reads."""
    sizes: list[int] = []
    has_images = False
    for name in ("messages", "prompt", "input"):
        has_images = _weigh(loose_json.load(body.text(name)), sizes) or has_images
    has_tools = any(bool(loose_json.load(body.text(name))) for name in ("tools", "functions"))
    return Content(has_tools=has_tools, has_images=has_images, input_chars=sum(sizes))


def ask_usage(body: RequestBody, /) -> RequestBody:
    """The body with `stream_options.include_usage`; the same where the caller asks, or sent something else there."""
    own = body.text("stream_options")
    if own in {b"", _NULL}:
        return merge(body, {"stream_options": b'{"include_usage":true}'})
    if _wants_usage(body) or not own.startswith(b"{"):
        return body
    options = msgspec.json.decode(own, type=dict[str, msgspec.Raw]) | {"include_usage": msgspec.Raw(b"true")}
    return merge(body, {"stream_options": msgspec.json.encode(options)})


def hides_usage(event: Event, /) -> bool:
    """Whether this is the extra chunk that `ask_usage` brought: no choices, and a usage object.

    Azure's first chunk has no choices either, but no usage; a usage on a chunk with choices is not extra.
    """
    if event.is_comment or b'"usage"' not in event.data:
        return False
    chunk = loose_json.mapping(loose_json.load(event.data))
    return chunk.get("choices") == [] and isinstance(chunk.get("usage"), dict)


def stream_reader() -> StreamReader:
    """A new reader, for one stream of chat chunks or completions."""
    return StreamReader()


def encode_models(rows: Sequence[ModelRow], /) -> bytes:
    """`GET /v1/models`."""
    return msgspec.json.encode({"object": "list", "data": [_model(row) for row in rows]})


def encode_model(row: ModelRow, /) -> bytes:
    """`GET /v1/models/{id}`."""
    return msgspec.json.encode(_model(row))


def _model(row: ModelRow) -> dict[str, str | int]:
    return {"id": row.id, "object": "model", "created": row.created, "owned_by": row.owned_by}


def _session(body: RequestBody) -> str:
    """What names the conversation: the first of `_SESSION_FIELDS` that is a text."""
    for name in _SESSION_FIELDS:
        if name in body.fields and (text := _string(body.text(name))):
            return text
    return ""


_STRING: Final = msgspec.json.Decoder(str)


def _string(value: bytes) -> str | None:
    """The string that a JSON text is, empty for absent and null; None where it is something else."""
    if value in {b"", _NULL}:
        return ""
    return _STRING.decode(value) if value.startswith(b'"') else None


def _wrong(name: str, wanted: str, value: bytes) -> Refusal:
    return Refusal(
        code="invalid_request",
        message=f"`{name}` must be {wanted}, the request has {_KINDS.get(value[:1], 'a number')}",
        param=name,
    )


def _wants_usage(body: RequestBody) -> bool:
    options = body.text("stream_options")
    return bool(options) and loose_json.mapping(loose_json.load(options)).get("include_usage") is True


def _weigh(value: object, sizes: list[int]) -> bool:
    """Adds the size of every text that the model reads; whether an image was met. Walks without recursion."""
    has_images = False
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            sizes.append(len(item))
        elif loose_json.is_array(item):
            pending += item  # token ids, numbers, weigh nothing
        elif loose_json.is_object(item):
            has_images = has_images or loose_json.text(item.get("type")) in _IMAGE_PARTS
            pending += [item.get(name) for name in _READ_FIELDS]
    return has_images

"""The Gemini dialect for callers and providers that both speak it: what the gateway reads of bytes it relays."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.gemini import wire
from aigw_dev.core.dialects.gemini.caller import bare_model
from aigw_dev.core.dialects.gemini.reader import StreamReader
from aigw_dev.core.dialects.protocol import Content, ModelRow, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody, merge
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams.sse import Event

REQUEST_ID_HEADER: Final = "x-request-id"

_READ: Final = frozenset({"text", "parts", "functionCall", "functionResponse", "content", "contents", "systemInstruction", "requests", "generateContentRequest"})  # fmt: skip
"""What the model reads of a request, a content or a part; of calls and responses everything."""
_WHOLE: Final = frozenset({"args", "response"})
_MEDIA: Final = ("inlineData", "fileData")
_METHODS: Final = (
    "generateContent",
    "streamGenerateContent",
    "countTokens",
    "embedContent",
    "batchEmbedContents",
)


def read_request(
    body: RequestBody, /, *, path_model: str = "", is_stream: bool = False
) -> RequestFacts | Refusal:
    """What the gateway reads, checked: the model and whether it streams, which the path says.

    A `model` in the body is tolerated and used only where the path names none.
    """
    named = body.text("model")
    if named not in {b"", b"null"} and not named.startswith(b'"'):
        return Refusal(
            code="invalid_request",
            message="`model` must be a string; leave it out, the path names the model",
            param="model",
        )
    model = bare_model(path_model) or bare_model(wire.text(named))
    if not model:
        return Refusal(
            code="model_missing",
            message="the request names no model; the path must: /v1beta/models/MODEL:generateContent",
            param="model",
        )
    return RequestFacts(model=model, is_stream=is_stream, wants_usage=True)


def measure(body: RequestBody, /) -> Content:
    """Whether tools and images are there, and how many characters of text the model reads."""
    sizes: list[int] = []
    has_images = _weigh(msgspec.Raw(body.raw), sizes)
    top = {wire.camel(key): value for key, value in body.fields.items()}
    if "generateContentRequest" in top:
        top |= wire.fields(top["generateContentRequest"])
    return Content(
        has_tools=any(bool(wire.fields(tool)) for tool in wire.items(top.get("tools"))),
        has_images=has_images,
        input_chars=sum(sizes),
    )


def rename_model(body: RequestBody, /, model: str, params: Mapping[str, Any] | None = None) -> bytes:
    """The body with `params` merged at the top level; the model stands in the path, a body's own goes along renamed."""
    changes = {
        key: msgspec.json.encode(value)
        for key, value in (params or {}).items()
        if key not in {"stream", "model"}
    }
    name = msgspec.json.encode(f"models/{bare_model(model)}")
    if "model" in body.fields:
        changes["model"] = name
    for key in ("generateContentRequest", "generate_content_request"):  # countTokens
        if b'"model"' in body.text(key):
            changes[key] = _renamed(body.fields[key], name)
    if b'"model"' in body.text("requests"):  # batchEmbedContents
        changes["requests"] = b"[%b]" % b",".join(
            _renamed(one, name) for one in wire.items(body.text("requests"))
        )
    return merge(body, changes).raw if changes else body.raw


def ask_usage(body: RequestBody, /) -> RequestBody:
    """The same: usage comes unasked, in every chunk."""
    return body


def hides_usage(event: Event, /) -> bool:
    """Never: no extra event was asked for."""
    del event
    return False


def stream_reader() -> StreamReader:
    """A new reader, for one stream."""
    return StreamReader()


def encode_models(rows: Sequence[ModelRow], /) -> bytes:
    """`GET /v1beta/models`."""
    return msgspec.json.encode({"models": [_model(row) for row in rows]})


def encode_model(row: ModelRow, /) -> bytes:
    """`GET /v1beta/models/{id}`."""
    return msgspec.json.encode(_model(row))


def _renamed(raw: msgspec.Raw, name: bytes) -> bytes:
    """An inner request with another model, every other value as it was spelled."""
    inner = wire.plain_fields(raw)
    return msgspec.json.encode(inner | {"model": msgspec.Raw(name)}) if "model" in inner else bytes(raw)


def _model(row: ModelRow) -> dict[str, object]:
    return {
        "name": f"models/{row.id}",
        "baseModelId": row.id,
        "displayName": row.id,
        "supportedGenerationMethods": list(_METHODS),
    }


def _weigh(raw: msgspec.Raw, sizes: list[int]) -> bool:
    """Adds the size of every text that the model reads; whether an image was met. Walks without recursion."""
    has_images = False
    pending: list[tuple[object, bool]] = [(loose_json.load(bytes(raw)), False)]
    while pending:
        item, is_whole = pending.pop()
        if isinstance(item, str):
            sizes.append(len(item))
        elif loose_json.is_array(item):
            pending += [(one, is_whole) for one in item]
        elif loose_json.is_object(item):
            for key, value in item.items():
                name = wire.camel(key)
                if is_whole or name in _READ or name in _WHOLE:
                    pending.append((value, is_whole or name in _WHOLE))
                elif name in _MEDIA:
                    inner = {wire.camel(own): one for own, one in loose_json.mapping(value).items()}
                    has_images = has_images or loose_json.text(inner.get("mimeType")).startswith("image/")
    return has_images

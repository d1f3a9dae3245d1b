"""What the gateway reads of a request without translating it."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.codec import Framer
from aigw_dev.core.dialects.protocol import Content, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams import sse
from aigw_dev.core.streams.sse import Event

REQUEST_ID_HEADER: Final = "x-request-id"

_NULL: Final = b"null"
_BOOLEANS: Final = {b"true": True, b"false": False, _NULL: False, b"": False}
_KINDS: Final = {b"{": "an object", b"[": "an array", b'"': "a string", b"t": "a boolean", b"f": "a boolean"}
_SESSION_FIELDS: Final = ("prompt_cache_key", "previous_response_id")
_READ_FIELDS: Final = ("content", "text", "refusal", "arguments", "input", "output", "summary")
"""What the model reads of an item or a part."""
_IMAGES: Final = frozenset({"input_image", "computer_screenshot", "image_generation_call"})
_STRING: Final = msgspec.json.Decoder(str)


def read_request(
    body: RequestBody, /, *, path_model: str = "", is_stream: bool = False
) -> RequestFacts | Refusal:
    """What the gateway reads, checked: `model` is a string, `stream` a boolean or null; the rest is the provider's."""
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
    return RequestFacts(model=model, is_stream=asked or is_stream, session=_session(body), wants_usage=True)


def measure(body: RequestBody, /) -> Content:
    """Whether tools and images are there, and how many characters of text the model reads."""
    sizes: list[int] = []
    has_images = False
    pending = [loose_json.load(body.text(name)) for name in ("instructions", "input")]
    while pending:  # walks without recursion
        item = pending.pop()
        if isinstance(item, str):
            sizes.append(len(item))
        elif loose_json.is_array(item):
            pending += item
        elif loose_json.is_object(item):
            has_images = has_images or loose_json.text(item.get("type")) in _IMAGES
            pending += [item.get(name) for name in _READ_FIELDS]
    has_tools = bool(loose_json.load(body.text("tools")))
    return Content(has_tools=has_tools, has_images=has_images, input_chars=sum(sizes))


def ask_usage(body: RequestBody, /) -> RequestBody:
    """The same body: usage comes unasked."""
    return body


def hides_usage(event: Event, /) -> bool:
    """Nothing extra was asked for."""
    del event
    return False


def framer() -> Framer:
    """Cuts streams into events."""
    return sse.Decoder()


def _session(body: RequestBody) -> str:
    """What names the conversation: the first field that does. `conversation` is an id or an object with one."""
    for name in _SESSION_FIELDS:
        if name in body.fields and (text := _string(body.text(name))):
            return text
    conversation = loose_json.load(body.text("conversation"))
    return loose_json.text(conversation) or loose_json.text(loose_json.mapping(conversation).get("id"))


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

"""What the gateway reads of an Anthropic request that it relays: model, stream, session, and what conditions ask."""

import re
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.anthropic.fields import Fields, MalformedError
from aigw_dev.core.dialects.protocol import Content, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams.sse import Event

REQUEST_ID_HEADER: Final = "request-id"

_SESSION: Final = re.compile(r"_session_([0-9a-zA-Z-]{8,64})$")
"""Claude Code's `user_<hash>_account_<uuid>_session_<uuid>`."""
_READ_FIELDS: Final = ("content", "text", "thinking", "source", "title", "context")
_IMAGE_TYPES: Final = frozenset({"image"})


def read_request(
    body: RequestBody, /, *, path_model: str = "", is_stream: bool = False
) -> RequestFacts | Refusal:
    """What the gateway reads, checked: `model` is a string, `stream` a boolean or null; the rest is the provider's."""
    fields = Fields(body.fields, "")
    try:
        model = fields.text("model") or path_model
        asked = fields.boolean("stream")
    except MalformedError as error:
        return error.refusal
    if not model:
        return model_missing()
    return RequestFacts(
        model=model, is_stream=bool(asked) or is_stream, session=_session(body), wants_usage=True
    )


def model_missing() -> Refusal:
    """A request that names no model."""
    return Refusal(
        code="model_missing",
        message="the request names no model; set `model` to provider/model or a name listed by GET /v1/models",
        param="model",
    )


def measure(body: RequestBody, /) -> Content:
    """Whether tools and images are there, and how many characters of text the model reads."""
    sizes: list[int] = []
    has_images = False
    for name in ("system", "messages"):
        has_images = _weigh(loose_json.load(body.text(name)), sizes) or has_images
    return Content(
        has_tools=bool(loose_json.load(body.text("tools"))), has_images=has_images, input_chars=sum(sizes)
    )


def ask_usage(body: RequestBody, /) -> RequestBody:
    """The same body: this protocol always counts."""
    return body


def hides_usage(_event: Event, /) -> bool:
    """Never: nothing extra was asked for."""
    return False


def _session(body: RequestBody) -> str:
    """The conversation in `metadata.user_id`: Claude Code's session inside it, else the whole of it."""
    user = loose_json.text(loose_json.mapping(loose_json.load(body.text("metadata"))).get("user_id"))
    if user.startswith("{"):
        inner = loose_json.text(loose_json.mapping(loose_json.load(user.encode())).get("session_id"))
        return inner or user
    match = _SESSION.search(user)
    return match[1] if match is not None else user


def _weigh(value: object, sizes: list[int]) -> bool:
    """Adds the size of every text that the model reads; whether an image was met. Walks without recursion.

    Of a `source` only a plain text counts: encoded bytes are no characters.
    """
    has_images = False
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            sizes.append(len(item))
        elif loose_json.is_array(item):
            pending += item
        elif loose_json.is_object(item):
            kind = loose_json.text(item.get("type"))
            has_images = has_images or kind in _IMAGE_TYPES
            pending += [item.get(name) for name in _READ_FIELDS]
            if kind == "text" and "media_type" in item:
                pending.append(item.get("data"))
            sizes.append(_every_char(item.get("input")))
    return has_images


def _every_char(value: object) -> int:
    """The characters of every key and text in a tool's input."""
    total = 0
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            total += len(item)
        elif loose_json.is_array(item):
            pending += item
        elif loose_json.is_object(item):
            pending += [*item, *item.values()]
    return total

"""A whole reply of Converse in neutral words: one function per kind of block."""

from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import (
    NULL,
    ChatReply,
    Choice,
    Image,
    Media,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.dialects.bedrock import wire
from aigw_dev.core.dialects.bedrock.errors import body_error
from aigw_dev.core.dialects.bedrock.stops import stop_reason, stop_sequence
from aigw_dev.core.dialects.bedrock.usage import read_usage
from aigw_dev.core.dialects.protocol import ReplyError

_KNOWN: Final = frozenset({"output", "stopReason", "usage", "serviceTier"})
SERVER_TOOL: Final = "server_tool_use"
"""The type of a tool call that the provider carries out itself."""


def read_chat_reply(body: bytes, /) -> ChatReply | ReplyError:
    """A whole reply; a `ReplyError` where the body is an error or no reply at all."""
    reply = wire.body_fields(body)
    if reply is None:
        return ReplyError(message="the provider's reply is not a JSON object", code="upstream_protocol")
    message = wire.fields(wire.fields(reply.get("output")).get("message"))
    if "content" not in message and "stopReason" not in reply:
        return body_error(body) or ReplyError(
            message="the provider's reply holds neither a message nor an error", code="upstream_protocol"
        )
    extra = reply.get("additionalModelResponseFields")
    word = wire.text(reply.get("stopReason"))
    choice = Choice(
        parts=tuple(part for block in wire.elements(message.get("content")) for part in read_block(block)),
        stop=stop_reason(word) if word else None,
        stop_sequence=stop_sequence(extra),
        stop_raw=word,
        stop_details=wire.own(extra) if extra is not None else NULL,
    )
    return ChatReply(
        dialect=wire.DIALECT,
        choices=(choice,),
        usage=read_usage(reply.get("usage")),
        service_tier=wire.text(wire.fields(reply.get("serviceTier")).get("type")),
        extras={name: wire.own(value) for name, value in reply.items() if name not in _KNOWN},
    )


def read_block(raw: msgspec.Raw) -> list[Part]:
    """The parts of one content block: one, or none where it is empty. Some servers put a `type` beside it."""
    given = {name: value for name, value in wire.fields(raw).items() if wire.is_given(value)}
    name = next((one for one in given if one in _READERS), None)
    if name is not None:
        return _READERS[name](given[name])
    strange = next((one for one in given if one != "type"), None)
    return [] if strange is None else [opaque(strange, given[strange])]


def opaque(kind: str, raw: msgspec.Raw) -> Opaque:
    """A block that has no neutral word."""
    return Opaque(dialect=wire.DIALECT, type=kind, raw=wire.own(raw))


def thinking(text: str, signature: str) -> Thinking:
    """What the model thought; a signature belongs to this dialect."""
    return Thinking(text=text, signature=signature, origin=wire.DIALECT if signature else "")


def redacted(data: str) -> Thinking:
    """Thought that only its provider can read; base64, as it came."""
    return Thinking(signature=data, is_redacted=True, origin=wire.DIALECT)


def _text(value: msgspec.Raw) -> list[Part]:
    text = wire.text(value)
    return [Text(text=text)] if text else []


def _tool_use(value: msgspec.Raw) -> list[Part]:
    call = wire.fields(value)
    if wire.text(call.get("type")) == SERVER_TOOL:
        return [opaque("toolUse", value)]
    name, call_id = wire.text(call.get("name")), wire.text(call.get("toolUseId"))
    return [ToolCall(id=call_id, name=name, arguments=wire.arguments(call.get("input")))]


def _reasoning(value: msgspec.Raw) -> list[Part]:
    content = wire.fields(value)
    said = wire.fields(content.get("reasoningText"))
    if said:
        return [thinking(wire.text(said.get("text")), wire.text(said.get("signature")))]
    data = wire.text(content.get("redactedContent"))
    return [redacted(data)] if data else []


def _cited(value: msgspec.Raw) -> list[Part]:
    content = wire.fields(value)
    text = "".join(wire.text(wire.fields(one).get("text")) for one in wire.elements(content.get("content")))
    citations = content.get("citations")
    return [
        Text(text=text, citations=wire.own(citations) if wire.elements(citations) and citations else NULL)
    ]


def _image(value: msgspec.Raw) -> list[Part]:
    image = wire.fields(value)
    data = wire.text(wire.fields(image.get("source")).get("bytes"))
    if not data:
        return [opaque("image", value)]
    form = wire.text(image.get("format"))
    return [Image(source=Media(data=data, media_type=f"image/{form}" if form else ""))]


_READERS: Final = {
    "text": _text,
    "toolUse": _tool_use,
    "reasoningContent": _reasoning,
    "citationsContent": _cited,
    "image": _image,
}

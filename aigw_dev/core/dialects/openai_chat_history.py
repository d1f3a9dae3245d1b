"""The messages of a caller's chat request, in neutral words: one neutral message for each of its own.

An assistant's turn reads thinking first, then what it said, then its tool calls: the order in which models make them.
Thoughts that the caller echoes come from wherever clients keep them: `thinking_blocks` (LiteLLM's, with signatures),
OpenRouter's `reasoning_details`, else `reasoning_content` or `reasoning`. A bare signature in `thinking_blocks` belongs to
the dialect that invented them; ours carry their origin in front (`core.chat.signatures`).
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat import signatures
from aigw_dev.core.chat.arguments import object_text
from aigw_dev.core.chat.vocabulary import (
    Audio,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects import openai_chat_reply as reply
from aigw_dev.core.dialects.openai_chat_answer import SIGNERS
from aigw_dev.core.dialects.openai_chat_checks import (
    MalformedError,
    array_at,
    cache_at,
    named_at,
    object_at,
    raw_of,
    text_at,
    wrong,
)
from aigw_dev.core.dialects.openai_chat_media import audio_type, data_url, google_signature

DIALECT: Final = reply.DIALECT
_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TAKEN: Final = frozenset({"role", "content", "name", "cache_control", "prompt_cache_breakpoint"})
_TAKEN_OF_ASSISTANT: Final = _TAKEN | {
    "refusal",
    "audio",
    "tool_calls",
    "function_call",
    "annotations",
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "reasoning_details",
    "thinking_blocks",
    "reasoning_signature",
}
_THINKING: Final = frozenset(
    {
        "reasoning_content",
        "reasoning",
        "reasoning_text",
        "reasoning_details",
        "thinking_blocks",
        "reasoning_signature",
    }
)
_SAID_PLAINLY: Final = frozenset({"role", "content", "name"})
_TAKEN_OF_TOOL: Final = _TAKEN | {"tool_call_id"}
_LEGACY_ID: Final = "call_function_{}"


class History:
    """Reads messages one after the other; remembers which calls were made."""

    def __init__(self) -> None:
        self.extras: dict[str, msgspec.Raw] = {}
        """Fields of messages that have no word, by their place."""
        self._names: dict[str, str] = {}
        self._kinds: dict[str, bool] = {}

    def read(self, value: object, number: int) -> Message:
        """One message; raises `MalformedError`."""
        place = f"messages[{number}]"
        wire = object_at(value, place)
        word = wire.get("role")
        role = _ROLES.get(word) if isinstance(word, str) else None
        if role is None:
            raise MalformedError(f"{place}.role", "must be one of " + ", ".join(_ROLES))
        said = wire.get("content")
        if len(wire) == 2 and isinstance(said, str) and (said if role == "assistant" else role != "tool"):  # noqa: PLR2004  -- and nothing else
            return Message(role=role, parts=(Text(text=said),))  # the usual message
        if role == "assistant":
            self._leave(wire, place, _TAKEN_OF_ASSISTANT)
            parts = self._assistant(wire, place, number)
        elif role == "tool":
            self._leave(wire, place, _TAKEN_OF_TOOL)
            parts = (self._result(wire, place, is_legacy=word == "function"),)
        else:
            self._leave(wire, place, _TAKEN)
            parts = _content(wire, place, is_needed=True)
        name = "" if role == "tool" else text_at(wire.get("name"), f"{place}.name")
        return Message(role=role, parts=parts, name=name)

    def _leave(self, wire: dict[str, object], place: str, taken: frozenset[str]) -> None:
        if wire.keys() <= taken:
            return
        for key, value in wire.items():
            if key not in taken and value is not None:
                self.extras[f"{place}.{key}"] = raw_of(value)

    def _assistant(self, wire: dict[str, object], place: str, number: int) -> tuple[Part, ...]:
        if wire.keys() <= _SAID_PLAINLY:
            return _content(wire, place, is_needed=False)
        parts: list[Part] = [*_thoughts(wire, place), *_content(wire, place, is_needed=False)]
        if refusal := text_at(wire.get("refusal"), f"{place}.refusal"):
            parts.append(Refusal(text=refusal))
        audio = loose_json.mapping(wire.get("audio"))
        if audio:
            parts.append(
                Audio(
                    source=Media(),
                    id=text_at(audio.get("id"), f"{place}.audio.id"),
                    transcript=loose_json.text(audio.get("transcript")),
                )
            )
        if notes := loose_json.items(wire.get("annotations")):
            parts = _cited(parts, raw_of(notes))
        for index, one in enumerate(array_at(wire.get("tool_calls"), f"{place}.tool_calls")):
            parts.append(self._call(one, f"{place}.tool_calls[{index}]"))
        if wire.get("function_call") is not None and not wire.get("tool_calls"):
            inner = object_at(wire["function_call"], f"{place}.function_call")
            name = named_at(inner.get("name"), f"{place}.function_call.name")
            parts.append(self._called(_LEGACY_ID.format(number), name, inner, f"{place}.function_call"))
        return tuple(parts)

    def _call(self, value: object, place: str) -> ToolCall:
        wire = object_at(value, place)
        call_id = named_at(wire.get("id"), f"{place}.id")
        if wire.get("type") == "custom":
            inner = object_at(wire.get("custom"), f"{place}.custom")
            self._names[call_id] = name = named_at(inner.get("name"), f"{place}.custom.name")
            self._kinds[call_id] = True
            text = text_at(inner.get("input"), f"{place}.custom.input")
            return ToolCall(
                id=call_id, name=name, arguments=text, kind="custom", signature=google_signature(wire)
            )
        inner = object_at(wire.get("function"), f"{place}.function")
        name = named_at(inner.get("name"), f"{place}.function.name")
        call = self._called(call_id, name, inner, f"{place}.function")
        signature, cache = google_signature(wire), cache_at(wire, place)
        return msgspec.structs.replace(call, signature=signature, cache=cache) if signature or cache else call

    def _called(self, call_id: str, name: str, inner: dict[str, object], place: str) -> ToolCall:
        self._names[call_id] = name
        given = inner.get("arguments")
        if given is not None and not isinstance(given, str) and not loose_json.is_object(given):
            raise wrong(f"{place}.arguments", "a string", given)
        text = reply.arguments_text(given)
        whole = object_text(text)
        if whole is None:  # what a model once wrote wrongly must not make the conversation impossible
            self.extras[f"{place}.arguments"] = raw_of(text)
        return ToolCall(id=call_id, name=name, arguments=whole or "{}")

    def _result(self, wire: dict[str, object], place: str, *, is_legacy: bool) -> ToolResult:
        parts: list[Text | Image | Document | Audio | Opaque] = []
        for part in _content(wire, place, is_needed=False):
            if isinstance(part, Text | Image | Document | Audio | Opaque):
                parts.append(part)
            else:
                raise MalformedError(f"{place}.content", "holds a part that no tool can answer with")
        name = text_at(wire.get("name"), f"{place}.name")
        if is_legacy:
            named_at(wire.get("name"), f"{place}.name")
            made = [one for one, known in self._names.items() if known == name]
            return ToolResult(call_id=made[-1] if made else f"call_{name}", name=name, parts=tuple(parts))
        call_id = named_at(wire.get("tool_call_id"), f"{place}.tool_call_id")
        return ToolResult(
            call_id=call_id,
            name=name or self._names.get(call_id, ""),
            parts=tuple(parts),
            cache=cache_at(wire, place),
            kind="custom" if call_id in self._kinds else "function",
        )


def _content(wire: dict[str, object], place: str, *, is_needed: bool) -> tuple[Part, ...]:
    """The content of a message: a text or a list of parts."""
    value = wire.get("content")
    place = f"{place}.content"
    if isinstance(value, str):
        # The mark of a whole message (LiteLLM's place for it) stands on its only text.
        cache = cache_at(wire, place.removesuffix(".content")) if wire.get("role") != "tool" else None
        return (Text(text=value, cache=cache),) if value or is_needed or cache else ()
    if value is None and not is_needed:
        return ()
    if not loose_json.is_array(value):
        raise wrong(place, "a string or an array of parts", value)
    return tuple(_part(one, f"{place}[{index}]") for index, one in enumerate(value))


def _part(value: object, place: str) -> Part:
    if isinstance(value, str):
        return Text(text=value)
    wire = object_at(value, place)
    kind = wire.get("type")
    if kind is None and isinstance(wire.get("text"), str):
        kind = "text"
    match kind:
        case "text":
            if not isinstance(wire.get("text"), str):
                raise wrong(f"{place}.text", "a string", wire.get("text"))
            return Text(text=text_at(wire["text"], f"{place}.text"), cache=cache_at(wire, place))
        case "image_url":
            return _image(wire, place)
        case "input_audio":
            return _audio(wire, place)
        case "file":
            return _file(wire, place)
        case "refusal":
            return Refusal(text=text_at(wire.get("refusal"), f"{place}.refusal"))
        case "thinking":
            signature = text_at(wire.get("signature"), f"{place}.signature")
            return _thought(reply.thinking_text(wire), signature)
        case str():
            return Opaque(dialect=DIALECT, type=kind, raw=raw_of(wire))
        case _:
            raise MalformedError(f"{place}.type", "must name the kind of the part, such as `text`")


def _image(wire: dict[str, object], place: str) -> Image:
    inner = wire.get("image_url")
    if isinstance(inner, str):
        return Image(source=data_url(inner), cache=cache_at(wire, place))
    fields = object_at(inner, f"{place}.image_url")
    url = named_at(fields.get("url"), f"{place}.image_url.url")
    detail = text_at(fields.get("detail"), f"{place}.image_url.detail")
    return Image(source=data_url(url), detail=detail, cache=cache_at(wire, place))


def _audio(wire: dict[str, object], place: str) -> Audio:
    fields = object_at(wire.get("input_audio"), f"{place}.input_audio")
    content = named_at(fields.get("data"), f"{place}.input_audio.data")
    name = text_at(fields.get("format"), f"{place}.input_audio.format")
    if content.startswith(("data:", "http://", "https://")):
        source = data_url(content)  # DashScope takes both here
    else:
        source = Media(data=content, media_type=audio_type(name))
    return Audio(source=source, format=name)


def _file(wire: dict[str, object], place: str) -> Document:
    place = f"{place}.file"
    fields = object_at(wire.get("file"), place)
    content = text_at(fields.get("file_data"), f"{place}.file_data")
    file_id = text_at(fields.get("file_id"), f"{place}.file_id")
    if not content and not file_id:
        raise MalformedError(place, "needs `file_data` or `file_id`")
    if content:
        source = data_url(content)
        if source.url and not content.startswith(("http://", "https://")):
            source = Media(data=content, media_type=text_at(fields.get("format"), f"{place}.format"))
    elif file_id.startswith(("http://", "https://", "gs://")):  # LiteLLM's way to name an address
        source = Media(url=file_id, media_type=text_at(fields.get("format"), f"{place}.format"))
    else:
        source = Media(file_id=file_id)
    name = text_at(fields.get("filename"), f"{place}.filename")
    return Document(source=source, name=name, cache=cache_at(wire, place.removesuffix(".file")))


def _thoughts(wire: dict[str, object], place: str) -> list[Part]:
    """What the assistant thought, from the place that says the most."""
    if not (wire.keys() & _THINKING):
        return []
    blocks = array_at(wire.get("thinking_blocks"), f"{place}.thinking_blocks")
    if blocks:
        return [_block(one, f"{place}.thinking_blocks[{index}]") for index, one in enumerate(blocks)]
    text = reply.thought(wire)
    if signature := loose_json.text(wire.get("reasoning_signature")):  # agentgateway's name for it
        return [_thought(text, signature)]
    signed = reply.signatures(wire)
    shown = next((one for one, is_hidden in signed if not is_hidden), "")
    parts: list[Part] = []
    if text or shown:
        parts.append(Thinking(text=text, signature=shown, origin=DIALECT if shown else ""))
    parts += [Thinking(signature=one, origin=DIALECT, is_redacted=True) for one, hidden in signed if hidden]
    return parts


def _block(value: object, place: str) -> Thinking:
    block = object_at(value, place)
    hidden = text_at(block.get("data"), f"{place}.data")
    if hidden:
        origin, signature = signatures.unwrap(hidden, SIGNERS)
        return Thinking(signature=signature, origin=origin, is_redacted=True)
    return _thought(reply.thinking_text(block), text_at(block.get("signature"), f"{place}.signature"))


def _thought(text: str, signature: str) -> Thinking:
    origin, bare = signatures.unwrap(signature, SIGNERS)
    return Thinking(text=text, signature=bare, origin=origin)


def _cited(parts: list[Part], notes: msgspec.Raw) -> list[Part]:
    """The parts with the annotations of the turn on its last text."""
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index]
        if isinstance(part, Text):
            cited = msgspec.structs.replace(part, citations=notes)
            return [*parts[:index], cited, *parts[index + 1 :]]
    return parts

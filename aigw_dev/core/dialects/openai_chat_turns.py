"""The turns of a conversation as an OpenAI-compatible provider takes them.

Decisions, each the form that the most servers read:
* Leading system and developer messages become one: many chat templates accept a single one, at the start.
* Content that is only text is a string. Blocks of what a person or a system says are joined by a blank line; those of an
  assistant by nothing, because they are pieces of one answer.
* Tool messages follow their call at once, before anything else that the caller put between them.
* A tool message holds text only. Its pictures and files follow in a user message after all results of the turn.
* A failed tool's result begins with `[error] `: the protocol has no field for it, and JSON around it would change what
  the tool said.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.custom_tools import call_as_function
from aigw_dev.core.chat.tool_names import wire_name
from aigw_dev.core.chat.vocabulary import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.dialects.openai_chat_media import audio_format, url_of
from aigw_dev.core.dialects.openai_chat_reply import DIALECT
from aigw_dev.core.ledger import Ledger

ERROR_MARK: Final = "[error] "
_BLANK_LINE: Final = "\n\n"
_SYSTEM: Final = frozenset({"system", "developer"})
_OPENAI_FILE: Final = "file-"
_FETCHED: Final = ("http://", "https://")


def write_messages(messages: Sequence[Message], traits: Traits, ledger: Ledger) -> list[dict[str, Any]]:
    """The `messages` of the request."""
    return _Turns(traits, ledger).write(messages)


class _Turns:
    def __init__(self, traits: Traits, ledger: Ledger) -> None:
        self._traits = traits
        self._ledger = ledger

    def write(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        leading = 0
        while leading < len(messages) and messages[leading].role in _SYSTEM and not messages[leading].name:
            leading += 1
        written: list[dict[str, Any]] = []
        if leading:
            parts = tuple(part for message in messages[:leading] for part in message.parts)
            written.append(self._plain(messages[0], parts, "messages[0]"))
        waiting = deque(list(enumerate(messages))[leading:])
        while waiting:
            number, message = waiting.popleft()
            if message.role != "assistant":
                written += self._other(message, f"messages[{number}]")
                continue
            written.append(self._assistant(message, f"messages[{number}]"))
            calls = {part.id for part in message.parts if isinstance(part, ToolCall)}
            if calls:
                written += self._results(_answers(waiting, calls))
        return written

    def _other(self, message: Message, place: str) -> list[dict[str, Any]]:
        """A message of anybody but the assistant; results without their call stand where they stood."""
        results = [(place, part) for part in message.parts if isinstance(part, ToolResult)]
        rest = tuple(part for part in message.parts if not isinstance(part, ToolResult))
        written = self._results(results)
        if rest or not results:
            written.append(self._plain(message, rest, place))
        return written

    def _plain(self, message: Message, parts: tuple[Part, ...], place: str) -> dict[str, Any]:
        """A system's, developer's or user's message."""
        role = "user" if message.role in {"tool", "assistant"} else message.role
        if role == "developer" and "developer" not in self._traits.takes:
            role = "system"  # OpenAI's reasoning models read `system` as `developer`
        wire: dict[str, Any] = {"role": role, "content": self._content(parts, place, between=_BLANK_LINE)}
        if message.name:
            wire["name"] = message.name
        return wire

    def _assistant(self, message: Message, place: str) -> dict[str, Any]:
        if len(message.parts) == 1 and isinstance(message.parts[0], Text) and not message.name:
            return {"role": "assistant", "content": self._content(message.parts, place, between="")}
        said = tuple(part for part in message.parts if isinstance(part, Text | Opaque))
        calls = [part for part in message.parts if isinstance(part, ToolCall)]
        wire: dict[str, Any] = {"role": "assistant", "content": self._content(said, place, between="")}
        if not said and calls:
            wire["content"] = None
        if message.name:
            wire["name"] = message.name
        refusals = [part.text for part in message.parts if isinstance(part, Refusal)]
        if refusals:
            wire["refusal"] = "".join(refusals)
        self._say(message, wire, place)
        self._think(message, wire, place)
        if calls:
            wire["tool_calls"] = [self._call(call, place) for call in calls]
            order = [
                isinstance(part, ToolCall) for part in message.parts if isinstance(part, Text | ToolCall)
            ]
            if order != sorted(order):
                self._ledger.approximated(f"{place}.content", "text after a tool call now stands before it")
        return wire

    def _say(self, message: Message, wire: dict[str, Any], place: str) -> None:
        """What an assistant said aloud or showed: an id where the provider has it, else the transcript."""
        for part in message.parts:
            if isinstance(part, Audio) and part.id and not part.transcript:
                wire["audio"] = {"id": part.id}
            elif isinstance(part, Audio) and part.transcript:
                self._ledger.approximated(f"{place}.audio", "the transcript stands for the sound")
                wire["content"] = (wire["content"] or "") + part.transcript
            elif isinstance(part, Image | Document | Audio):
                kind = type(part).__name__.lower()
                self._ledger.dropped(f"{place}.{kind}", "an assistant's turn can only hold text here")

    def _think(self, message: Message, wire: dict[str, Any], place: str) -> None:
        thoughts = [part for part in message.parts if isinstance(part, Thinking)]
        if not thoughts:
            return
        if not self._traits.echoes_reasoning:
            self._ledger.dropped(f"{place}.thinking", "the provider takes no thoughts of earlier turns")
            return
        text = _BLANK_LINE.join(part.text for part in thoughts if part.text)
        if text:
            wire["reasoning_content"] = text
        details: list[dict[str, object]] = []
        blocks: list[dict[str, str]] = []
        for part in thoughts:
            if not part.signature:
                continue
            if part.origin != DIALECT:
                self._ledger.dropped(
                    f"{place}.thinking.signature", f"it belongs to {part.origin or 'nobody'}"
                )
                continue
            detail = loose_json.load(part.signature.encode("utf-8", "replace"))
            if loose_json.is_object(detail):  # OpenRouter's, kept whole
                details.append(detail if part.is_redacted else detail | {"text": part.text})
            elif part.is_redacted:
                blocks.append({"type": "redacted_thinking", "data": part.signature})
            else:
                blocks.append({"type": "thinking", "thinking": part.text, "signature": part.signature})
        wire |= {"reasoning_details": details} if details else {}
        wire |= {"thinking_blocks": blocks} if blocks else {}

    def _call(self, call: ToolCall, place: str) -> dict[str, Any]:
        self._drop_cache(call.cache)
        wire: dict[str, Any] = {"id": call.id}
        name = wire_name(call.name)
        if call.kind == "custom" and "custom_tools" in self._traits.takes:
            wire |= {"type": "custom", "custom": {"name": name, "input": call.arguments}}
        else:
            arguments = call_as_function(call).arguments
            wire |= {"type": "function", "function": {"name": name, "arguments": arguments}}
        if call.signature and "thought_signature" in self._traits.takes:
            wire["extra_content"] = {"google": {"thought_signature": call.signature}}
        elif call.signature:
            self._ledger.dropped(f"{place}.tool_calls.signature", "it belongs to another provider")
        return wire

    def _results(self, results: Sequence[tuple[str, ToolResult]]) -> list[dict[str, Any]]:
        """Tool messages, then what they cannot hold."""
        written: list[dict[str, Any]] = []
        moved: list[Part] = []
        for place, result in results:
            self._drop_cache(result.cache)
            texts: list[str] = []
            for part in result.parts:
                if isinstance(part, Text):
                    self._drop_cache(part.cache)
                    texts.append(part.text)
                elif isinstance(part, Document) and (text := _document_text(part)):
                    texts.append(text)
                elif isinstance(part, Opaque):
                    self._drop_opaque(part, place)
                else:
                    kind = type(part).__name__.lower()
                    texts.append(f"[{kind} of this result: see the next user message]")
                    moved += (Text(text=f"[{kind} from the result of tool call {result.call_id}]"), part)
                    self._ledger.approximated(
                        f"{place}.content", "pictures and files of tool results moved to a user message"
                    )
            content = _BLANK_LINE.join(texts)
            if result.is_error:
                content = ERROR_MARK + content
                self._ledger.approximated(f"{place}.is_error", f"the result begins with {ERROR_MARK.strip()}")
            written.append({"role": "tool", "tool_call_id": result.call_id, "content": content})
        if moved:
            place = results[0][0]
            written.append(
                {"role": "user", "content": self._content(tuple(moved), place, between=_BLANK_LINE)}
            )
        return written

    def _content(self, parts: tuple[Part, ...], place: str, *, between: str) -> str | list[dict[str, Any]]:
        """A string where everything is text, else a list of parts."""
        if len(parts) == 1 and isinstance(only := parts[0], Text) and only.cache is None:
            return only.text  # the usual message
        keeps_marks = "cache_control" in self._traits.takes
        is_marked = keeps_marks and any(isinstance(part, Text) and part.cache is not None for part in parts)
        written = [
            wire
            for index, part in enumerate(parts)
            if (wire := self._part(part, f"{place}.content[{index}]")) is not None
        ]
        if is_marked or any(wire.get("type") != "text" for wire in written):
            return written
        return between.join(wire["text"] for wire in written)

    def _part(self, part: Part, place: str) -> dict[str, Any] | None:
        """One part of a content list; None for what cannot be said."""
        match part:
            case Text():
                return self._marked({"type": "text", "text": part.text}, part)
            case Image():
                return self._image(part, place)
            case Document():
                return self._document(part, place)
            case Audio():
                return self._audio(part, place)
            case Opaque():
                self._drop_opaque(part, place)
                return (
                    loose_json.mapping(loose_json.load(bytes(part.raw))) if part.dialect == DIALECT else None
                )
            case Thinking() | Refusal():
                self._ledger.dropped(
                    place, f"only an assistant's turn can hold {type(part).__name__.lower()}"
                )
                return None
            case ToolCall() | ToolResult():
                self._ledger.dropped(place, "a tool's call or result cannot stand in a message of this role")
                return None

    def _image(self, part: Image, place: str) -> dict[str, Any] | None:
        url = url_of(part)
        if not url or not (part.source.data or url.startswith(_FETCHED)):
            self._ledger.dropped(place, "the provider takes pictures as data or as an http address")
            return None
        image: dict[str, Any] = {"url": url}
        if part.detail:
            image["detail"] = part.detail
        return self._marked({"type": "image_url", "image_url": image}, part)

    def _document(self, part: Document, place: str) -> dict[str, Any] | None:
        if part.has_citations:
            self._ledger.dropped(f"{place}.citations", "chat completions do not cite documents")
        if text := _document_text(part):
            self._ledger.approximated(place, "a text with the document's name and words stands for it")
            return self._marked({"type": "text", "text": text}, part)
        if part.context:
            self._ledger.dropped(f"{place}.context", "a file has no place for a context")
        source = part.source
        if source.data:
            if not part.name:
                self._ledger.invented(f"{place}.filename", "a file that is sent as data needs a name")
            name = part.name or "document.pdf"
            return self._marked({"type": "file", "file": {"filename": name, "file_data": url_of(part)}}, part)
        if source.file_id.startswith(_OPENAI_FILE):
            return self._marked({"type": "file", "file": {"file_id": source.file_id}}, part)
        if source.url:
            self._ledger.approximated(place, "a text with its address stands for the document")
            return {"type": "text", "text": f"[document {part.name}: {source.url}]"}
        self._ledger.dropped(place, "the file is known to another provider only")
        return None

    def _audio(self, part: Audio, place: str) -> dict[str, Any] | None:
        if not part.source.data:
            self._ledger.dropped(place, "the provider takes sounds as data only")
            return None
        return {
            "type": "input_audio",
            "input_audio": {"data": part.source.data, "format": audio_format(part)},
        }

    def _marked(self, wire: dict[str, Any], part: Text | Image | Document) -> dict[str, Any]:
        """The part with its cache mark, where the provider takes marks."""
        if part.cache is None or "cache_control" not in self._traits.takes:
            self._drop_cache(part.cache)
            return wire
        mark = {"type": "ephemeral"} | ({"ttl": part.cache.ttl} if part.cache.ttl else {})
        return wire | {"cache_control": mark}

    def _drop_cache(self, cache: object) -> None:
        if cache is not None and "cache_control" not in self._traits.takes:
            self._ledger.dropped("cache_control", "the provider caches on its own and takes no marks")

    def _drop_opaque(self, part: Opaque, place: str) -> None:
        if part.dialect != DIALECT:
            self._ledger.dropped(place, f"{part.type} exists in {part.dialect} only")


def _answers(waiting: deque[tuple[int, Message]], calls: set[str]) -> list[tuple[str, ToolResult]]:
    """The results of these calls before the assistant's next turn, taken out of the messages that wait."""
    found: list[tuple[str, ToolResult]] = []
    rest: list[tuple[int, Message]] = []
    while waiting and waiting[0][1].role != "assistant":
        number, message = waiting.popleft()
        others: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolResult) and part.call_id in calls:
                found.append((f"messages[{number}]", part))
            else:
                others.append(part)
        if others or not message.parts:
            rest.append((number, msgspec.structs.replace(message, parts=tuple(others))))
    waiting.extendleft(reversed(rest))
    return found


def _document_text(part: Document) -> str:
    """A text document as text, which every server reads: its name, its context, its words; empty for another."""
    if not part.text:
        return ""
    return "\n".join(filter(None, (part.name, part.context, part.text)))

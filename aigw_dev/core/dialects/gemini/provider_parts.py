"""Neutral messages, written as Gemini's contents.

Turns of one role become one content. Inside a user's content the function responses come first, in the order of their
calls, so that they stand right behind the turn that called (peers, bug class 7); their name comes from the call (fact 37).
"""

from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import (
    NULL,
    Audio,
    Cache,
    ChatRequest,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    named_results,
)
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.dialects.gemini import parts, wire
from aigw_dev.core.dialects.gemini.wire import DIALECT
from aigw_dev.core.errors import Refusal as Refused
from aigw_dev.core.ledger import Ledger

NO_SIGNATURE: Final = "skip_thought_signature_validator"
"""What Google documents for calls that no Gemini model made (ai.google.dev/gemini-api/docs/thought-signatures, FAQ)."""
_RESOLUTIONS: Final = {"low": "MEDIA_RESOLUTION_LOW", "high": "MEDIA_RESOLUTION_HIGH"}
_Written = dict[str, object]


class Contents:
    """Writes the messages of one request; `refusal` says what cannot be written at all."""

    def __init__(self, request: ChatRequest, traits: Traits, ledger: Ledger) -> None:
        self.system: list[_Written] = []
        """Parts of the system instruction."""
        self.contents: list[_Written] = []
        self.refusal: Refused | None = None
        self._names = named_results(request.messages)
        self._is_own = request.dialect == DIALECT
        self._is_new = (
            traits.has_thinking_level
        )  # Gemini 3: parts in responses, resolution per part, signatures
        self._ledger = ledger
        self._roles: list[str] = []
        self._turns: list[list[_Written]] = []
        for number, message in enumerate(request.messages):
            self._take(message, f"messages[{number}]")
        self._finish()

    def _take(self, message: Message, place: str) -> None:
        if message.name:
            self._ledger.dropped(f"{place}.name", "Gemini knows no speakers within a role")
        written: list[_Written] = []
        is_empty = True
        for number, part in enumerate(message.parts):
            where = f"{place}.content[{number}]"
            is_empty = is_empty and isinstance(part, Text)
            written += self._part(part, where)
        if not written and not is_empty:
            return
        if message.role in {"system", "developer"} and not self._turns:
            self.system += written
            return
        if message.role in {"system", "developer"}:
            self._ledger.approximated(f"{place}.role", "a system message inside the talk stands as a user's")
        role = "model" if message.role == "assistant" else "user"
        if not self._roles or self._roles[-1] != role:
            self._roles.append(role)
            self._turns.append([])
        self._turns[-1] += written

    def _finish(self) -> None:
        if not self._turns:
            self._ledger.invented(
                "messages", "an empty user turn: Gemini wants one beside the system instruction"
            )
            self._roles, self._turns = ["user"], [[]]
        calls: list[str] = []
        for number, (role, turn) in enumerate(zip(self._roles, self._turns, strict=True)):
            if role == "model":
                calls = [_id(part, "functionCall") for part in turn if "functionCall" in part]
                self._sign(turn, number)
            ordered = turn if role == "model" else _results_first(turn, calls)
            # An empty turn was said too: recordings show Gemini taking the empty text.
            self.contents.append({"role": role, "parts": ordered or [{"text": ""}]})

    def _sign(self, turn: list[_Written], number: int) -> None:
        """Gemini 3 answers 400 to a turn whose first call has no signature; parallel ones need none."""
        if self._is_own or not self._is_new:
            return
        first = next((part for part in turn if "functionCall" in part), None)
        if first is not None and "thoughtSignature" not in first:
            first["thoughtSignature"] = NO_SIGNATURE
            self._ledger.invented(f"contents[{number}].thoughtSignature", "the call is not Gemini's own")

    def _part(self, part: Part, place: str) -> list[_Written]:
        match part:
            case Text():
                self._uncached(part.cache, place)
                if len(part.citations) != len(NULL):
                    self._ledger.dropped(f"{place}.citations", "Gemini takes none")
                return [{"text": part.text}] if part.text else []
            case Thinking():
                return self._thinking(part, place)
            case ToolCall():
                return [self._call(part, place)]
            case ToolResult():
                return self._result(part, place)
            case Refusal():
                self._ledger.approximated(place, "a refusal stands as text")
                return [{"text": part.text}] if part.text else []
            case Opaque():
                return self._opaque(part, place)
            case _:
                return self._media(part, place)

    def _thinking(self, part: Thinking, place: str) -> list[_Written]:
        if part.origin in {"", DIALECT}:
            return [parts.write_thinking(part)]
        self._ledger.dropped(f"{place}.signature", f"it belongs to {part.origin}, Gemini cannot check it")
        return [{"text": part.text, "thought": True}] if part.text else []

    def _call(self, part: ToolCall, place: str) -> _Written:
        self._uncached(part.cache, place)
        arguments = wire.object_text(part.arguments)
        if part.kind == "custom":
            self._ledger.approximated(place, "the text of a custom tool stands in the argument `input`")
            arguments = wire.encode({"input": part.arguments})
        elif arguments is None:
            if part.arguments.strip():
                self._ledger.approximated(f"{place}.arguments", "no JSON object: sent as {}")
            arguments = wire.EMPTY
        call: _Written = {"name": part.name, "args": arguments}
        if part.id:
            call["id"] = part.id
        written: _Written = {"functionCall": call}
        if part.signature:
            written["thoughtSignature"] = part.signature
        return written

    def _result(self, part: ToolResult, place: str) -> list[_Written]:
        self._uncached(part.cache, place)
        name = part.name or self._names.get(part.call_id, "")
        if not name:
            self.refusal = self.refusal or Refused(
                code="invalid_request",
                message=f"{place} answers the call {part.call_id[:80]!r}, which no earlier message makes; "
                "send the assistant's message with that call before it",
                param=place,
            )
        words: list[str] = []
        media: list[_Written] = []
        for number, one in enumerate(part.parts):
            where = f"{place}.content[{number}]"
            if isinstance(one, Text):
                self._uncached(one.cache, where)
                words.append(one.text)
            else:
                media += self._part(one, where)
        response: _Written = {"name": name, "response": _response("\n".join(words), is_error=part.is_error)}
        if part.call_id:
            response["id"] = part.call_id
        if media and self._is_new:
            response["parts"] = media
            return [{"functionResponse": response}]
        if media:
            self._ledger.approximated(
                place, "media of a tool's result stand behind it: this model takes them nowhere else"
            )
        return [{"functionResponse": response}, *media]

    def _opaque(self, part: Opaque, place: str) -> list[_Written]:
        if part.dialect == DIALECT:
            return [dict(wire.fields(part.raw))]
        self._ledger.dropped(place, f"{part.type} belongs to {part.dialect}")
        return []

    def _media(self, part: Image | Document | Audio, place: str) -> list[_Written]:
        source, default = part.source, "image/png"
        if isinstance(part, Document):
            self._document(part, place)
            if part.text:
                return [{"text": part.text}]
            default = "application/pdf"
        elif isinstance(part, Audio):
            source, default = _with_type(source, parts.audio_type(part)), "audio/wav"
            if not (source.data or source.url) and part.transcript:
                self._ledger.approximated(place, "an earlier spoken answer stands as its transcript")
                return [{"text": part.transcript}]
        if not isinstance(part, Audio):
            self._uncached(part.cache, place)
        if source.file_id and not parts.is_gemini_file(source.file_id):
            self._ledger.dropped(place, "the file is at another provider")
            return []
        written = parts.write_media(source, default)
        if written is None:
            self._ledger.dropped(place, "it holds neither data nor an address")
            return []
        if source.url and not self._is_own:
            self._ledger.approximated(place, "Gemini fetches the address itself (not the 2.0 models)")
        if isinstance(part, Image) and part.detail not in {"", "auto"}:
            self._detail(part, written, place)
        return [written]

    def _detail(self, part: Image, written: _Written, place: str) -> None:
        level = _RESOLUTIONS.get(part.detail)
        if self._is_new and level is not None:
            written["mediaResolution"] = {"level": level}
            return
        self._ledger.dropped(f"{place}.detail", "this model takes no resolution per part")

    def _document(self, part: Document, place: str) -> None:
        if part.name:
            self._ledger.dropped(f"{place}.filename", "Gemini takes no names of files")
        if part.context:
            self._ledger.dropped(f"{place}.context", "Gemini has no place for it")
        if part.has_citations:
            self._ledger.dropped(f"{place}.citations", "Gemini cites no documents")

    def _uncached(self, cache: Cache | None, place: str) -> None:
        if cache is not None:
            self._ledger.dropped(f"{place}.cache_control", "Gemini caches prefixes by itself")


def _response(words: str, *, is_error: bool) -> msgspec.Raw:
    """What a function answered as the object that Gemini wants; numbers inside text keep their spelling."""
    if is_error:
        return wire.encode({"error": _structured(words)})
    whole = wire.object_text(words)
    return whole if whole is not None else wire.encode({"result": _structured(words)})


def _structured(words: str) -> msgspec.Raw | str:
    """A list or an object as itself, everything else as text."""
    whole = wire.object_text(words)
    if whole is not None:
        return whole
    wrapped = wire.object_text(f'{{"list":{words}}}') if words.lstrip()[:1] == "[" else None
    found = wire.plain_fields(wrapped) if wrapped is not None else {}
    return found["list"] if set(found) == {"list"} and wire.is_list(found["list"]) else words


def _results_first(turn: list[_Written], calls: list[str]) -> list[_Written]:
    results = [part for part in turn if "functionResponse" in part]
    if len(results) > 1:
        order = {call: number for number, call in enumerate(calls)}
        results.sort(key=lambda part: order.get(_id(part, "functionResponse"), len(order)))
    return results + [part for part in turn if "functionResponse" not in part]


def _id(part: _Written, key: str) -> str:
    inner = part[key]
    found: object = inner.get("id", "") if isinstance(inner, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - we wrote it
    return found if isinstance(found, str) else ""


def _with_type(source: Media, kind: str) -> Media:
    return msgspec.structs.replace(source, media_type=kind)

"""A Gemini caller's conversation, read into neutral messages.

Calls without an id get one made from their place, which stays the same while the conversation grows; a response without
one answers the first open call of its name (wire-formats, facts 36 and 37).
"""

import hashlib
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    Part,
    Role,
    Text,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.gemini import parts, wire
from aigw_dev.core.dialects.gemini.wire import Fields

_ROLES: Final[dict[str, Role]] = {
    "": "user",
    "user": "user",
    "function": "user",
    "tool": "user",
    "model": "assistant",
    "assistant": "assistant",
    "system": "system",
}
_RESPONSE_KEYS: Final = ("output", "result")
"""Under which a response that is no object stands (ai.google.dev/api/caching#FunctionResponse: `output`, `error`)."""


_MEDIA: Final = ("inlineData", "fileData")
_CONTENT_KEYS: Final = frozenset({"role", "parts"})


class MalformedError(Exception):
    """Something in a caller's request is not as the dialect wants it; becomes a refusal at the codec's door."""

    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param = param
        self.message = message


class _Content(msgspec.Struct, forbid_unknown_fields=True):
    """A content of the usual form."""

    parts: list[Fields]
    role: str = ""


_PLAIN: Final = msgspec.json.Decoder(list[_Content])
_PLAIN_KEYS: Final = frozenset({"text", "functionCall", "functionResponse", "thought", "thoughtSignature"})
"""Of parts that hold no media; as they are usually spelled."""


def _is_plain(part: Fields) -> bool:
    return bool(part) and part.keys() <= _PLAIN_KEYS and not any(map(wire.is_null, part.values()))


class Conversation:
    """Reads contents one after the other."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.extras: Fields = {}
        """Fields without a word, by dotted name."""
        # Calls not answered yet: names by id, and the ids of each name in the order called.
        self._open: dict[str, str] = {}
        self._of_name: dict[str, dict[str, None]] = {}

    def take_system(self, raw: msgspec.Raw) -> None:
        """The system instruction: a content, or a bare text."""
        if wire.is_string(raw):
            self.messages.append(Message(role="system", parts=(Text(text=wire.text(raw)),)))
            return
        content = _object(raw, "systemInstruction")
        found = tuple(
            Text(text=wire.text(part.get("text")))
            for place, _, part in self._parts(content, "systemInstruction")
            if self._is_text(part, place)
        )
        if found:
            self.messages.append(Message(role="system", parts=found))

    def take(self, raw: msgspec.Raw, place: str) -> None:
        """One content."""
        content = _object(raw, place)
        role = _ROLES.get(wire.text(content.get("role")).lower())
        if role is None or ("role" in content and not wire.is_string(content["role"])):
            raise MalformedError(f"{place}.role", "the role must be user or model")
        self._take(role, self._parts(content, place))

    def take_all(self, raw: msgspec.Raw) -> bool:
        """Every content, where all are of the usual form, which is read at once; False where one is not."""
        try:
            contents = _PLAIN.decode(raw)
        except ValueError:
            return False
        if not all(one.role in _ROLES and all(map(_is_plain, one.parts)) for one in contents):
            return False
        for number, content in enumerate(contents):
            place = f"contents[{number}]"
            found = [
                (f"{place}.parts[{index}]", wire.EMPTY, part) for index, part in enumerate(content.parts)
            ]
            self._take(_ROLES[content.role], found)
        return True

    def _take(self, role: Role, found: list[tuple[str, msgspec.Raw, Fields]]) -> None:
        run: list[Part] = []
        is_results = False
        for where, raw_part, part in found:
            read = self._read(part, raw_part, where)
            if not (part.keys() <= parts.KNOWN or isinstance(read[0], Opaque)):
                self.extras |= wire.rest(part, parts.KNOWN, f"{where}.")
            if run and is_results != isinstance(read[0], ToolResult):
                self._say(role, run, is_results=is_results)
                run = []
            is_results = isinstance(read[0], ToolResult)
            run += read
        self._say(role, run, is_results=is_results)

    def _say(self, role: Role, run: list[Part], *, is_results: bool) -> None:
        self.messages.append(Message(role="tool" if is_results else role, parts=tuple(run)))

    def _parts(self, content: Fields, place: str) -> list[tuple[str, msgspec.Raw, Fields]]:
        if not content.keys() <= _CONTENT_KEYS:
            self.extras |= wire.rest(content, _CONTENT_KEYS, f"{place}.")
        found: list[tuple[str, msgspec.Raw, Fields]] = []
        for number, raw in enumerate(wire.items(content.get("parts"))):
            where = f"{place}.parts[{number}]"
            found.append((where, raw, _object(raw, where)))
        return found

    def _is_text(self, part: Fields, place: str) -> bool:
        self.extras |= wire.rest(part, frozenset({"text"}), f"{place}.")
        return "text" in part

    def _read(self, part: Fields, raw: msgspec.Raw, place: str) -> list[Part]:
        if len(part) == 1 and wire.is_string(part.get("text")):
            return [Text(text=wire.text(part["text"]))]  # the usual part
        if "functionCall" in part:
            return [self._call(part, place)]
        if "functionResponse" in part:
            return [self._response(part, place)]
        if "text" in part or set(part) <= {"thought", "thoughtSignature"}:
            if "text" in part and not wire.is_string(part["text"]):
                raise MalformedError(f"{place}.text", "the text must be a string")
            thinking = parts.read_text_thinking(part, parts.read_signature(part))
            is_thought = wire.truth(part.get("thought")) is True
            words = "" if is_thought else wire.text(part.get("text"))
            read: list[Part] = [Text(text=words)] if words or thinking is None else []
            return [*read, thinking] if thinking is not None else read
        for name in _MEDIA:
            if name in part:
                _object(part[name], f"{place}.{name}")
        return [parts.read_media(part, raw)]

    def _call(self, part: Fields, place: str) -> ToolCall:
        call = _object(part["functionCall"], f"{place}.functionCall")
        name = wire.text(call.get("name"))
        if not name:
            raise MalformedError(f"{place}.functionCall.name", "the call must name its function")
        arguments = call.get("args", wire.EMPTY)
        if not wire.is_object(arguments):
            raise MalformedError(f"{place}.functionCall.args", "the arguments must be an object")
        call_id = wire.text(call.get("id")) or made_id(f"{place}/{name}")
        self.extras |= wire.rest(call, frozenset({"id", "name", "args"}), f"{place}.functionCall.")
        self._open[call_id] = name
        self._of_name.setdefault(name, {})[call_id] = None
        origin, signature = parts.read_signature(part)
        return ToolCall(
            id=call_id,
            name=name,
            arguments=wire.json_text(arguments),
            signature=signature if origin == wire.DIALECT else "",
        )

    def _response(self, part: Fields, place: str) -> ToolResult:
        response = _object(part["functionResponse"], f"{place}.functionResponse")
        name, call_id = wire.text(response.get("name")), wire.text(response.get("id"))
        answered = call_id or next(iter(self._of_name.get(name, ())), "")
        called = self._open.pop(answered, None)
        if called is not None:
            del self._of_name[called][answered]
            call_id, name = answered, name or called
        if not name:
            raise MalformedError(
                f"{place}.functionResponse.name", "the response must name the function it answers"
            )
        said = response.get("response", wire.EMPTY)
        if not wire.is_object(said):
            raise MalformedError(f"{place}.functionResponse.response", "the response must be an object")
        words, is_error = _answer(said)
        found: list[Text | Image | Document | Audio | Opaque] = [Text(text=words)]
        for number, raw in enumerate(wire.items(response.get("parts"))):
            where = f"{place}.functionResponse.parts[{number}]"
            media = parts.read_media(_object(raw, where), raw)
            if isinstance(media, Image | Document | Audio | Opaque):
                found.append(media)
        known_keys = frozenset({"id", "name", "response", "parts"})
        self.extras |= wire.rest(response, known_keys, f"{place}.functionResponse.")
        return ToolResult(
            call_id=call_id or made_id(f"{place}/{name}"), name=name, parts=tuple(found), is_error=is_error
        )


def made_id(seed: str) -> str:
    """A call's id where the wire has none: the same for the same seed."""
    return "call_" + hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24]


def _answer(said: msgspec.Raw) -> tuple[str, bool]:
    """What a function answered, as text, and whether it is an error."""
    fields = wire.plain_fields(said)
    if len(fields) == 1:
        key, value = next(iter(fields.items()))
        if key == "error" or key in _RESPONSE_KEYS:
            return (wire.text(value) if wire.is_string(value) else wire.json_text(value)), key == "error"
    return wire.json_text(said), False


def _object(raw: msgspec.Raw, place: str) -> Fields:
    if not wire.is_object(raw):
        kind = type(loose_json.load(bytes(raw))).__name__
        said = {"list": "a list", "str": "a string", "bool": "a boolean", "NoneType": "null"}.get(
            kind, "a number"
        )
        raise MalformedError(place, f"this must be an object, the request has {said}")
    return wire.fields(raw)

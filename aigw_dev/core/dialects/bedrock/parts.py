"""The parts of a message as Converse's content blocks: one function per kind."""

import hashlib
import re
from typing import Final, assert_never

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import (
    NULL,
    Audio,
    Cache,
    Document,
    Image,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.chat.vocabulary import Refusal as Declined
from aigw_dev.core.dialects.bedrock import media, wire
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger

Block = dict[str, object]
CACHE_FIELD: Final = "cache_control"
"""What callers call the mark at the end of what is cached."""

_CALL_ID: Final = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_NOT_IN_IDS: Final = re.compile(r"[^a-zA-Z0-9_.:-]")
TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_NOT_IN_TOOL_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]")
_READABLE_CHARS: Final = 40
_DIGEST_CHARS: Final = 16


class PartWriter:
    """Writes the parts of one request."""

    def __init__(self, ledger: Ledger, *, is_cached: bool, echoes_reasoning: bool) -> None:
        """`is_cached`: the model takes cache points; `echoes_reasoning`: it wants its unsigned thinking back."""
        self._ledger = ledger
        self._names = media.Names(ledger)
        self._is_cached = is_cached
        self._echoes_reasoning = echoes_reasoning

    def write(self, part: Part, where: str) -> list[Block] | Refusal:
        """The blocks of one part; none where it is left out, which the ledger then says."""
        match part:
            case Text():
                return self._text(part, where)
            case Image():
                return self._cached(media.write_image(part, where, self._ledger), part.cache, where)
            case Document():
                block = media.write_document(part, where, self._names, self._ledger)
                return self._cached(block, part.cache, where)
            case Audio():
                return self._audio(part, where)
            case Thinking():
                return self._thinking(part, where)
            case ToolCall():
                return self._tool_call(part, where)
            case ToolResult():
                return self._tool_result(part, where)
            case Declined():
                self._ledger.approximated(f"{where}.refusal", "stands as text")
                return _said(part.text)
            case Opaque():
                self._ledger.dropped(f"{where}.{part.type}", f"only {part.dialect} has a word for it")
                return []
            case _:
                assert_never(part)

    def cache(self, cache: Cache | None, where: str) -> list[Block]:
        """The cache point that stands behind what is marked."""
        if cache is None:
            return []
        field = f"{where}.{CACHE_FIELD}"
        if not self._is_cached:
            self._ledger.dropped(field, "the model takes no cache points")
            return []
        if cache.ttl not in {"", "5m", "1h"}:
            self._ledger.approximated(f"{field}.ttl", "the provider caches for 5m or 1h: the usual 5m")
        self._ledger.keep(CACHE_FIELD)
        return [media.cache_point(cache.ttl)]

    def _cached(self, block: Block | Refusal, cache: Cache | None, where: str) -> list[Block] | Refusal:
        return block if isinstance(block, Refusal) else [block, *self.cache(cache, where)]

    def _text(self, part: Text, where: str) -> list[Block]:
        if part.citations != NULL:
            self._ledger.dropped(f"{where}.citations", "citations of another dialect mean nothing here")
        if part.text and not part.text.strip():
            self._ledger.dropped(where, "the provider refuses text of white space only")
        said = _said(part.text)
        return [*said, *self.cache(part.cache, where)] if said else []

    def _audio(self, part: Audio, where: str) -> list[Block] | Refusal:
        if part.transcript and (part.id or not part.source.data):
            self._ledger.approximated(f"{where}.audio", "an earlier spoken answer stands as its transcript")
            return _said(part.transcript)
        block = media.write_audio(part, where)
        return block if isinstance(block, Refusal) else [block]

    def _thinking(self, part: Thinking, where: str) -> list[Block]:
        is_own = part.origin == wire.DIALECT
        if part.is_redacted:
            if is_own and part.signature:
                return [{"reasoningContent": {"redactedContent": part.signature}}]
            self._ledger.dropped(where, "redacted thinking of another provider cannot be read here")
            return []
        if is_own and part.signature:
            text: Block = {"text": part.text, "signature": part.signature}
            return [{"reasoningContent": {"reasoningText": text}}]
        if part.signature:
            self._ledger.dropped(f"{where}.signature", f"it is {part.origin or 'another dialect'}'s own")
        if self._echoes_reasoning and part.text:
            return [{"reasoningContent": {"reasoningText": {"text": part.text}}}]
        if part.text:
            self._ledger.dropped(
                f"{where}.thinking", "the provider takes earlier thinking with its own signature only"
            )
        return []

    def _tool_call(self, part: ToolCall, where: str) -> list[Block]:
        if part.signature:
            self._ledger.dropped(
                f"{where}.signature", "the provider has no place for a tool call's signature"
            )
        call: Block = {
            "toolUseId": self.call_id(part.id, where),
            "name": self._name(part.name, where),
            "input": self._input(part, where),
        }
        return [{"toolUse": call}, *self.cache(part.cache, where)]

    def _input(self, part: ToolCall, where: str) -> msgspec.Raw:
        text = part.arguments.strip() or "{}"
        if part.kind == "function" and loose_json.is_object(loose_json.load(text.encode("utf-8", "replace"))):
            return msgspec.Raw(text.encode("utf-8", "replace"))
        why = "a tool's plain text" if part.kind == "custom" else "no JSON object"
        self._ledger.approximated(f"{where}.arguments", f'{why}: stands as {{"input": ...}}')
        return msgspec.Raw(msgspec.json.encode({"input": loose_json.text(part.arguments)}))

    def _tool_result(self, part: ToolResult, where: str) -> list[Block] | Refusal:
        content: list[Block] = []
        cache = part.cache
        for index, inner in enumerate(part.parts):
            place = f"{where}.content[{index}]"
            if isinstance(inner, Text):  # also an empty one: that a tool said nothing is an answer
                content.append({"text": loose_json.text(inner.text)})
                cache = cache or inner.cache
                continue
            if isinstance(inner, Audio):
                message = (
                    f"{place}: the provider takes no sound in a tool's result; send its transcript as text"
                )
                return Refusal(code="invalid_request", message=message, param=place)
            written = self.write(inner, place)
            if isinstance(written, Refusal):
                return written
            content += [block for block in written if "cachePoint" not in block]
            cache = cache or (None if isinstance(inner, Opaque) else inner.cache)
        result: Block = {"toolUseId": self.call_id(part.call_id, where), "content": content}
        if part.is_error:
            result["status"] = "error"
        return [{"toolResult": result}, *self.cache(cache, where)]

    def call_id(self, given: str, where: str) -> str:
        """The id of a call as the provider takes it; the same for the call and its result."""
        if _CALL_ID.fullmatch(given):
            return given
        self._ledger.approximated(f"{where}.id", "the provider takes letters, digits and _ . : - up to 64")
        return _marked(_NOT_IN_IDS.sub("-", given), given)

    def _name(self, given: str, where: str) -> str:
        """The name of a tool that was called earlier; one that is offered was checked before."""
        if TOOL_NAME.fullmatch(given):
            return given
        self._ledger.approximated(f"{where}.name", "the provider takes letters, digits, _ and - up to 64")
        return _marked(_NOT_IN_TOOL_NAMES.sub("-", given), given)


def _said(text: str) -> list[Block]:
    return [{"text": loose_json.text(text)}] if text.strip() else []


def _marked(cleaned: str, given: str) -> str:
    digest = hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()[:_DIGEST_CHARS]
    return f"{cleaned[:_READABLE_CHARS]}-{digest}"

"""The usual chunk of a stream, read in one go: nearly all hold words and counts only, and they decide what a stream costs.

Whatever does not keep to these types, or holds more than words, is read level by level (`wire`).
"""

from typing import Final

import msgspec

ABSENT: Final = msgspec.Raw(b"")
_COUNTS: Final = b'TokenCount"'


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """A part; `text` is None where it is something else than words."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: msgspec.Raw = ABSENT
    function_call: msgspec.Raw = ABSENT


class Content(msgspec.Struct, frozen=True):
    """What a candidate says."""

    parts: list[Part] | None = None


class Candidate(msgspec.Struct, frozen=True, rename="camel"):
    """One candidate."""

    content: Content | None = None
    index: int | None = None
    finish_reason: str | None = None
    citation_metadata: msgspec.Raw = ABSENT
    grounding_metadata: msgspec.Raw = ABSENT
    logprobs_result: msgspec.Raw = ABSENT


class Chunk(msgspec.Struct, frozen=True, rename="camel"):
    """One partial reply."""

    candidates: list[Candidate] | None = None
    usage_metadata: msgspec.Raw = ABSENT
    model_version: str | None = None
    prompt_feedback: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


_DECODER: Final = msgspec.json.Decoder(Chunk)


def decode(data: bytes) -> Chunk | None:
    """The chunk; None where it is not of the usual shape, or holds an error."""
    try:
        chunk = _DECODER.decode(data)
    except (ValueError, RecursionError):
        return None
    return None if len(chunk.error) else chunk


def has_words_only(chunk: Chunk) -> bool:
    """Whether the chunk says nothing but more words (and counts)."""
    if len(chunk.prompt_feedback):
        return False
    for one in chunk.candidates or ():
        if one.finish_reason is not None or len(one.citation_metadata) or len(one.grounding_metadata):
            return False
        if len(one.logprobs_result):
            return False
        for part in one.content.parts or () if one.content is not None else ():
            if part.text is None or len(part.thought_signature) or len(part.function_call):
                return False
    return True


def has_counts(usage: msgspec.Raw | bytes) -> bool:
    """Whether a `usageMetadata` counts anything; Vertex's early ones do not."""
    return _COUNTS in bytes(usage)

"""What a listed model is for, told by its name: lists say names only, and nobody wants to chat with an embedding.

A guess for lists and pickers, never for a refusal: a model is always sent what it is asked.
"""

import re
from collections.abc import Iterable
from typing import Final

USES: Final[dict[str, str]] = {
    "openai.chat.completions": "chat",
    "openai.completions": "completions",
    "openai.embeddings": "embeddings",
    "openai.images.generations": "images",
    "openai.images.edits": "images",
    "openai.audio.transcriptions": "transcriptions",
    "openai.audio.translations": "transcriptions",
    "openai.audio.speech": "speech",
    "openai.videos.create": "videos",
    "openai.moderations": "moderations",
    "rerank": "rerank",
}
"""In a word, what each operation is called in lists."""

_BY_NAME: Final = tuple(
    (re.compile(pattern), use)
    for pattern, use in (
        (r"re-?rank", "rerank"),
        (r"embed|(^|[/-])(bge|e5|gte)-", "embeddings"),
        (r"moderation|(^|[/-])llama-?guard", "moderations"),
        (r"whisper|transcri|(^|[/-])(stt|asr)([-/]|$)|paraformer|sensevoice", "transcriptions"),
        (r"(^|[/_-])tts([-_/]|$)|speech|cosyvoice|playai|(^|[/-])voice-", "speech"),
        (r"(^|[/-])(sora|veo|kling|wan\d|hailuo)|video|t2v|i2v", "videos"),
        (r"dall-e|gpt-image|image-(gen|\d)|imagen|(^|[/-])(flux|seedream|sdxl|stable-diffusion)|-image(-|$)", "images"),
        (r"(^|[/-])(davinci|babbage|ada|curie)(-|$)|gpt-3\.5-turbo-instruct", "completions"),
    )
)  # fmt: skip
"""Begins of families and words in names, across vendors; the first that is found counts."""


def uses_of(model: str, operations: Iterable[str]) -> tuple[str, ...]:
    """What a model is for, among what its provider serves (`operations`, by name); empty where that leaves nothing."""
    served = tuple(dict.fromkeys(USES[name] for name in operations if name in USES))
    name = model.lower()
    use = next((use for pattern, use in _BY_NAME if pattern.search(name)), "chat")
    return tuple(one for one in served if one == use)


def use_of(operation: str) -> str:
    """An operation's word in lists; a word that is one already stays."""
    return USES.get(operation, operation)

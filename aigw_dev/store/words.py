"""Text as the full-text index sees it: what is searched in a request and a reply, and how words are cut.

SQLite's tokenizer takes a run of Chinese, Japanese or Korean letters for one word. Each such letter therefore gets
spaces around it before it is indexed, and a query's letters become a phrase: 你好 finds 你好吗.
"""

import functools
import re
from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.exchange import Assembled

MOST_CHARS: Final = 65_536
"""Of a request the newest text, of a reply the oldest, is indexed up to this many characters."""

_TEXT_KEYS: Final = (
    "content",
    "text",
    "input",
    "prompt",
    "parts",
    "input_text",
    "query",
    "documents",
    "tool_calls",
    "function",
    "arguments",
)
_OUTER_KEYS: Final = (
    "system",
    "instructions",
    "messages",
    "contents",
    "input",
    "prompt",
    "query",
    "documents",
)
_REPLY_KEYS: Final = (
    *_TEXT_KEYS,
    "choices",
    "message",
    "output",
    "candidates",
    "reasoning_content",
    "refusal",
    "error",
)
_MOST_DEPTH: Final = 12
_LONGEST_WORD: Final = 1_000
"""A longer run without a space is base64 or the like, not words."""

_BASE64: Final = re.compile(r"[A-Za-z0-9+/=_-]+")

_BETWEEN: Final = "\x1e"
"""Stands between messages in an indexed text; the tokenizer takes it for a blank."""

_LETTER: Final = "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"


def request_text(body: bytes) -> str:
    """The words of a request body of any dialect, newest message first; empty where it holds none."""
    if not body:
        return ""
    try:
        request = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _as_text(body)
    if not isinstance(request, dict):
        return ""
    pieces: list[str] = []
    fields = cast("dict[str, Any]", request)
    for key in _OUTER_KEYS:
        if key in fields:
            _collect(fields[key], pieces, 0, _TEXT_KEYS)
    return _joined(reversed(pieces))


def body_text(body: bytes) -> str:
    """The words of a reply that came whole, of any dialect; of one that is not JSON its text."""
    if not body:
        return ""
    try:
        reply = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _as_text(body)
    pieces: list[str] = []
    _collect(reply, pieces, 0, _REPLY_KEYS)
    return _joined(pieces)


def reply_text(assembled: Assembled) -> str:
    """The words of a reply: its text, then reasoning, refusal and tool calls."""
    pieces = [assembled.text, assembled.reasoning, assembled.refusal]
    for call in assembled.tool_calls:
        pieces += [call.name, call.arguments]
    return _joined(pieces)


def spaced(text: str) -> str:
    """The text with every Chinese, Japanese or Korean letter standing alone, so that it is a word of its own."""
    if text.isascii():
        return text
    return _pattern(_LETTER).sub(r" \g<0> ", text)


def unspaced(text: str) -> str:
    """The text as it was before `spaced`, but for blanks that stood beside such letters: good for a preview."""
    if text.isascii():
        return text
    return _pattern(f" ?({_LETTER}) ?").sub(r"\1", text)


def newest_piece(text: str) -> str:
    """The first piece of an indexed text, as it was written: the newest message, the head of a reply."""
    return unspaced(text.split(_BETWEEN, 1)[0])


def squeezed(text: str) -> str:
    """The text with every run of blanks as one blank: for comparing what the index would compare by words."""
    return " ".join(text.split())


def preview(text: str, most: int = 120) -> str:
    """The first words of a text on one line."""
    line = " ".join(text[: most * 4].split())
    return line if len(line) <= most else line[: most - 1] + "…"


@functools.cache
def _pattern(source: str) -> re.Pattern[str]:
    # Compiled when first needed: such classes take ten milliseconds, and most texts are ASCII.
    return re.compile(source)


def _collect(value: Any, pieces: list[str], depth: int, keys: tuple[str, ...]) -> None:
    """Strings in reading order: plain ones, and those below keys that hold text."""
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, str):
        if value and not _is_blob(value):
            pieces.append(value)
        return
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            _collect(item, pieces, depth + 1, keys)
        return
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        for key in keys:
            if key in fields:
                _collect(fields[key], pieces, depth + 1, keys)


def _is_blob(text: str) -> bool:
    """Base64 and the like: long runs that hold no words."""
    head = text[:_LONGEST_WORD]
    if head.startswith("data:") and ";base64," in head:
        return True
    return len(text) > _LONGEST_WORD and _BASE64.fullmatch(head) is not None


def _joined(pieces: Iterable[str]) -> str:
    """The pieces as one text for the index, cut to `MOST_CHARS`."""
    kept: list[str] = []
    left = MOST_CHARS
    for piece in pieces:
        if not piece:
            continue
        kept.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return spaced(_BETWEEN.join(kept)).replace("\0", " ")


def _as_text(body: bytes) -> str:
    """A body that is not JSON: readable text is searched as it is, anything else not at all."""
    head = body[:MOST_CHARS]
    if b"\0" in head:
        return ""
    return spaced(head.decode("utf-8", "ignore"))

"""Tool names and call ids that every provider takes, and the way back.

Providers take 1 to 64 of `[a-zA-Z0-9_-]` in a tool's name (OpenAI, Anthropic; read 2026-11-20). A name that does not
fit is cut and marked with its hash, by a pure function: nothing is stored, whoever knows the caller's tools (`ReplyContext.
request.tools`) finds the original name by computing the same names again. The same scheme serves every dialect.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

MAX_NAME_CHARS: Final = 64
MAX_ID_CHARS: Final = 128
ANSWER_TOOL: Final = "aigw_dev_answer"
"""A tool that stands in for structured output where a model has none: its arguments are the answer.

Only this program uses the name, so a decoder knows its call without the request and reads it as text.
"""

_FITS: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ID_FITS: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_UNFIT: Final = re.compile(r"[^a-zA-Z0-9_-]")
_HEAD_CHARS: Final = 55
_HASH_CHARS: Final = 8


def wire_name(name: str) -> str:
    """The name to send for `name`: itself where it fits, else its first 55 characters, `_` and 8 hex of its hash."""
    return name if _FITS.fullmatch(name) else _marked(name, _HEAD_CHARS)


def restored(name: str, names: Iterable[str]) -> str:
    """The caller's own name for a tool that a model called `name`; `names` are those of the request's tools."""
    known = list(names)
    if name in known:
        return name
    return next((own for own in known if wire_name(own) == name), name)


def wire_id(call_id: str) -> str:
    """The id to send for a tool call's `call_id`: itself where it fits, else made of it, always the same."""
    if _ID_FITS.fullmatch(call_id):
        return call_id
    return _marked(call_id or "toolu", MAX_ID_CHARS - _HASH_CHARS - 1)


def _marked(text: str, head_chars: int) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_HASH_CHARS]
    return f"{_UNFIT.sub('_', text[:head_chars])}_{digest}"

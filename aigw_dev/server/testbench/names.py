"""Whose test a call belongs to: `/t/{test}/{openai/v1|anthropic|gemini}` before the usual paths.

The name travels in the path because every SDK lets one set a base URL, in any language, and because it holds when
tests run at the same time.
"""

from typing import Final
from urllib.parse import unquote

PREFIX: Final = "/t/"
_DIALECTS: Final = ("openai", "anthropic", "gemini")
_ROOTS: Final = ("v1", "v1beta", "v1alpha", "ws")
"""What stands at a base URL's root where a caller leaves the dialect out."""


def split(path: str) -> tuple[str, str] | None:
    """The test's name (decoded) and the path as it is served without it; None where `path` names no test.

    The name is one percent-encoded segment, or several plain ones before the first that is a dialect's.
    """
    if not path.startswith(PREFIX):
        return None
    segments = path[len(PREFIX) :].split("/")
    for at, segment in enumerate(segments):
        if at and (segment in _DIALECTS or segment in _ROOTS):
            rest = segments[at + 1 :] if segment in _DIALECTS else segments[at:]
            name = "/".join(unquote(one) for one in segments[:at])
            return (name, "/" + "/".join(rest)) if name else None
    return None

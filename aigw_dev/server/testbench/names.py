"""Whose test a call belongs to: `/t/{test}/{openai/v1|anthropic|gemini}` before the usual paths.

The name travels in the path because every SDK lets one set a base URL, in any language, and because it holds when
tests run at the same time.
"""

import re
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import unquote

PREFIX: Final = "/t/"
_TESTS: Final = "/admin/v1/tests/"
_TILDE: Final = re.compile("~|%7[Ee]")
_SLASH: Final = re.compile("%2[Ff]")
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


def one_segment(scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An admin call's scope whose path keeps a test's name in one segment, also where the name has slashes; see `named`."""
    raw: str = scope.get("raw_path", b"").decode("latin-1")
    if not raw.startswith(_TESTS):
        return scope
    kept = _TILDE.sub("~7E", raw[len(_TESTS) :])
    return {**scope, "path": _TESTS + unquote(_SLASH.sub("~2F", kept))}


def named(segment: str) -> str:
    """The test's name of such a segment."""
    return segment.replace("~2F", "/").replace("~7E", "~")

"""Whose test a call belongs to: `/t/{test}/{openai/v1|anthropic|gemini}` before the usual paths.

The name travels in the path because every SDK lets one set a base URL, in any language, and because it holds when
tests run at the same time.
"""

import re
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from aigw_dev.core import paths
from aigw_dev.core.operations import Match

PREFIX: Final = "/t/"
_TESTS: Final = "/admin/v1/tests/"
_TILDE: Final = re.compile("~|%7[Ee]")
_SLASH: Final = re.compile("%2[Ff]")
_DIALECTS: Final = ("openai", "anthropic", "gemini")
_ROOTS: Final = ("v1", "v1beta", "v1alpha", "ws")
"""What stands at a base URL's root where a caller leaves the dialect out."""
_DEPLOYMENTS: Final = ["openai", "deployments"]
"""How Azure's paths begin."""


def split(path: str) -> tuple[str, str] | None:
    """The test's name (decoded) and the path as it is served without it; None where `path` names no test.

    The name is one percent-encoded segment, or several plain ones before a dialect's. Where a plain name has such a
    word itself (`tests/v1/test_a.py::x`), it ends before the last one that leaves a path the gateway knows.
    """
    if not path.startswith(PREFIX):
        return None
    segments = path[len(PREFIX) :].split("/")
    cuts = _cuts(segments)
    if not cuts:
        return None
    at = cuts[0] if len(cuts) == 1 else _best(segments, cuts)
    name = "/".join(unquote(one) for one in segments[:at])
    return (name, _served(segments, at)) if name else None


def _cuts(segments: list[str]) -> list[int]:
    """Where the name may end; a root directly behind a dialect belongs to it, and what follows deployments is a model."""
    cuts: list[int] = []
    for at, segment in enumerate(segments):
        if not at or (segment not in _DIALECTS and segment not in _ROOTS):
            continue
        if segment in _ROOTS and cuts[-1:] == [at - 1] and segments[at - 1] in _DIALECTS:
            continue
        cuts.append(at)
        if _is_deployed(segments, at):
            break
    return cuts


def _best(segments: list[str], cuts: list[int]) -> int:
    """The last cut that leaves a known path, or the first of all; cuts side by side are one path as far as it is known."""
    for place in range(len(cuts) - 1, -1, -1):
        at = cuts[place]
        if not _is_known(_served(segments, at)):
            continue
        for before in reversed(cuts[:place]):
            is_one = segments[before] in _DIALECTS and segments[at] in _DIALECTS
            if before != at - 1 or not (is_one or _is_known(_served(segments, before))):
                break
            at = before
        return at
    return cuts[0]


def _served(segments: list[str], at: int) -> str:
    """The path behind a name that ends before `at`. Azure's `openai/deployments/..` begins with its dialect."""
    is_left_out = segments[at] in _DIALECTS and not _is_deployed(segments, at)
    return "/" + "/".join(segments[at + 1 :] if is_left_out else segments[at:])


def _is_deployed(segments: list[str], at: int) -> bool:
    return segments[at : at + 2] == _DEPLOYMENTS


def _is_known(path: str) -> bool:
    """Whether any method is served there."""
    found = paths.find("POST", path)
    return isinstance(found, Match) or found.code == "method_not_allowed"


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

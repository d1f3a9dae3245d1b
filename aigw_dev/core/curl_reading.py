"""A pasted curl command as the request it makes: model, messages, parameters, metadata. Its credentials are not read."""

import shlex
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.examples import METADATA_HEADER

_DATA: Final = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"})
_HEADER: Final = frozenset({"-H", "--header"})
_MOST_CHARS: Final = 4_000_000


class PastedCall(msgspec.Struct, frozen=True, kw_only=True):
    """What a command sends."""

    path: str
    """Of its address."""
    body: dict[str, Any]
    metadata: dict[str, Any] | None
    """From `x-ai-route-metadata`, where it is a JSON object."""


def read_curl(text: str) -> PastedCall | str:
    """The call of a curl command with a JSON body, or why there is none; an empty text where it is no curl at all."""
    stripped = text.strip().removeprefix("$ ")
    if not stripped.startswith("curl ") or len(stripped) > _MOST_CHARS:
        return ""
    try:
        words = shlex.split(stripped.replace("\\\r\n", " ").replace("\\\n", " "))
    except ValueError as error:
        return f"the command ends inside a quote ({error})"
    body, address, metadata = "", "", None
    at = 1
    while at < len(words):
        word, _, glued = words[at].partition("=") if words[at].startswith("--") else (words[at], "", "")
        if word in _DATA or word in _HEADER:
            at += 0 if glued else 1
            value = glued or (words[at] if at < len(words) else "")
            if word in _DATA:
                body = value
            elif value.lower().startswith(f"{METADATA_HEADER}:"):
                metadata = _object(value.partition(":")[2])
        elif "://" in word:
            address = word
        at += 1
    read = _object(body)
    if read is None:
        return (
            "it sends no JSON object with -d"
            if not body.startswith("@")
            else f"its body is in a file ({body[:60]})"
        )
    path = "/" + address.partition("://")[2].partition("/")[2].partition("?")[0]
    return PastedCall(path=path, body=read, metadata=metadata)


def _object(text: str) -> dict[str, Any] | None:
    try:
        found: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None

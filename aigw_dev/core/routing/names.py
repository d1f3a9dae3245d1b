"""The names a condition may read: `metadata.KEY`, `header.NAME`, `body.JSON.PATH`, `stream` ... one row each.

A name's parts are `[A-Za-z_][A-Za-z0-9_-]*`; in a body path a part may also be a number, the place in a list
(`body.messages.0.role`, `-1` = the last).
"""

import difflib
from collections.abc import Iterable
from typing import Final

import msgspec

from aigw_dev.core.routing.cells import ticked


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """One family of names."""

    form: str
    """How it is written."""
    parts: int = 0
    """How many parts follow the first: 0, 1, or -1 for one or more."""
    is_flag: bool = False
    """A yes or no, which may stand as a condition by itself."""


ROOTS: Final[dict[str, Root]] = {
    "metadata": Root(form="metadata.KEY", parts=1),
    "header": Root(form="header.NAME", parts=1),
    "query": Root(form="query.NAME", parts=1),
    "model": Root(form="model"),
    "consumer": Root(form="consumer"),
    "stream": Root(form="stream", is_flag=True),
    "has_tools": Root(form="has_tools", is_flag=True),
    "has_images": Root(form="has_images", is_flag=True),
    "input_chars": Root(form="input_chars"),
    "body": Root(form="body.JSON.PATH", parts=-1),
}
"""Every name a condition may read, by its first part."""

CREDENTIALS: Final[dict[str, frozenset[str]]] = {
    "header": frozenset(
        {
            "authorization",
            "proxy-authorization",
            "cookie",
            "x-api-key",
            "api-key",
            "x-goog-api-key",
            "esa_aigw_auth",
        }
    ),
    "query": frozenset({"key", "api_key", "api-key", "access_token"}),
}
"""Names that hold a caller's credential: a condition would put it into the trace of every request."""


class Name(msgspec.Struct, frozen=True):
    """A name as a condition reads it."""

    root: str
    """A key of `ROOTS`."""
    parts: tuple[str | int, ...] = ()
    """What follows it; a header's name is in lower case."""

    def text(self) -> str:
        """The name as it is written in a condition."""
        return ".".join((self.root, *map(str, self.parts)))


class Misnamed(msgspec.Struct, frozen=True):
    """Why a word is no name."""

    message: str
    hint: str


def read_name(word: str) -> Name | Misnamed:
    """The name that `word` (dotted parts, as the lexer gives them) stands for, or why it is none."""
    first, *rest = word.split(".")
    root = ROOTS.get(first)
    if root is None:
        return _unknown(word, first)
    if root.parts == 0 and rest:
        return Misnamed(f"`{first}` has no parts", f"write `{first}` alone")
    if root.parts and not rest:
        return Misnamed(f"`{first}` alone is no name", f"write {root.form}")
    if root.parts == 1 and len(rest) > 1:
        return Misnamed(f"{ticked(word)} has too many parts", f"write {root.form}; {_FLAT[first]}")
    if first == "body":
        return Name(first, tuple(_part(part) for part in rest))
    if root.parts == 1 and _is_number(rest[0]):
        return Misnamed(
            f"{ticked(word)} is no name", f"write {root.form}; a name begins with a letter or `_`"
        )
    if rest and rest[0].lower() in CREDENTIALS.get(first, ()):
        return Misnamed(
            f"{ticked(word)} holds a credential, which a condition may not read",
            "what it reads is kept in the log; ask `consumer` who calls",
        )
    return Name(first, tuple(part.lower() if first == "header" else part for part in rest))


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known word most like `word`, or empty."""
    found = difflib.get_close_matches(word[:100], list(known), n=1, cutoff=cutoff)
    return found[0] if found else ""


_FLAT: Final = {
    "metadata": "metadata is flat, so one key follows",
    "header": "one header name follows",
    "query": "one parameter name follows",
}
_ALIASES: Final = {
    "headers": "header",
    "meta": "metadata",
    "params": "query",
    "is_stream": "stream",
    "tools": "has_tools",
    "images": "has_images",
    "user": "consumer",
}


def _unknown(word: str, first: str) -> Misnamed:
    rest = word[len(first) :]
    like = _ALIASES.get(first) or nearest(first, ROOTS)
    known = "the names are " + ", ".join(root.form for root in ROOTS.values())
    if like and bool(rest) == bool(ROOTS[like].parts):
        return Misnamed(
            f"{ticked(word)} is no name that a condition can read", f"did you mean `{like}{rest}`? {known}"
        )
    if like:
        return Misnamed(
            f"{ticked(word)} is no name that a condition can read",
            f"did you mean {ROOTS[like].form}? {known}",
        )
    if not rest:
        return Misnamed(
            f"{ticked(word)} is no name that a condition can read",
            f'`metadata.{word}`, or as a text "{word}"? {known}',
        )
    return Misnamed(f"{ticked(word)} is no name that a condition can read", known)


def _part(part: str) -> str | int:
    return int(part) if _is_number(part) else part


def _is_number(part: str) -> bool:
    return part.lstrip("-").isdigit()

"""Source code as styled spans, by Pygments, in the few colours that every theme has."""

import functools
from typing import TYPE_CHECKING, Any, Final

from aigw_dev.tui.widgets.lines import Span

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_STYLES: Final = (
    ("Comment", "dim"),
    ("Keyword", "info"),
    ("Literal.String", "good"),
    ("Literal.Number", "accent"),
    ("Literal.Date", "accent"),
    ("Name.Function", "code"),
    ("Name.Class", "code strong"),
    ("Name.Tag", "info"),
    ("Name.Attribute", "code"),
    ("Name.Decorator", "warn"),
    ("Name.Builtin", "code"),
    ("Name.Exception", "warn"),
    ("Operator.Word", "info"),
    ("Generic.Deleted", "bad"),
    ("Generic.Inserted", "good"),
    ("Generic.Heading", "strong"),
    ("Generic.Prompt", "dim"),
    ("Error", ""),
)
"""The first name that a token's own name begins with decides."""
_USUAL: Final = ("python", "json", "bash", "javascript", "yaml", "diff")


def highlighted(lines: list[str], language: str) -> list[list[Span]]:
    """The spans of every line, as many as `lines`; plain where the language is not known. Harmless text only."""
    lexer = _lexer(language.lower())
    if lexer is None:
        return [[Span(line)] if line else [] for line in lines]
    rows: list[list[Span]] = [[]]
    for token, text in lexer.get_tokens("\n".join(lines)):
        style = _style(str(token))
        first, *more = text.split("\n")
        if first:
            rows[-1].append(Span(first, style))
        rows += [[Span(part, style)] if part else [] for part in more]
    del rows[len(lines) :]
    return rows + [[] for _ in range(len(lines) - len(rows))]


def warm_up() -> None:
    """Import what the usual languages need; in a thread, before the first code block comes."""
    for language in _USUAL:
        _lexer(language)


@functools.lru_cache(maxsize=64)
def _lexer(language: str) -> "Lexer | None":
    if not language:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    options: dict[str, Any] = {"stripnl": False, "ensurenl": False}
    try:
        return get_lexer_by_name(language, **options)
    except ClassNotFound:
        return None


@functools.lru_cache(maxsize=512)
def _style(token: str) -> str:
    name = token.removeprefix("Token.")
    return next((style for known, style in _STYLES if name.startswith(known)), "")

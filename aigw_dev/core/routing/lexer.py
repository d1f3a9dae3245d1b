"""The text of a condition cut into tokens; and a fault in it, shown with a caret under its place."""

import re
from typing import Final, Literal, NamedTuple

import msgspec

from aigw_dev.core import harmless
from aigw_dev.core.problem import Problem
from aigw_dev.core.routing import cells

MAX_NUMBER_CHARS: Final = 32
"""Longer runs of digits are names of something, to be compared as quoted text."""
_SNIPPET_CHARS: Final = 72
YAML_HINT: Final = "where a condition holds `: ` or ` #`, quote the whole of it for YAML: if: '...'"

_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<name>[A-Za-z_][A-Za-z0-9_-]*(?:\.(?:[A-Za-z_][A-Za-z0-9_-]*|-?[0-9]+(?![A-Za-z0-9_-])))*)
    | (?P<number>[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    | (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')
    | (?P<stray>===|!==|=~|=>|=<|<>|&&?|\|\|?|=(?!=)|!(?!=)|[“”„‘’`´\u00a0])
    | (?P<operator>==|!=|>=|<=|>|<)
    | (?P<mark>[()\[\],])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_STRAYS: Final = {
    "===": "==",
    "!==": "!=",
    "=~": "matches",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "=": "==",
    "!": "not",
    "\u00a0": "a plain space",
}
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPES: Final = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "r": "\r", "t": "\t"}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a condition, and where in its text."""

    message: str
    column: int
    """1-based, in characters of `text`."""
    text: str
    """The whole condition."""
    hint: str = ""

    def snippet(self) -> str:
        """Two lines: the condition around the fault and a caret under it."""
        begin = max(0, min(self.column - _SNIPPET_CHARS // 2, len(self.text) - _SNIPPET_CHARS))
        end = begin + _SNIPPET_CHARS
        shown = [
            harmless.line(re.sub(r"\s", " ", part))
            for part in (self.text[begin : self.column - 1], self.text[self.column - 1 : end])
        ]
        head = "…" if begin else ""
        tail = "…" if end < len(self.text) else ""
        indent = " " * cells.width(head + shown[0])
        return f"{head}{shown[0]}{shown[1]}{tail}\n{indent}^"

    def problem(self, path: tuple[str | int, ...]) -> Problem:
        """The fault as a problem of the config at `path`."""
        drawn = "".join(f"\n    {line}" for line in self.snippet().split("\n"))
        return Problem(
            path=path,
            message=f"{self.message}, at column {self.column} of the condition{drawn}",
            hint=self.hint,
        )


class FaultError(Exception):
    """Carries a fault out of the parser; never leaves `conditions.parse`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Token(NamedTuple):
    """One word, operator, text, number or mark."""

    kind: Literal["name", "number", "string", "operator", "mark", "end"]
    text: str
    """As written."""
    column: int
    """1-based."""
    value: str = ""
    """What a string stands for, its escapes read."""


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, the last one of kind `end`; a `FaultError` where a character has no place in a condition."""
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise FaultError(_unreadable(text, position))
        kind, word, column = match.lastgroup, match[0], position + 1
        position = match.end()
        if kind == "space":
            continue
        if kind == "stray":
            raise FaultError(_stray(text, word, column))
        if kind == "number" and len(word) > MAX_NUMBER_CHARS:
            raise FaultError(
                Fault(
                    message="the number is too long",
                    column=column,
                    text=text,
                    hint="quote it: compare it as text",
                )
            )
        value = _unescaped(text, word, column) if kind == "string" else ""
        found.append(Token(_KINDS[kind or ""], word, column, value))
    found.append(Token("end", "", len(text) + 1))
    return found


_KINDS: Final[dict[str, Literal["name", "number", "string", "operator", "mark"]]] = {
    "name": "name",
    "number": "number",
    "string": "string",
    "operator": "operator",
    "mark": "mark",
}


def _unescaped(text: str, word: str, column: int) -> str:
    r"""What a quoted word stands for. An unknown escape keeps its backslash: `"\d+"` is a regex as written."""
    if "\\" not in word:
        return word[1:-1]

    def one(match: re.Match[str]) -> str:
        code, char = match.groups()
        if code is None:
            return _ESCAPES.get(char, match[0])
        if code[0] in "dD" and code[1] not in "01234567":
            raise FaultError(
                Fault(
                    message=f"\\u{code} is half of a character",
                    column=column + 1 + match.start(),
                    text=text,
                    hint="write the character itself",
                )
            )
        return chr(int(code, 16))

    return _ESCAPE.sub(one, word[1:-1])


def _stray(text: str, word: str, column: int) -> Fault:
    meant = _STRAYS.get(word)
    if meant is None:
        return Fault(
            message=f"`{word}` is no quote here", column=column, text=text, hint="quote texts with \" or '"
        )
    shown = "a no-break space" if word == "\u00a0" else f"`{word}`"
    return Fault(
        message=f"{shown} has no meaning here",
        column=column,
        text=text,
        hint=f"did you mean {_ticked(meant)}?",
    )


def _ticked(word: str) -> str:
    return word if " " in word else f"`{word}`"


def _unreadable(text: str, position: int) -> Fault:
    char = text[position]
    column = position + 1
    if char in "\"'":
        hint = f"close it with {char}; {YAML_HINT}"
        return Fault(message="this text has no end", column=column, text=text, hint=hint)
    if char == ".":
        return Fault(
            message="a name cannot begin or end with `.`",
            column=column,
            text=text,
            hint="write metadata.KEY or body.JSON.PATH",
        )
    hint = "names are ASCII letters, digits, `_` and `-`; quote other texts"
    return Fault(message=f"`{harmless.line(char)}` has no place here", column=column, text=text, hint=hint)

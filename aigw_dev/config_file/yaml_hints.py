"""Says in plain words what a YAML parser stumbled over, and how to write it instead.

Only lines that hold a condition (`if:`) are repeated in a hint, and only where nothing in them looks like a key.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from aigw_dev.core import literal_keys

_CONDITION_LINE: Final = re.compile(
    r"^[ \t]*(?:- +)*(?:\{ *)?if: +(?P<condition>[^\r\n]+?)[ \t]*$", re.MULTILINE
)
_QUOTE_RULE: Final = "Put the whole condition in single quotes"
_VALUE_RULE: Final = "Put the whole value in quotes."

_LONGEST_SHOWN: Final = 200
_CUTTERS: Final = {"#": "` #` begins a comment", ":": "`: ` ends an unquoted value"}

Told = tuple[int, str, str]
"""Character index, message, hint."""


def describe(text: str, error: Any) -> Told:
    """Place, message and hint of a ruamel `MarkedYAMLError` (any other error: the start of the text)."""
    said = str(getattr(error, "problem", None) or "")
    at = _index(getattr(error, "problem_mark", None))
    opened = _index(getattr(error, "context_mark", None), default=at)
    context = str(getattr(error, "context", None) or "")
    for needle, tell in _TABLE:
        if needle in f"{context} {said}":
            return tell(text, at, opened)
    return at, "this line cannot be read as YAML", "Check its indentation and quotes."


def has_open_quote(condition: str) -> bool:
    """Whether a quote in a condition is opened and not closed: the parser cut the condition inside a text."""
    quote = ""
    is_escaped = False
    for character in condition:
        if is_escaped:
            is_escaped = False
        elif quote and character == "\\":
            is_escaped = True
        elif character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
    return bool(quote)


def cut_condition(text: str, start: int, end: int) -> tuple[str, str]:
    """Message and hint for a condition that the parser cut inside a text, at ` #` or in `{ }` at a comma."""
    rest = text[end : end + 2].strip()
    if not rest:
        return "a text in this condition is not closed", 'Close its quote, like metadata.tier == "pro".'
    what = _CUTTERS.get(rest[0], f"`{rest[0]}` ends a value inside {{ }} and [ ]")
    message = f"the condition is cut short: {what}, also within the condition's own quotes"
    return message, condition_hint(text, start)


def condition_hint(text: str, index: int) -> str:
    """How to quote the condition on the line of `index`; repeats it where that is safe and of use."""
    begin = text.rfind("\n", 0, index) + 1
    line = text[begin : _line_end(text, begin)]
    found = _CONDITION_LINE.match(line)
    condition = found["condition"] if found else ""
    is_whole = bool(condition) and not line.lstrip(" -").startswith("{") and condition[0] not in "'|>{["
    if not is_whole or len(condition) > _LONGEST_SHOWN or literal_keys.holds_key(condition):
        return f"{_QUOTE_RULE}: if: 'metadata.x == \"a: b\"'."
    quoted = condition.replace("'", "''")
    return f"{_QUOTE_RULE}: if: '{quoted}'"


def control_character_hint(character: str) -> tuple[str, str]:
    """Message and hint for a character that a config must not hold."""
    code = ord(character[0])
    if character == "\r":
        return "a carriage return stands here without a line feed", "Save the file with LF or CRLF line ends."
    if code == 0:
        return "a NUL character stands here; this is not a text file", "Save the file as UTF-8 text."
    return (
        f"the character U+{code:04X} stands here",
        f'Write it as "\\u{code:04x}" inside double quotes, or take it out.',
    )


def _index(mark: Any, *, default: int = 0) -> int:
    return int(mark.index) if mark is not None else default


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


def _line_before(text: str, index: int) -> str:
    return text[text.rfind("\n", 0, index) + 1 : index]


def _is_condition(text: str, index: int) -> bool:
    return re.search(r"(?:^|[\s{,-])if: ", _line_before(text, index)) is not None


def _colon(text: str, at: int, _opened: int) -> Told:
    before = _line_before(text, at)
    if _is_condition(text, at):
        return (
            at,
            "`: ` ends an unquoted value, also within the condition's own quotes",
            condition_hint(text, at),
        )
    if re.search(r":[ \t]", before):
        return at, "`: ` stands inside an unquoted value", _VALUE_RULE
    return (
        at,
        "a key stands here where the value above goes on",
        "Check the indentation of this line, and that the line above it ends with `:` or is complete.",
    )


def _flow_end(text: str, at: int, opened: int) -> Told:
    if at >= len(text.rstrip()):
        return (
            opened,
            f"the `{text[opened : opened + 1]}` that opens here is never closed",
            "Close it, or quote the text that begins with it.",
        )
    if _is_condition(text, at):
        message = f"inside {{ }} an unquoted condition ends at `{text[at : at + 1]}`"
        return at, message, condition_hint(text, at)
    message = (
        f"inside {{ }} and [ ] an unquoted value ends at , : [ ] {{ }}; `{text[at : at + 1]}` cannot follow"
    )
    opening = f"the `{text[opened : opened + 1]}` of line {text.count(chr(10), 0, opened) + 1}"
    return at, message, f"Quote the value, separate the entries with commas, or close {opening}."


def _block_end(text: str, at: int, _opened: int) -> Told:
    before = _line_before(text, at).rstrip()
    if before.endswith(('"', "'")):
        hint = condition_hint(text, at) if _is_condition(text, at) else _VALUE_RULE
        return at, "a value that begins with a quote ends at the closing quote; something follows it", hint
    return (
        at,
        "this line does not fit the indentation of the lines above",
        "Align it with its neighbours; use spaces.",
    )


def _tab(text: str, at: int, _opened: int) -> Told:
    character = text[at : at + 1]
    if character == "\t":
        return at, "a tab stands in the indentation", "Indent with spaces."
    return at, f"a value cannot begin with `{character}`", "Put quotes around it."


def _same(message: str, hint: str, *, is_at_opening: bool = False) -> Callable[[str, int, int], Told]:
    def tell(_text: str, at: int, opened: int) -> Told:
        return (opened if is_at_opening else at), message, hint

    return tell


_TABLE: Final[tuple[tuple[str, Callable[[str, int, int], Told]], ...]] = (
    ("mapping values are not allowed here", _colon),
    (
        "found unexpected end of stream",
        _same("the quote that opens here is never closed", "Close it.", is_at_opening=True),
    ),
    (
        "found unexpected document separator",
        _same("the quote that opens here is never closed", "Close it.", is_at_opening=True),
    ),
    (
        "escape",
        _same(
            "a backslash sequence in double quotes is not one YAML knows",
            "Use single quotes: they keep every backslash.",
        ),
    ),
    ("while scanning an alias", _same("`*` begins an alias in YAML", 'Put quotes around it: "*".')),
    ("while scanning an anchor", _same("`&` begins an anchor in YAML", "Put quotes around it.")),
    ("tag", _same("`!` begins a tag in YAML", "Put quotes around it; in a condition write `not`.")),
    ("directive", _same("`%` at the start of a line begins a directive in YAML", "Take the line out.")),
    ("cannot start any token", _tab),
    (
        "while scanning a block scalar",
        _same(
            "the text below `|` or `>` is not indented as it should be",
            "Indent all its lines deeper than the key.",
        ),
    ),
    ("while parsing a flow", _flow_end),
    ("expected <block end>", _block_end),
    (
        "sequence entries are not allowed",
        _same(
            "a list item (`- `) cannot stand here",
            "Put it on a line of its own, or quote a text that begins with `- `.",
        ),
    ),
    (
        "mapping keys are not allowed",
        _same("a `? ` key cannot stand here", "Quote a text that begins with `? `."),
    ),
    (
        "could not find expected ':'",
        _same(
            "this line has no `:`", "Write `key: value`, with a space after the colon.", is_at_opening=True
        ),
    ),
    (
        "expected '<document start>'",
        _same("something stands here after the end of the document", "A config is one document."),
    ),
    (
        "expected the node content",
        _same("a value is missing or begins with a reserved character", "Put quotes around it."),
    ),
    (
        "unacceptable character",
        _same("a character stands here that YAML does not allow", "Save the file as UTF-8 text."),
    ),
)
"""What ruamel's errors contain, first match wins, and how to tell it."""

"""Regexes for `matches`: RE2's, so that no pattern and no text takes more than linear time."""

from typing import Final, Protocol, cast

MAX_PATTERN_CHARS: Final = 1000
"""The longest regex."""
MAX_PROGRAM_BYTES: Final = 1 << 20
"""Memory one compiled regex may take; RE2 refuses a larger one."""


class Pattern(Protocol):
    """A compiled regex."""

    def search(self, text: bytes, /) -> object | None:
        """Something where the regex is found anywhere in `text` (UTF-8), else None."""
        ...


def compile_pattern(text: str) -> Pattern | str:
    """The regex compiled, or in words why it cannot be."""
    if len(text) > MAX_PATTERN_CHARS:
        return f"it has {len(text):,} characters, at most {MAX_PATTERN_CHARS:,} are taken"
    import re2  # 9 ms, wanted only by configs that use `matches`

    options = re2.Options()
    options.max_mem = MAX_PROGRAM_BYTES
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(text, options=options))  # pyright: ignore[reportUnknownMemberType]  # re2 has no types
    except cast("type[Exception]", re2.error) as error:  # pyright: ignore[reportUnknownMemberType]  # re2 has no types
        reason: object = error.args[0]
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)

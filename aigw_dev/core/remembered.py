"""Answers of pure functions of one text, remembered: a conversation repeats its tools and schemas in every request."""

import functools
from collections.abc import Callable
from typing import Final, TypeVar

TOOL_LISTS: Final = 32
"""Lists of tools that a dialect remembers: about as many clients as call at one time."""
TOOL_LIST_BYTES: Final = 128 * 1024
"""The longest list of tools that is remembered; coding agents send some 70 KB."""
SCHEMAS: Final = 512
"""Schemas that a dialect remembers as it writes them."""
SCHEMA_BYTES: Final = 8 * 1024

_Answer = TypeVar("_Answer")


def remembered(
    *, most: int, longest: int
) -> Callable[[Callable[[bytes], _Answer]], Callable[[bytes], _Answer]]:
    """Decorates a pure function, whose answers nobody may change: the last `most` are kept, of texts up to `longest` bytes.

    What raises is asked again. So at most `most` x `longest` bytes of texts are held, and what was made of them.
    """

    def decorate(function: Callable[[bytes], _Answer]) -> Callable[[bytes], _Answer]:
        kept = functools.lru_cache(maxsize=most)(function)

        @functools.wraps(function)
        def ask(text: bytes) -> _Answer:
            return kept(text) if len(text) <= longest else function(text)

        return ask

    return decorate

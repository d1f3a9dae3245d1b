"""What models take and refuse, by name: data for translation (same-dialect requests pass as they are).

Sources: the vendors' documents of November 2026 and error replies in recorded traffic. The first row whose pattern fits
the model's name decides; a model that no row knows takes everything.
"""

import fnmatch
import functools
from typing import Final

import msgspec

from aigw_dev.core.dialects.codec import Traits

_OPENAI_WORDS: Final = frozenset({"developer", "allowed_tools", "custom_tools"})
_SAMPLING: Final = frozenset({"temperature", "top_p", "top_k"})
_OPENAI_REASONING: Final = Traits(
    refuses=frozenset(
        {
            "temperature",
            "top_p",
            "presence_penalty",
            "frequency_penalty",
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "stop",
        }
    ),
    renames={"max_tokens": "max_completion_tokens"},
    takes=_OPENAI_WORDS,
    efforts=("minimal", "low", "medium", "high", "xhigh"),
)
_OPENAI: Final = Traits(
    refuses=frozenset({"reasoning"}),
    renames={"max_tokens": "max_completion_tokens"},
    takes=_OPENAI_WORDS,
)
"""Models that do not reason."""
_O_SERIES: Final = msgspec.structs.replace(_OPENAI_REASONING, efforts=("low", "medium", "high"))
_CLAUDE: Final = Traits(max_output_tokens=32_000)
_CLAUDE_ADAPTIVE: Final = Traits(
    max_output_tokens=32_000,
    has_adaptive_thinking=True,
    efforts=("low", "medium", "high", "max"),
)
_CLAUDE_WITHOUT_SAMPLING: Final = msgspec.structs.replace(
    _CLAUDE_ADAPTIVE, refuses=_SAMPLING, efforts=("low", "medium", "high", "xhigh", "max")
)
_CLAUDE_WITH_INLINE_SYSTEM: Final = msgspec.structs.replace(_CLAUDE_WITHOUT_SAMPLING, has_inline_system=True)
_CLAUDE_3: Final = Traits(max_output_tokens=4_096, has_structured_outputs=False)
_GEMINI_3: Final = Traits(has_thinking_level=True, efforts=("minimal", "low", "medium", "high"))
_ECHO: Final = Traits(echoes_reasoning=True)

TRAITS: Final[dict[str, tuple[tuple[str, Traits], ...]]] = {
    "openai": (
        ("*gpt-5-chat*", _OPENAI),
        ("*gpt-5*", _OPENAI_REASONING),
        ("*gpt-6*", _OPENAI_REASONING),
        ("o[0-9]*", _O_SERIES),
        ("*codex*", _OPENAI_REASONING),
        ("gpt-*", _OPENAI),
        ("*", Traits(takes=_OPENAI_WORDS)),
    ),
    "anthropic": (
        ("*claude-3-haiku*", _CLAUDE_3),
        ("*claude-3-opus*", _CLAUDE_3),
        ("*claude-3-5*", msgspec.structs.replace(_CLAUDE_3, max_output_tokens=8_192)),
        ("*claude-3-7*", msgspec.structs.replace(_CLAUDE_3, max_output_tokens=32_000)),
        ("*claude-sonnet-4-2*", msgspec.structs.replace(_CLAUDE, has_structured_outputs=False)),
        ("*claude-opus-4-2*", msgspec.structs.replace(_CLAUDE, has_structured_outputs=False)),
        ("*claude-*-4-[0-5]*", _CLAUDE),
        ("*claude-*-4-6*", _CLAUDE_ADAPTIVE),
        ("*claude-*-4-7*", _CLAUDE_WITHOUT_SAMPLING),
        ("*claude-*-4-[89]*", _CLAUDE_WITH_INLINE_SYSTEM),
        ("*claude-*-[5-9]*", _CLAUDE_WITH_INLINE_SYSTEM),
        ("*", _CLAUDE),
    ),
    "gemini": (
        ("*gemini-3*", _GEMINI_3),
        ("*gemini-[4-9]*", _GEMINI_3),
    ),
    "vertex": (),
    "bedrock": (
        ("*claude-3*", _CLAUDE_3),
        ("*claude-*-4-[0-5]*", _CLAUDE),
        ("*claude-*-4-6*", _CLAUDE_ADAPTIVE),
        ("*claude-*-4-[7-9]*", _CLAUDE_WITHOUT_SAMPLING),
        ("*claude-*-[5-9]*", _CLAUDE_WITHOUT_SAMPLING),
        ("*claude*", _CLAUDE),
    ),
    "deepseek": (("*", _ECHO),),
    "openrouter": (
        ("*", Traits(echoes_reasoning=True, takes=frozenset({"cache_control", "top_k", "min_p"}))),
    ),
    "qwen": (("*", Traits(takes=frozenset({"cache_control", "top_k"}))),),
    "moonshot": (("*kimi-k2*", _ECHO), ("*thinking*", _ECHO)),
}
TRAITS["vertex"] = tuple(row for row in (*TRAITS["anthropic"], *TRAITS["gemini"]) if row[0] != "*")
"""By `Kind.traits`: patterns (`*`, `?`, `[...]`) over lower-case model names."""

_NONE: Final = Traits()


@functools.lru_cache(maxsize=512)
def traits_of(table: str, model: str) -> Traits:
    """What a model of a kind's table takes; `table` is `Kind.traits`."""
    name = model.lower()
    return next(
        (traits for pattern, traits in TRAITS.get(table, ()) if fnmatch.fnmatchcase(name, pattern)), _NONE
    )

"""What callers call the neutral fields: the ledger names them as the caller spelled them."""

from collections.abc import Iterable, Mapping
from typing import Final

_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "openai-chat": {
        "choices": "n",
        "format": "response_format",
        "is_parallel": "parallel_tool_calls",
        "reasoning": "reasoning_effort",
        "cache_key": "prompt_cache_key",
    },
    "openai-responses": {
        "format": "text.format",
        "is_parallel": "parallel_tool_calls",
        "reasoning": "reasoning.effort",
        "max_tokens": "max_output_tokens",
        "messages": "input",
        "system": "instructions",
        "verbosity": "text.verbosity",
        "cache_key": "prompt_cache_key",
    },
    "anthropic-messages": {
        "stop": "stop_sequences",
        "user": "metadata.user_id",
        "format": "output_config.format",
        "reasoning": "thinking",
        "is_parallel": "tool_choice.disable_parallel_tool_use",
    },
    "gemini-generate-content": {
        "choices": "generationConfig.candidateCount",
        "format": "generationConfig.responseSchema",
        "max_tokens": "generationConfig.maxOutputTokens",
        "messages": "contents",
        "stop": "generationConfig.stopSequences",
        "system": "systemInstruction",
        "temperature": "generationConfig.temperature",
        "top_p": "generationConfig.topP",
        "top_k": "generationConfig.topK",
        "seed": "generationConfig.seed",
        "reasoning": "generationConfig.thinkingConfig",
        "tool_choice": "toolConfig.functionCallingConfig",
    },
}
_INSIDE: Final = {
    # names of which what follows a dot is the caller's too
    ("anthropic-messages", "reasoning"),
    ("gemini-generate-content", "reasoning"),
}
_TURNS: Final = {"openai-responses": "input", "gemini-generate-content": "contents"}
_OF_COURSE: Final = frozenset({"model", "stream"})


def spelled(dialect: str, field: str) -> str:
    """What a caller of `dialect` calls a neutral field; the same where the name is the same, not known, or spelled already."""
    names = _NAMES.get(dialect)
    if names is None:
        return field
    known = names.get(field)
    if known is not None:
        return known
    head, dot, rest = field.partition(".")
    return f"{names[head]}.{rest}" if dot and (dialect, head) in _INSIDE else field


def crossed_whole(dialect: str, sent: Iterable[str], lost: Iterable[str]) -> list[str]:
    """Of the caller's top-level fields those that nothing was lost of; `lost` are names of the ledger's entries."""
    heads = {field.partition(".")[0].partition("[")[0] for field in lost}
    if "messages" in heads:
        heads.add(_TURNS.get(dialect, "messages"))
    return [field for field in sent if field not in heads and field not in _OF_COURSE]

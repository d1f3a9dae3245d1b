"""The fixed words of Anthropic's protocol: its name, stop reasons both ways, and what callers call a field."""

from collections.abc import Mapping
from typing import Final

from aigw_dev.core.chat.vocabulary import StopReason

DIALECT: Final = "anthropic-messages"
VERSION: Final = "2023-06-01"
"""What is sent upstream: it takes every parameter."""
STRICT_VERSION: Final = "2026-10-21"
"""From here on sampling parameters, documents of the assistant and cited user text are refused (wire-formats, fact 1)."""
CALL_MARK: Final = "+call"
"""Behind the origin of a signature that belongs to the next tool call, not to a thought (Gemini's)."""

STOP_REASONS: Final[dict[str, StopReason]] = {
    "end_turn": "stop",
    "stop_sequence": "stop_sequence",
    "max_tokens": "length",
    "model_context_window_exceeded": "context_window",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "refusal": "refusal",
    "compaction": "pause",
}
STOP_WORDS: Final[dict[StopReason, str]] = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "context_window": "model_context_window_exceeded",
    "tool_calls": "tool_use",
    "pause": "pause_turn",
    "refusal": "refusal",
    "content_filter": "refusal",
}

_OPENAI: Final = {
    "choices": "n",
    "format": "response_format",
    "is_parallel": "parallel_tool_calls",
    "reasoning": "reasoning_effort",
    "cache_key": "prompt_cache_key",
}
_SPELLINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "openai-chat": _OPENAI,
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
    DIALECT: {
        "stop": "stop_sequences",
        "user": "metadata.user_id",
        "format": "output_config.format",
        "reasoning": "thinking",
        "is_parallel": "tool_choice.disable_parallel_tool_use",
    },
}


def spelled(dialect: str, field: str) -> str:
    """What a caller of `dialect` calls the neutral field; the neutral name where it is the same or not known."""
    return _SPELLINGS.get(dialect, {}).get(field, field)


def stop_word(reason: StopReason | None, *, has_calls: bool) -> str:
    """Anthropic's word for why a reply ended; a reply that calls tools never says `end_turn`, and the reverse."""
    if reason is None:
        reason = "stop"
    if reason == "stop" and has_calls:
        return "tool_use"
    if reason == "tool_calls" and not has_calls:
        return "end_turn"
    return STOP_WORDS[reason]

"""The fixed words of Anthropic's protocol: its name, stop reasons both ways, and what callers call a field."""

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


def stop_word(reason: StopReason | None, *, has_calls: bool) -> str:
    """Anthropic's word for why a reply ended; a reply that calls tools never says `end_turn`, and the reverse."""
    if reason is None:
        reason = "stop"
    if reason == "stop" and has_calls:
        return "tool_use"
    if reason == "tool_calls" and not has_calls:
        return "end_turn"
    return STOP_WORDS[reason]

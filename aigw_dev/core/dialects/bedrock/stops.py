"""Why a reply of Converse ended, in neutral words."""

from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import StopReason
from aigw_dev.core.dialects.bedrock import wire

REASONS: Final[dict[str, StopReason]] = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "stop_sequence": "stop_sequence",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "model_context_window_exceeded": "context_window",
    # The model wrote something that could not be read; it did stop, and the raw word says why.
    "malformed_model_output": "stop",
    "malformed_tool_use": "stop",
    # Words of Anthropic's models, should they come through.
    "refusal": "refusal",
    "pause_turn": "pause",
}
"""By the provider's word."""
STOP_PATHS: Final = ("/stop_sequence", "/delta/stop_sequence")
"""Where Anthropic's models say which stop sequence it was, whole and streamed; one that is not there is ignored."""


def stop_reason(word: str) -> StopReason:
    """The neutral reason; `stop` for a word that is not known."""
    return REASONS.get(word, "stop")


def stop_sequence(extra: msgspec.Raw | None) -> str:
    """The stop sequence that `additionalModelResponseFields` names; empty where it names none."""
    fields = wire.fields(extra)
    return wire.text(fields.get("stop_sequence")) or wire.text(
        wire.fields(fields.get("delta")).get("stop_sequence")
    )

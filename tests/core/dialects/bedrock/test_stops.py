import msgspec
import pytest

from aigw_dev.core.dialects.bedrock.stops import REASONS, stop_reason, stop_sequence
from tests.core.dialects.bedrock.service_model import service


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop_sequence"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("model_context_window_exceeded", "context_window"),
        ("malformed_tool_use", "stop"),
        ("refusal", "refusal"),
        ("something_new", "stop"),
    ],
)
def test_a_word_has_its_neutral_reason(word: str, reason: str) -> None:
    assert stop_reason(word) == reason


def test_every_word_of_the_service_is_known() -> None:
    words = service().shape_for("StopReason").enum
    assert set(words) <= set(REASONS)


def test_the_stop_sequence_is_found_whole_and_streamed() -> None:
    assert stop_sequence(None) == ""
    assert stop_sequence(msgspec.Raw(b'{"stop_sequence":"END"}')) == "END"
    assert stop_sequence(msgspec.Raw(b'{"delta":{"stop_sequence":"END"}}')) == "END"
    assert stop_sequence(msgspec.Raw(b'{"delta":{"stop_sequence":null}}')) == ""

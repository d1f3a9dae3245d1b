"""Stop reasons both ways, and what callers call a field."""

from typing import get_args

import pytest

from aigw_dev.core.chat.vocabulary import StopReason
from aigw_dev.core.dialects.anthropic.words import STOP_REASONS, STOP_WORDS, stop_word
from aigw_dev.core.field_names import spelled


def test_every_reason_has_a_word_and_words_come_back() -> None:
    assert set(STOP_WORDS) == set(get_args(StopReason))
    for reason, word in STOP_WORDS.items():
        assert STOP_REASONS[word] == ("refusal" if reason == "content_filter" else reason)


@pytest.mark.parametrize(
    ("reason", "has_calls", "word"),
    [
        ("stop", True, "tool_use"), ("stop", False, "end_turn"), ("tool_calls", False, "end_turn"),
        ("tool_calls", True, "tool_use"), ("length", True, "max_tokens"), (None, False, "end_turn"), (None, True, "tool_use"),
    ],
)  # fmt: skip
def test_a_reply_that_calls_never_ends_its_turn_and_the_reverse(
    reason: StopReason | None, has_calls: bool, word: str
) -> None:
    assert stop_word(reason, has_calls=has_calls) == word


def test_fields_are_named_as_the_caller_spells_them() -> None:
    assert spelled("openai-chat", "choices") == "n"
    assert spelled("gemini-generate-content", "stop") == "generationConfig.stopSequences"
    assert spelled("openai-chat", "temperature") == spelled("new", "temperature") == "temperature"

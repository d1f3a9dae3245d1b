"""The ledger's names are the caller's, in every dialect, and naming twice changes nothing."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import ChatRequest
from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.field_names import crossed_whole, spelled

NEUTRAL = [field.name for field in msgspec.structs.fields(ChatRequest)]


@pytest.mark.parametrize(
    ("dialect", "field", "name"),
    [
        ("anthropic-messages", "reasoning.budget_tokens", "thinking.budget_tokens"),
        ("anthropic-messages", "stop", "stop_sequences"),
        ("openai-chat", "choices", "n"),
        ("openai-chat", "reasoning.summary", "reasoning.summary"),
        ("openai-responses", "reasoning", "reasoning.effort"),
        ("openai-responses", "max_tokens", "max_output_tokens"),
        ("gemini-generate-content", "top_k", "generationConfig.topK"),
        ("gemini-generate-content", "messages[3].parts", "messages[3].parts"),
        ("klingon", "top_k", "top_k"),
    ],
)
def test_a_field_is_named_as_its_caller_spells_it(dialect: str, field: str, name: str) -> None:
    assert spelled(dialect, field) == name


@given(st.sampled_from(sorted(DIALECTS)), st.sampled_from(NEUTRAL), st.sampled_from(["", ".effort", ".a"]))
def test_naming_twice_changes_nothing(dialect: str, field: str, rest: str) -> None:
    once = spelled(dialect, field + rest)
    assert spelled(dialect, once) == once


def test_a_field_crossed_whole_if_nothing_of_it_was_lost() -> None:
    sent = ["model", "stream", "thinking", "messages", "top_k", "system"]
    lost = ["thinking.budget_tokens", "messages[2].content[0]"]
    assert crossed_whole("anthropic-messages", sent, lost) == ["top_k", "system"]
    assert crossed_whole("openai-responses", ["input", "tools"], ["messages[0].x"]) == ["tools"]

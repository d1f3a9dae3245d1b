"""What a model takes is told by its name, and a name that no row knows takes everything."""

import pytest

from aigw_dev.core.chat.reasoning import EFFORTS
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.providers.traits import TRAITS, traits_of


@pytest.mark.parametrize(
    ("table", "model", "refuses_temperature"),
    [
        ("openai", "gpt-5-mini", True),
        ("openai", "gpt-5-chat-latest", False),
        ("openai", "o4-mini", True),
        ("openai", "gpt-4o", False),
        ("openai", "GPT-6-LUNA", True),
        ("anthropic", "claude-sonnet-4-5-20250929", False),
        ("anthropic", "claude-sonnet-4-20250514", False),
        ("anthropic", "claude-opus-4-8", True),
        ("anthropic", "claude-sonnet-5-5", True),
        ("anthropic", "claude-3-5-haiku-latest", False),
        ("vertex", "claude-opus-4-8@20260101", True),
        ("", "anything", False),
    ],
)
def test_models_that_refuse_sampling(table: str, model: str, refuses_temperature: bool) -> None:
    assert ("temperature" in traits_of(table, model).refuses) == refuses_temperature


def test_claude_gets_room_to_answer_and_old_models_what_they_can() -> None:
    assert traits_of("anthropic", "claude-3-haiku-20240307").max_output_tokens == 4096
    assert traits_of("anthropic", "claude-sonnet-4-5").max_output_tokens == 32000
    assert traits_of("anthropic", "claude-sonnet-4-6").has_adaptive_thinking
    assert not traits_of("anthropic", "claude-sonnet-4-5").has_adaptive_thinking
    assert traits_of("vertex", "gemini-3.1-pro").has_thinking_level


def test_an_unknown_model_has_no_traits() -> None:
    assert traits_of("", "mine") == traits_of("moonshot", "mine") == Traits()


def test_every_table_is_a_kinds_and_every_effort_a_word() -> None:
    assert {kind.traits for kind in KINDS.values()} - {""} <= TRAITS.keys()
    for rows in TRAITS.values():
        for _, traits in rows:
            assert list(traits.efforts) == sorted(traits.efforts, key=EFFORTS.index)

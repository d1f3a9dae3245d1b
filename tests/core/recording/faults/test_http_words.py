"""What providers say in their error replies."""

import pytest

from aigw_dev.core.recording.faults.catalogue import CATALOGUE, aigw_faults
from aigw_dev.core.recording.faults.http_words import (
    ANTHROPIC_WORDS,
    BEDROCK_WORDS,
    GEMINI_WORDS,
    OPENAI_WORDS,
)
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI

OWN_FORM = {CHAT: {"http.429", "http.400.content_filter"}}
"""Put together in `http_forms`."""


@pytest.mark.parametrize(
    ("dialect", "words"),
    [(CHAT, OPENAI_WORDS), (ANTHROPIC, ANTHROPIC_WORDS), (GEMINI, GEMINI_WORDS), (BEDROCK, BEDROCK_WORDS)],
)
def test_every_error_has_words_where_it_exists_and_nowhere_else(
    dialect: str, words: dict[str, object]
) -> None:
    exist = {fault for fault in aigw_faults("http") if dialect not in CATALOGUE[fault].not_for}
    assert set(words) == exist - {"http.502"} - OWN_FORM.get(dialect, set())

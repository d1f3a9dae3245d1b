"""Lists tell what a model is for by its name."""

import pytest

from aigw_dev.core.model_uses import USES, use_of, uses_of
from aigw_dev.core.providers.kind import OPERATIONS


@pytest.mark.parametrize(
    ("model", "use"),
    [
        ("gpt-4o-mini", "chat"),
        ("claude-haiku-4", "chat"),
        ("text-embedding-3-small", "embeddings"),
        ("BAAI/bge-m3", "embeddings"),
        ("gte-rerank-v2", "rerank"),
        ("omni-moderation-latest", "moderations"),
        ("whisper-large-v3", "transcriptions"),
        ("gpt-4o-transcribe", "transcriptions"),
        ("tts-1-hd", "speech"),
        ("gpt-4o-mini-tts", "speech"),
        ("sora-2", "videos"),
        ("wan2.5-t2v-preview", "videos"),
        ("dall-e-3", "images"),
        ("gemini-2.5-flash-image", "images"),
        ("imagen-4.0", "images"),
        ("davinci-002", "completions"),
        ("models/gemini-2.5-pro", "chat"),
    ],
)
def test_a_name_tells_what_the_model_is_for(model: str, use: str) -> None:
    assert uses_of(model, OPERATIONS) == (use,)


def test_what_the_provider_does_not_serve_is_no_use() -> None:
    assert uses_of("tts-1", ("openai.chat.completions",)) == ()


def test_every_operation_that_a_kind_may_lack_has_a_word() -> None:
    assert set(USES) == set(OPERATIONS)
    assert (use_of("openai.embeddings"), use_of("chat")) == ("embeddings", "chat")

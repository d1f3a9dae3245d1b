"""Vendors' addresses are those that recordings of real calls show."""

import pytest

from aigw_dev.core.config import Provider
from aigw_dev.core.providers.resolve import (
    ResolvedProvider,
    chat_place,
    models_url,
    resolve_provider,
    upstream_url,
)
from aigw_dev.core.providers.vendors import VENDORS

CHAT = {
    "openai": "https://api.openai.com/v1/chat/completions",
    "deepseek": "https://api.deepseek.com/chat/completions",
    "mistral": "https://api.mistral.ai/v1/chat/completions",
    "groq": "https://api.groq.com/openai/v1/chat/completions",
    "moonshot": "https://api.moonshot.ai/v1/chat/completions",
    "zhipu": "https://open.bigmodel.cn/api/paas/v4/chat/completions",
    "zai": "https://api.z.ai/api/paas/v4/chat/completions",
    "minimax": "https://api.minimax.io/v1/chat/completions",
    "xai": "https://api.x.ai/v1/chat/completions",
    "openrouter": "https://openrouter.ai/api/v1/chat/completions",
    "together": "https://api.together.xyz/v1/chat/completions",
    "fireworks": "https://api.fireworks.ai/inference/v1/chat/completions",
    "perplexity": "https://api.perplexity.ai/chat/completions",
    "cerebras": "https://api.cerebras.ai/v1/chat/completions",
    "huggingface": "https://router.huggingface.co/v1/chat/completions",
}


def resolved(name: str, base_url: str | None = None) -> ResolvedProvider:
    outcome = resolve_provider(name, Provider(base_url=base_url))
    assert isinstance(outcome, ResolvedProvider), outcome
    return outcome


@pytest.mark.parametrize(("name", "url"), CHAT.items())
def test_a_vendors_chat_is_called_where_its_own_sdk_calls_it(name: str, url: str) -> None:
    assert upstream_url(resolved(name), "/chat/completions", model="some-model") == url


@pytest.mark.parametrize("name", [kind.name for kind in VENDORS if kind.base_url and kind.models_path])
def test_models_are_listed_beside_the_other_operations(name: str) -> None:
    assert (models_url(resolved(name)) or "").endswith("/models")


@pytest.mark.parametrize(
    ("name", "dialect", "base"),
    [
        ("openai", "openai-responses", "https://api.openai.com/v1"),
        ("xai", "openai-responses", "https://api.x.ai/v1"),
        ("deepseek", "anthropic-messages", "https://api.deepseek.com/anthropic/v1"),
        ("moonshot", "anthropic-messages", "https://api.moonshot.ai/anthropic/v1"),
        ("openrouter", "anthropic-messages", "https://openrouter.ai/api/v1"),
    ],
)
def test_a_vendor_that_speaks_several_dialects_is_relayed_in_each(name: str, dialect: str, base: str) -> None:
    place = chat_place(resolved(name), dialect)
    assert (place.dialect, place.api_base) == (dialect, base)
    assert chat_place(resolved(name), "openai-chat").api_base == resolved(name).api_base


def test_a_stand_in_is_asked_for_no_more_than_its_main_dialect() -> None:
    there = resolved("deepseek", base_url="http://127.0.0.1:9000")
    assert chat_place(there, "anthropic-messages").dialect == "openai-chat"

"""Vendors' addresses are those that recordings of real calls show."""

import pytest

from aigw_dev.core.config import Provider
from aigw_dev.core.providers.resolve import ResolvedProvider, models_url, resolve_provider, upstream_url
from aigw_dev.core.providers.vendors import VENDORS

CHAT = {
    "openai": "https://api.openai.com/v1/chat/completions",
    "deepseek": "https://api.deepseek.com/chat/completions",
    "qwen": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions",
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
    "anthropic": "https://api.anthropic.com/v1/chat/completions",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
    "cohere": "https://api.cohere.com/compatibility/v1/chat/completions",
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


def test_bedrock_is_called_with_its_region_in_the_address() -> None:
    there = resolved("bedrock", base_url="https://bedrock-runtime.us-east-1.amazonaws.com")
    assert upstream_url(there, "/chat/completions") == (
        "https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1/chat/completions"
    )


def test_vertex_is_called_where_its_address_says() -> None:
    place = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/endpoints/openapi"
    assert (
        upstream_url(resolved("vertex", base_url=place), "/chat/completions") == f"{place}/chat/completions"
    )

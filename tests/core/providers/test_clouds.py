"""Vendors with a form of their own: chat in their dialect, some operations through an adapter, the rest as usual."""

import pytest

from aigw_dev.core.config import Provider
from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.providers.clouds import CLOUDS
from aigw_dev.core.providers.resolve import (
    ResolvedProvider,
    chat_place,
    main_place,
    models_url,
    place_url,
    raw_url,
    resolve_provider,
    upstream_url,
)


def resolved(name: str, base_url: str | None = None) -> ResolvedProvider:
    outcome = resolve_provider(name, Provider(base_url=base_url))
    assert isinstance(outcome, ResolvedProvider), outcome
    return outcome


BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("name", "base_url", "dialect", "base", "auth"),
    [
        ("anthropic", None, "anthropic-messages", "https://api.anthropic.com/v1", "x-api-key"),
        ("anthropic", "http://127.0.0.1:9/v1", "anthropic-messages", "http://127.0.0.1:9/v1", "x-api-key"),
        ("gemini", None, "gemini-generate-content", "https://generativelanguage.googleapis.com/v1beta", "x-goog-api-key"),
        ("gemini", "http://127.0.0.1:9", "gemini-generate-content", "http://127.0.0.1:9/v1beta", "x-goog-api-key"),
        ("bedrock", BEDROCK, "bedrock-converse", BEDROCK, "bearer"),
        ("bedrock", BEDROCK + "/openai/v1", "bedrock-converse", BEDROCK, "bearer"),
        ("azure-openai", "https://r.openai.azure.com", "openai-chat", "https://r.openai.azure.com/openai", "api-key"),
    ],
)  # fmt: skip
def test_chat_goes_through_the_native_dialect_whoever_calls(
    name: str, base_url: str | None, dialect: str, base: str, auth: str
) -> None:
    for caller in ("openai-chat", "anthropic-messages", "gemini-generate-content"):
        place = chat_place(resolved(name, base_url), caller)
        assert (place.dialect, place.api_base, place.auth) == (dialect, base, auth)


def test_azure_serves_responses_without_a_version_in_its_query() -> None:
    there = resolved("azure-openai", "https://r.openai.azure.com")
    place = chat_place(there, "openai-responses")
    assert (
        place_url(there, place, "/responses", model="m") == "https://r.openai.azure.com/openai/v1/responses"
    )
    chat = place_url(there, main_place(there), "/chat/completions", model="m")
    assert chat == "https://r.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21"


@pytest.mark.parametrize(
    ("name", "base_url", "base"),
    [
        ("qwen", None, "https://dashscope-intl.aliyuncs.com/api/v1"),
        (
            "qwen",
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            "https://dashscope.aliyuncs.com/api/v1",
        ),
        ("gemini", None, "https://generativelanguage.googleapis.com/v1beta"),
        ("cohere", None, "https://api.cohere.com"),
        ("bedrock", BEDROCK, BEDROCK),
    ],
)
def test_adapters_ask_the_vendors_own_api(name: str, base_url: str | None, base: str) -> None:
    assert resolved(name, base_url).places["native"].api_base == base


def test_adapted_operations_are_operations_and_not_lacked() -> None:
    known = {operation.name for operation in OPERATIONS}
    for kind in CLOUDS:
        assert {operation for operation, _ in kind.adapters} <= known, kind.name
        assert not {operation for operation, _ in kind.adapters} & kind.lacks, kind.name


@pytest.mark.parametrize("name", [kind.name for kind in CLOUDS if kind.base_url and kind.models_path])
def test_models_are_listed_beside_the_other_operations(name: str) -> None:
    assert (models_url(resolved(name)) or "").endswith("/models")


@pytest.mark.parametrize(
    ("name", "rest", "url", "auth"),
    [
        ("anthropic", "/v1/organizations/me", "https://api.anthropic.com/v1/organizations/me", "x-api-key"),
        ("gemini", "/v1beta/files", "https://generativelanguage.googleapis.com/v1beta/files", "x-goog-api-key"),
        ("gemini", "/upload/v1beta/files", "https://generativelanguage.googleapis.com/upload/v1beta/files", "x-goog-api-key"),
        ("gemini", "/v1beta/openai/batches", "https://generativelanguage.googleapis.com/v1beta/openai/batches", "bearer"),
        ("qwen", "/v1/fine_tuning/jobs", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/fine_tuning/jobs", "bearer"),
        ("qwen", "/api/v1/tasks/1", "https://dashscope-intl.aliyuncs.com/api/v1/tasks/1", "bearer"),
    ],
)  # fmt: skip
def test_what_is_passed_through_is_asked_where_the_vendor_has_it(
    name: str, rest: str, url: str, auth: str
) -> None:
    found, place = raw_url(resolved(name), rest, query="a=1&key=secret")
    assert (found, place.auth) == (url + "?a=1", auth)


def test_other_operations_stay_at_the_compatible_endpoint() -> None:
    there = resolved("gemini")
    base = "https://generativelanguage.googleapis.com/v1beta/openai"
    assert upstream_url(there, "/embeddings") == base + "/embeddings"


def test_a_path_that_holds_the_whole_base_is_not_doubled() -> None:
    base = "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1"
    rest = "/v1/projects/p/locations/us-central1/publishers/google/models/g:predict"
    assert (
        raw_url(resolved("vertex", base), rest)[0] == "https://us-central1-aiplatform.googleapis.com" + rest
    )

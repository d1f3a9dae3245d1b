"""Where a recorded call went: provider, operation and model from its URL."""

import pytest

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.core.recording.importing.destination import Destination, destination_of, shown

VERTEX = "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers"


def went(url: str, method: str = "POST") -> Destination:
    found = destination_of(method, url, where="x")
    assert isinstance(found, Destination), found
    return found


@pytest.mark.parametrize(
    ("url", "provider", "operation"),
    [
        ("https://api.openai.com/v1/chat/completions", "openai", "openai.chat.completions"),
        ("https://API.OpenAI.com:443/v1/responses", "openai", "openai.responses"),
        ("https://api.anthropic.com/v1/messages", "anthropic", "anthropic.messages"),
        (
            "https://api.anthropic.com/v1/messages/count_tokens?beta=true",
            "anthropic",
            "anthropic.messages.count_tokens",
        ),
        ("https://api.groq.com/openai/v1/chat/completions", "groq", "openai.chat.completions"),
        ("https://api.deepseek.com/chat/completions", "deepseek", "openai.chat.completions"),
        ("https://api.deepseek.com/anthropic/v1/messages", "deepseek", "anthropic.messages"),
        ("https://api.z.ai/api/paas/v4/chat/completions", "zai", "openai.chat.completions"),
        ("https://openrouter.ai/api/v1/embeddings", "openrouter", "openai.embeddings"),
        (
            "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
            "qwen",
            "openai.chat.completions",
        ),
        (
            "https://router.huggingface.co/nebius/v1/chat/completions",
            "huggingface",
            "openai.chat.completions",
        ),
        ("http://127.0.0.1:11434/v1/chat/completions", "ollama", "openai.chat.completions"),
        ("https://some.openai.azure.com/openai/v1/responses", "azure-openai", "openai.responses"),
    ],
)
def test_a_call_to_a_row_of_the_catalogue_is_that_providers(url: str, provider: str, operation: str) -> None:
    found = went(url)
    assert (found.provider, found.operation.name, found.note, found.path) == (provider, operation, "", "")


@pytest.mark.parametrize(
    ("action", "operation"),
    [
        ("generateContent", "gemini.generate_content"),
        ("streamGenerateContent?alt=sse&key=SECRET", "gemini.stream_generate_content"),
        ("countTokens", "gemini.count_tokens"),
    ],
)
def test_geminis_model_is_that_of_its_path(action: str, operation: str) -> None:
    found = went(f"https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:{action}")
    assert (found.provider, found.operation.name, found.model) == ("gemini", operation, "gemini-2.5-flash")
    assert found.is_model_in_path
    assert found.path == ""


def test_a_deployment_is_the_model_wherever_the_resource_is() -> None:
    for host in ("mine.openai.azure.com", "mine.cognitiveservices.azure.com"):
        found = went(f"https://{host}/openai/deployments/gpt-5-nano/chat/completions?api-version=2024-10-21")
        assert (found.provider, found.model, found.is_model_in_path) == ("azure-openai", "gpt-5-nano", True)
    assert "mine.cognitiveservices.azure.com is no provider's own address" in found.note


@pytest.mark.parametrize(
    ("rest", "operation", "model", "version"),
    [
        (
            "google/models/gemini-2.5-flash:generateContent",
            "gemini.generate_content",
            "google/gemini-2.5-flash",
            "",
        ),
        ("google/models/g:streamGenerateContent", "gemini.stream_generate_content", "google/g", ""),
        ("google/models/g:countTokens", "gemini.count_tokens", "google/g", ""),
        (
            "anthropic/models/claude-x:rawPredict",
            "anthropic.messages",
            "anthropic/claude-x",
            "vertex-2023-10-16",
        ),
        (
            "anthropic/models/claude-x:streamRawPredict",
            "anthropic.messages",
            "anthropic/claude-x",
            "vertex-2023-10-16",
        ),
        (
            "anthropic/models/count-tokens:rawPredict",
            "anthropic.messages.count_tokens",
            "",
            "vertex-2023-10-16",
        ),
    ],
)
def test_vertex_models_are_their_publishers(rest: str, operation: str, model: str, version: str) -> None:
    found = went(f"{VERTEX}/{rest}")
    assert (found.provider, found.operation.name, found.model) == ("vertex", operation, model)
    assert found.body_version == version
    assert found.is_model_in_path is not bool(version)


def test_what_vertex_has_besides_is_passed_through() -> None:
    for rest in ("google/models/text-embedding:predict", "mistralai/models/m:rawPredict"):
        found = went(f"{VERTEX}/{rest}")
        assert (found.provider, found.operation.name) == ("vertex", "raw")


def test_things_by_their_id_keep_their_path_and_query() -> None:
    found = went("https://api.openai.com/v1/responses/resp_1?include=x&api_key=SECRET", "GET")
    assert (found.operation.name, found.path) == ("openai.responses.item", "/responses/resp_1?include=x")


def test_what_has_no_operation_is_passed_through_below_its_provider() -> None:
    found = went("https://api.openai.com/v1/vector_stores/vs_1/files?limit=2")
    assert (found.provider, found.operation.name, found.path) == (
        "openai",
        "raw",
        "/v1/vector_stores/vs_1/files?limit=2",
    )
    found = went("https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-pro-v1%3A0/converse")
    assert (found.provider, found.path) == ("bedrock", "/model/amazon.nova-pro-v1%3A0/converse")
    found = went("https://api.cohere.com/v2/chat")
    assert (found.provider, found.operation.name) == ("cohere", "raw")


def test_a_list_of_models_is_asked_of_its_provider_by_name() -> None:
    found = went("https://api.groq.com/openai/v1/models?limit=5", "GET")
    assert (found.provider, found.operation.name, found.path) == ("groq", "raw", "/openai/v1/models?limit=5")


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/models?limit=2",
        "https://api.openai.com/v1/models/gpt-4o-mini",
        "https://api.anthropic.com/v1/models",
        "https://generativelanguage.googleapis.com/v1beta/models?key=SECRET&pageSize=5",
    ],
)
def test_models_that_the_gateway_tells_of_itself_are_left_out_with_a_reason(url: str) -> None:
    found = destination_of("GET", url, where="x")
    assert isinstance(found, str)
    assert "its own models" in found


def test_a_realtime_sockets_model_is_that_of_its_query() -> None:
    found = went("wss://api.openai.com/v1/realtime?model=gpt-realtime", "GET")
    assert (found.operation.name, found.model, found.is_model_in_path) == (
        "openai.realtime",
        "gpt-realtime",
        False,
    )


@pytest.mark.parametrize(
    ("url", "provider", "operation"),
    [
        ("http://127.0.0.1:9/v1/chat/completions", "openai", "openai.chat.completions"),
        ("http://localhost:8080/v1/messages", "anthropic", "anthropic.messages"),
        ("https://proxy.example/v1beta/models/g:generateContent", "gemini", "gemini.generate_content"),
        ("https://proxy.example/team/a/chat/completions", "openai", "openai.chat.completions"),
        ("https://proxy.example/team/v1/embeddings", "openai", "openai.embeddings"),
    ],
)
def test_behind_an_unknown_host_the_paths_dialect_says_who_it_is_and_a_note_says_so(
    url: str, provider: str, operation: str
) -> None:
    found = went(url)
    assert (found.provider, found.operation.name) == (provider, operation)
    assert f"taken as {provider}, by the path's dialect" in found.note


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "https://oauth2.googleapis.com/token"),
        ("GET", "https://example.com/v1/models"),
        ("POST", "https://example.com/threads/t1/messages"),
        ("GET", "https://example.com/picture.jpg"),
        ("POST", "https://example.com/v1/vector_stores/x/files"),
        ("POST", "https://example.com"),
    ],
)
def test_what_may_be_anybodys_is_left_out_with_a_reason(method: str, url: str) -> None:
    assert destination_of(method, url, where="x") == "no provider's address, and no path of a model call"


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("HEAD", "https://api.openai.com"),
        ("POST", "https://api.openai.com/v1/messages"),
        ("GET", "https://api.openai.com/a/../b"),
    ],
)
def test_what_a_provider_is_never_asked_is_left_out(method: str, url: str) -> None:
    assert destination_of(method, url, where="x") == "nothing that openai is asked through the gateway"


def test_a_path_that_ends_in_another_dialects_operation_is_passed_through() -> None:
    assert went("https://api.openai.com/proxied/v1/messages").operation.name == "raw"


@pytest.mark.parametrize("url", ["", "/v1/chat/completions", "ftp://x/y", "http://[::1", "http://h:99999/"])
def test_what_is_no_address_ends_in_an_error_with_its_place(url: str) -> None:
    with pytest.raises(FixtureError) as raised:
        destination_of("POST", url, where="interactions[2].request.uri")
    assert raised.value.where == "interactions[2].request.uri"


def test_a_shown_call_has_no_query_and_no_user() -> None:
    assert shown("GET", "https://me:pw@host.example:8443/a?key=SECRET#f") == "GET host.example:8443/a"
    assert shown("GET", "http://[::1") == "GET"

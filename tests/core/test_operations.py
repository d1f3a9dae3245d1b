"""Every path of the contract means what it should, in every spelling of a base URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.errors import CODES, Refusal
from aigw_dev.core.operations import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MODEL,
    MODELS,
    OPERATIONS,
    Match,
    Operation,
    find,
)

BASES = ("/v1", "", "/openai/v1", "/openai")


def matched(method: str, path: str) -> Match:
    match = find(method, path)
    assert isinstance(match, Match), match
    return match


def refused(method: str, path: str) -> Refusal:
    refusal = find(method, path)
    assert isinstance(refusal, Refusal)
    return refusal


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/chat/completions", CHAT),
        ("POST", "/completions", COMPLETIONS),
        ("POST", "/embeddings", EMBEDDINGS),
        ("GET", "/models", MODELS),
    ],
)
def test_every_spelling_of_the_base_works(
    base: str, slash: str, method: str, path: str, operation: Operation
) -> None:
    assert matched(method, base + path + slash) == Match(operation=operation)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/models/gpt-4o", "gpt-4o"),
        ("/v1/models/qwen/qwen3-max", "qwen/qwen3-max"),
        ("/v1/models/qwen%2Fqwen3-max", "qwen/qwen3-max"),
        ("/models/meta-llama%2fLlama:free", "meta-llama/Llama:free"),
        ("/openai/models/gpt%25", "gpt%"),
        ("/v1/models/dynamic/ai-test/", "dynamic/ai-test"),
    ],
)
def test_a_model_is_named_raw_or_encoded(path: str, model: str) -> None:
    assert matched("GET", path) == Match(operation=MODEL, model_id=model)


@pytest.mark.parametrize(
    ("path", "operation", "model"),
    [
        ("/openai/deployments/gpt-4o/chat/completions", CHAT, "gpt-4o"),
        ("/openai/deployments/gpt-4o/chat/completions/", CHAT, "gpt-4o"),
        ("/openai/deployments/gpt-4o/completions", COMPLETIONS, "gpt-4o"),
        ("/openai/deployments/embed/embeddings", EMBEDDINGS, "embed"),
        ("/openai/deployments/qwen/qwen3-max/chat/completions", CHAT, "qwen/qwen3-max"),
        ("/openai/deployments/qwen%2Fqwen3-max/chat/completions", CHAT, "qwen/qwen3-max"),
        ("/openai/deployments/chat/completions/chat/completions", CHAT, "chat/completions"),
    ],
)
def test_azures_path_names_the_model(path: str, operation: Operation, model: str) -> None:
    assert matched("POST", path) == Match(operation=operation, path_model=model)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/chat/completions", "POST"),
        ("DELETE", "/v1/models/gpt-4o", "GET"),
        ("POST", "/v1/models", "GET"),
        ("PUT", "/openai/deployments/x/embeddings", "POST"),
        ("OPTIONS", "/embeddings/", "POST"),
    ],
)
def test_another_method_is_told_which_is_allowed(method: str, path: str, allowed: str) -> None:
    refusal = refused(method, path)
    assert refusal.code == "method_not_allowed"
    assert f"asked with {allowed}, the request has {method}" in refusal.message


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/responses", "Responses API"),
        ("/v1/responses/resp_1", "Responses API"),
        ("/responses", "Responses API"),
        ("/v1/images/generations", "image"),
        ("/v1/images/edits", "image"),
        ("/openai/deployments/dall-e-3/images/generations", "image"),
        ("/v1/audio/transcriptions", "speech"),
        ("/v1/audio/translations", "speech"),
        ("/v1/audio/speech", "speech"),
        ("/v1/videos", "video"),
        ("/v1/videos/v_1/content", "video"),
        ("/v1/video/generations", "video"),
        ("/v1/rerank", "rerank"),
        ("/v1/moderations", "moderation"),
        ("/v1/realtime", "Realtime"),
        ("/v1/messages", "Anthropic"),
        ("/v1/messages/count_tokens", "Anthropic"),
        ("/messages", "Anthropic"),
        ("/v1beta/models/gemini-2.5-pro:generateContent", "Gemini"),
        ("/v1beta/models", "Gemini"),
        ("/v1/mcp/github", "`mcp:` in aigw-dev.yaml"),
        ("/mcp-servers/github", "`mcp:` in aigw-dev.yaml"),
        ("/v1/agent/planner", "`agents:` in aigw-dev.yaml"),
        ("/v1/agents", "`agents:` in aigw-dev.yaml"),
        ("/v1/sandboxes/1", "`sandboxes:` in aigw-dev.yaml"),
        ("/v1/files", "Files"),
        ("/v1/batches/b_1/cancel", "Batch"),
        ("/v1/chat/completions/chatcmpl-1", "stored chat completions"),
    ],
)
def test_a_later_capability_says_so(path: str, words: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        refusal = refused(method, path)
        assert refusal.code == "not_configured"
        assert CODES[refusal.code].status == 404
        assert refusal.message.startswith(path + " belongs to ")
        assert words in refusal.message


@pytest.mark.parametrize(
    "path",
    ["/", "", "/v1", "/v1/", "/v2/chat/completions", "/v1/v1/models", "//v1/models", "/v1//models", "/v1/chat",
     "/v1/chat/completionsx", "/v1/responsesx", "/v1/unknown", "v1/models", "/v1/models//x", "/V1/models",
     "/openai/deployments//embeddings", "/openai/deployments/x", "/openai/deployments/embeddings", "/admin"],
)  # fmt: skip
def test_any_other_path_is_not_found(path: str) -> None:
    assert refused("GET", path).code == "path_not_found"


def test_a_long_path_is_not_repeated_whole() -> None:
    assert len(refused("GET", "/v1/" + "x" * 50_000).message) < 400


@given(st.text(max_size=40), st.text(max_size=40).map(lambda text: "/v1/" + text))
def test_no_path_raises(method: str, path: str) -> None:
    assert isinstance(find(method, path), Match | Refusal)


def test_operations_speak_known_dialects_and_have_names_of_their_own() -> None:
    assert {operation.dialect for operation in OPERATIONS} <= DIALECTS.keys()
    assert len({operation.name for operation in OPERATIONS}) == len(OPERATIONS)
    assert [operation.is_model_call for operation in OPERATIONS] == [True, True, True, False, False]
    assert not any(operation.is_upload for operation in OPERATIONS)
    assert [operation.can_stream for operation in OPERATIONS] == [True, True, False, False, False]

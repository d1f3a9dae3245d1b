"""Every path of the contract means what it should, in every spelling of a base URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import CODES, Refusal
from aigw_dev.core.operations import (
    CHAT,
    COMPLETIONS,
    EMBEDDINGS,
    MODEL,
    MODELS,
    WELCOME_PATHS,
    Match,
    Operation,
)
from aigw_dev.core.paths import find, find_below

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
        ("/v1/mcp/github", "`mcp:` in aigw-dev.yaml"),
        ("/mcp-servers/github", "`mcp:` in aigw-dev.yaml"),
        ("/v1/agent/planner", "`agents:` in aigw-dev.yaml"),
        ("/v1/agents", "`agents:` in aigw-dev.yaml"),
        ("/v1/sandboxes/1", "`sandboxes:` in aigw-dev.yaml"),
        ("/v1/vector_stores/vs_1", "/PROVIDER/v1/vector_stores/vs_1"),
        ("/fine_tuning/jobs", "/PROVIDER/fine_tuning/jobs"),
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


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/v1/responses", "openai.responses"),
        ("POST", "/openai/deployments/gpt-5/responses", "openai.responses"),
        ("GET", "/v1/responses/resp_1", "openai.responses.item"),
        ("DELETE", "/responses/resp_1", "openai.responses.item"),
        ("POST", "/v1/responses/resp_1/cancel", "openai.responses.cancel"),
        ("GET", "/v1/responses/resp_1/input_items", "openai.responses.input_items"),
        ("POST", "/v1/responses/input_tokens", "openai.responses.input_tokens"),
        ("POST", "/v1/messages", "anthropic.messages"),
        ("POST", "/messages/count_tokens", "anthropic.messages.count_tokens"),
        ("GET", "/v1/messages/batches/b/results", "anthropic.batches.results"),
        ("POST", "/v1/images/generations", "openai.images.generations"),
        ("POST", "/openai/deployments/dall-e-3/images/generations", "openai.images.generations"),
        ("POST", "/v1/images/edits", "openai.images.edits"),
        ("POST", "/v1/audio/transcriptions", "openai.audio.transcriptions"),
        ("POST", "/v1/audio/translations", "openai.audio.translations"),
        ("POST", "/v1/audio/speech", "openai.audio.speech"),
        ("POST", "/v1/videos", "openai.videos.create"),
        ("GET", "/v1/videos", "openai.videos.list"),
        ("POST", "/v1/video/generations", "openai.videos.create"),
        ("GET", "/v1/video/generations/v_1", "openai.videos.item"),
        ("GET", "/video/generations/v_1/content", "openai.videos.content"),
        ("DELETE", "/v1/videos/v_1", "openai.videos.item"),
        ("POST", "/v1/videos/v_1/remix", "openai.videos.remix"),
        ("POST", "/v1/rerank", "rerank"),
        ("POST", "/v1/moderations", "openai.moderations"),
        ("POST", "/v1/files", "openai.files"),
        ("GET", "/v1/files/file-1/content", "openai.files.content"),
        ("POST", "/v1/batches/b_1/cancel", "openai.batches.cancel"),
        ("POST", "/v1/uploads/u/parts", "openai.uploads.parts"),
        ("GET", "/v1/realtime", "openai.realtime"),
        ("POST", "/v1/realtime/client_secrets", "openai.realtime.client_secrets"),
        ("POST", "/v1/realtime/calls", "openai.realtime.calls"),
        ("GET", "/v1beta/models", "gemini.models.list"),
        ("GET", "/v1beta/models/gemini-2.5-pro", "gemini.models.retrieve"),
    ],
)
def test_every_modality_has_its_path(method: str, path: str, name: str) -> None:
    assert matched(method, path).operation.name == name
    assert matched(method, path + "/").operation.name == name


@pytest.mark.parametrize(
    ("path", "name", "model"),
    [
        ("/v1beta/models/gemini-2.5-pro:generateContent", "gemini.generate_content", "gemini-2.5-pro"),
        ("/v1beta/gemini-2.5-pro:generateContent", "gemini.generate_content", "gemini-2.5-pro"),
        ("/v1alpha/models/qwen/qwen3-max:generateContent", "gemini.generate_content", "qwen/qwen3-max"),
        ("/v1beta/models/qwen%2Fqwen3:8b:streamGenerateContent", "gemini.stream_generate_content", "qwen/qwen3:8b"),
        ("/models/dynamic/r:countTokens", "gemini.count_tokens", "dynamic/r"),
        ("/v1/models/g:generateContent", "gemini.generate_content", "g"),
    ],
)  # fmt: skip
def test_googles_path_names_the_model_and_the_action(path: str, name: str, model: str) -> None:
    match = matched("POST", path)
    assert (match.operation.name, match.path_model) == (name, model)
    assert match.is_stream == name.startswith("gemini.stream")


@pytest.mark.parametrize(
    ("method", "path", "name", "rest"),
    [
        ("POST", "/qwen/v1/chat/completions", "openai.chat.completions", ""),
        ("POST", "/qwen/chat/completions", "openai.chat.completions", ""),
        ("POST", "/qwen/v1beta/models/g:generateContent", "gemini.generate_content", ""),
        ("GET", "/qwen/v1/files/f", "openai.files.item", ""),
        ("GET", "/qwen/v1/fine_tuning/jobs", "raw", "/v1/fine_tuning/jobs"),
        ("GET", "/qwen/v1/chat/completions", "raw", "/v1/chat/completions"),
        ("DELETE", "/qwen/anything%2Fat%20all", "raw", "/anything%2Fat%20all"),
    ],
)
def test_below_a_providers_prefix_everything_is_served(method: str, path: str, name: str, rest: str) -> None:
    match = find_below(method, path, {"qwen"})
    assert isinstance(match, Match)
    assert (match.operation.name, match.provider, match.rest) == (name, "qwen", rest)


@pytest.mark.parametrize("path", ["/gemini/v1beta/models/g:generateContent", "/gemini/models/g:countTokens"])
def test_googles_path_below_a_prefix_is_not_taken_for_a_models_name(path: str) -> None:
    assert isinstance(find("POST", path), Refusal)
    below = find_below("POST", path, {"gemini"})
    assert isinstance(below, Match)
    assert (below.provider, below.path_model) == ("gemini", "g")


def test_a_prefix_is_a_providers_name_and_nothing_climbs_out_of_it() -> None:
    assert find_below("POST", "/other/v1/x", {"qwen"}) is None
    assert find_below("POST", "/qwen", {"qwen"}) is None
    for path in ("/qwen/../x", "/qwen/a/%2e%2e/x", "/qwen/a//b", "/qwen//b", "/qwen/.%2e"):
        assert isinstance(find_below("GET", path, {"qwen"}), Refusal), path
    refusal = find_below("TRACE", "/qwen/x", {"qwen"})
    assert isinstance(refusal, Refusal)
    assert refusal.code == "method_not_allowed"


@pytest.mark.parametrize(
    "path", ["/v1/files/..", "/v1/files/%2e%2e/content", "/v1/files/a%2Fb", "/v1/batches/."]
)
def test_an_id_is_one_step_of_a_path(path: str) -> None:
    assert isinstance(find("GET", path), Refusal)


def test_what_the_gateway_says_it_serves_is_what_it_serves() -> None:
    for listed in set(WELCOME_PATHS) - {"/{provider}/..."}:
        path = listed.replace("{id}", "x").replace("{model}", "m")
        assert any(isinstance(find(method, path), Match) for method in ("GET", "POST")), path
    assert {"/v1/files", "/v1/batches", "/v1beta/models/{model}:generateContent"} <= set(WELCOME_PATHS)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/qwen/v1/%66iles/f1", "openai.files.item"),
        ("/qwen/%76%31/batches%2fb1", "raw"),
        ("/qwen/v1/%2566iles/f1", "raw"),
    ],
)
def test_a_path_that_is_needlessly_encoded_means_what_it_means(path: str, name: str) -> None:
    match = find_below("GET", path, {"qwen"})
    assert isinstance(match, Match)
    assert match.operation.name == name

"""The embedded provider as a server: which model answers what, and the official SDK against it."""

import json
from typing import Any

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.mock import MOCK_MODELS, MockReply, answer

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello there"}]


def ask(path: str, **body: Any) -> MockReply:
    return answer(path, json.dumps(body).encode(), created=1790000000, id_seed="abc")


def error_of(reply: MockReply) -> dict[str, Any]:
    assert reply.content_type == "application/json"
    return json.loads(b"".join(reply.chunks))["error"]


@pytest.mark.parametrize("name", ["mock/echo", "echo"])
def test_a_model_is_known_with_and_without_its_prefix(name: str) -> None:
    reply = ask("/v1/chat/completions", model=name, messages=HELLO)
    assert json.loads(reply.chunks[0])["model"] == "mock/echo"


def test_an_unknown_model_is_told_which_there_are() -> None:
    reply = ask("/v1/chat/completions", model="mock/gpt", messages=HELLO)
    error = error_of(reply)
    assert (reply.status, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert "mock/gpt" in error["message"]
    assert all(f"mock/{model.name}" in error["message"] for model in MOCK_MODELS)


@pytest.mark.parametrize(
    ("path", "model", "other"),
    [
        ("/v1/embeddings", "mock/echo", "mock/embed"),
        ("/v1/chat/completions", "mock/embed", "mock/echo, mock/tools, mock/think"),
        ("/v1/completions", "mock/tools", "mock/echo"),
    ],
)
def test_a_model_that_cannot_names_those_that_can(path: str, model: str, other: str) -> None:
    reply = ask(path, model=model, messages=HELLO, input="x", prompt="x")
    assert (reply.status, error_of(reply)["code"]) == (400, "operation_not_supported")
    assert error_of(reply)["message"].endswith(f"; {other} does")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/chat/completions", b"{", 400, "invalid_json"),
        ("/v1/chat/completions", b"{}", 400, "model_missing"),
        ("/v1/chat/completions", b'{"model":7}', 400, "invalid_request"),
        ("/v1/chat/completions", b'{"model":"echo"}', 400, "invalid_request"),
        ("/v1/chat/completions", b'{"model":"echo","messages":[]}', 400, "invalid_request"),
        ("/v1/models", b"{}", 405, "method_not_allowed"),
        ("/v1/vector_stores", b"{}", 404, "not_configured"),
        ("/nowhere", b"{}", 404, "path_not_found"),
    ],
)
def test_a_wrong_request_is_an_error_as_a_provider_sends_it(
    path: str, body: bytes, status: int, code: str
) -> None:
    reply = answer(path, body, created=1, id_seed="a")
    assert (reply.status, error_of(reply)["code"]) == (status, code)


def test_the_deployment_in_the_path_is_the_model() -> None:
    reply = ask("/openai/deployments/echo/chat/completions", messages=HELLO)
    assert json.loads(reply.chunks[0])["choices"][0]["message"]["content"] == "Hello there"


def test_the_same_request_gives_the_same_bytes() -> None:
    for model in ("echo", "tools", "think"):
        one = ask("/chat/completions", model=model, messages=HELLO, stream=True)
        assert one == ask("/chat/completions", model=model, messages=HELLO, stream=True)
    assert ask("/embeddings", model="embed", input="x") == ask("/embeddings", model="embed", input="x")


@pytest.mark.parametrize("model", [model.name for model in MOCK_MODELS])
def test_every_model_says_what_it_does(model: str) -> None:
    [row] = [row for row in MOCK_MODELS if row.name == model]
    assert row.description
    assert row.operations


_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = [
    "messages",
    "n",
    "stop",
    "max_tokens",
    "tools",
    "tool_choice",
    "prompt",
    "echo",
    "input",
    "dimensions",
]
_SHAPED = st.recursive(
    _ANY,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "text", "type", "function", "name", "parameters"]), inner
        )
    ),
    max_leaves=10,
)


@given(
    st.sampled_from(["/v1/chat/completions", "/v1/completions", "/v1/embeddings"]),
    st.sampled_from([model.name for model in MOCK_MODELS]),
    st.dictionaries(st.sampled_from([*_FIELDS, "encoding_format", "stream"]), _SHAPED),
)
def test_no_request_breaks_it(path: str, model: str, fields: dict[str, Any]) -> None:
    reply = ask(path, **fields | {"model": model})
    assert reply.status in {200, 400}
    assert reply.chunks


def sdk() -> openai.OpenAI:
    def reply(request: httpx.Request) -> httpx.Response:
        made = answer(request.url.path, request.read(), created=1790000000, id_seed="abc")
        return httpx.Response(
            made.status, headers={"content-type": made.content_type}, content=b"".join(made.chunks)
        )

    client: Any = httpx.Client(transport=httpx.MockTransport(reply))
    return openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1", http_client=client, max_retries=0)


def test_the_sdk_understands_every_model() -> None:
    messages: Any = HELLO
    tools: Any = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "integer"}}, "required": ["at"]}}}]  # fmt: skip
    with sdk() as client:
        whole = client.chat.completions.create(model="mock/echo", messages=messages)
        assert whole.choices[0].message.content == "Hello there"
        assert whole.usage is not None
        pieces = list(
            client.chat.completions.create(
                model="mock/echo", messages=messages, stream=True, stream_options={"include_usage": True}
            )
        )
        assert (
            "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
            == "Hello there"
        )
        assert pieces[-1].usage == whole.usage
        with client.chat.completions.stream(model="mock/tools", messages=messages, tools=tools) as stream:
            calls = stream.get_final_completion().choices[0].message.tool_calls
        assert calls is not None
        assert (calls[0].function.name, json.loads(calls[0].function.arguments)) == ("look", {"at": 1})
        assert client.completions.create(model="mock/echo", prompt="Once").choices[0].text == "Once"
        vectors = client.embeddings.create(model="mock/embed", input=["a", "b"])  # base64 by default
        assert [len(row.embedding) for row in vectors.data] == [256, 256]
        plain = client.embeddings.create(model="mock/embed", input=["a", "b"], encoding_format="float")
        assert plain.data[0].embedding == vectors.data[0].embedding
        with pytest.raises(openai.NotFoundError, match="mock/nothing"):
            client.chat.completions.create(model="mock/nothing", messages=messages)

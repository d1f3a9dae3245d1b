"""The official `openai` SDK against the gateway, and the gateway against a scripted upstream: all on real sockets."""

import concurrent.futures
import json
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.e2e.conftest import KEY, GatewayProcess, Start, config_for
from tests.scripted import Request, Script, ScriptedUpstream, chunk, json_reply, reply, sse_reply, stream_head

REPLY: dict[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}


def piece(**delta: object) -> dict[str, object]:
    """A chunk of a chat stream."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "delta": delta, "finish_reason": None}],
    }


END: dict[str, object] = {**piece(), "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE: dict[str, object] = {
    **piece(),
    "choices": [],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}


_OPENED: list[openai.OpenAI] = []


@pytest.fixture(autouse=True)
def closed_clients() -> Iterator[None]:
    """Every client of a test is closed with it."""
    yield
    while _OPENED:
        _OPENED.pop().close()


def sdk(gateway: GatewayProcess, **more: Any) -> openai.OpenAI:
    """A client as an app makes it, but for its base URL."""
    client = openai.OpenAI(
        base_url=f"{gateway.url}/v1", api_key=more.pop("api_key", gateway.token), max_retries=0, **more
    )
    _OPENED.append(client)
    return client


def test_a_chat_comes_back_and_is_logged_with_usage_and_cost(
    upstream: ScriptedUpstream, start: Start
) -> None:
    upstream.enqueue([json_reply(REPLY, headers=[("x-request-id", "req_up")])])
    gateway = start(config_for(upstream))
    answer = sdk(gateway).chat.completions.with_raw_response.create(
        model="up/gpt-4o-mini", messages=[{"role": "user", "content": "hi"}]
    )
    assert answer.parse().choices[0].message.content == "Hello"
    assert answer.headers["x-request-id"] == "req_up"
    assert answer.headers["x-aigw-upstream"] == "up/gpt-4o-mini"
    assert float(answer.headers["x-aigw-cost"]) > 0
    sent = upstream.requests[0]
    assert sent.json()["model"] == "gpt-4o-mini"
    assert sent.header(b"authorization") == f"Bearer {KEY}".encode()
    logged = gateway.last()
    assert logged["usage"]["input"] == 9
    assert logged["usage"]["output"] == 3
    assert logged["cost_status"] == "exact"
    assert logged["key_name"] == "env:UP_KEY"


def test_a_stream_with_usage(upstream: ScriptedUpstream, start: Start) -> None:
    upstream.enqueue(
        sse_reply(
            piece(role="assistant", content=""),
            piece(content="Hel"),
            piece(content="lo"),
            END,
            USAGE,
            "[DONE]",
        )
    )
    gateway = start(config_for(upstream))
    stream = sdk(gateway).chat.completions.create(
        model="up/gpt-4o-mini",
        messages=[{"role": "user", "content": "hi"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    events = list(stream)
    assert "".join(event.choices[0].delta.content or "" for event in events if event.choices) == "Hello"
    assert events[-1].usage is not None
    assert events[-1].usage.total_tokens == 11
    logged = gateway.last()
    assert logged["assembled"]["text"] == "Hello"
    assert logged["ttft_s"] is not None
    assert logged["usage"]["input"] == 9


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (422, openai.UnprocessableEntityError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_every_error_is_its_exception_with_text_id_and_retry_after(
    upstream: ScriptedUpstream, start: Start, status: int, kind: type[openai.APIStatusError]
) -> None:
    error = {"error": {"message": f"told {status}", "type": "t", "param": None, "code": "c"}}
    headers = [("x-request-id", "req_9"), ("retry-after", "7")]
    upstream.enqueue([json_reply(error, status=status, headers=headers)])
    gateway = start(config_for(upstream))
    with pytest.raises(kind) as caught:
        sdk(gateway).chat.completions.create(model="up/m", messages=[{"role": "user", "content": "hi"}])
    assert f"told {status}" in str(caught.value)
    assert caught.value.request_id == "req_9"
    assert caught.value.response.headers["retry-after"] == "7"
    assert json.loads(caught.value.response.content) == error


def test_an_app_with_its_real_key_works_once_the_base_url_points_here(
    upstream: ScriptedUpstream, start: Start
) -> None:
    upstream.enqueue([json_reply(REPLY)])
    gateway = start(config_for(upstream))
    sdk(gateway, api_key=KEY).chat.completions.create(
        model="up/m", messages=[{"role": "user", "content": "hi"}]
    )
    assert upstream.requests[0].header(b"authorization") == f"Bearer {KEY}".encode()


def test_a_dummy_key_spends_nothing_unless_esa_aigw_auth_is_beside_it(
    upstream: ScriptedUpstream, start: Start
) -> None:
    upstream.enqueue([json_reply(REPLY)])
    gateway = start(config_for(upstream))
    with pytest.raises(openai.AuthenticationError, match="Nothing was sent"):
        sdk(gateway, api_key="dummy").chat.completions.create(
            model="up/m", messages=[{"role": "user", "content": "hi"}]
        )
    assert upstream.requests == []
    answered = sdk(gateway, api_key="dummy", default_headers={"esa_aigw_auth": f"Bearer {gateway.token}"})
    answered.chat.completions.create(model="up/m", messages=[{"role": "user", "content": "hi"}])
    sent = upstream.requests[0]
    assert b"esa_aigw_auth" not in sent.raw
    assert b"dummy" not in sent.raw


def test_what_is_odd_in_a_stream_arrives_intact(upstream: ScriptedUpstream, start: Start) -> None:
    odd = '{"choices":[{"index":0,"delta":{"content":"a\u2028b😀"}}],"n":12345678901234567890,"x_new":{"k":1.10}}'
    wire = f": comment\r\n\r\ndata:{odd}\r\n\r\ndata: {odd}\r\n\r\n".encode()
    pieces = [chunk(bytes([byte])) for byte in wire]
    upstream.enqueue([stream_head(), *pieces, b"0\r\n\r\n"])
    gateway = start(config_for(upstream))
    got = gateway.chat("up/m", stream=True)
    assert got.content == wire


def test_embeddings_models_and_tools(upstream: ScriptedUpstream, start: Start) -> None:
    vector = {"object": "list", "model": "e", "data": [{"object": "embedding", "index": 0, "embedding": "AACAPwAAAEA="}],
              "usage": {"prompt_tokens": 2, "total_tokens": 2}}  # fmt: skip
    tool = {**REPLY, "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}}]}  # fmt: skip
    upstream.enqueue([json_reply(vector)], [json_reply(tool)])
    gateway = start(config_for(upstream))
    client = sdk(gateway)
    assert client.embeddings.create(model="up/e", input=[1, 2]).data[0].embedding == [1.0, 2.0]
    assert upstream.requests[0].json()["input"] == [1, 2]
    called = client.chat.completions.create(
        model="up/m", messages=[{"role": "user", "content": "hi"}],
        tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    )  # fmt: skip
    calls = called.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].id == "call_1"
    assert "mock/echo" in [model.id for model in client.models.list()]
    assert client.models.retrieve("mock/echo").id == "mock/echo"


def test_fifty_streams_at_once_all_complete(start: Start) -> None:
    def answer(request: Request) -> Script:
        text = str(request.json()["messages"][0]["content"])
        return sse_reply(*[piece(content=f"{text}.") for _ in range(20)], END, "[DONE]")

    with ScriptedUpstream(answer) as many:
        gateway = start(config_for(many))
        client = sdk(gateway)

        def one(number: int) -> str:
            stream = client.chat.completions.create(
                model="up/m", messages=[{"role": "user", "content": str(number)}], stream=True
            )
            return "".join(event.choices[0].delta.content or "" for event in stream if event.choices)

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            assert list(pool.map(one, range(50))) == [f"{number}." * 20 for number in range(50)]


def test_an_error_that_is_no_openai_error_is_wrapped_with_its_text(
    upstream: ScriptedUpstream, start: Start
) -> None:
    upstream.enqueue(
        [
            reply(
                b"<html><title>502 Bad Gateway</title></html>",
                status=502,
                headers=[("content-type", "text/html")],
            )
        ]
    )
    gateway = start(config_for(upstream))
    got = gateway.chat("up/m")
    assert got.status_code == 502
    assert "Bad Gateway" in got.json()["error"]["message"]


def test_the_same_request_by_plain_http_keeps_its_bytes(upstream: ScriptedUpstream, start: Start) -> None:
    upstream.enqueue([json_reply(REPLY)])
    gateway = start(config_for(upstream))
    body = b'{ "x": 1.10, "model" : "up/m" ,"messages":[], "n":12345678901234567890}'
    httpx.post(
        f"{gateway.url}/v1/chat/completions", content=body,
        headers={"content-type": "application/json", "authorization": f"Bearer {gateway.token}"},
    )  # fmt: skip
    assert upstream.requests[0].body == body.replace(b"up/m", b"m")

"""A gateway in this process in front of one upstream that plays a provider of every dialect; and the SDKs' reading of errors."""

import contextlib
import functools
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any, Final

import anthropic
import httpx
import openai
import pytest
from google.genai import errors as google_errors

from tests.scripted import Request, Script, ScriptedUpstream, json_reply
from tests.sdk_types import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES, check_request
from tests.server.house import House, house
from tests.server.providers import KEYS, REPLY

PATHS: Final = {
    CHAT: "/v1/chat/completions",
    RESPONSES: "/v1/responses",
    ANTHROPIC: "/v1/messages",
    GEMINI: "/v1beta/models/{model}:generateContent",
}
FOREIGN: Final = {
    CHAT: ("claude", "gem", "bed"),
    RESPONSES: ("up", "claude"),
    ANTHROPIC: ("up", "gem"),
    GEMINI: ("up", "claude"),
}
"""Providers that speak another dialect than the caller."""
SPOKEN: Final = {
    "/chat/completions": CHAT,
    "/messages": ANTHROPIC,
    ":generateContent": GEMINI,
    "/converse": BEDROCK,
}
# --- the gateway, and providers that remember


def answering(request: Request) -> Script:
    """What a provider says to a request it accepts."""
    path = request.target.partition("?")[0]
    return [json_reply(next(reply for end, reply in REPLIES.items() if path.endswith(end)))]


REPLIES: Final[dict[str, Any]] = {
    "/chat/completions": REPLY,
    "/messages": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [{"type": "text", "text": "Bonjour"}], "stop_reason": "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 3},
    },
    ":generateContent": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "Ciao"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 3},
    },
    "/converse": {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hola"}]}}, "stopReason": "end_turn",
        "usage": {"inputTokens": 2, "outputTokens": 3, "totalTokens": 5},
    },
}  # fmt: skip
KINDS: Final = {"up": "openai-compatible", "claude": "anthropic", "gem": "gemini", "bed": "bedrock"}
MODELS: Final = {
    "up": "m",
    "claude": "claude-sonnet-4-5",
    "gem": "gemini-2.5-flash",
    "bed": "anthropic.claude-sonnet-4-5-20250929-v1:0",
}


@contextlib.asynccontextmanager
async def staged(folder: Path, *, more: str = "") -> AsyncGenerator["Stage"]:
    """The whole stage; `more` is added to the config, with the address for UP."""
    with ScriptedUpstream(answering) as upstream:
        rows = "".join(
            f'  {name}: {{kind: {kind}, base_url: "{upstream.url}", keys: ["env:FIRST"]}}\n'
            for name, kind in KINDS.items()
        )
        config = f"version: 1\ngateway: {{name: test}}\nproviders:\n{rows}" + more.replace("UP", upstream.url)
        async with house(folder, config, env=KEYS) as one:
            yield Stage(one, upstream)


class Stage:
    """A gateway in this process in front of one upstream that plays every provider."""

    def __init__(self, one: House, upstream: ScriptedUpstream) -> None:
        self.one = one
        self.upstream = upstream

    async def send(self, dialect: str, provider: str, body: bytes) -> httpx.Response:
        """A body as it is, to a provider; the model's name is put in where the good request has one."""
        model = f"{provider}/{MODELS[provider]}"
        path = PATHS[dialect].replace("{model}", model)
        raw = body.replace(b'"model": "M"', b'"model": "%s"' % model.encode())
        return await self.one.http.post(
            path, content=raw, headers=self.one.token() | {"content-type": "application/json"}
        )

    async def ask(
        self, dialect: str, provider: str, asked: dict[str, Any], *, is_stream: bool
    ) -> httpx.Response:
        """A request, perhaps for a stream of events, as the dialect asks for one."""
        model = f"{provider}/{MODELS[provider]}"
        path, body = PATHS[dialect].replace("{model}", model), dict(asked)
        if dialect == GEMINI:
            path = path.replace(":generate", ":streamGenerate") + "?alt=sse" if is_stream else path
        else:
            body |= {"model": model, "stream": is_stream}
        return await self.one.http.post(path, json=body, headers=self.one.token())

    def check_upstream(self) -> int:
        """How many requests came, each whole: its provider's SDK accepts it."""
        for request in self.upstream.requests:
            path = request.target.partition("?")[0]
            spoken = next(dialect for end, dialect in SPOKEN.items() if path.endswith(end))
            if spoken == BEDROCK:
                path = "/model/{model}/converse"
            check_request(spoken, request.body, path=path)
        return len(self.upstream.requests)


# --- what each SDK makes of an error


@functools.cache
def _openai() -> openai.OpenAI:
    return openai.OpenAI(api_key="k", base_url="http://127.0.0.1")


@functools.cache
def _anthropic() -> anthropic.Anthropic:
    return anthropic.Anthropic(api_key="k", base_url="http://127.0.0.1")


def read_openai(answer: httpx.Response) -> str:
    error = _openai()._make_status_error_from_response(answer)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportArgumentType] - the SDK's own reading of an error
    assert isinstance(error, openai.APIStatusError)
    assert isinstance(error.body, dict)
    assert error.type
    assert error.code
    return error.message


def read_any_anthropic(answer: httpx.Response) -> str:
    """The same, for errors of every status."""
    error = _anthropic()._make_status_error_from_response(answer)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportArgumentType] - the SDK's own reading of an error
    body: Any = error.body
    assert body["type"] == "error"
    assert isinstance(body["error"]["type"], str)
    return body["error"]["message"]


def read_any_google(answer: httpx.Response) -> str:
    """The same, for errors of every status."""
    with pytest.raises(google_errors.APIError) as caught:
        google_errors.APIError.raise_for_response(answer)  # pyright: ignore[reportUnknownMemberType] - the SDK leaves its parameter half typed
    assert caught.value.status
    return caught.value.message or ""


def read_anthropic(answer: httpx.Response) -> str:
    error = _anthropic()._make_status_error_from_response(answer)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportArgumentType] - the SDK's own reading of an error
    body: Any = error.body
    assert body["type"] == "error"
    assert body["error"]["type"] in {"invalid_request_error", "not_found_error", "request_too_large"}
    return body["error"]["message"]


def read_google(answer: httpx.Response) -> str:
    with pytest.raises(google_errors.ClientError) as caught:
        google_errors.APIError.raise_for_response(answer)  # pyright: ignore[reportUnknownMemberType] - the SDK leaves its parameter half typed
    assert caught.value.code == answer.status_code
    assert caught.value.status in {"INVALID_ARGUMENT", "NOT_FOUND"}
    assert caught.value.message
    return caught.value.message


READ: Final[dict[str, Callable[[httpx.Response], str]]] = {
    CHAT: read_openai,
    RESPONSES: read_openai,
    ANTHROPIC: read_anthropic,
    GEMINI: read_google,
}
READ_ANY: Final[dict[str, Callable[[httpx.Response], str]]] = {
    CHAT: read_openai,
    RESPONSES: read_openai,
    ANTHROPIC: read_any_anthropic,
    GEMINI: read_any_google,
}

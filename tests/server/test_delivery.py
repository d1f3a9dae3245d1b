"""What of a good reply is relayed, as what, and what cannot be."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.delivery import is_binary, request_id, require_acceptable
from aigw_dev.server.door import Door
from aigw_dev.server.embedded import EmbeddedReply
from tests.scripted import ScriptedUpstream, json_reply
from tests.server.house import house
from tests.server.providers import KEYS, config_of, whole
from tests.server.test_translated import MESSAGE


@pytest.mark.parametrize(
    ("kind", "binary"),
    [
        (b"application/json", False),
        (b"text/event-stream; charset=utf-8", False),
        (b"application/sdp", False),
        (b"application/vnd.api+json", False),
        (b"application/x-jsonlines", False),
        (b"audio/mpeg", True),
        (b"video/mp4", True),
        (b"application/octet-stream", True),
        (b"", False),
    ],
)
def test_a_reply_is_binary_by_its_content_type(kind: bytes, binary: bool) -> None:
    assert is_binary(kind) == binary


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (302, [(b"location", b"https://elsewhere/x?token=1")], "upstream_redirect"),
        (200, [(b"content-encoding", b"gzip")], "upstream_encoded"),
    ],
)
def test_a_redirect_and_an_encoded_reply_are_refused(
    status: int, headers: list[tuple[bytes, bytes]], code: str
) -> None:
    with pytest.raises(UpstreamError) as caught:
        require_acceptable(EmbeddedReply(status, headers, []))
    assert caught.value.code == code
    assert "token=1" not in caught.value.message


def test_the_providers_own_id_is_found_by_any_of_its_names() -> None:
    assert request_id([(b"request-id", b"req_1")]) == "req_1"
    assert request_id([(b"x-amzn-requestid", b"a"), (b"x-request-id", b"b")]) == "b"
    assert request_id([]) == ""


@pytest.mark.anyio
@pytest.mark.parametrize("is_translated", [False, True])
async def test_a_caller_that_reads_a_whole_reply_slowly_does_not_make_the_provider_idle(
    tmp_path: Path, scripted: ScriptedUpstream, is_translated: bool
) -> None:
    config = config_of(up=scripted, settings=", idle_timeout_ms: 50")
    if is_translated:
        config = config.replace("openai-compatible", "anthropic").replace("/v1", "")
    scripted.enqueue([json_reply(MESSAGE)] if is_translated else whole())
    question = {"model": "up/m", "messages": [{"role": "user", "content": "x"}]}
    body = json.dumps(question).encode()
    sent: list[bytes] = []
    is_read = asyncio.Event()
    left = asyncio.Event()
    requests = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if requests:
            return requests.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            asyncio.get_running_loop().call_later(0.2, is_read.set)
            await is_read.wait()
            sent.append(message["body"])

    async with house(tmp_path, config, env=KEYS) as one:
        headers = {"host": "127.0.0.1:2449", "content-type": "application/json", **one.token()}
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/chat/completions",
            "raw_path": b"/v1/chat/completions",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        await Door(one.gateway)(scope, receive, send)
        assert json.loads(b"".join(sent))["choices"]

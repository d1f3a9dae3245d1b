"""The embedded provider behind the upstream seam."""

import json

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Call
from aigw_dev.server.embedded import Embedded

pytestmark = pytest.mark.anyio


def call(**more: object) -> Call:
    body = {"model": "echo", "messages": [{"role": "user", "content": "hello"}], **more}
    return Call(
        method="POST",
        url="http://mock.invalid/v1/chat/completions",
        headers=[],
        body=json.dumps(body).encode(),
    )


async def test_the_same_request_gets_the_same_reply() -> None:
    mock = Embedded(now=lambda: 1_700_000_000.9)
    first, again = [await (await mock.send(call())).read(10_000) for _ in range(2)]
    assert first == again
    assert json.loads(first)["created"] == 1_700_000_000
    assert json.loads(first)["choices"][0]["message"]["content"] == "hello"
    other = await (await mock.send(call(temperature=1))).read(10_000)
    assert json.loads(other)["id"] != json.loads(first)["id"]


async def test_a_stream_comes_in_pieces_until_it_is_cancelled() -> None:
    reply = await Embedded().send(call(stream=True))
    assert dict(reply.headers)[b"content-type"].startswith(b"text/event-stream")
    assert reply.is_complete
    pieces = reply.chunks()
    assert (await anext(pieces)).startswith(b"data: ")
    reply.cancel()
    with pytest.raises(UpstreamError) as caught:
        await anext(pieces)
    assert caught.value.code == "cancelled"


async def test_more_than_was_allowed_is_an_error() -> None:
    reply = await Embedded().send(call())
    with pytest.raises(UpstreamError) as caught:
        await reply.read(3)
    assert caught.value.code == "upstream_protocol"


async def test_closing_it_is_harmless() -> None:
    mock = Embedded()
    await mock.aclose()
    assert (await mock.send(call())).status == 200

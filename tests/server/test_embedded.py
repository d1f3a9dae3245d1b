"""The embedded provider behind the upstream seam."""

import json
from collections.abc import AsyncIterator

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Call
from aigw_dev.server.embedded import Embedded
from tests.core.audio_files import wav
from tests.core.forms import BOUNDARY, field, file, form

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


def upload(path: str, *parts: bytes, piece_bytes: int = 1000) -> Call:
    """A form as the gateway sends it on: streamed."""
    raw = form(*parts)

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(raw), piece_bytes):
            yield raw[at : at + piece_bytes]

    return Call(
        method="POST",
        url="http://mock.invalid/v1" + path,
        headers=[(b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)],
        body=pieces(),
        body_bytes=len(raw),
    )


def at(path: str, method: str = "GET") -> Call:
    return Call(method=method, url="http://mock.invalid/v1" + path, headers=[])


async def test_an_upload_is_read_as_it_streams() -> None:
    parts = (field("model", b"mock/transcribe"), file("file", wav(3.0), filename="talk.wav"))
    first, again = [
        await (await Embedded().send(upload("/audio/transcriptions", *parts, piece_bytes=size))).read(10_000)
        for size in (17, 70_000)
    ]
    assert first == again
    assert json.loads(first)["usage"] == {"type": "duration", "seconds": 3.0}


async def test_a_form_may_also_come_whole() -> None:
    sent = upload("/videos")
    sent.body = form(field("prompt", b"waves"))
    assert json.loads(await (await Embedded().send(sent)).read(10_000))["object"] == "video"


async def test_a_broken_form_is_an_error_and_is_read_to_its_end() -> None:
    seen: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for place in range(3):
            yield b"no form at all"
            seen.append(place)

    sent = upload("/videos")
    sent.body = pieces()
    reply = await Embedded().send(sent)
    assert (reply.status, seen) == (400, [0, 1, 2])
    assert json.loads(await reply.read(10_000))["error"]["code"] == "invalid_multipart"


async def test_a_video_is_followed_by_its_id() -> None:
    now_s = 1_790_000_000.0
    mock = Embedded(now=lambda: now_s)
    name = json.loads(await (await mock.send(upload("/videos", field("prompt", b"waves")))).read(10_000))[
        "id"
    ]
    content = f"/videos/{name}/content"
    assert (await mock.send(at(content))).status == 400
    now_s += 3
    assert json.loads(await (await mock.send(at(f"/videos/{name}"))).read(10_000))["status"] == "completed"
    for query, content_type in (("", b"video/mp4"), ("?variant=thumbnail", b"image/png")):
        reply = await mock.send(at(content + query))
        assert (reply.status, dict(reply.headers)[b"content-type"]) == (200, content_type)
    assert (await mock.send(at(f"/videos/{name}", "DELETE"))).status == 200


async def test_sound_comes_in_pieces() -> None:
    sent = call(model="speech", input="one two three", response_format="wav")
    sent.url = "http://mock.invalid/v1/audio/speech"
    reply = await Embedded().send(sent)
    pieces = [piece async for piece in reply.chunks()]
    assert len(pieces) == 3
    assert pieces[0].startswith(b"RIFF")

"""Recorded replies given out again."""

import asyncio

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.recording.fixture import Blob, EventRow, Response
from aigw_dev.fixture_files.limits import FixtureFileError
from aigw_dev.server.testbench.replayed import ReplayedReply, inlined, pieces_of

pytestmark = pytest.mark.anyio
BLOB = Blob(sha256="0" * 64, type="image/png", bytes=3)


def read(blob: Blob) -> bytes:
    return b"[1.5,2]" if blob.form == "json" else b"abc"


async def body_of(response: Response, *, pace: float = 0.0) -> bytes:
    reply = ReplayedReply(response, read_blob=read, pace=pace)
    return b"".join([piece async for piece in reply.chunks()])


@pytest.mark.parametrize(
    ("response", "kind", "body"),
    [
        (Response(body={"a": 1.0, "b": "ü"}), b"application/json", '{"a":1.0,"b":"ü"}'.encode()),
        (Response(body=None), b"application/json", b"null"),
        (Response(text="hi"), b"text/plain; charset=utf-8", b"hi"),
        (Response(blob=BLOB), b"image/png", b"abc"),
        (Response(raw=[(0, b"\xff"), (1, b"\x00")]), b"application/json", b"\xff\x00"),
        (
            Response(events=[EventRow(name="x", data={"k": 1})]),
            b"text/event-stream; charset=utf-8",
            b'event: x\ndata: {"k":1}\n\n',
        ),
        (Response(), b"application/json", b""),
    ],
)
async def test_every_form_of_body(response: Response, kind: bytes, body: bytes) -> None:
    assert await body_of(response) == body
    reply = ReplayedReply(response, read_blob=read, pace=0)
    headers = dict(reply.headers)
    assert headers[b"content-type"] == kind
    assert headers.get(b"content-length") == (
        b"%d" % len(body) if not (response.events or response.raw) else None
    )
    assert await reply.read(100) == body


def test_a_blob_that_is_gone_is_an_answer_that_names_it() -> None:
    def gone(blob: Blob) -> bytes:
        raise FixtureFileError("there is no such blob", file=f"_blobs/{blob.sha256[:16]}.png", hint="Record.")

    for response in (
        Response(blob=BLOB),
        Response(body={"a": [BLOB]}),
        Response(events=[EventRow(data=BLOB)]),
    ):
        with pytest.raises(
            UpstreamError, match="_blobs/0000000000000000\\.png: there is no such blob"
        ) as caught:
            ReplayedReply(response, read_blob=gone, pace=0)
        assert caught.value.code == "upstream_protocol"


async def test_recorded_headers_win_and_framing_is_made_anew() -> None:
    response = Response(
        text="hi", headers={"Content-Type": "text/x", "content-length": "99", "retry-after": "2"}
    )
    headers = dict(ReplayedReply(response, read_blob=read, pace=0).headers)
    assert headers == {b"content-type": b"text/x", b"content-length": b"2", b"retry-after": b"2"}


@pytest.mark.parametrize("end", ["reset", "client_abort"])
async def test_one_that_broke_off_breaks_off_behind_its_events(end: str) -> None:
    response = Response(events=[EventRow(data={"k": 1})], end=end)  # pyright: ignore[reportArgumentType]
    got: list[bytes] = []
    reply = ReplayedReply(response, read_blob=read, pace=0)
    assert not reply.is_complete

    async def read_all() -> None:
        async for piece in reply.chunks():
            got[:] = [*got, piece]

    with pytest.raises(UpstreamError) as broken:
        await read_all()
    assert broken.value.code == "upstream_reset"
    assert got == [b'data: {"k":1}\n\n']


async def test_a_cut_stream_just_ends() -> None:
    assert await body_of(Response(events=[EventRow(data={"k": 1})], end="cut")) == b'data: {"k":1}\n\n'


async def test_pauses_are_played_at_their_pace() -> None:
    loop = asyncio.get_running_loop()
    response = Response(events=[EventRow(text="a"), EventRow(text="b")], dt_ms=[40, 60])
    reply = ReplayedReply(response, read_blob=read, pace=1.0)
    began = loop.time()
    await reply.wait_for_head()
    assert loop.time() - began >= 0.035
    await reply.read(100)
    assert loop.time() - began >= 0.09


async def test_too_large_and_cancelled() -> None:
    with pytest.raises(UpstreamError):
        await ReplayedReply(Response(text="hello"), read_blob=read, pace=0).read(2)
    reply = ReplayedReply(Response(text="hello"), read_blob=read, pace=0)
    reply.cancel()
    with pytest.raises(UpstreamError):
        await reply.read(100)


def test_blobs_stand_for_text_urls_and_numbers() -> None:
    value = {
        "a": [Blob(sha256="0" * 64, type="image/png", form="data-url")],
        "b": Blob(sha256="0" * 64, form="base64"),
        "c": Blob(sha256="0" * 64, form="json"),
    }
    assert inlined(value, read) == {"a": ["data:image/png;base64,YWJj"], "b": "YWJj", "c": [1.5, 2]}
    row = EventRow(data={"b": Blob(sha256="0" * 64, form="base64")})
    assert pieces_of(Response(events=[row]), read) == [b'data: {"b":"YWJj"}\n\n']

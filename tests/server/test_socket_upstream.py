"""The handshake with a provider, byte by byte, over TLS and through proxies."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_sockets

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server import socket_upstream
from aigw_dev.server.call import Call
from aigw_dev.server.socket_frames import Message
from aigw_dev.server.socket_protocol import accept_key
from aigw_dev.server.socket_upstream import Answer, Declined, Opened, open_socket
from aigw_dev.server.upstream import Upstream
from tests.certificates import Authority
from tests.scripted_proxy import ScriptedProxy

pytestmark = pytest.mark.anyio

GOOD = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n"


@asynccontextmanager
async def answering(make: Callable[[bytes], bytes], *, step: int = 65536) -> AsyncGenerator[str]:
    """The URL of a server that answers one handshake with what `make` gives for its accept key, `step` bytes at a time."""
    seen: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        found = re.search(rb"sec-websocket-key: (\S+)\r\n", head)
        assert found
        reply = make(accept_key(found[1]))
        for at in range(0, len(reply), step):
            writer.write(reply[at : at + step])
            await writer.drain()
            await asyncio.sleep(0)
        if b"101" not in reply[:12]:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/realtime?model=m"
        for writer in seen:
            writer.transport.abort()


async def opening(
    upstream: Upstream,
    url: str,
    *,
    proxy: str | None = None,
    protocols: tuple[bytes, ...] = (),
    answer_s: float = 5,
) -> Answer:
    call = Call(method="GET", url=url, headers=[(b"x-own", b"1")], connect_timeout_s=5, proxy=proxy)
    return await open_socket(upstream.connect, call, subprotocols=protocols, answer_s=answer_s, idle_s=0)


@pytest.mark.parametrize("step", [1, 7, 65536])
async def test_an_answer_opens_it_in_any_cut_and_frames_behind_it_are_read(
    upstream: Upstream, step: int
) -> None:
    def good(key: bytes) -> bytes:
        fields = b"sec-websocket-accept: %b\r\nsec-websocket-protocol: b\r\nx-request-id: r\r\n\r\n" % key
        return GOOD + fields + b"\x81\x02hi"

    async with answering(good, step=step) as url:
        answer = await opening(upstream, url, protocols=(b"a", b"b"))
        assert isinstance(answer, Opened)
        assert (answer.subprotocol, (b"x-request-id", b"r") in answer.headers) == (b"b", True)
        assert await answer.frames.receive() == Message(b"hi", is_text=True)
        answer.frames.abort()
        await answer.frames.ended()


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (b"sec-websocket-accept: AAAA\r\n\r\n", "accept is wrong"),
        (b"\r\n", "accept is wrong"),
        (b"sec-websocket-accept: {key}\r\nsec-websocket-extensions: permessage-deflate\r\n\r\n", "extension"),
        (b"sec-websocket-accept: {key}\r\nsec-websocket-protocol: other\r\n\r\n", "subprotocol"),
        (b"bad header\r\n\r\n", "not HTTP"),
        (b"x-long: " + b"x" * 70_000, "larger than"),
    ],
)
async def test_a_101_that_does_not_keep_the_rules_opens_nothing(
    upstream: Upstream, fields: bytes, why: str
) -> None:
    async with answering(lambda key: GOOD + fields.replace(b"{key}", key)) as url:
        with pytest.raises(UpstreamError, match=why) as raised:
            await opening(upstream, url, protocols=(b"a",))
        assert raised.value.code == "upstream_protocol"


async def test_a_101_to_something_else_opens_nothing(upstream: Upstream) -> None:
    other = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"
    async with answering(lambda _: other) as url:
        with pytest.raises(UpstreamError, match="does not upgrade"):
            await opening(upstream, url)


@pytest.mark.parametrize("step", [3, 65536])
@pytest.mark.parametrize(
    ("framing", "body"),
    [(b"content-length: 5\r\n\r\n", b"wrong"), (b"transfer-encoding: chunked\r\n\r\n", b"5\r\nwrong\r\n0\r\n\r\n"),
     (b"\r\n", b"wrong"), (b"content-length: 50\r\n\r\n", b"wrong")],
)  # fmt: skip
async def test_a_refusal_is_read_however_it_is_framed(
    upstream: Upstream, framing: bytes, body: bytes, step: int
) -> None:
    async with answering(lambda _: b"HTTP/1.1 403 No\r\n" + framing + body, step=step) as url:
        answer = await opening(upstream, url)
        assert isinstance(answer, Declined)
        assert (answer.status, answer.body) == (403, b"wrong")


async def test_no_more_of_a_refusal_is_read_than_is_wanted(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_upstream, "ERROR_BYTES", 10)
    async with answering(lambda _: b"HTTP/1.1 500 No\r\n\r\n" + b"x" * 1000) as url:
        answer = await opening(upstream, url)
        assert isinstance(answer, Declined)
        assert answer.body == b"x" * 10


@pytest.mark.parametrize(
    ("reply", "code"), [(b"SSH-2.0-x\r\n\r\n", "upstream_protocol"), (b"", "upstream_reset"), (b"HTTP/1.1 4", "upstream_reset")]
)  # fmt: skip
async def test_what_is_no_answer_is_an_error(upstream: Upstream, reply: bytes, code: str) -> None:
    async with answering(lambda _: reply) as url:
        with pytest.raises(UpstreamError) as raised:
            await opening(upstream, url)
        assert raised.value.code == code


async def test_a_header_cannot_smuggle_a_line(upstream: Upstream) -> None:
    async with answering(lambda _: b"") as url:
        call = Call(method="GET", url=url, headers=[(b"x-own", b"1\r\nx-more: 2")], connect_timeout_s=5)
        with pytest.raises(UpstreamError, match="line break"):
            await open_socket(upstream.connect, call, subprotocols=(), answer_s=5, idle_s=0)


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


async def test_a_socket_goes_over_tls_and_through_a_tunnel(tmp_path: Path, authority: Authority) -> None:
    async with serve_sockets(echo, "127.0.0.1", 0, ssl=authority.issue("provider.test")) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        places = {"provider.test:443": ("127.0.0.1", port)}
        trusting = Upstream({"SSL_CERT_FILE": str(authority.pem)})
        doubting = Upstream({})
        with ScriptedProxy(places) as proxy:
            through = f"http://127.0.0.1:{proxy.port}"
            answer = await opening(trusting, "https://provider.test/x", proxy=through)
            assert isinstance(answer, Opened)
            await answer.frames.send(Message(b"hello", is_text=True))
            assert await answer.frames.receive() == Message(b"hello", is_text=True)
            answer.frames.close(1000)
            await answer.frames.ended()
            assert [place for place, _ in proxy.seen] == ["provider.test:443"]
            with pytest.raises(UpstreamError) as raised:
                await opening(doubting, "https://provider.test/x", proxy=through)
            assert (raised.value.code, raised.value.is_sent) == ("tls_failed", False)
        await trusting.aclose()
        await doubting.aclose()


async def test_a_plain_socket_is_tunnelled_too(upstream: Upstream) -> None:
    async with serve_sockets(echo, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with ScriptedProxy({"provider.test:80": ("127.0.0.1", port)}) as proxy:
            answer = await opening(upstream, "http://provider.test/x", proxy=f"http://127.0.0.1:{proxy.port}")
            assert isinstance(answer, Opened)
            answer.frames.close(1000)
            await answer.frames.ended()
            assert [place for place, _ in proxy.seen] == ["provider.test:80"]


async def test_a_proxy_that_cannot_tunnel_is_named(upstream: Upstream) -> None:
    with pytest.raises(UpstreamError, match=r"socks5://127\.0\.0\.1:1") as raised:
        await opening(upstream, "http://provider.test/x", proxy="socks5://u:p@127.0.0.1:1")
    assert (raised.value.code, raised.value.is_sent) == ("proxy_failed", False)

"""The two bridges to httpx: proxies the pool does not speak, and the seam behind httpx's API."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator

import httpx
import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.proxies import parse_proxy
from aigw_dev.server.upstream import Call, Reply, Upstream, as_httpx_transport
from aigw_dev.server.upstream_httpx import HttpxReply, HttpxSender
from tests.certificates import Authority
from tests.scripted import (
    Close,
    Hold,
    Reset,
    Script,
    ScriptedUpstream,
    Stall,
    chunk,
    refusing_port,
    reply,
    sse_reply,
    stream_head,
)
from tests.scripted_proxy import ScriptedProxy

pytestmark = pytest.mark.anyio


def call(
    url: str,
    *,
    proxy: str | None = None,
    body: bytes | AsyncIterator[bytes] | None = b"{}",
    size: int | None = None,
) -> Call:
    return Call(
        method="POST",
        url=url,
        headers=[(b"x-a", b"b"), (b"host", b"evil")],
        body=body,
        body_bytes=size,
        proxy=proxy,
    )


# through httpx


@pytest.fixture
async def plain(scripted: ScriptedUpstream) -> AsyncIterator[HttpxSender]:
    """A transport of httpx with the scripted upstream as its plain proxy."""
    sender = HttpxSender(parse_proxy(f"http://127.0.0.1:{scripted.port}"), {})
    yield sender
    await sender.aclose()


async def test_a_proxy_reached_over_tls_carries_calls(authority: Authority) -> None:
    with (
        ScriptedUpstream(sse_reply("hi"), tls=authority.issue("api.test")) as scripted,
        ScriptedProxy(
            {"api.test:443": ("127.0.0.1", scripted.port)},
            login="user:secret",
            tls=authority.issue("127.0.0.1"),
        ) as proxy,
    ):
        upstream = Upstream(
            {
                "SSL_CERT_FILE": str(authority.pem),
                "HTTPS_PROXY": f"https://user:secret@127.0.0.1:{proxy.port}",
            }
        )
        for _ in range(2):
            answer = await upstream.send(call("https://api.test/v1"))
            assert isinstance(answer, HttpxReply)
            assert (answer.status, await answer.read(1000)) == (200, b"data: hi\n\ndata: [DONE]\n\n")
            assert answer.is_complete
        await upstream.aclose()
        assert len(proxy.seen) == 1
        assert scripted.requests[0].header(b"host") == b"api.test"
        assert scripted.requests[0].header(b"x-a") == b"b"


async def test_a_socks_proxy_carries_calls_and_looks_names_up_itself(authority: Authority) -> None:
    pytest.importorskip("socksio", reason="httpx[socks] is not installed")
    with (
        ScriptedUpstream(sse_reply("hi"), tls=authority.issue("api.test")) as scripted,
        ScriptedProxy({"api.test:443": ("127.0.0.1", scripted.port)}, is_socks=True) as proxy,
    ):
        for scheme in ("socks5", "socks5h"):
            env = {
                "SSL_CERT_FILE": str(authority.pem),
                "ALL_PROXY": f"{scheme}://user:secret@127.0.0.1:{proxy.port}",
            }
            upstream = Upstream(env)
            answer = await upstream.send(call("https://api.test/v1"))
            assert await answer.read(1000) == b"data: hi\n\ndata: [DONE]\n\n"
            await upstream.aclose()
        assert proxy.seen == [("api.test:443", "user:secret")] * 2


@pytest.mark.skipif(importlib.util.find_spec("socksio") is not None, reason="the socks extra is installed")
async def test_socks_without_its_package_is_a_clear_error() -> None:
    upstream = Upstream({"ALL_PROXY": "socks5h://user:secret-word@127.0.0.1:1080"})
    with pytest.raises(UpstreamError) as refused:
        await upstream.send(call("https://api.test/v1"))
    await upstream.aclose()
    assert refused.value.code == "proxy_failed"
    assert "SOCKS" in refused.value.message
    assert "httpx[socks]" in refused.value.hint
    assert "secret-word" not in refused.value.message


@pytest.mark.parametrize(
    ("script", "code", "is_sent"),
    [
        ([Close()], "upstream_reset", True),
        ([Reset()], "upstream_reset", True),
        ([b"SSH-2.0\r\n\r\n", Stall()], "upstream_protocol", True),
        ([reply(status=407)], "proxy_failed", False),
    ],
)
async def test_no_usable_head_is_our_error(
    plain: HttpxSender, scripted: ScriptedUpstream, script: Script, code: str, is_sent: bool
) -> None:
    scripted.enqueue(script)
    with pytest.raises(UpstreamError) as refused:
        await plain.send(call("http://api.test/v1"))
    assert (refused.value.code, refused.value.is_sent) == (code, is_sent)


async def test_a_proxy_nobody_reaches_is_a_proxy_failure() -> None:
    with refusing_port() as dead:
        sender = HttpxSender(parse_proxy(f"http://127.0.0.1:{dead}"), {})
        with pytest.raises(UpstreamError) as refused:
            await sender.send(call("http://api.test/v1"))
        await sender.aclose()
    assert (refused.value.code, refused.value.is_sent) == ("proxy_failed", False)


async def test_a_certificate_nobody_trusts_is_a_tls_failure(authority: Authority) -> None:
    with (
        ScriptedUpstream([reply()], tls=authority.issue("api.test")) as scripted,
        ScriptedProxy({"api.test:443": ("127.0.0.1", scripted.port)}) as proxy,
    ):
        sender = HttpxSender(parse_proxy(f"http://127.0.0.1:{proxy.port}"), {})
        with pytest.raises(UpstreamError) as refused:
            await sender.send(call("https://api.test/v1"))
        await sender.aclose()
    assert (refused.value.code, refused.value.is_sent) == ("tls_failed", False)


@pytest.mark.parametrize(
    "script", [[reply(b"hello")[:-2], Close()], [stream_head() + chunk(b"hel"), Close()]]
)
async def test_a_body_cut_short_is_our_error_after_what_came(
    plain: HttpxSender, scripted: ScriptedUpstream, script: Script
) -> None:
    scripted.enqueue(script)
    answer = await plain.send(call("http://api.test/v1"))
    found: list[bytes] = []
    with pytest.raises(UpstreamError) as cut:  # noqa: PT012 -- what came before the error counts too
        async for piece in answer.chunks():
            found.append(piece)  # noqa: PERF401 -- what came before an error must survive it
    assert b"".join(found) == b"hel"
    assert cut.value.code == "upstream_reset"


async def test_a_reply_too_large_is_refused(plain: HttpxSender, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b"x" * 200)])
    with pytest.raises(UpstreamError, match="larger than 100 bytes"):
        await (await plain.send(call("http://api.test/v1"))).read(100)


async def test_cancel_closes_the_connection_at_once_and_wakes_the_reader(
    plain: HttpxSender, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([stream_head(), chunk(b"a"), Stall()])
    answer = await plain.send(call("http://api.test/v1"))
    reading = asyncio.ensure_future(answer.read(10))
    for _ in range(20):
        await asyncio.sleep(0)
    answer.cancel()
    answer.cancel()
    await scripted.until(lambda: scripted.open_connections == 0, timeout_s=0.1)
    with pytest.raises(UpstreamError) as cancelled:
        await reading
    assert cancelled.value.code == "cancelled"


async def test_a_cancelled_send_closes_the_connection(plain: HttpxSender, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([Stall()])
    sending = asyncio.ensure_future(plain.send(call("http://api.test/v1")))
    await scripted.until(lambda: scripted.requests)
    sending.cancel()
    await scripted.until(lambda: scripted.open_connections == 0, timeout_s=0.5)
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_streamed_bodies_go_with_and_without_their_length(
    plain: HttpxSender, scripted: ScriptedUpstream
) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"ab"
        yield b"c"

    scripted.enqueue([reply()], [reply()])
    for size in (None, 3):
        await (await plain.send(call("http://api.test/v1", body=source(), size=size))).read(10)
    unknown, known = scripted.requests
    assert (unknown.header(b"transfer-encoding"), unknown.body) == (b"chunked", b"abc")
    assert (known.header(b"content-length"), known.body) == (b"3", b"abc")


# httpx's API over the seam


async def test_an_httpx_client_calls_through_the_pool(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b'{"ok":true}', status=201, headers=[("X-A", "b")])], sse_reply("hi"))
    async with httpx.AsyncClient(transport=as_httpx_transport(upstream)) as client:
        answer = await client.post(
            f"{scripted.url}/v1?a=b", json={"n": 1}, headers={"accept-encoding": "identity"}
        )
        assert (answer.status_code, answer.json(), answer.headers["x-a"]) == (201, {"ok": True}, "b")
        async with client.stream("GET", scripted.url) as streamed:
            lines = [line async for line in streamed.aiter_lines() if line]
    assert lines == ["data: hi", "data: [DONE]"]
    assert scripted.accepted == 1
    seen = scripted.requests[0]
    assert (seen.target, seen.json(), seen.header(b"accept-encoding")) == ("/v1?a=b", {"n": 1}, b"identity")
    assert upstream.pool.idle_count == 1


async def test_a_stream_closed_early_closes_the_connection(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([stream_head(), chunk(b"data: a\n\n"), Stall()])
    async with httpx.AsyncClient(transport=as_httpx_transport(upstream)) as client:
        async with client.stream("GET", scripted.url) as streamed:
            async for _ in streamed.aiter_raw():
                break
        await scripted.until(lambda: scripted.open_connections == 0)


async def test_a_compressed_reply_is_not_unpacked(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b"\x1f\x8b bomb", headers=[("Content-Encoding", "gzip")])])
    async with httpx.AsyncClient(transport=as_httpx_transport(upstream)) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="compressed"):
            await client.get(scripted.url)


async def test_our_errors_come_out_as_httpxs(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([Close()], [b"SSH-2.0\r\n"], [reply(b"hello")[:-1], Close()])
    async with httpx.AsyncClient(transport=as_httpx_transport(upstream), timeout=5) as client:
        for kind in (httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadError):
            with pytest.raises(kind) as refused:
                await client.get(scripted.url)
            assert isinstance(refused.value.__cause__, UpstreamError)
        with refusing_port() as dead, pytest.raises(httpx.ConnectError):
            await client.get(f"http://127.0.0.1:{dead}")


async def test_httpxs_read_timeout_holds_for_head_and_body(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([Stall()], [stream_head(), Hold("never")])
    async with httpx.AsyncClient(transport=as_httpx_transport(upstream), timeout=0.2) as client:
        for _ in range(2):
            with pytest.raises(httpx.ReadTimeout):
                await client.get(scripted.url)
            await scripted.until(lambda: scripted.open_connections == 0)
    scripted.open("never")


def test_both_replies_keep_the_seams_promise() -> None:
    wanted = {name for name in vars(Reply) if not name.startswith("_")}
    assert wanted == {"status", "headers", "is_complete", "chunks", "read", "cancel"}

"""The seam: where a call goes, TLS, proxies, and the same request bytes whoever carries it."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from aigw_dev.core.errors import CODES, UpstreamError
from aigw_dev.server.upstream import Call, Upstream
from tests.certificates import Authority
from tests.scripted import (
    Close,
    ScriptedUpstream,
    Stall,
    Wait,
    chunk,
    refusing_port,
    reply,
    sse_reply,
    stream_head,
)
from tests.scripted_proxy import ScriptedProxy

pytestmark = pytest.mark.anyio

PATIENCE_S = 5.0


@asynccontextmanager
async def upstream_in(env: dict[str, str]) -> AsyncGenerator[Upstream]:
    upstream = Upstream(env)
    try:
        yield upstream
    finally:
        await upstream.aclose()


def call(url: str, *, proxy: str | None = None, timeout_s: float = PATIENCE_S) -> Call:
    return Call(
        method="POST", url=url, headers=[(b"x-a", b"b")], body=b"{}", proxy=proxy, connect_timeout_s=timeout_s
    )


async def body_of(upstream: Upstream, asked: Call) -> bytes:
    return await (await upstream.send(asked)).read(100_000)


async def failure(upstream: Upstream, asked: Call) -> UpstreamError:
    with pytest.raises(UpstreamError) as refused:
        await upstream.send(asked)
    assert refused.value.code in CODES
    assert not refused.value.is_sent
    return refused.value


# the request on the wire


async def test_a_request_is_written_as_it_is_given_with_our_framing(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(b"ok")])
    headers = [
        (b"authorization", b"Bearer k"),
        (b"x-a", b"\xc3\xa4"),
        (b"x-a", b"2"),
        (b"host", b"evil"),
        (b"connection", b"close"),
    ]
    await upstream.send(
        Call(method="POST", url=f"{scripted.url}/v1/a%20b?c=d", headers=headers, body=b'{"n":1}')
    )
    assert scripted.requests[0].raw == (
        b"POST /v1/a%%20b?c=d HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nauthorization: Bearer k\r\nx-a: \xc3\xa4\r\nx-a: 2\r\n"
        b'content-length: 7\r\n\r\n{"n":1}' % scripted.port
    )


@pytest.mark.parametrize(
    ("method", "ending"),
    [
        ("GET", b"\r\n\r\n"),
        ("DELETE", b"\r\n\r\n"),
        ("POST", b"\r\ncontent-length: 0\r\n\r\n"),
        ("PUT", b"\r\ncontent-length: 0\r\n\r\n"),
    ],
)
async def test_a_request_without_a_body_says_so_where_one_is_usual(
    upstream: Upstream, scripted: ScriptedUpstream, method: str, ending: bytes
) -> None:
    scripted.enqueue([reply()])
    await upstream.send(Call(method=method, url=scripted.url, headers=[]))
    assert (
        scripted.requests[0].raw
        == f"{method} / HTTP/1.1\r\nhost: 127.0.0.1:{scripted.port}".encode() + ending
    )


async def test_a_reply_to_head_is_not_waited_for(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"])
    answer = await upstream.send(Call(method="HEAD", url=scripted.url, headers=[]))
    assert await answer.read(10) == b""
    assert upstream.pool.idle_count == 1


async def test_a_reply_is_handed_over_untouched(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    packed = b"\x1f\x8b\x08\x00 not really gzip"
    scripted.enqueue(
        [
            reply(
                packed,
                status=302,
                headers=[("Location", "http://evil.test/"), ("Content-Encoding", "gzip"), ("X-A", "1")],
            )
        ]
    )
    answer = await upstream.send(call(scripted.url))
    assert answer.status == 302
    assert answer.headers[:3] == [
        (b"location", b"http://evil.test/"),
        (b"content-encoding", b"gzip"),
        (b"x-a", b"1"),
    ]
    assert await answer.read(100) == packed
    assert scripted.accepted == 1


async def test_a_url_that_is_none_is_refused(upstream: Upstream) -> None:
    assert (await failure(upstream, call("http://user@127.0.0.1/"))).code == "connect_failed"


async def test_a_header_that_would_smuggle_another_is_refused(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    asked = Call(method="GET", url=scripted.url, headers=[(b"x-a", b"b\r\nx-evil: c")])
    assert (await failure(upstream, asked)).code == "upstream_failed"
    assert scripted.accepted == 0


async def test_localhost_is_found_on_whichever_loopback_it_listens(upstream: Upstream) -> None:
    for host in ("127.0.0.1", "::1"):
        with ScriptedUpstream([reply(b"ok")], host=host) as scripted:
            assert await body_of(upstream, call(f"http://localhost:{scripted.port}")) == b"ok"


async def test_any_number_of_urls_of_one_origin_share_its_connection(upstream: Upstream) -> None:
    with ScriptedUpstream([reply(b"ok")]) as scripted:
        for number in range(5000):
            await body_of(upstream, call(f"{scripted.url}/videos/{number}"))
        assert scripted.accepted == 1
        known = upstream._targets  # pyright: ignore[reportPrivateUsage] -- its size is the claim
        assert len(known) <= 4096


# TLS


async def test_a_private_authority_is_trusted_through_ssl_cert_file(authority: Authority) -> None:
    with ScriptedUpstream(sse_reply("hi"), tls=authority.issue("localhost", "127.0.0.1")) as scripted:
        async with upstream_in({"SSL_CERT_FILE": str(authority.pem)}) as upstream:
            for host in ("localhost", "127.0.0.1"):
                url = f"https://{host}:{scripted.port}/v1"
                assert await body_of(upstream, call(url)) == b"data: hi\n\ndata: [DONE]\n\n"
                assert await body_of(upstream, call(url)) == b"data: hi\n\ndata: [DONE]\n\n"
            assert scripted.accepted == 2


async def test_an_unknown_authority_is_refused_and_nothing_sent(authority: Authority) -> None:
    with ScriptedUpstream([reply()], tls=authority.issue("localhost")) as scripted:
        async with upstream_in({}) as upstream:
            error = await failure(upstream, call(f"https://localhost:{scripted.port}"))
        assert error.code == "tls_failed"
        assert "was not accepted" in error.message
        assert f"localhost:{scripted.port}" in error.message
        assert not scripted.requests


async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with ScriptedUpstream([reply()], tls=authority.issue("other.test")) as scripted:
        async with upstream_in({"SSL_CERT_FILE": str(authority.pem)}) as upstream:
            error = await failure(upstream, call(f"https://localhost:{scripted.port}"))
    assert error.code == "tls_failed"
    assert "localhost" in error.message


async def test_tls_to_a_plain_port_is_a_tls_failure() -> None:
    with ScriptedUpstream(greeting=[reply(b"this is not TLS"), Close()]) as scripted:
        async with upstream_in({}) as upstream:
            assert (await failure(upstream, call(f"https://127.0.0.1:{scripted.port}"))).code == "tls_failed"


async def test_a_handshake_that_hangs_ends_with_the_connect_timeout() -> None:
    with ScriptedUpstream(greeting=[Stall()]) as scripted:
        async with upstream_in({}) as upstream:
            error = await failure(upstream, call(f"https://127.0.0.1:{scripted.port}", timeout_s=0.3))
            assert error.code == "connect_timeout"
            await scripted.until(lambda: scripted.accepted == 1 and scripted.open_connections == 0)


async def test_a_send_cancelled_within_the_handshake_closes_the_connection_at_once() -> None:
    with ScriptedUpstream(greeting=[Stall()]) as scripted:
        async with upstream_in({}) as upstream:
            sending = asyncio.ensure_future(upstream.send(call(f"https://127.0.0.1:{scripted.port}")))
            await scripted.until(lambda: scripted.peers and scripted.peers[0].received)
            sending.cancel()
            await scripted.until(lambda: scripted.open_connections == 0, timeout_s=0.1)
            with pytest.raises(asyncio.CancelledError):
                await sending


async def test_a_tls_reply_is_cancelled_at_once(authority: Authority) -> None:
    script = [stream_head(), chunk(b"a"), Stall()]
    with ScriptedUpstream(script, tls=authority.issue("127.0.0.1")) as scripted:
        async with upstream_in({"SSL_CERT_FILE": str(authority.pem)}) as upstream:
            answer = await upstream.send(call(scripted.url))
            assert await anext(answer.chunks()) == b"a"
            answer.cancel()
            await scripted.until(lambda: scripted.open_connections == 0, timeout_s=0.1)


async def test_a_tls_body_that_nobody_reads_stops_the_provider(authority: Authority) -> None:
    def endless() -> object:
        yield stream_head()
        while True:
            yield chunk(b"x" * 65536)

    with ScriptedUpstream(lambda _: endless(), tls=authority.issue("127.0.0.1")) as scripted:  # type: ignore[arg-type, return-value]  # a generator is a script
        async with upstream_in({"SSL_CERT_FILE": str(authority.pem)}) as upstream:
            answer = await upstream.send(call(scripted.url))
            peer = scripted.peers[0]
            before = -1
            while before != peer.sent_bytes:
                before = peer.sent_bytes
                with pytest.raises(AssertionError):
                    await scripted.until(lambda: False, timeout_s=0.2)
            assert peer.sent_bytes < 64 * 1024 * 1024
            answer.cancel()


async def test_ssl_cert_file_that_is_no_certificate_is_named(tmp_path: object) -> None:
    async with upstream_in({"SSL_CERT_FILE": f"{tmp_path}/absent.pem"}) as upstream:
        error = await failure(upstream, call("https://127.0.0.1:1/"))
    assert error.code == "tls_failed"
    assert "SSL_CERT_FILE" in error.message


# proxies


async def test_https_goes_through_the_proxy_of_the_environment_with_its_login(authority: Authority) -> None:
    with (
        ScriptedUpstream(sse_reply("hi"), tls=authority.issue("api.test")) as scripted,
        ScriptedProxy({"api.test:443": ("127.0.0.1", scripted.port)}, login="user:secret") as proxy,
    ):
        env = {
            "SSL_CERT_FILE": str(authority.pem),
            "HTTPS_PROXY": f"http://user:secret@127.0.0.1:{proxy.port}",
        }
        async with upstream_in(env) as upstream:
            for _ in range(3):
                assert await body_of(upstream, call("https://api.test/v1")) == b"data: hi\n\ndata: [DONE]\n\n"
        login = base64.b64encode(b"user:secret").decode()
        assert proxy.seen == [("api.test:443", f"Basic {login}")]
        assert scripted.requests[0].header(b"host") == b"api.test"
        assert scripted.requests[0].header(b"proxy-authorization") == b""


async def test_a_calls_own_proxy_wins_over_the_environment_and_over_loopback(
    scripted: ScriptedUpstream,
) -> None:
    scripted.enqueue([reply(b"through")], [reply(b"direct")])
    with refusing_port() as dead:
        async with upstream_in({"HTTP_PROXY": f"http://127.0.0.1:{dead}"}) as upstream:
            through = call("http://api.test/v1", proxy=f"http://127.0.0.1:{scripted.port}")
            assert await body_of(upstream, through) == b"through"
            assert await body_of(upstream, call(scripted.url, proxy="")) == b"direct"


async def test_plain_http_names_the_whole_url_and_the_login_to_its_proxy(scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b"ok")])
    async with upstream_in({"http_proxy": f"http://user:secret@127.0.0.1:{scripted.port}"}) as upstream:
        assert await body_of(upstream, call("http://api.test:8080/v1?a=b")) == b"ok"
    (seen,) = scripted.requests
    assert seen.target == "http://api.test:8080/v1?a=b"
    assert seen.header(b"host") == b"api.test:8080"
    assert seen.header(b"proxy-authorization") == b"Basic " + base64.b64encode(b"user:secret")


async def test_loopback_is_direct_whatever_the_environment_says(scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b"direct")])
    with refusing_port() as dead:
        async with upstream_in({"ALL_PROXY": f"http://127.0.0.1:{dead}"}) as upstream:
            assert await body_of(upstream, call(scripted.url)) == b"direct"


async def test_a_proxy_that_wants_a_login_is_named(authority: Authority, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(status=407)])
    with ScriptedProxy({}, login="user:secret") as proxy:
        env = {
            "HTTPS_PROXY": f"http://user:wrong-word@127.0.0.1:{proxy.port}",
            "HTTP_PROXY": f"http://127.0.0.1:{scripted.port}",
        }
        async with upstream_in(env) as upstream:
            for url in ("https://api.test/v1", "http://api.test/v1"):
                error = await failure(upstream, call(url))
                assert error.code == "proxy_failed"
                assert "407 Proxy Authentication Required" in error.message
                assert "wrong-word" not in error.message + error.hint


async def test_a_proxy_nobody_reaches_is_named_and_not_the_provider() -> None:
    with refusing_port() as dead:
        async with upstream_in({"HTTPS_PROXY": f"http://127.0.0.1:{dead}"}) as upstream:
            error = await failure(upstream, call("https://api.test/v1"))
    assert error.code == "proxy_failed"
    assert f"http://127.0.0.1:{dead} could not be reached: connection refused" in error.message


async def test_a_proxy_that_hangs_ends_with_the_connect_timeout() -> None:
    with ScriptedUpstream(greeting=[Wait(10)]) as scripted:
        async with upstream_in({"HTTPS_PROXY": f"http://127.0.0.1:{scripted.port}"}) as upstream:
            error = await failure(upstream, call("https://api.test/v1", timeout_s=0.3))
            assert error.code == "connect_timeout"
            await scripted.until(lambda: scripted.accepted == 1 and scripted.open_connections == 0)


async def test_a_send_cancelled_within_the_tunnel_closes_the_connection_at_once() -> None:
    with ScriptedUpstream([Stall()]) as scripted:
        async with upstream_in({"HTTPS_PROXY": f"http://127.0.0.1:{scripted.port}"}) as upstream:
            sending = asyncio.ensure_future(upstream.send(call("https://api.test/v1")))
            await scripted.until(lambda: scripted.requests)
            sending.cancel()
            await scripted.until(lambda: scripted.open_connections == 0, timeout_s=0.1)
            with pytest.raises(asyncio.CancelledError):
                await sending


async def test_cancelling_closes_the_tunnel(authority: Authority) -> None:
    script = [stream_head(), chunk(b"a"), Stall()]
    with (
        ScriptedUpstream(script, tls=authority.issue("api.test")) as scripted,
        ScriptedProxy({"api.test:443": ("127.0.0.1", scripted.port)}) as proxy,
    ):
        env = {"SSL_CERT_FILE": str(authority.pem), "HTTPS_PROXY": f"127.0.0.1:{proxy.port}"}
        async with upstream_in(env) as upstream:
            answer = await upstream.send(call("https://api.test/v1"))
            answer.cancel()
            await scripted.until(lambda: scripted.open_connections == 0, timeout_s=0.2)


async def test_a_malformed_proxy_is_an_error_only_for_the_calls_that_would_use_it(
    scripted: ScriptedUpstream,
) -> None:
    scripted.enqueue([reply(b"direct")])
    async with upstream_in({"HTTPS_PROXY": "http://user:secret-word@"}) as upstream:
        assert await body_of(upstream, call(scripted.url)) == b"direct"
        error = await failure(upstream, call("https://api.test/"))
    assert error.code == "proxy_failed"
    assert "secret-word" not in error.message

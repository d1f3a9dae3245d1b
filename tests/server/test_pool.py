"""The pool: which connection a call gets, how long idle ones live, and every way dialling fails."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.connection import Connection
from aigw_dev.server.dial import AddressInfo, Resolver
from aigw_dev.server.pool import Pool
from aigw_dev.server.upstream import Call, Upstream
from tests.scripted import (
    Close,
    Hold,
    Reset,
    ScriptedUpstream,
    Stall,
    Wait,
    refusing_port,
    reply,
    unanswering_port,
)

pytestmark = pytest.mark.anyio


def call(
    scripted: ScriptedUpstream | str, *, timeout_s: float = 5.0, body: bytes | AsyncIterator[bytes] = b"{}"
) -> Call:
    url = scripted if isinstance(scripted, str) else scripted.url
    return Call(method="POST", url=f"{url}/v1/x", headers=[], body=body, connect_timeout_s=timeout_s)


async def ask(upstream: Upstream, scripted: ScriptedUpstream) -> bytes:
    return await (await upstream.send(call(scripted))).read(1000)


def idle(upstream: Upstream) -> list[Connection]:
    return [connection for kept in upstream.pool._idle.values() for connection in kept]  # pyright: ignore[reportPrivateUsage] -- to age them


async def test_calls_one_after_the_other_share_a_connection(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(*[[reply(b"ok")]] * 20)
    for _ in range(20):
        assert await ask(upstream, scripted) == b"ok"
    assert scripted.accepted == 1
    assert upstream.pool.idle_count == upstream.pool.open_count == 1


async def test_calls_at_the_same_time_have_a_connection_each(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(*[[Hold("all"), reply(b"ok")]] * 20)
    calls = [asyncio.ensure_future(ask(upstream, scripted)) for _ in range(20)]
    await scripted.until(lambda: len(scripted.requests) == 20)
    assert scripted.open_connections == 20
    scripted.open("all")
    assert await asyncio.gather(*calls) == [b"ok"] * 20
    assert upstream.pool.idle_count == 20


async def test_different_origins_do_not_share_connections(upstream: Upstream) -> None:
    with ScriptedUpstream([reply(b"one")]) as one, ScriptedUpstream([reply(b"two")]) as two:
        for _ in range(3):
            assert (await ask(upstream, one), await ask(upstream, two)) == (b"one", b"two")
        assert (one.accepted, two.accepted) == (1, 1)


# a kept-alive connection that was closed meanwhile


async def test_an_idle_connection_the_provider_closes_is_forgotten(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(b"one"), Hold("idle"), Close()], [reply(b"two")])
    assert await ask(upstream, scripted) == b"one"
    scripted.open("idle")
    await scripted.until(lambda: scripted.open_connections == 0)
    async with asyncio.timeout(5):
        while upstream.pool.open_count:  # noqa: ASYNC110 -- the pool announces nothing
            await asyncio.sleep(0)
    assert upstream.pool.idle_count == 0
    assert await ask(upstream, scripted) == b"two"


async def test_bytes_nobody_asked_for_close_an_idle_connection(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(b"one"), Hold("idle"), reply(b"poison"), Stall()], [reply(b"two")])
    assert await ask(upstream, scripted) == b"one"
    scripted.open("idle")
    await scripted.until(lambda: scripted.open_connections == 0)
    assert await ask(upstream, scripted) == b"two"


async def get(upstream: Upstream, scripted: ScriptedUpstream) -> bytes:
    """A call without a body."""
    return await (await upstream.send(Call(method="GET", url=scripted.url, headers=[]))).read(100)


@pytest.mark.parametrize("end", [Close(), Reset()])
async def test_a_get_on_a_connection_that_proves_closed_is_sent_once_more(
    upstream: Upstream, scripted: ScriptedUpstream, end: Close | Reset
) -> None:
    scripted.enqueue([reply(b"one")], [end], [reply(b"two")])
    assert await get(upstream, scripted) == b"one"
    assert await get(upstream, scripted) == b"two"
    assert scripted.accepted == 2


async def test_it_is_sent_once_more_but_not_twice(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b"one")], [Close()], [Close()])
    assert await get(upstream, scripted) == b"one"
    with pytest.raises(UpstreamError) as cut:
        await get(upstream, scripted)
    assert cut.value.code == "upstream_reset"
    assert len(scripted.requests) == 3


@pytest.mark.parametrize("end", [Close(), Reset()])
async def test_a_call_that_may_be_paid_for_is_never_sent_twice(
    upstream: Upstream, scripted: ScriptedUpstream, end: Close | Reset
) -> None:
    scripted.enqueue([reply(b"one")], [end], [reply(b"two")])
    assert await ask(upstream, scripted) == b"one"
    with pytest.raises(UpstreamError) as cut:
        await ask(upstream, scripted)
    assert cut.value.code == "upstream_reset"
    assert len(scripted.requests) == 2


async def test_a_call_is_not_sent_again_once_a_byte_has_come_back(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(b"one")], [b"H", Close()], [reply(b"two")])
    assert await ask(upstream, scripted) == b"one"
    with pytest.raises(UpstreamError):
        await ask(upstream, scripted)
    assert len(scripted.requests) == 2


async def test_a_call_the_provider_may_have_worked_on_is_not_sent_again(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(b"one")], [Wait(1.1), Close()], [reply(b"two")])
    assert await ask(upstream, scripted) == b"one"
    with pytest.raises(UpstreamError) as cut:
        await ask(upstream, scripted)
    assert cut.value.code == "upstream_reset"
    assert len(scripted.requests) == 2


async def test_a_streamed_body_never_goes_on_a_connection_that_may_be_closed(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"x"

    scripted.enqueue([reply(b"one")], [reply(b"two")])
    assert await ask(upstream, scripted) == b"one"
    assert await (await upstream.send(call(scripted, body=source()))).read(10) == b"two"
    assert [request.connection for request in scripted.requests] == [1, 2]


# how long idle connections live


async def test_an_expired_connection_is_not_used(upstream: Upstream, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b"one")], [reply(b"two")], [reply(b"three")])
    await ask(upstream, scripted)
    idle(upstream)[0].idle_since -= 61
    await ask(upstream, scripted)
    assert scripted.accepted == 2
    idle(upstream)[0].idle_since = time.time() + 3600  # the clock was set back
    await ask(upstream, scripted)
    assert scripted.accepted == 3


async def test_the_surplus_of_a_burst_is_closed_within_seconds(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(*[[Hold("all"), reply(b"ok")]] * 40)
    calls = [asyncio.ensure_future(ask(upstream, scripted)) for _ in range(40)]
    await scripted.until(lambda: len(scripted.requests) == 40)
    scripted.open("all")
    await asyncio.gather(*calls)
    assert upstream.pool.idle_count == 40
    for connection in idle(upstream):
        connection.idle_since -= 2
    await scripted.until(lambda: scripted.open_connections == 32, timeout_s=5)
    assert upstream.pool.idle_count == 32
    for connection in idle(upstream):
        connection.idle_since -= 61
    await scripted.until(lambda: scripted.open_connections == 0, timeout_s=5)


async def test_idle_connections_are_capped(scripted: ScriptedUpstream) -> None:
    upstream = Upstream({}, max_idle=2)
    scripted.enqueue(*[[Hold("all"), reply(b"ok")]] * 5)
    calls = [asyncio.ensure_future(ask(upstream, scripted)) for _ in range(5)]
    await scripted.until(lambda: len(scripted.requests) == 5)
    scripted.open("all")
    await asyncio.gather(*calls)
    assert upstream.pool.idle_count == 2
    await scripted.until(lambda: scripted.open_connections == 2)
    await upstream.aclose()


async def test_closing_ends_idle_and_busy_connections_and_refuses_new_calls(
    scripted: ScriptedUpstream,
) -> None:
    upstream = Upstream({})
    scripted.enqueue([reply(b"one")], [Stall()])
    await ask(upstream, scripted)
    busy = asyncio.ensure_future(ask(upstream, scripted))
    await scripted.until(lambda: len(scripted.requests) == 2)
    await upstream.aclose()
    assert upstream.pool.open_count == 0
    await scripted.until(lambda: scripted.open_connections == 0)
    with pytest.raises(UpstreamError):
        await busy
    with pytest.raises(UpstreamError) as refused:
        await ask(upstream, scripted)
    assert refused.value.code == "shutting_down"


# dialling


class NoNames(Resolver):
    async def look_up(self, host: str, port: int) -> list[AddressInfo]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def failure(pool: Pool | None, url: str, *, timeout_s: float = 5.0) -> UpstreamError:
    upstream = Upstream({})
    if pool is not None:
        upstream.pool = pool
    with pytest.raises(UpstreamError) as refused:
        await upstream.send(call(url, timeout_s=timeout_s))
    await upstream.aclose()
    assert not refused.value.is_sent
    return refused.value


async def test_a_refused_connection_is_named() -> None:
    with refusing_port() as port:
        error = await failure(None, f"http://127.0.0.1:{port}")
    assert error.code == "connect_failed"
    assert error.message == f"could not connect to 127.0.0.1:{port}: connection refused"


async def test_a_name_nobody_knows_is_named() -> None:
    error = await failure(Pool({}, resolver=NoNames()), "https://api.test")
    assert error.code == "connect_failed"
    assert error.message == "could not connect to api.test:443: the name could not be resolved"


async def test_connecting_ends_with_its_timeout() -> None:
    with unanswering_port() as port:
        error = await failure(None, f"http://127.0.0.1:{port}", timeout_s=0.2)
    assert error.code == "connect_timeout"
    assert f"127.0.0.1:{port} did not accept a connection within 0.2 s" in error.message


async def test_a_look_up_that_hangs_ends_with_the_timeout() -> None:
    class Slow(Resolver):
        async def look_up(self, host: str, port: int) -> list[AddressInfo]:
            await asyncio.Event().wait()
            return []

    error = await failure(Pool({}, resolver=Slow()), "http://api.test", timeout_s=0.1)
    assert error.code == "connect_timeout"


async def test_a_send_cancelled_while_connecting_leaves_nothing_open(upstream: Upstream) -> None:
    with unanswering_port() as port:
        sending = asyncio.ensure_future(upstream.send(call(f"http://127.0.0.1:{port}")))
        for _ in range(10):
            await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert upstream.pool.open_count == 0


async def test_a_connection_closed_before_it_is_used_is_a_failure(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    scripted.greeting = [Reset()]
    with pytest.raises(UpstreamError) as cut:
        await ask(upstream, scripted)
    assert cut.value.code in {"connect_failed", "upstream_reset"}


@pytest.mark.slow
async def test_a_thousand_streams_at_once_all_complete(
    upstream: Upstream, scripted: ScriptedUpstream
) -> None:
    body = b"x" * 1000
    scripted.enqueue(*[[reply(body)[:-500], Hold("all"), body[:500]]] * 1000)
    answers = await asyncio.gather(*(upstream.send(call(scripted, timeout_s=30)) for _ in range(1000)))
    assert scripted.open_connections == 1000
    scripted.open("all")
    assert [len(await answer.read(2000)) for answer in answers] == [1000] * 1000
    await scripted.until(lambda: scripted.open_connections <= 32)

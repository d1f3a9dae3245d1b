"""Opening sockets: names, several addresses at once, tunnels."""

import asyncio
import socket
import threading

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.dial import AddressInfo, Resolver, interleave, open_socket, tunnel
from aigw_dev.server.proxies import parse_proxy
from tests.scripted import Close, ScriptedUpstream, refusing_port, unanswering_port

pytestmark = pytest.mark.anyio


def at(port: int, host: str = "127.0.0.1") -> AddressInfo:
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))


async def test_an_address_needs_no_look_up() -> None:
    assert await Resolver().look_up("127.0.0.1", 80) == [at(80)]
    (found,) = await Resolver().look_up("::1", 80)
    assert found[0] == socket.AF_INET6
    assert found[4] == ("::1", 80, 0, 0)


async def test_localhost_means_both_loopbacks_and_is_asked_of_nobody() -> None:
    def unasked(*_: object, **__: object) -> list[AddressInfo]:
        raise AssertionError

    for name in ("localhost", "app.localhost"):
        found = await Resolver(unasked).look_up(name, 80)
        assert [row[4][0] for row in found] == ["127.0.0.1", "::1"]


async def test_a_name_is_looked_up_once_for_all_who_wait_and_again_later() -> None:
    asked: list[str] = []

    def look_up(host: str, port: int, **_: object) -> list[AddressInfo]:
        asked.append(f"{host}:{port}")
        return [at(port)]

    resolver = Resolver(look_up)
    calls = (
        resolver.look_up("api.test", 80),
        resolver.look_up("api.test", 80),
        resolver.look_up("api.test", 81),
    )
    assert await asyncio.gather(*calls) == [[at(80)], [at(80)], [at(81)]]
    assert sorted(asked) == ["api.test:80", "api.test:81"]
    await resolver.look_up("api.test", 80)
    assert len(asked) == 3


@pytest.mark.parametrize(
    "fault", [socket.gaierror(socket.EAI_NONAME, "unknown"), UnicodeError("label too long")]
)
async def test_a_name_nobody_knows_is_an_error(fault: Exception) -> None:
    def look_up(*_: object, **__: object) -> list[AddressInfo]:
        raise fault

    with pytest.raises(socket.gaierror):
        await Resolver(look_up).look_up("api.test", 80)


async def test_a_caller_that_gives_up_leaves_the_look_up_to_the_others() -> None:
    answered = threading.Event()

    def look_up(*_: object, **__: object) -> list[AddressInfo]:
        answered.wait(5)
        return [at(80)]

    resolver = Resolver(look_up)
    hasty = asyncio.ensure_future(resolver.look_up("api.test", 80))
    patient = asyncio.ensure_future(resolver.look_up("api.test", 80))
    await asyncio.sleep(0)
    hasty.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hasty
    answered.set()
    assert await patient == [at(80)]


def test_the_families_take_turns() -> None:
    six: list[AddressInfo] = [(socket.AF_INET6, 1, 6, "", (f"::{n}", 1, 0, 0)) for n in range(3)]
    four: list[AddressInfo] = [(socket.AF_INET, 1, 6, "", (f"127.0.0.{n}", 1)) for n in range(1)]
    assert interleave([*six, *four]) == [six[0], four[0], six[1], six[2]]
    assert interleave(four) == four


async def test_a_refused_address_gives_way_to_the_next_at_once(scripted: ScriptedUpstream) -> None:
    with refusing_port() as dead:
        started = asyncio.get_running_loop().time()
        with await open_socket([at(dead), at(scripted.port)]) as sock:
            assert sock.getpeername()[1] == scripted.port
        assert asyncio.get_running_loop().time() - started < 0.2


async def test_a_silent_address_delays_the_next_by_a_quarter_of_a_second(scripted: ScriptedUpstream) -> None:
    with unanswering_port() as silent:
        started = asyncio.get_running_loop().time()
        with await open_socket([at(silent), at(scripted.port)]) as sock:
            assert sock.getpeername()[1] == scripted.port
        assert 0.2 < asyncio.get_running_loop().time() - started < 1.0


async def test_only_the_first_of_several_connections_is_kept(scripted: ScriptedUpstream) -> None:
    with await open_socket([at(scripted.port), at(scripted.port)]):
        await scripted.until(lambda: scripted.open_connections == 1)
        assert scripted.accepted == 1


async def test_when_no_address_answers_the_first_error_is_told() -> None:
    with refusing_port() as first, refusing_port() as second, pytest.raises(ConnectionRefusedError):
        await open_socket([at(first), at(second)])


async def test_giving_up_while_connecting_closes_every_attempt() -> None:
    with unanswering_port() as silent:
        attempt = asyncio.ensure_future(open_socket([at(silent), at(silent)]))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(attempt), 0.3)  # both addresses are being tried now
        attempt.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attempt
        await asyncio.sleep(0)
        assert not [
            task
            for task in asyncio.all_tasks()
            if task.get_name() == "upstream-connect" and not task.cancelling()
        ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
            "refused to connect to api.test:443: 403 Forbidden",
        ),
        (b"HTTP/1.1 502\r\n\r\n", "refused to connect to api.test:443: 502"),
        (b"SSH-2.0\r\n\r\n", "did not answer like an HTTP proxy"),
        (b"HTTP/1.1 200 OK\r\n\r\nsurplus", "more than the head"),
        (b"HTTP/1.1 200 OK\r\na: " + b"x" * 20000, "larger than"),
        (b"", "closed the connection"),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_named_with_its_reason(
    scripted: ScriptedUpstream, answer: bytes, words: str
) -> None:
    scripted.enqueue([answer, Close()])
    proxy = parse_proxy(f"http://user:secret-word@127.0.0.1:{scripted.port}")
    with await open_socket([at(scripted.port)]) as sock, pytest.raises(UpstreamError) as refused:
        await tunnel(sock, "api.test", 443, proxy)
    assert refused.value.code == "proxy_failed"
    assert not refused.value.is_sent
    assert words in refused.value.message
    assert "secret-word" not in refused.value.message
    assert scripted.requests[0].target == "api.test:443"
    assert scripted.requests[0].header(b"host") == b"api.test:443"


async def test_a_tunnel_to_an_ipv6_address_brackets_it(scripted: ScriptedUpstream) -> None:
    scripted.enqueue([b"HTTP/1.1 200 OK\r\n\r\n"])
    with await open_socket([at(scripted.port)]) as sock:
        await tunnel(sock, "fd00::1", 443, parse_proxy("http://127.0.0.1"))
    assert scripted.requests[0].target == "[fd00::1]:443"
    assert scripted.requests[0].header(b"proxy-authorization") == b""

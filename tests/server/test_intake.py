"""Requests out of bytes: the same at every cut, and bounded whatever comes."""

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.server.intake import BODY, HEAD, IDLE, Headers, Intake
from aigw_dev.server.request_head import Fault, Shape


class Taker:
    """Keeps what the intake tells."""

    def __init__(self, *, has_sockets: bool = False) -> None:
        self.requests: list[tuple[bytes, bytes, Headers]] = []
        self.bodies: list[bytes] = []
        self.ended = 0
        self.has_sockets = has_sockets

    def begin(
        self, method: bytes, target: bytes, version: str, headers: Headers, shape: Shape
    ) -> Fault | None:
        self.requests.append((method, target, headers))
        self.bodies.append(b"")
        return Fault(400, "invalid_http", "enough") if len(self.requests) > 5 else None

    def arrive(self, body: bytes) -> None:
        self.bodies[-1] += body

    def whole(self) -> None:
        self.ended += 1

    def takes_upgrade(self, method: bytes, target: bytes, headers: Headers) -> bool:
        return self.has_sockets


def feed(data: bytes, *cuts: int, has_sockets: bool = False) -> tuple[Taker, Intake, Fault | None]:
    taker = Taker(has_sockets=has_sockets)
    intake = Intake(taker, head_limit_kb=64)
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]
    for start, end in zip(edges, edges[1:], strict=False):  # noqa: RUF007 -- equal edges are skipped below
        if end > start:
            fault = intake.feed(data[start:end])
            if fault is not None:
                return taker, intake, fault
    return taker, intake, None


START = b"POST /a?b HTTP/1.1\r\nHost: h\r\n"
TWO = (
    START
    + b"Content-Length: 5\r\n\r\nhello"
    + START
    + b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nworld\r\n0\r\n\r\n"
)
UPGRADES = (
    START
    + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nContent-Length: 5\r\n\r\nhello"
    + TWO
)


@pytest.mark.parametrize(
    ("data", "bodies"), [(TWO, [b"hello", b"world"]), (UPGRADES, [b"hello", b"hello", b"world"])]
)
def test_requests_are_the_same_at_every_cut(data: bytes, bodies: list[bytes]) -> None:
    for cut in range(len(data)):
        for cuts in ([cut], [cut, cut + 1], [cut, cut + 20]):
            taker, intake, fault = feed(data, *cuts)
            assert fault is None
            assert taker.bodies == bodies, cuts
            assert taker.ended == len(bodies)
            assert intake.state == IDLE
            assert {(method, target) for method, target, _ in taker.requests} == {(b"POST", b"/a?b")}
            assert intake.path == "/a"


def test_requests_are_the_same_byte_by_byte() -> None:
    taker, _, fault = feed(UPGRADES, *range(len(UPGRADES)))
    assert fault is None
    assert taker.bodies == [b"hello", b"hello", b"world"]


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6))
def test_any_bytes_are_taken_or_refused_never_an_exception(data: bytes, cuts: list[int]) -> None:
    feed(data, *cuts)
    feed(START + b"transfer-encoding: chunked\r\n\r\n" + data, *cuts)
    feed(START + data + b"\r\n\r\n", *cuts)


@pytest.mark.parametrize(
    "data",
    [
        START + b"a: b\r\n c\r\n\r\n",
        START + b"a: b\0c\r\n\r\n",
        START + b"a: b\rc\r\n\r\n",
        START + b"a: b\nc: d\r\n\r\n",
        START + b"a : b\r\n\r\n",
        START + b"a b: c\r\n\r\n",
        START + b": c\r\n\r\n",
        START + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        START + b"content-length: 5, 5\r\n\r\nhello",
        START + b"content-length: -5\r\n\r\nhello",
        START + b"content-length: 5a\r\n\r\nhello",
        START + b"content-length: 99999999999999999999999\r\n\r\n",
        START + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        START + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n",
        START + b"transfer-encoding: xchunked\r\n\r\n",
        START + b"transfer-encoding: chunked, gzip\r\n\r\n",
        START + b"transfer-encoding:\x0bchunked\r\n\r\n",
        START + b"transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        START + b"transfer-encoding: chunked\r\n\r\n5\r\nhelloXX",
        START + b"transfer-encoding: chunked\r\n\r\n-5\r\nhello\r\n",
        START + b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        START + b"transfer-encoding: chunked\r\n\r\n5\nhello\r\n",
        START
        + b"connection: upgrade\r\nupgrade: h2c\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\nHost: h\n\n",
        b"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.2\r\nHost: h\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"NOSUCH / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
    ],
)
def test_hostile_bytes_are_refused_at_every_cut(data: bytes) -> None:
    for cut in range(len(data)):
        taker, _, fault = feed(data, cut)
        assert fault is not None, cut
        assert fault.status == 400
        assert taker.ended == 0


def test_an_endless_head_is_refused_soon_after_its_limit() -> None:
    for drop in (b"x" * 1000, b"a: b\r\n" * 200):
        taker = Taker()
        intake = Intake(taker, head_limit_kb=64)
        fault = intake.feed(START + b"a: ")
        taken = 0
        while fault is None:
            fault = intake.feed(drop)
            taken += len(drop)
        assert fault.status == 431
        assert taken <= 70 * 1024
        assert not taker.requests


@pytest.mark.parametrize("cuts", [(), (10,), (30_000,), (60_000,), (30_000, 69_000)])
def test_a_whole_head_beyond_the_limit_is_refused_however_it_comes(cuts: tuple[int, ...]) -> None:
    taker, _, fault = feed(START + b"a: " + b"x" * 70_000 + b"\r\n\r\n", *cuts)
    assert fault is not None
    assert fault.status == 431
    assert not taker.requests


def test_a_head_within_the_limit_is_accepted_also_behind_a_large_body() -> None:
    body = START + b"content-length: 300000\r\n\r\n" + b"x" * 300_000
    head = START + b"a: " + b"x" * 60_000 + b"\r\n\r\n"
    for cut in (len(body) - 1, len(body) + 10, len(body) + 59_000):
        taker, _, fault = feed(body + head, cut)
        assert fault is None
        assert len(taker.requests) == 2


def test_trailers_are_dropped() -> None:
    taker, _, fault = feed(
        START + b"transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nHost: evil\r\nAuthorization: k\r\n\r\n"
    )
    assert fault is None
    assert [name for name, _ in taker.requests[0][2]] == [b"host", b"transfer-encoding"]


@pytest.mark.parametrize("drop", [b"0\r\na: " + b"x" * 1000, b"1;" + b"e" * 1000])
def test_a_body_that_is_mostly_framing_is_refused(drop: bytes) -> None:
    intake = Intake(Taker(), head_limit_kb=64)
    fault = intake.feed(START + b"transfer-encoding: chunked\r\n\r\n" + drop)
    taken = 0
    while fault is None:
        fault = intake.feed(b"x" * 1000)
        taken += 1000
    assert fault.status == 400
    assert taken < 100_000


def test_a_body_in_one_byte_chunks_is_taken() -> None:
    frames = b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n"
    taker, _, fault = feed(
        START + b"transfer-encoding: chunked\r\n\r\n" + frames, *range(0, len(frames), 5000)
    )
    assert fault is None
    assert len(taker.bodies[0]) == 100_000


def test_the_owner_can_refuse() -> None:
    _, _, fault = feed((START + b"\r\n") * 6)
    assert fault == Fault(400, "invalid_http", "enough")


def test_an_error_of_ours_is_not_called_the_callers() -> None:
    class Broken(Taker):
        def begin(
            self, method: bytes, target: bytes, version: str, headers: Headers, shape: Shape
        ) -> Fault | None:
            raise LookupError

    with pytest.raises(httptools.HttpParserCallbackError) as raised:
        Intake(Broken(), head_limit_kb=64).feed(START + b"\r\n")
    assert isinstance(raised.value.__context__, LookupError)


def test_an_upgrade_the_owner_takes_ends_the_intake() -> None:
    upgrade = b"GET /rt HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    taker, intake, fault = feed(upgrade + b"early", has_sockets=True)
    assert fault is None
    assert intake.is_upgraded
    assert intake.rest == b"early"
    assert not taker.requests
    taker, intake, fault = feed(upgrade)
    assert not intake.is_upgraded
    assert taker.ended == 1


def test_an_upgrade_with_a_body_is_never_taken() -> None:
    upgrade = b"GET /rt HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n{}"
    taker, intake, fault = feed(upgrade, has_sockets=True)
    assert fault is None
    assert not intake.is_upgraded
    assert taker.ended == 1


def test_the_state_says_what_is_under_way() -> None:
    intake = Intake(Taker(), head_limit_kb=64)
    seen = [(intake.state, intake.part)]
    for piece in (b"\r\n", b"POST / HTTP/1.1\r\n", b"Host: h\r\ncontent-length: 2\r\n\r\n", b"x", b"x"):
        assert intake.feed(piece) is None
        seen.append((intake.state, intake.part))
    assert [state for state, _ in seen] == [IDLE, HEAD, HEAD, BODY, BODY, IDLE]
    parts = [part for _, part in seen]
    assert parts == sorted(parts)
    assert parts[2] != parts[3]
    assert parts[3] == parts[4]
    assert intake.should_keep_alive()

"""The reply parser: right at every cut, strict about where a reply ends."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.server.http1 import MAX_FIELDS, MAX_HEAD_BYTES, ReplyParser, request_head


def parse(data: bytes, *cuts: int, is_head_request: bool = False) -> tuple[ReplyParser, bytes]:
    """Feed `data` in pieces, cut at `cuts`."""
    parser = ReplyParser(is_head_request=is_head_request)
    body = b""
    edges = [0, *sorted(cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        if end > start:
            body += parser.feed(data[start:end])
    return parser, body


OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = OK + b"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    + OK
    + b"Transfer-Encoding: chunked\r\nX-Empty:\r\n\r\n"
    + b'5;name="v;x"\r\nhello\r\nA\r\n, wor\r\nld!\r\n0\r\nX-Trailer: t\r\n\r\n'
)
UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\n\r\nhello, world"


@pytest.mark.parametrize(
    ("data", "body", "is_reusable"),
    [(LENGTH, b"hello", True), (CHUNKED, b"hello, wor\r\nld!", True), (UNTIL_CLOSE, b"hello, world", False)],
    ids=["length", "chunked", "until-close"],
)
def test_a_reply_is_the_same_cut_at_any_two_bytes(data: bytes, body: bytes, is_reusable: bool) -> None:
    for first in range(len(data)):
        for second in (first, first + 1, first + 7):
            parser, found = parse(data, first, min(second, len(data)))
            if not parser.is_complete:
                assert parser.feed_eof()
            assert (parser.problem, parser.status, found) == ("", 200, body)
            assert parser.is_reusable is is_reusable


@pytest.mark.parametrize("data", [LENGTH, CHUNKED], ids=["length", "chunked"])
def test_a_reply_is_the_same_byte_by_byte(data: bytes) -> None:
    parser, body = parse(data, *range(1, len(data)))
    assert parser.is_complete
    assert body in {b"hello", b"hello, wor\r\nld!"}


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    cuts=st.lists(st.integers(0, 600), max_size=12),
)
def test_chunk_frames_are_removed_however_the_wire_cuts_them(pieces: list[bytes], cuts: list[int]) -> None:
    frames = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    data = OK + b"transfer-encoding: chunked\r\n\r\n" + frames + b"0\r\n\r\n"
    parser, body = parse(data, *(cut for cut in cuts if cut < len(data)))
    assert parser.is_complete
    assert parser.is_reusable
    assert body == b"".join(pieces)


@given(st.binary(max_size=300))
def test_garbage_never_raises_and_never_becomes_a_reply(data: bytes) -> None:
    parser, _ = parse(b"\x16" + data)
    assert parser.problem
    assert not parser.has_head


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_after_a_good_head_are_decoded_or_refused(data: bytes, cut: int) -> None:
    head = OK + b"transfer-encoding: chunked\r\n\r\n"
    parser, _ = parse(head + data, len(head) + min(cut, len(data)))
    assert not (parser.problem and parser.is_complete)
    assert not (parser.problem and parser.is_reusable)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "begin"),
        (b"H", ""),
        (b"HX", "begin"),
        (b"HTTP/2 200\r\n\r\n", "begin"),
        (b"HTTP/1.2 200 OK\r\n\r\n", "status line"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "status line"),
        (b"HTTP/1.1 600 Odd\r\n\r\n", "status line"),
        (b"HTTP/1.1  200 OK\r\n\r\n", "status line"),
        (b"HTTP/1.1 200 OK\n\n", "carriage return"),
        (OK + b"a: b\nc: d\r\n\r\n", "malformed"),
        (OK + b"a: b\r\n folded\r\n\r\n", "malformed"),
        (OK + b"a : b\r\n\r\n", "malformed"),
        (OK + b": b\r\n\r\n", "malformed"),
        (OK + b"no colon\r\n\r\n", "malformed"),
        (OK + b"a: b\rc\r\n\r\n", "malformed"),
        (OK + b"a: b\0c\r\n\r\n", "malformed"),
        (OK + b"a: \x1b[2J\r\n\r\n", "malformed"),
        (OK + b"\xc3\xa4: b\r\n\r\n", "malformed"),
        (OK + b"content-length: 5\r\ncontent-length: 5\r\n\r\n", "more than one content-length"),
        (OK + b"content-length: 5\r\nContent-Length: 6\r\n\r\n", "more than one content-length"),
        (OK + b"content-length: 5, 5\r\n\r\n", "not a number"),
        (OK + b"content-length: -1\r\n\r\n", "not a number"),
        (OK + b"content-length: +5\r\n\r\n", "not a number"),
        (OK + b"content-length: 0x5\r\n\r\n", "not a number"),
        (OK + b"content-length:\r\n\r\n", "not a number"),
        (OK + b"content-length: 99999999999999999999\r\n\r\n", "not a number"),
        (OK + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", "both"),
        (OK + b"transfer-encoding: gzip, chunked\r\n\r\n", "not chunked"),
        (OK + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n", "more than one transfer"),
        (b"HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "not chunked"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", "switches"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 17, "interim"),
        (OK + b"a: b\r\n" * (MAX_FIELDS + 1) + b"\r\n", "headers"),
        (OK + b"a: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n", "larger"),
        (OK + b"a: " + b"x" * MAX_HEAD_BYTES, "larger"),
    ],
)
def test_a_bad_head_is_refused(data: bytes, problem: str) -> None:
    parser, body = parse(data)
    assert problem in parser.problem
    assert bool(parser.problem) is bool(problem)
    assert not parser.has_head
    assert body == b""


@pytest.mark.parametrize(
    "frames",
    [
        b"g\r\n", b"\r\n", b"+5\r\nhello\r\n", b"0x5\r\nhello\r\n", b" 5\r\nhello\r\n", b"5 \r\nhello\r\n", b"-1\r\n",
        b"5\nhello\r\n", b"5_0\r\n", b"ffffffffffffffffff\r\n", b"5\r\nhelloXX", b"5\r\nhello\n\n", b"5;\x00\r\nhello\r\n",
        b"5;" + b"e" * 5000, b"0\r\nbad trailer\r\n\r\n", b"0\r\na: b\n\n", b"0\r\na: " + b"x" * (MAX_HEAD_BYTES + 8),
    ],
)  # fmt: skip
def test_broken_chunk_frames_are_refused_at_any_cut(frames: bytes) -> None:
    head = OK + b"transfer-encoding: chunked\r\n\r\n"
    cuts = range(0, len(frames), max(1, len(frames) // 40))
    for cut in cuts:
        parser, _ = parse(head + frames, len(head) + cut)
        assert parser.problem, cut
        assert not parser.is_complete
        assert not parser.is_reusable


def test_what_was_decoded_before_a_fault_is_delivered() -> None:
    parser, body = parse(OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
    assert body == b"hello"
    assert "chunk" in parser.problem


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_ends_at_its_head(status: int) -> None:
    parser, body = parse(b"HTTP/1.1 %d No\r\ncontent-length: 5\r\n\r\n" % status)
    assert parser.is_complete
    assert parser.is_reusable
    assert body == b""


def test_a_reply_to_head_ends_at_its_head() -> None:
    parser, body = parse(OK + b"content-length: 5\r\n\r\n", is_head_request=True)
    assert parser.is_complete
    assert parser.is_reusable
    assert body == b""


def test_header_names_are_lower_case_and_values_stay_raw() -> None:
    parser, _ = parse(
        OK + b"X-Name:  \t caf\xc3\xa9 = 1 \t\r\nset-cookie: a\r\nSet-Cookie: b\r\ncontent-length: 0\r\n\r\n"
    )
    assert parser.headers == [
        (b"x-name", b"caf\xc3\xa9 = 1"),
        (b"set-cookie", b"a"),
        (b"set-cookie", b"b"),
        (b"content-length", b"0"),
    ]


@pytest.mark.parametrize(
    ("head", "is_reusable"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: foo, CLOSE\r\ncontent-length: 0\r\n\r\n", False),
        (
            b"HTTP/1.1 200 OK\r\nconnection: close\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n",
            False,
        ),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nextra", False),
        (b"HTTP/1.1 204 No\r\n\r\nextra", False),
    ],
)
def test_a_connection_is_kept_only_when_nothing_speaks_against_it(head: bytes, is_reusable: bool) -> None:
    parser, _ = parse(head)
    assert parser.is_complete
    assert parser.is_reusable is is_reusable


def test_bytes_after_the_end_make_the_connection_useless() -> None:
    parser, body = parse(LENGTH + b"HTTP/1.1 200", len(LENGTH))
    assert body == b"hello"
    assert parser.is_complete
    assert not parser.is_reusable


@pytest.mark.parametrize("data", [LENGTH[:-1], CHUNKED[:-2], OK, b""])
def test_an_end_before_the_end_is_a_cut(data: bytes) -> None:
    parser, _ = parse(data)
    assert not parser.feed_eof()
    assert not parser.is_complete
    assert not parser.is_reusable
    assert parser.has_started is bool(data)


START = b"POST /v1 HTTP/1.1\r\nhost: a\r\n"


def test_a_request_head_carries_the_callers_headers_but_its_own_framing() -> None:
    head = request_head(
        START,
        [
            (b"authorization", b"k"),
            (b"host", b"evil"),
            (b"content-length", b"9"),
            (b"transfer-encoding", b"x"),
        ],
        b"content-length: 2\r\n\r\n",
    )
    assert head == START + b"authorization: k\r\ncontent-length: 2\r\n\r\n"


@pytest.mark.parametrize("value", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b"])
def test_a_header_that_would_break_its_line_is_refused(value: bytes) -> None:
    assert request_head(START, [(b"x-a", value)], b"\r\n") is None
    assert request_head(START, [(value, b"a")], b"\r\n") is None

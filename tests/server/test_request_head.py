"""Which request heads are acceptable."""

import pytest

from aigw_dev.core.errors import CODES
from aigw_dev.server.request_head import MAX_FIELDS, Fault, Shape, head_bytes, head_too_large, inspect

HOST = (b"host", b"127.0.0.1:2449")


def shape_of(
    *headers: tuple[bytes, bytes], method: bytes = b"POST", target: bytes = b"/v1", version: str = "1.1"
) -> Shape:
    found = inspect(method, target, version, [HOST, *headers])
    assert isinstance(found, Shape)
    return found


@pytest.mark.parametrize(
    ("method", "target", "version", "headers", "words"),
    [
        (b"GET", b"http://a/v1", "1.1", [HOST], "origin-form"),
        (b"OPTIONS", b"*", "1.1", [HOST], "origin-form"),
        (b"CONNECT", b"a:443", "1.1", [HOST], "origin-form"),
        (b"CONNECT", b"/a", "1.1", [HOST], "origin-form"),
        (b"GET", b"", "1.1", [HOST], "origin-form"),
        (b"GET", b"/a#b", "1.1", [HOST], "origin-form"),
        (b"GET", b"/\xc3\xa4", "1.1", [HOST], "origin-form"),
        (b"GET", b"/", "2.0", [HOST], "HTTP/2.0"),
        (b"GET", b"/", "0.9", [HOST], "HTTP/0.9"),
        (b"GET", b"/", "1.1", [], "0 Host headers"),
        (b"GET", b"/", "1.0", [], "0 Host headers"),
        (b"GET", b"/", "1.1", [HOST, HOST], "2 Host headers"),
        (
            b"POST",
            b"/",
            "1.1",
            [HOST, (b"content-length", b"1"), (b"content-length", b"1")],
            "one content-length",
        ),
        (b"POST", b"/", "1.1", [HOST, (b"content-length", b"+1")], "one content-length"),
        (b"POST", b"/", "1.1", [HOST, (b"transfer-encoding", b"gzip")], "must be chunked"),
        (b"POST", b"/", "1.1", [HOST, (b"transfer-encoding", b"gzip, chunked")], "must be chunked"),
        (b"POST", b"/", "1.1", [HOST, *[(b"transfer-encoding", b"chunked")] * 2], "must be chunked"),
        (b"POST", b"/", "1.0", [HOST, (b"transfer-encoding", b"chunked")], "must be chunked"),
        (b"POST", b"/", "1.1", [HOST, (b"transfer-encoding", b"chunked"), (b"content-length", b"1")], "both"),
        (b"POST", b"/", "1.1", [HOST, (b"content-length", b"1"), (b"transfer-encoding", b"chunked")], "both"),
        (b"POST", b"/", "1.1", [HOST, (b"expect", b"200-ok")], "100-continue"),
        (b"GET", b"/", "1.1", [HOST, *[(b"a", b"b")] * MAX_FIELDS], "more than 256 headers"),
    ],
)
def test_an_ambiguous_head_is_refused(
    method: bytes, target: bytes, version: str, headers: list[tuple[bytes, bytes]], words: str
) -> None:
    fault = inspect(method, target, version, headers)
    assert isinstance(fault, Fault)
    assert words in fault.message
    assert fault.code in CODES


def test_a_plain_head_is_accepted() -> None:
    assert shape_of((b"accept", b"*/*"), (b"connection", b"keep-alive")) == Shape()
    assert shape_of(target=b"/v1//x?a=b%20c&d=http://e") == Shape()


def test_what_the_protocol_needs_is_read() -> None:
    assert shape_of((b"content-length", b"12")).content_length == 12
    assert shape_of((b"transfer-encoding", b" Chunked ")).is_chunked
    assert shape_of((b"content-type", b"Multipart/form-data; boundary=x")).is_upload
    assert not shape_of((b"content-type", b"application/json")).is_upload


def test_expect_is_heard_from_http_1_1_callers_only() -> None:
    assert shape_of((b"expect", b"100-Continue")).expects_continue
    assert not shape_of((b"expect", b"100-continue"), version="1.0").expects_continue


def test_the_size_of_a_head_counts_names_values_and_target() -> None:
    assert head_bytes(b"/v1", [(b"a", b"bc"), (b"d", b"")]) == 3 + 7 + 5
    assert "64 KiB" in head_too_large(64).message
    assert head_too_large(64).status == 431

"""Boundaries and the heads of parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.part_head import PartHead, quoted, read_boundary, read_head


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        (b"multipart/form-data; boundary=abc", b"abc"),
        (b'Multipart/Form-Data ; charset=utf-8;boundary="a b:c" ;', b"a b:c"),
        (
            b"multipart/form-data; BOUNDARY=----WebKitFormBoundary7MA4YWxkTrZu0gW",
            b"----WebKitFormBoundary7MA4YWxkTrZu0gW",
        ),
        (b"multipart/form-data; boundary=" + b"x" * 70, b"x" * 70),
    ],
)
def test_the_boundary_is_read_as_clients_write_it(content_type: bytes, boundary: bytes) -> None:
    assert read_boundary(content_type) == boundary


@pytest.mark.parametrize(
    "content_type",
    [
        b"",
        b"application/json",
        b"multipart/mixed; boundary=a",
        b"multipart/form-data",
        b"multipart/form-data; boundary=",
        b'multipart/form-data; boundary=""',
        b'multipart/form-data; boundary="a "',
        b"multipart/form-data; boundary=a; boundary=b",
        b"multipart/form-data; boundary=a\\r\\n",
        b"multipart/form-data; boundary=" + b"x" * 71,
        b"multipart/form-data; boundary=\xff",
        b"multipart/form-data boundary=a",
        b"multipart/form-data; boundary",
    ],
)
def test_a_boundary_that_is_none_is_refused(content_type: bytes) -> None:
    found = read_boundary(content_type)
    assert isinstance(found, Refusal)
    assert found.code == "invalid_multipart"


@pytest.mark.parametrize(
    ("head", "read"),
    [
        (b'Content-Disposition: form-data; name="a"', PartHead("a", None, "")),
        (b"content-disposition:form-data;name=a;filename=b.wav", PartHead("a", "b.wav", "")),
        (
            b'Content-Type: audio/wav\r\nContent-Disposition: form-data; name="a"; filename=""',
            PartHead("a", "", "audio/wav"),
        ),
        (
            b'Content-Disposition: form-data; name="a%22b"; filename="c\\"d.wav"',
            PartHead('a"b', 'c"d.wav', ""),
        ),
        ('Content-Disposition: form-data; name="é"'.encode(), PartHead("é", None, "")),
        (b'Content-Disposition: form-data; name="\xe9"', PartHead("é", None, "")),
        (
            b"Content-Disposition: form-data; name=a; filename=x; filename*=utf-8''%C3%A9.wav",
            PartHead("a", "é.wav", ""),
        ),
        (
            b"Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: BINARY",
            PartHead("a", None, ""),
        ),
    ],
)
def test_a_part_says_what_it_is(head: bytes, read: PartHead) -> None:
    assert read_head(head, number=1) == read


@given(st.text(max_size=50))
def test_a_name_survives_its_quotes(name: str) -> None:
    plain = name.replace("\\", "").replace("\0", "").replace("%", "").encode("utf-8", "replace").decode()
    found = read_head(b'Content-Disposition: form-data; name="%b"' % quoted(plain), number=1)
    assert isinstance(found, PartHead)
    assert found.name == plain


@given(st.binary(max_size=100))
def test_no_head_raises(head: bytes) -> None:
    assert isinstance(read_head(head, number=1), PartHead | Refusal)
    assert isinstance(
        read_head(b"Content-Disposition: form-data; name=" + head, number=1), PartHead | Refusal
    )
    assert isinstance(read_boundary(b"multipart/form-data; boundary=" + head), bytes | Refusal)

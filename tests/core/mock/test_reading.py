"""A body as it arrives: whole JSON, or a form of which only the ends stay."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.mock import MockForm, Reading
from aigw_dev.core.mock.reading import KEPT_BYTES, MAX_JSON_BYTES, seed_of
from tests.core.forms import BOUNDARY, field, file, form
from tests.core.mock.bodies import read

FORM = b"multipart/form-data; boundary=" + BOUNDARY
MIB = 1 << 20


def fed(*chunks: bytes, content_type: bytes = FORM) -> bytes | MockForm | Refusal:
    reading = Reading(content_type)
    for chunk in chunks:
        reading.feed(chunk)
    return reading.close()


@given(st.lists(st.integers(0, 400), max_size=6))
def test_any_cuts_give_the_same(places: list[int]) -> None:
    raw = form(field("model", b"m"), file("file", b"sound" * 20))
    edges = [0, *sorted(places), len(raw)]
    body = fed(*(raw[start:end] for start, end in itertools.pairwise(edges)))
    assert body == read(raw)


def test_json_is_kept_as_it_came() -> None:
    assert fed(b'{"a"', b":1}", content_type=b"application/json") == b'{"a":1}'


def test_json_is_bounded() -> None:
    reading = Reading()
    reading.feed(b" " * MAX_JSON_BYTES)
    assert reading.refusal is None
    reading.feed(b" ")
    reading.feed(b" ")
    refusal = reading.close()
    assert isinstance(refusal, Refusal)
    assert refusal.code == "body_too_large"


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [(b"", b"multipart/form-data"), (b"no form", FORM), (form(field("a", b"b"))[:-4], FORM)],
)
def test_a_form_that_cannot_be_read_is_refused(raw: bytes, content_type: bytes) -> None:
    refusal = fed(raw, content_type=content_type)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "invalid_multipart"


def test_of_a_long_form_only_the_ends_stay() -> None:
    content = b"".join(number.to_bytes(4, "big") for number in range(6 * MIB // 4))
    raw = form(file("file", content))
    body = fed(*(raw[at : at + 60_000] for at in range(0, len(raw), 60_000)))
    assert isinstance(body, MockForm)
    assert len(body.head) + len(body.tail) == 2 * KEPT_BYTES
    [part] = body.form.files
    assert body.ends(part) == (content[:65_536], content[-65_536:])


def test_a_part_in_the_middle_of_a_long_form_has_no_ends() -> None:
    body = read(form(file("a", b"a" * 2 * MIB), file("b", b"b" * 9), file("c", b"c" * 2 * MIB)))
    assert isinstance(body, MockForm)
    first, middle, last = body.form.files
    assert body.ends(first) == (b"a" * 65_536, b"")
    assert body.ends(middle) == (b"", b"")
    assert body.ends(last) == (b"", b"c" * 65_536)


def test_ids_depend_on_what_was_sent_and_not_on_the_boundary() -> None:
    parts = (field("model", b"m"), file("file", b"sound"))
    one = seed_of(read(form(*parts)))
    other = read(form(*parts, boundary=b"drawn-anew"), b"multipart/form-data; boundary=drawn-anew")
    assert one == seed_of(other)
    assert one != seed_of(read(form(parts[0], file("file", b"Sound"))))
    assert one != seed_of(read(form(field("model", b"n"), parts[1])))

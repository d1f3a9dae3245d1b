"""Values read level by level: proto JSON's liberties, and nothing that raises."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.gemini import wire


def test_keys_come_in_both_spellings_and_nulls_are_absent() -> None:
    found = wire.fields(b'{"a_bc":1,"deF":2,"_x":3,"y_":4,"no":null}')
    assert {key: bytes(value) for key, value in found.items()} == {
        "aBc": b"1",
        "deF": b"2",
        "_x": b"3",
        "y_": b"4",
    }
    assert set(wire.plain_fields(b'{"a_b":1,"no":null}')) == {"a_b", "no"}


def test_lists_may_stand_alone() -> None:
    assert [bytes(one) for one in wire.items(b'[1, "a"]')] == [b"1", b'"a"']
    assert [bytes(one) for one in wire.items(b"{}")] == [b"{}"]
    assert wire.items(b"null") == wire.items(b"") == wire.items(None) == []


@pytest.mark.parametrize(
    ("raw", "number", "whole"),
    [(b"1", 1, 1), (b'"2"', 2, 2), (b"1.5", 1.5, None), (b"2.0", 2.0, 2), (b"true", None, None), (b'"x"', None, None),
     (b"1" * 50, None, None), (b"[1]", None, None), (b"1e30", 1e30, None)],
)  # fmt: skip
def test_numbers(raw: bytes, number: float | None, whole: int | None) -> None:
    assert wire.number(raw) == number
    assert wire.whole(raw) == whole


def test_lone_surrogates_are_survived() -> None:
    assert wire.text(b'"a\\ud800"') == "a?"
    assert bytes(wire.fields(b'{"\\ud800":"\\ud800","b":1}')["b"]) == b"1"
    assert bytes(wire.encode("\ud800")) == b'"\\ud800"'
    assert bytes(wire.encode(["\ud800", float("inf")])) == b"null"
    assert [bytes(one) for one in wire.items(b'["\\ud800",{}]')][1] == b"{}"


def test_a_path_through_something_else_is_not_taken() -> None:
    body: dict[str, object] = {"a": 1}
    assert wire.put(body, "b.c", 2)
    assert not wire.put(body, "a.c", 2)
    assert not wire.put(body, "a[0].c", 2)
    assert body == {"a": 1, "b": {"c": 2}}


@given(st.binary(max_size=40))
def test_any_text_is_read(raw: bytes) -> None:
    for read in (wire.fields, wire.plain_fields, wire.items, wire.text, wire.truth, wire.number, wire.whole):
        read(msgspec.Raw(raw))
    wire.object_text(raw.decode("latin-1"))
    wire.standard_base64(raw.decode("latin-1"))

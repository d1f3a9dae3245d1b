import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.bedrock import wire

RAWS = st.binary(max_size=40).map(msgspec.Raw)


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"<html>", b'{"a":' + b"[" * 100_000])
def test_what_is_no_object_is_none(body: bytes) -> None:
    assert wire.body_fields(body) is None


def test_bad_utf8_becomes_a_replacement_character() -> None:
    fields = wire.body_fields(b'{"a":"\xff"}')
    assert fields is not None
    assert wire.text(fields["a"]) == "\ufffd"


def test_what_is_absent_or_of_another_type_is_empty() -> None:
    assert wire.fields(None) == wire.fields(msgspec.Raw(b"[]")) == {}
    assert wire.elements(None) == wire.elements(msgspec.Raw(b"{}")) == []
    assert wire.text(None) == wire.text(msgspec.Raw(b"1")) == ""
    assert wire.count(None) is wire.count(msgspec.Raw(b'"1"')) is wire.count(msgspec.Raw(b"-1")) is None
    assert not wire.is_given(None)
    assert not wire.is_given(msgspec.Raw(b"null"))
    assert wire.is_given(msgspec.Raw(b"0"))


def test_a_lone_surrogate_becomes_text_that_can_be_sent() -> None:
    assert wire.text(msgspec.Raw(b'"a\\ud800"')) == "a?"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "{}"),
        (b"null", "{}"),
        (b'""', "{}"),
        (b'{ "b":1.0,"a":1e3}', '{ "b":1.0,"a":1e3}'),
        (b'"{\\"a\\":1}"', '{"a":1}'),
        (b"[1]", '{"input":[1]}'),
        (b'"plain"', '{"input":"plain"}'),
        (b"7", '{"input":7}'),
    ],
)
def test_arguments_keep_their_spelling_and_are_always_an_object(given: bytes | None, expected: str) -> None:
    assert wire.arguments(None if given is None else msgspec.Raw(given)) == expected


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_arguments_are_an_object_whatever_the_model_wrote(value: object) -> None:
    assert isinstance(json.loads(wire.arguments(msgspec.Raw(json.dumps(value).encode()))), dict)


@given(RAWS)
def test_no_bytes_break_the_reading(value: msgspec.Raw) -> None:
    wire.fields(value)
    wire.elements(value)
    wire.text(value)
    wire.count(value)
    wire.body_fields(bytes(value))

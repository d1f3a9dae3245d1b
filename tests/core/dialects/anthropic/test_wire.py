"""Shapes that keep to their types, and those that do not."""

import msgspec
import pytest

from aigw_dev.core.dialects.anthropic.wire import (
    decode_block,
    decode_event,
    decode_reply,
    fields_of,
    is_said,
    loose_text,
)


def test_padding_does_not_matter() -> None:
    event = decode_event(b'{"type":"content_block_stop","index":3      }')
    assert event is not None
    assert (event.type, event.index) == ("content_block_stop", 3)


def test_a_slip_costs_only_its_field() -> None:
    event = decode_event(
        b'{"type":"content_block_delta","index":"1","delta":{"type":"text_delta","text":"a","stop_reason":5}}'
    )
    assert event is not None
    assert event.delta is not None
    assert (event.index, event.delta.text, event.delta.stop_reason) == (None, "a", "")
    event = decode_event(
        b'{"type":3,"delta":{"partial_json":{"a":1}},"message":{"content":[1,{"type":"text"}],"id":7}}'
    )
    assert event is not None
    assert event.delta is not None
    assert event.message is not None
    assert (event.delta.partial_json, event.message.id) == ('{"a": 1}', "")
    assert [bytes(raw) for raw in event.message.content or ()] == [b"1", b'{"type": "text"}']
    reply = decode_reply(b'{"id":7,"content":null,"model":"m"}')
    assert reply is not None
    assert (reply.id, reply.content, reply.model) == ("", None, "m")
    block = decode_block(b'{"type":"text","text":1,"name":"n","input":{"a":1}}')
    assert (block.text, block.name, bytes(block.input)) == ("", "n", b'{"a": 1}')


@pytest.mark.parametrize("data", [b"", b"[]", b"x", b"\xff", b"[" * 5000])
def test_what_is_no_object_is_none(data: bytes) -> None:
    assert decode_event(data) is None
    assert decode_reply(data) is None
    assert fields_of(data) == {}
    assert decode_block(data).type == ""


def test_values_that_are_no_json_count_as_absent() -> None:
    assert bytes(loose_text(float("inf"))) == b""
    assert {key: bytes(raw) for key, raw in fields_of(b'{"a":NaN,"b":1}').items()} == {"a": b"", "b": b"1"}
    assert not is_said(msgspec.Raw(b""))
    assert not is_said(msgspec.Raw(b"null"))
    assert is_said(msgspec.Raw(b"0"))

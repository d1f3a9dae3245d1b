"""Streams cut into their events with their bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.faults.blocks import Block, Cutter, Framing, framing_of, json_object
from aigw_dev.core.recording.faults.row import BEDROCK, CHAT
from aigw_dev.core.streams.sse import MAX_EVENT_BYTES
from tests.core.recording.faults.playing import stream

_LINE = st.sampled_from(
    [
        b"data: a",
        b"data:{}",
        b"event: x",
        b": c",
        b"",
        b"",
        b"id: 1",
        b"retry: 5",
        b"data",
        "dätä: ü".encode(),
    ]
)
_STREAM = st.lists(st.tuples(_LINE, st.sampled_from([b"\n", b"\r\n", b"\r"])), max_size=20).map(
    lambda lines: b"".join(line + end for line, end in lines)
)


def _cut(framing: Framing, body: bytes, cuts: list[int]) -> list[Block]:
    cutter = Cutter(framing)
    ends = [*sorted(cut for cut in cuts if cut < len(body)), len(body)]
    blocks: list[Block] = []
    start = 0
    for end in ends:
        blocks += cutter.feed(body[start:end])
        start = end
    return blocks + cutter.close()


@given(body=_STREAM, cuts=st.lists(st.integers(1, 100), max_size=6))
def test_no_byte_is_lost_and_cuts_never_matter(body: bytes, cuts: list[int]) -> None:
    blocks = _cut("sse", body, cuts)
    assert b"".join(block.raw for block in blocks) == body
    assert blocks == _cut("sse", body, [])


@given(body=st.binary(max_size=80), cuts=st.lists(st.integers(1, 80), max_size=4))
@pytest.mark.parametrize("framing", ["sse", "frames", "array"])
def test_bytes_of_any_kind_come_out_again(framing: Framing, body: bytes, cuts: list[int]) -> None:
    assert b"".join(block.raw for block in _cut(framing, body, cuts)) == body


@given(cuts=st.lists(st.integers(1, 900), max_size=5))
def test_frames_and_items_are_blocks(cuts: list[int]) -> None:
    frames = _cut("frames", stream(BEDROCK) + b"rest", cuts)
    assert [block.has_data for block in frames] == [True] * 6 + [False]
    items = _cut("array", b'[{"a": "}"} ,\n{"b":{}}\n]', cuts)
    assert [block.raw for block in items] == [b'[{"a": "}"}', b' ,\n{"b":{}}', b"\n]"]


def test_an_event_that_is_too_large_passes_as_it_is() -> None:
    body = b"data: " + b"x" * MAX_EVENT_BYTES
    cutter = Cutter("sse")
    blocks = [
        *cutter.feed(body),
        *cutter.feed(b"y" * 99),
        *cutter.feed(b"z\r"),
        *cutter.feed(b""),
        *cutter.close(),
    ]
    assert sum(len(block.raw) for block in blocks) == len(body) + 101
    assert not any(block.has_data for block in blocks)


def test_other_data_leaves_the_rest_of_a_block() -> None:
    comment, block = _cut("sse", b": c\nevent: e\n: d\nid: 7\ndata:{}\nretry: 3\n\n", [])
    assert comment.with_data(b"x") == b": c\n"
    assert block.with_data(b"[]") == b"event: e\n: d\nid: 7\ndata:[]\nretry: 3\n\n"
    assert block.with_data(b"[]", name="f") == b"event: f\ndata: []\n\n"
    (several,) = _cut("sse", b"event: e\ndata: {\ndata: }\n\n", [])
    assert several.payload() == {}
    assert several.with_data(b"1") == b"event: e\ndata: 1\n\n"
    assert Block(raw=b"x").with_data(b"y") == b"x"
    assert block.another(b"1") == b"data: 1\n\n"


def test_a_payload_is_an_object_or_none() -> None:
    assert json_object(b' {"a":1}') == {"a": 1}
    assert json_object(b"[1]") is None
    assert json_object(b"{") is None
    assert json_object(b'{"a":' * 100_000) is None


def test_the_content_type_says_the_framing() -> None:
    assert framing_of(b"text/event-stream; charset=utf-8") == "sse"
    assert framing_of(b"application/vnd.amazon.eventstream") == "frames"
    assert framing_of(b"application/json") is None
    assert framing_of(b"application/json", is_array=True) == "array"
    assert framing_of(b"text/html", is_array=True) is None
    assert stream(CHAT).endswith(b"data: [DONE]\n\n")

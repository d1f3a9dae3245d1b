import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams import event_stream
from aigw_dev.core.streams.event_stream import Framer, encode, encode_exception, encode_frame
from aigw_dev.core.streams.sse import MAX_EVENT_BYTES, Event

HEADER_VALUES = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=40) | st.text(max_size=20)
)
HEADERS = st.dictionaries(
    st.text(min_size=1, max_size=20).filter(lambda name: not name.startswith(":")), HEADER_VALUES, max_size=6
)


def read(stream: bytes) -> list[Event]:
    framer = Framer()
    return framer.feed(stream) + framer.close()


def contents(events: list[Event]) -> list[tuple[str, bytes]]:
    return [(event.event, event.data) for event in events]


def test_an_event_has_its_type_and_its_payload() -> None:
    (event,) = read(encode(b'{"role":"assistant"}', event="messageStart"))
    assert (event.event, event.data) == ("messageStart", b'{"role":"assistant"}')
    assert event.size_bytes == len(encode(b'{"role":"assistant"}', event="messageStart"))


def test_an_exception_is_told_from_an_event() -> None:
    (event,) = read(encode_exception(b'{"message":"slow down"}', type="throttlingException"))
    assert (event.event, event.data) == ("exception:throttlingException", b'{"message":"slow down"}')


def test_an_error_whose_words_stand_in_headers_gets_a_payload() -> None:
    frame = encode_frame(
        [(":message-type", "error"), (":error-code", "InternalError"), (":error-message", "oh")], b""
    )
    assert contents(read(frame)) == [("exception:InternalError", b'{"message":"oh"}')]


def test_a_frame_without_a_type_is_an_event_without_a_name() -> None:
    assert contents(read(encode_frame([], b"x"))) == [("", b"x")]
    assert contents(read(encode_frame([(":event-type", 7)], b"x"))) == [("", b"x")]


@given(
    st.lists(st.tuples(st.sampled_from(["messageStart", "metadata"]), st.binary(max_size=60)), max_size=5),
    st.data(),
)
def test_cuts_do_not_matter(frames: list[tuple[str, bytes]], data: st.DataObject) -> None:
    stream = b"".join(encode(payload, event=name) for name, payload in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    framer = Framer()
    events: list[Event] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        events += framer.feed(stream[start:end])
    assert contents(events + framer.close()) == frames
    assert framer.tail_bytes == 0


def test_every_cut_gives_the_same_events() -> None:
    stream = (
        encode(b'{"a":1}', event="one") + encode_exception(b"{}", type="two") + encode(b"", event="three")
    )
    whole = read(stream)
    for cut in range(len(stream) + 1):
        framer = Framer()
        assert framer.feed(stream[:cut]) + framer.feed(stream[cut:]) == whole
    framer = Framer()
    assert [
        event for place in range(len(stream)) for event in framer.feed(stream[place : place + 1])
    ] == whole


@given(st.data())
def test_any_changed_byte_is_noticed_and_nothing_wrong_is_given_out(data: st.DataObject) -> None:
    good = encode(b'{"text":"first"}', event="good")
    stream = bytearray(good + encode(b'{"text":"hello"}', event="contentBlockDelta"))
    place = data.draw(st.integers(len(good), len(stream) - 1))
    stream[place] ^= data.draw(st.integers(1, 255))
    framer = Framer()
    assert contents(framer.feed(bytes(stream))) == [("good", b'{"text":"first"}')]
    with pytest.raises(UpstreamError) as caught:
        framer.close()
    assert caught.value.code == "upstream_protocol"
    with pytest.raises(UpstreamError):
        framer.feed(b"")


def test_a_broken_prelude_is_noticed_before_its_length_is_waited_for() -> None:
    with pytest.raises(UpstreamError, match="prelude"):
        Framer().feed(b"<html><body>Bad gateway")


def test_a_frame_that_the_body_ends_in_is_dropped() -> None:
    framer = Framer()
    assert framer.feed(encode(b"{}", event="x")[:-1]) == []
    assert framer.close() == []
    assert framer.tail_bytes > 0


def prelude(total: int, headers: int) -> bytes:
    lengths = total.to_bytes(4, "big") + headers.to_bytes(4, "big")
    return lengths + zlib.crc32(lengths).to_bytes(4, "big")


def test_a_frame_beyond_the_bound_is_refused_at_its_prelude() -> None:
    with pytest.raises(UpstreamError) as caught:
        Framer().feed(prelude(MAX_EVENT_BYTES + 1, 0))
    assert caught.value.code == "event_too_large"


@pytest.mark.parametrize(("total", "headers"), [(15, 0), (16, 1), (1 << 20, (128 << 10) + 1)])
def test_lengths_that_contradict_each_other_are_refused(total: int, headers: int) -> None:
    with pytest.raises(UpstreamError, match="lengths"):
        Framer().feed(prelude(total, headers))


def with_headers(block: bytes) -> bytes:
    head = prelude(16 + len(block), len(block)) + block
    return head + zlib.crc32(head).to_bytes(4, "big")


@pytest.mark.parametrize(
    "block",
    [
        b"\x01",  # the name is missing
        b"\x01a",  # the type is missing
        b"\x01a\x0a",  # a type that does not exist
        b"\x01a\x07\x00\x05ab",  # a text that runs out
        b"\x01a\x07\x00",  # its length runs out
        b"\x01a\x04\x00",  # a number that runs out
        b"\x01a\x09abc",  # a uuid that runs out
        b"\x01\xff\x00",  # a name that is no UTF-8
        b"\x01a\x07\x00\x01\xff",  # a text that is no UTF-8
    ],
)
def test_headers_that_cannot_be_read_are_refused(block: bytes) -> None:
    with pytest.raises(UpstreamError, match="header"):
        Framer().feed(with_headers(block))


def test_every_type_of_header_is_read_past() -> None:
    block = (
        b"\x01a\x00" b"\x01b\x01" b"\x01c\x02\xff" b"\x01d\x03\x00\x01" b"\x01e\x04\x00\x00\x00\x01"
        b"\x01f\x05" + bytes(8) + b"\x01g\x06\x00\x02hi" b"\x01h\x08" + bytes(8) + b"\x01i\x09" + bytes(16)
        + b"\x0b:event-type\x07\x00\x02ok"
    )  # fmt: skip
    assert contents(read(with_headers(block))) == [("ok", b"")]


def test_a_name_of_no_or_too_many_bytes_cannot_be_written() -> None:
    for name in ("", "x" * 256):
        with pytest.raises(ValueError, match="255"):
            encode_frame([(name, "v")], b"")


@given(HEADERS, st.binary(max_size=100))
def test_what_is_written_is_what_botocore_reads(headers: dict[str, Any], payload: bytes) -> None:
    botocore = pytest.importorskip("botocore.eventstream")
    buffer = botocore.EventStreamBuffer()
    buffer.add_data(encode_frame(headers.items(), payload))
    (message,) = list(buffer)
    assert message.payload == payload
    assert message.headers == headers
    assert {name: type(value) for name, value in message.headers.items()} == {
        name: type(value) for name, value in headers.items()
    }


def test_the_bound_is_that_of_other_streams() -> None:
    assert event_stream.MAX_EVENT_BYTES == 16 * 1024 * 1024

"""The decoder against the rules of the WHATWG, at every cut; the gate against what a client may see."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams import sse
from aigw_dev.core.streams.sse import Decoder, Event, Gate, encode, encode_comment, unbroken
from tests.vectors_openai import streams

Told = tuple[bytes, str, str, bool]


def told(events: list[Event]) -> list[Told]:
    """What the events say, without how many bytes they took (which depends on where a CRLF was cut)."""
    return [(event.data, event.event, event.id, event.is_comment) for event in events]


def decode(*chunks: bytes) -> list[Told]:
    decoder = Decoder()
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return told(events + decoder.close())


def reference(body: bytes) -> list[Told]:
    """The WHATWG's own algorithm, written down as slowly as it reads; plus comments, and the end of the body."""
    found: list[Told] = []
    data: list[bytes] = []
    name = last_id = ""
    lines = re.split(rb"\r\n|\n|\r", body.removeprefix(b"\xef\xbb\xbf"))
    for line in [*lines, b""]:
        if not line:
            if data:
                found.append((b"\n".join(data), name, last_id, False))
            data, name = [], ""
            continue
        field, colon, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if colon and not field:
            found.append((value, "", "", True))
        elif field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
        elif field == b"id" and b"\0" not in value:
            last_id = value.decode("utf-8", "replace")
    return found


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data: x\n\n", [b"x"]),
        (b"data:x\n\n", [b"x"]),
        (b"data:  x\n\n", [b" x"]),
        (b"data: x\r\n\r\n", [b"x"]),
        (b"data: x\r\r", [b"x"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data\n\n", [b""]),
        (b"data:\n\n", [b""]),
        (b"data\ndata\n\n", [b"\n"]),
        (b"event: ping\n\n", []),
        (b"\n\n\ndata: x\n\n\n\n", [b"x"]),
        (b"data: x", [b"x"]),
        (b"data: x\n", [b"x"]),
        (b"\xef\xbb\xbfdata: x\n\n", [b"x"]),
        (b"data: x\n\n\xef\xbb\xbfdata: y\n\n", [b"x"]),
        (b"retry: 100\ndata: x\n\n", [b"x"]),
        (b"Data: x\n\n", []),
        (b" data: x\n\n", []),
        (b"data : x\n\n", []),
        (b"", []),
    ],
)
def test_data_is_read_as_the_standard_says(body: bytes, expected: list[bytes]) -> None:
    assert [data for data, *_ in decode(body)] == expected


def test_unicode_line_separators_are_text() -> None:
    text = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg".encode()
    assert decode(b"data: " + text + b"\n\n") == [(text, "", "", False)]


def test_type_and_id_belong_to_their_events() -> None:
    body = b"event: one\nid: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: \0\ndata: d\n\nevent: two\n\ndata: e\n\n"
    assert decode(body) == [
        (b"a", "one", "1", False),
        (b"b", "", "1", False),
        (b"c", "", "", False),
        (b"d", "", "", False),
        (b"e", "", "", False),
    ]


def test_comments_come_at_once_and_apart() -> None:
    decoder = Decoder()
    assert told(decoder.feed(b": OPENROUTER PROCESSING\n")) == [(b"OPENROUTER PROCESSING", "", "", True)]
    assert decoder.tail_bytes == 0
    assert told(decoder.feed(b"\ndata: a\n:inside\n")) == [(b"inside", "", "", True)]
    assert told(decoder.feed(b"data: b\n\n")) == [(b"a\nb", "", "", False)]


def test_a_comment_may_end_the_body() -> None:
    assert decode(b": bye") == [(b"bye", "", "", True)]


@pytest.mark.parametrize(
    ("field", "expected"), [(b"250", 250), (b"2.5", None), (b"", None), (b"9" * 50, 999999999)]
)
def test_retry_is_kept_in_milliseconds(field: bytes, expected: int | None) -> None:
    decoder = Decoder()
    decoder.feed(b"retry: " + field + b"\n\n")
    assert decoder.retry_ms == expected


def test_a_carriage_return_at_the_end_of_a_read_ends_the_line_at_once() -> None:
    decoder = Decoder()
    assert told(decoder.feed(b"data: x\r\n\r")) == [(b"x", "", "", False)]
    assert decoder.feed(b"\n") == []
    assert told(decoder.feed(b"data: y\n\n")) == [(b"y", "", "", False)]


def test_an_empty_read_changes_nothing() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: x\r") == []
    assert decoder.feed(b"") == []
    assert told(decoder.feed(b"\n\r\n")) == [(b"x", "", "", False)]


_PIECES = st.sampled_from(
    [b"data: ", b"data:", b"data", b"event: e", b"id: 7", b"retry: 5", b": c", b":", b"\n", b"\n", b"\r\n", b"\r", b"x", b" ",
     b"\xef\xbb\xbf", b'{"a":"\xf0\x9f\x98\x80"}', b"\xe2\x80\xa8", b"\0", b"[DONE]", b"data: x\n\n", b"data: y\r\n\r\n"]
)  # fmt: skip
_BODIES = st.lists(_PIECES, max_size=24).map(b"".join)


@given(_BODIES)
@example(b"data: a\n\ndata: b\n\n")
def test_whatever_comes_is_read_as_the_standard_says(body: bytes) -> None:
    assert decode(body) == reference(body)


@given(_BODIES, st.lists(st.integers(0, 200), max_size=8))
def test_cuts_change_nothing(body: bytes, places: list[int]) -> None:
    edges = sorted({0, len(body), *(place for place in places if place < len(body))})
    chunks = [body[start:end] for start, end in itertools.pairwise(edges)]
    assert decode(*chunks) == decode(body)


@given(_BODIES)
def test_a_byte_at_a_time_changes_nothing(body: bytes) -> None:
    assert decode(*(bytes([byte]) for byte in body)) == decode(body)


@given(_BODIES, st.integers(1, 7))
def test_every_byte_belongs_to_one_event_or_to_what_follows(body: bytes, step: int) -> None:
    decoder = Decoder()
    taken = 0
    for start in range(0, len(body), step):
        chunk = body[start : start + step]
        taken += sum(event.size_bytes for event in decoder.feed(chunk))
        assert 0 <= decoder.tail_bytes <= start + len(chunk) - taken
    assert taken + sum(event.size_bytes for event in decoder.close()) <= len(body)


def test_an_event_over_the_cap_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1000)
    for chunks in (
        [b"data: " + b"x" * 1000 + b"\n\n"],
        [b"data: "] + [b"x" * 10] * 100,
        [b"data: " + b"x" * 90 + b"\n"] * 11,
        [b": " + b"x" * 1000],
    ):
        decoder = Decoder()
        decoder.feed(b"data: small\n\n")
        with pytest.raises(UpstreamError) as raised:
            list(map(decoder.feed, chunks))
        assert raised.value.code == "event_too_large"


def test_the_cap_is_16_mib_and_not_less() -> None:
    exact = b"data: " + b"x" * (16 * 1024 * 1024 - 6)
    assert len(decode(exact + b"\n\n")) == 1
    with pytest.raises(UpstreamError):
        decode(exact + b"x\n\n")


def test_comments_for_ever_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 1000)
    decoder = Decoder()
    for _ in range(500):
        assert len(decoder.feed(b": still there\n")) == 1
    decoder.feed(b"data: a\n")
    for _ in range(500):
        assert len(decoder.feed(b": still there\n")) == 1


@pytest.mark.timeout(60)
def test_a_long_line_in_single_bytes_takes_linear_time() -> None:
    decoder = Decoder()
    decoder.feed(b"data: ")
    for _ in range(400_000):  # read again at each byte this would be 80 GB of copying
        decoder.feed(b"x")
    assert [len(event.data) for event in decoder.feed(b"\n\n")] == [400_000]


def cut(body: bytes, step: int) -> Iterator[bytes]:
    return (body[start : start + step] for start in range(0, len(body), step))


def passed(gate: Gate, chunks: Iterator[bytes]) -> tuple[bytes, bytes]:
    """What the gate lets through while the body runs, and with its end."""
    ready = b"".join(gate.feed(chunk)[0] for chunk in chunks)
    return ready, gate.close()[0]


@given(_BODIES, st.integers(1, 30))
def test_the_gate_changes_no_byte(body: bytes, step: int) -> None:
    ready, rest = passed(Gate(), cut(body, step))
    assert ready + rest == body


@given(_BODIES, st.integers(1, 30))
def test_what_passed_the_gate_ends_between_two_events(body: bytes, step: int) -> None:
    gate = Gate()
    ready = b"".join(gate.feed(chunk)[0] for chunk in cut(body, step))
    error = b'data: {"error":{}}\n\n'
    assert decode(ready + error)[-1][:2] == (b'{"error":{}}', "")


def test_an_unfinished_event_is_held_back() -> None:
    gate = Gate()
    assert gate.feed(b"data: a\n\ndata: b")[0] == b"data: a\n\n"
    assert gate.feed(b"c")[0] == b""
    assert gate.feed(b"\n")[0] == b""
    ready, events = gate.feed(b"\ndata: d\n")
    assert (ready, told(events)) == (b"data: bc\n\n", [(b"bc", "", "", False)])
    rest, events = gate.close()
    assert (rest, told(events)) == (b"data: d\n", [(b"d", "", "", False)])


def test_the_gate_hands_a_whole_read_on_uncopied() -> None:
    gate = Gate()
    gate.feed(b": hello\n\n")
    chunk = b"data: a\n\n"
    assert gate.feed(chunk)[0] is chunk


def is_usage(event: Event) -> bool:
    return event.data == b"usage"


@given(_BODIES, _BODIES, st.integers(1, 30))
def test_a_hidden_event_goes_and_nothing_else_does(before: bytes, after: bytes, step: int) -> None:
    body = before + b"\n\ndata: usage\n\n" + after
    ready, rest = passed(Gate(is_hidden=is_usage), cut(body, step))
    kept = [one[:2] for one in decode(ready + rest) if not one[3]]
    assert kept == [one[:2] for one in decode(body) if one[0] != b"usage" and not one[3]]


def test_hiding_leaves_the_other_bytes_as_they_are() -> None:
    body = b": hi\r\n\r\ndata:a\r\n\r\ndata: usage\r\n\r\ndata: [DONE]\r\n\r\n"
    for step in range(1, len(body)):
        ready, rest = passed(Gate(is_hidden=is_usage), cut(body, step))
        assert ready + rest == b": hi\r\n\r\ndata:a\r\n\r\ndata: [DONE]\r\n\r\n"


def test_a_hidden_event_at_the_very_end_goes_too() -> None:
    gate = Gate(is_hidden=is_usage)
    assert gate.feed(b"data: a\n\ndata: usage")[0] == b"data: a\n\n"
    assert gate.close()[0] == b""


@given(st.text(), st.text(), st.text())
def test_an_encoded_event_is_read_back(data: str, name: str, last_id: str) -> None:
    one_line = re.compile(r"[\r\n]")
    [(got, event, got_id, _)] = decode(encode(data.encode(), event=name, id=last_id))
    assert got == data.replace("\r\n", "\n").replace("\r", "\n").encode()
    assert event == one_line.sub(" ", name)
    assert got_id == ("" if "\0" in last_id else one_line.sub(" ", last_id))


@given(st.text(alphabet='a\u2028\u2029\u0085\\é"', max_size=8))
def test_what_we_write_survives_clients_that_split_lines_anywhere(text: str) -> None:
    written = unbroken(json.dumps(text, ensure_ascii=False).encode())
    assert len(written.decode().splitlines()) == 1
    assert json.loads(written) == text


def test_an_encoded_comment_is_one_comment() -> None:
    assert decode(encode_comment("still\nthere")) == [(b"still there", "", "", True)]


@pytest.mark.vectors
def test_recorded_streams_are_read_the_same_at_every_cut(vectors: Path) -> None:
    for recording in streams(vectors):
        whole = decode(recording.body)
        assert whole == reference(recording.body), recording.id
        steps = (1, 2, 3, 5, 16, 61, 250) if len(recording.body) < 8_000 else (7, 251, 4096)
        for step in steps:
            assert decode(*cut(recording.body, step)) == whole, (recording.id, step)
        if len(recording.body) < 1_500:
            for place in range(len(recording.body)):
                assert decode(recording.body[:place], recording.body[place:]) == whole, (recording.id, place)

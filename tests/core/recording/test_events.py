import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.events import (
    EVENT_STREAM,
    StreamParser,
    events_of,
    is_terminated,
    json_bytes,
    rows_of,
    sse_bytes,
    whole_of,
)
from aigw_dev.core.recording.fixture import EventRow
from aigw_dev.core.streams import sse
from tests.core.recording.made_fixtures import JSON, OBJECTS

STREAM = (
    b'\xef\xbb\xbf: hello\r\n\r\nid: 1\r\nevent: a\r\ndata: {"x":\xc3\xa41}\n\n'.replace(
        b"\xc3\xa41", b'"\xc3\xa4"'
    )
    + b'data: {"obfuscation":"zz","y":[1.50,\ndata: 2]}\r\rretry: 5\ndata: [DONE]\n\ndata: {"a":1,"a":2}\n\ndata: 1e400\n\n'
)
ROWS = [
    EventRow(name="a", data={"x": "ä"}, id="1"),
    EventRow(data={"y": [1.5, 2]}),
    EventRow(text="[DONE]"),
    EventRow(text='{"a":1,"a":2}'),
    EventRow(text="1e400"),
]


def cut(content: bytes, places: list[int]) -> list[tuple[float, bytes]]:
    edges = sorted({0, len(content), *(place % (len(content) + 1) for place in places)})
    return [(float(number), content[a:b]) for number, (a, b) in enumerate(pairwise(edges))]


def rows(content: bytes, kind: str = EVENT_STREAM) -> list[EventRow] | None:
    return rows_of([(0.0, content)], kind).events


@given(st.lists(st.integers(0, 300), max_size=12))
def test_cuts_between_reads_never_matter(places: list[int]) -> None:
    parts = rows_of(cut(STREAM, places), EVENT_STREAM)
    assert parts.events == ROWS
    assert len(parts.dt_ms) == len(ROWS)


def test_cut_at_every_byte_the_events_are_the_same() -> None:
    for place in range(len(STREAM)):
        assert rows_of(cut(STREAM, [place]), EVENT_STREAM).events == ROWS


_NAMES = st.one_of(
    st.none(),
    st.text(
        st.characters(blacklist_characters="\r\n\0", blacklist_categories=["Cs"]), min_size=1, max_size=5
    ),
)


@given(
    st.lists(
        st.builds(EventRow, name=_NAMES, data=st.one_of(OBJECTS, st.lists(JSON, max_size=2))),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_written_on_the_wire_is_read_as_the_same_events(made: list[EventRow]) -> None:
    made = [row for row in made if '"obfuscation"' not in json.dumps(row.data)]
    back = rows(b"".join(map(sse_bytes, made)))
    assert back == made
    assert repr(back) == repr(made)


def test_each_event_has_the_time_at_which_it_was_whole() -> None:
    pieces = [(10.1, b"data: {}\n\nda"), (10.1004, b"ta: {}\n"), (10.4, b"\ndata: [DONE]\n\n")]
    assert rows_of(pieces, EVENT_STREAM, started_s=10.0).dt_ms == [100, 300, 0]


def test_rounded_times_do_not_drift() -> None:
    pieces = [(number * 0.0004, b"data: {}\n\n") for number in range(1, 1001)]
    assert sum(rows_of(pieces, EVENT_STREAM).dt_ms) == 400


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'data: "\xff"\n\n', EVENT_STREAM),
        (b'data: {}\n\ndata: {"cut', EVENT_STREAM),
        (b"data: {}\n\nevent: x\n", EVENT_STREAM),
        (b"id: 1\ndata: {}\n\nid:\ndata: {}\n\n", EVENT_STREAM),
        (b"[{},\n{}]", "application/json"),
        (b"{}\n{}\n", "application/x-ndjson"),
        (b"\0\0\0\x10", "application/vnd.amazon.eventstream"),
        (b"{}\n{}\n", ""),
        (b'{"error":{}}\n\n', EVENT_STREAM),
    ],
)
def test_what_is_no_clean_event_stream_is_kept_byte_for_byte(content: bytes, kind: str) -> None:
    parts = rows_of([(0.25, content[:7]), (0.75, content[7:])], kind)
    assert parts.events is None
    assert parts.dt_ms == []
    assert parts.raw == [(wait, piece) for wait, piece in ((250, content[:7]), (500, content[7:])) if piece]


def test_a_last_event_without_its_empty_line_counts_where_it_is_whole() -> None:
    assert rows(b'data: {"a":1}') == [EventRow(data={"a": 1})]
    assert rows(b"data: {}\n\ndata: [DONE]\n") == [EventRow(data={}), EventRow(text="[DONE]")]


def test_events_are_seen_where_the_type_says_nothing() -> None:
    assert rows(b"data: {}\n\n", "text/plain; charset=utf-8") == [EventRow(data={})]
    assert rows(b"event: a\ndata: {}\n\n", "") == [EventRow(name="a", data={})]


def test_bytes_are_kept_on_demand_and_an_empty_stream_has_no_events() -> None:
    assert rows_of([(0.0, b"data: {}\n\n")], EVENT_STREAM, is_raw=True).raw == [(0, b"data: {}\n\n")]
    parser = StreamParser(EVENT_STREAM)
    parser.feed(0.0, b"")
    assert parser.close().events == []


def test_a_stream_of_comments_has_no_events() -> None:
    assert rows(b": keep-alive\n\n: OPENROUTER PROCESSING\r\n\r\n") == []


def test_an_event_too_large_to_be_one_is_kept_as_bytes() -> None:
    parser = StreamParser(EVENT_STREAM)
    parser.feed(0.0, b"data: {}\n\ndata: ")
    parser.feed(0.1, b"x" * (sse.MAX_EVENT_BYTES + 1))
    parser.feed(0.2, b"y")
    assert parser.rows == [EventRow(data={})]
    raw = parser.close().raw
    assert raw is not None
    assert [len(piece) for _wait, piece in raw] == [16, sse.MAX_EVENT_BYTES + 1, 1]


def test_an_id_is_kept_where_it_changes() -> None:
    made = rows(b"id: 1\ndata: {}\n\ndata: {}\n\nid: 2\ndata: {}\n\n")
    assert [row.id for row in made or []] == ["1", "", "2"]


def test_half_characters_are_sent_as_they_came_escaped() -> None:
    row = EventRow(data={"delta": "\ud83d"})
    assert sse_bytes(row) == b'data: {"delta":"\\ud83d"}\n\n'
    assert rows(sse_bytes(row)) == [row]
    assert json_bytes("ä") == '"ä"'.encode()


def test_texts_go_out_as_they_are_and_lines_stay_lines() -> None:
    row = EventRow(name="n", text="a\nb", id="7")
    assert sse_bytes(row) == b"event: n\nid: 7\ndata: a\ndata: b\n\n"
    assert rows(sse_bytes(row)) == [row]
    assert sse_bytes(EventRow(data={"a": "\u2028"})) == b'data: {"a":"\\u2028"}\n\n'
    assert [event.data for event in events_of([row])] == [b"a\nb"]


@pytest.mark.parametrize(
    ("last", "dialect"),
    [
        (EventRow(text="[DONE]"), "openai-chat"),
        (EventRow(data={"type": "transcript.text.done"}), "openai-chat"),
        (EventRow(data={"type": "response.completed"}), "openai-responses"),
        (EventRow(name="response.failed", data={}), "openai-responses"),
        (EventRow(data={"type": "response.incomplete"}), "openai-responses"),
        (EventRow(data={"type": "message_stop"}), "anthropic-messages"),
        (EventRow(data={"candidates": [{"finishReason": "STOP"}]}), "gemini-generate-content"),
        (EventRow(data={"promptFeedback": {"blockReason": "SAFETY"}}), "gemini-generate-content"),
        (EventRow(data={"type": "error", "message": "x"}), "anthropic-messages"),
        (EventRow(name="error", data={}), "openai-responses"),
        (EventRow(data={"error": {"message": "x"}}), "openai-chat"),
    ],
)
def test_a_stream_is_over_when_its_dialect_says_so(last: EventRow, dialect: str) -> None:
    assert is_terminated([EventRow(data={"type": "x"}), last], dialect)
    assert not is_terminated([EventRow(data={"type": "x"})], dialect)


@pytest.mark.parametrize(
    ("last", "dialect"),
    [
        (EventRow(text="done"), "openai-chat"),
        (EventRow(data={"type": 1}), "openai-responses"),
        (EventRow(data=[]), "anthropic-messages"),
        (EventRow(text="x"), "gemini-generate-content"),
        (EventRow(data={"candidates": [{"finishReason": ""}, 1]}), "gemini-generate-content"),
        (EventRow(data={"candidates": 1, "promptFeedback": {}}), "gemini-generate-content"),
        (EventRow(text="[DONE]"), "unknown"),
    ],
)
def test_anything_else_is_no_end(last: EventRow, dialect: str) -> None:
    assert not is_terminated([last], dialect)


@pytest.mark.parametrize(
    ("content", "kind", "body", "text"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}, None),
        (b'{"a": 1}', "", {"a": 1}, None),
        (b'{"a": 1}', "application/problem+json; charset=utf-8", {"a": 1}, None),
        (b'{"a": 1, "a": 2}', "application/json", msgspec.UNSET, '{"a": 1, "a": 2}'),
        (b"hello", "text/html", msgspec.UNSET, "hello"),
        (b"v=0", "application/sdp", msgspec.UNSET, "v=0"),
        (b"\xff", "text/plain", msgspec.UNSET, None),
        (b"ID3", "audio/mpeg", msgspec.UNSET, None),
        (b"", "application/json", msgspec.UNSET, None),
    ],
)
def test_a_whole_body_is_json_text_or_bytes(content: bytes, kind: str, body: Any, text: str | None) -> None:
    whole = whole_of(content, kind)
    assert whole.body == body
    assert whole.text == text


def test_json_as_deep_as_a_file_can_hold_survives_and_deeper_stays_text() -> None:
    deep = json.loads("[" * 140 + "]" * 140)
    assert whole_of(json.dumps(deep).encode(), "application/json").body == deep
    assert whole_of(b"[" * 160 + b"]" * 160, "application/json").text == "[" * 160 + "]" * 160

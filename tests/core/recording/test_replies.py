from typing import Any

import pytest

from aigw_dev.core.recording.fixture import (
    Blob,
    Closing,
    EventRow,
    Frame,
)
from tests.core.recording.made_documents import SHA, refused, reply_of, with_reply


def test_what_is_common_is_put_back_into_events_and_bodies() -> None:
    events: list[Any] = [[None, {"b": 1}], [None, {"id": "own", "b": 2}], ["x", [1]], ["[DONE]"]]
    rows = reply_of(with_reply({"common": {"id": "c", "n": 1}, "events": events})).events
    assert [row.data for row in rows[:2]] == [{"id": "c", "n": 1, "b": 1}, {"id": "own", "n": 1, "b": 2}]
    assert rows[2:] == [EventRow(name="x", data=[1]), EventRow(text="[DONE]")]
    ordered = {"common": {"id": "c", "~order": ["b", "id"]}, "events": events[:1]}
    assert list(reply_of(with_reply(ordered)).events[0].data) == ["b", "id"]
    body = reply_of(with_reply({"common": {"id": "c"}, "body": {"x": 1}})).body
    assert list(body.items()) == [("id", "c"), ("x", 1)]
    assert reply_of(with_reply({"common": {"id": "c"}, "body": {"id": {"~v": "id"}}})).body == {"id": "c"}


def test_volatile_headers_are_put_back() -> None:
    reply = {"headers": {"a": "1"}, "common": {"~headers": {"b": "2"}}}
    assert reply_of(with_reply(reply)).headers == {"a": "1", "b": "2"}


def test_frames_take_their_times_from_the_row_or_from_the_end_of_the_line() -> None:
    inline = with_reply({"ws": [["s", 12, {"a": 1}], ["c", "hi"], ["s"]]})
    assert reply_of(inline).ws == [
        Frame(side="s", dt_ms=12, data={"a": 1}),
        Frame(side="c", text="hi"),
        Frame(side="s"),
    ]
    line = reply_of(with_reply({"dt_ms": [7, 1, 2], "ws": [["s", {}], ["c", {"~blob": f"sha256:{SHA}"}]]}))
    assert line.dt_ms == [7]
    assert line.ws == [Frame(side="s", dt_ms=1, data={}), Frame(side="c", dt_ms=2, blob=Blob(sha256=SHA))]


def test_a_frame_says_that_its_json_was_sent_as_bytes_and_how_the_socket_was_closed() -> None:
    mark = {"binary": True}
    rows = [["s", {"a": 1}, mark], ["c", 3, [1], mark], ["s", mark], ["s", 5, mark], ["s", mark, mark]]
    found = reply_of(with_reply({"ws": rows, "close": ["s", 4001, "enough"]}))
    assert found.ws == [
        Frame(side="s", data={"a": 1}, is_binary=True),
        Frame(side="c", dt_ms=3, data=[1], is_binary=True),
        Frame(side="s", data=mark),
        Frame(side="s", dt_ms=5, data=mark),
        Frame(side="s", data=mark, is_binary=True),
    ]
    assert found.close == Closing(side="s", code=4001, reason="enough")
    assert reply_of(with_reply({"ws": [], "close": ["c", 1000]})).close == Closing(side="c", code=1000)
    assert reply_of(with_reply({"ws": []})).close is None


def test_raw_pieces_are_text_or_base64() -> None:
    assert reply_of(with_reply({"raw": [[5, "ä"], [0, {"b64": "/w=="}]]})).raw == [
        (5, "ä".encode()),
        (0, b"\xff"),
    ]


_WRONG_REPLIES: list[tuple[dict[str, Any], str, str]] = [
    ({"raw": [[0, {"b64": "!"}]]}, ".raw[0].b64", "no base64"),
    ({"raw": [[0, {"b64": "QQ==", "x": 1}]]}, ".raw[0]", "no field `x`"),
    ({"raw": [[0]]}, ".raw[0].[1]", "missing"),
    ({"raw": [[-1, ""]]}, ".raw[0]", "milliseconds"),
    ({"raw": [{}]}, ".raw[0]", "a row"),
    ({"events": [[]]}, ".events[0]", "a row"),
    ({"events": [[None, {}, {}, 1]]}, ".events[0]", "a row"),
    ({"events": [[{}]]}, ".events[0]", "is a text"),
    ({"events": [[1, {}]]}, ".events[0].name", "text or null"),
    ({"events": [[None, {}, {"idd": "x"}]]}, ".events[0]", "no field `idd`"),
    ({"events": [[None, {"a": {"~v": 3}}]]}, ".events[0][1].a", "does not have"),
    ({"common": {"~v": ["x"]}, "body": {"~v": 1}}, ".body", "does not have"),
    ({"common": {"~v": ["x"]}, "body": {"~v": True}}, ".body", "does not have"),
    ({"common": {"~v": ["x"]}, "body": {"~v": -1}}, ".body", "does not have"),
    ({"common": {"a": {"~v": 0}}}, ".common.a", "nothing to refer to"),
    ({"ws": [["x", {}]]}, ".ws[0].side", "`c`"),
    ({"ws": [["s", "a", {}]]}, ".ws[0]", "milliseconds"),
    ({"ws": [["s", 1, {}, {}]]}, ".ws[0].[3]", "a row"),
    ({"ws": [], "close": "c"}, ".close", "a row"),
    ({"ws": [], "close": ["c"]}, ".close.[1]", "code"),
    ({"ws": [], "close": ["c", True]}, ".close.[1]", "code"),
    ({"ws": [], "close": ["x", 1000]}, ".close.[1]", "code"),
    ({"ws": [], "close": ["s", 1000, 5]}, ".close", "is a text"),
    ({"body": {}, "close": ["s", 1000]}, "", "no field `close`"),
    ({"synth": {"txt": "x"}}, ".synth", "no answer to build"),
    ({"synth": 1}, ".synth", "no answer to build"),
    ({"dt_ms": [1.5]}, ".dt_ms[0]", "milliseconds"),
    ({"dt_ms": [True]}, ".dt_ms[0]", "milliseconds"),
    ({"body": 1, "text": "x"}, ".text", "stands too"),
    ({"end": "over"}, ".end", "known here: eof, cut"),
    ({"status": "200"}, ".status", "a whole number"),
]


@pytest.mark.parametrize(("reply", "step", "words"), _WRONG_REPLIES)
def test_wrong_replies_are_refused_with_their_place(reply: dict[str, Any], step: str, words: str) -> None:
    error = refused(with_reply(reply))
    assert words in error.message
    assert error.where == f"$.interactions[0].attempts[0].response{step}"

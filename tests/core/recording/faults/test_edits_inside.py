"""What can be wrong, or odd, amid a stream."""

import pytest

from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.streams import event_stream
from tests.core.recording.faults.playing import CALLERS, STREAMED, play, rewriter, stream, streamed


def _blocks(body: bytes) -> list[bytes]:
    return [block + b"\n\n" for block in body.split(b"\n\n") if block]


@pytest.mark.parametrize("dialect", CALLERS)
def test_an_event_is_doubled_moved_or_left_out(dialect: str) -> None:
    rows = _blocks(stream(dialect))
    assert streamed("stream.dup;k=2", dialect).pieces == [*rows[:3], rows[2], *rows[3:]]
    assert streamed("stream.skip;k=2", dialect).pieces == [*rows[:2], *rows[3:]]
    assert streamed("stream.reorder;k=1", dialect).pieces == [rows[0], rows[2], rows[1], *rows[3:]]
    last = len(rows) - 1
    moved = streamed(f"stream.reorder;k={last}", dialect)
    assert moved.pieces == rows
    assert not moved.has_acted


def test_an_event_is_moved_over_comments() -> None:
    rows = _blocks(stream(CHAT))
    body = rows[0] + b": ping\n\n" + b"".join(rows[1:])
    played = play(rewriter("stream.reorder;k=0", CHAT), body, STREAMED)
    assert b"".join(played.pieces[:3]) == b": ping\n\n" + rows[1] + rows[0]


def test_anthropics_second_start_has_the_same_index() -> None:
    doubled = [
        row for row in streamed("stream.dup", ANTHROPIC).payloads if row["type"] == "content_block_start"
    ]
    assert [row["index"] for row in doubled] == [0, 0]


@pytest.mark.parametrize("dialect", CALLERS)
def test_one_event_is_torn(dialect: str) -> None:
    rows = _blocks(stream(dialect))
    torn = _blocks(streamed("stream.bad_json;k=1", dialect).body)
    changed = [number for number, (old, new) in enumerate(zip(rows, torn, strict=True)) if old != new]
    assert changed == [1]
    assert rows[1].startswith(torn[1][:-2])


@pytest.mark.parametrize("dialect", [*CALLERS, BEDROCK])
def test_a_text_gets_a_byte_that_is_no_text_or_a_false_line_end(dialect: str) -> None:
    invalid = streamed("stream.utf8_invalid", dialect).body
    assert invalid.count(b"\xff") == 1 or dialect == BEDROCK
    with pytest.raises(UnicodeDecodeError):
        invalid.decode()
    if dialect == BEDROCK:
        assert any(
            "\u2028".encode() in one.data
            for one in event_stream.Framer().feed(streamed("stream.u2028", dialect).body)
        )
        return
    odd = streamed("stream.u2028", dialect)
    assert odd.body.count("\u2028".encode()) == 1
    assert len(odd.events) == len(_blocks(stream(dialect)))


@pytest.mark.parametrize("dialect", CALLERS)
def test_the_spelling_changes_and_the_events_do_not(dialect: str) -> None:
    plain = [
        (one.event, one.data.replace(b"\n", b"")) for one in streamed("stream.dup;k=999", dialect).events
    ]
    for fault, sign in (
        ("stream.multi_data", b"data: {\ndata: "),
        ("stream.crlf", b"\r\n\r\n"),
        ("stream.comment", b": keep-alive\n\n"),
    ):
        played = streamed(fault, dialect)
        assert sign in played.body
        assert [(one.event, one.data.replace(b"\n", b"")) for one in played.events] == plain


def test_an_event_without_content_stands_before_one_that_has_some() -> None:
    chat = streamed("stream.empty_choices;k=1", CHAT).payloads
    assert chat[1]["choices"] == []
    assert chat[1]["id"] == chat[0]["id"]
    assert (
        next(row["delta"] for row in streamed("stream.empty_choices", RESPONSES).payloads if "delta" in row)
        == ""
    )
    deltas = [row["delta"] for row in streamed("stream.empty_choices", ANTHROPIC).payloads if "delta" in row]
    assert deltas[0] == {"type": "text_delta", "text": ""}
    assert "candidates" not in streamed("stream.empty_choices;k=1", GEMINI).payloads[1]
    frames = event_stream.Framer().feed(streamed("stream.empty_choices", BEDROCK).body)
    assert frames[1].data == b'{"contentBlockIndex":0,"delta":{"text":""}}'


def test_usage_is_never_said() -> None:
    for dialect, word in (
        (CHAT, b'"usage":{'),
        (RESPONSES, b'"usage":{'),
        (GEMINI, b"usageMetadata"),
        (BEDROCK, b'"usage"'),
    ):
        assert word in stream(dialect)
        assert word not in streamed("stream.no_usage", dialect).body
    chat = streamed("stream.no_usage", CHAT)
    assert chat.body.endswith(b"data: [DONE]\n\n")
    assert len(chat.events) == len(_blocks(stream(CHAT))) - 1
    messages = streamed("stream.no_usage", ANTHROPIC).payloads
    assert "usage" in messages[0]["message"]
    assert "usage" not in messages[-2]


@pytest.mark.parametrize("dialect", CALLERS)
def test_every_event_waits(dialect: str) -> None:
    played = streamed("slow.events;delay_ms=10", dialect)
    assert played.body == stream(dialect)
    assert played.waited_s == pytest.approx(0.01 * len(_blocks(stream(dialect))))

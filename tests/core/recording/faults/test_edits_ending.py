"""How a stream can end badly."""

import msgspec
import pytest

from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.steps import End
from aigw_dev.core.streams import event_stream
from tests.core.recording.faults.playing import (
    CALL,
    CALLERS,
    STREAMED,
    TEXT,
    play,
    rewriter,
    stream,
    streamed,
)


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("stream.cut", "clean"),
        ("stream.cut.dirty", "dirty"),
        ("stream.reset", "reset"),
        ("stream.stall", "hold"),
    ],
)
@pytest.mark.parametrize("dialect", [*CALLERS, BEDROCK])
def test_a_stream_ends_right_behind_the_last_event(fault: str, end: str, dialect: str) -> None:
    body = stream(dialect)
    found = rewriter(f"{fault};after=2", dialect)
    played = streamed(f"{fault};after=2", dialect)
    assert played.end is not None
    assert played.end.kind == end
    assert body.startswith(played.body)
    if dialect != BEDROCK:
        assert len(played.events) == 2
        # nothing of the third event is needed
        found.head(200, list(STREAMED))
        assert isinstance(found.feed(played.body)[-1], End)


def test_a_cut_before_the_first_event_leaves_only_the_head() -> None:
    played = streamed("stream.cut;after=0", CHAT)
    assert played.body == b""
    assert played.end == End("clean")


def test_a_place_that_never_comes_is_told() -> None:
    played = streamed("stream.cut;after=1000", CHAT)
    assert played.body == stream(CHAT)
    assert not played.has_acted


def test_comments_do_not_count() -> None:
    body = b": hi\n\n: ho\n\n" + stream(CHAT)
    played = play(rewriter("stream.cut;after=1", CHAT), body, STREAMED)
    assert len(played.events) == 1
    assert played.body.startswith(b": hi\n\n: ho\n\ndata: ")


@pytest.mark.parametrize(("dialect", "ping"), [(CHAT, b": ping\n\n"), (ANTHROPIC, b"event: ping\ndata: ")])
def test_a_stalled_stream_can_be_kept_warm(dialect: str, ping: bytes) -> None:
    end = streamed("stream.stall;ping_ms=500", dialect).end
    assert end is not None
    assert end.ping.startswith(ping)
    assert end.every_s == 0.5
    assert streamed("stream.stall", dialect).end == End("hold")


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES, ANTHROPIC])
def test_arguments_are_cut_inside_their_text(dialect: str) -> None:
    played = streamed("stream.cut.in_tool_args", dialect, CALL)
    last = played.payloads[-1]
    text = (
        last["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
        if dialect == CHAT
        else last["delta"]
        if dialect == RESPONSES
        else last["delta"]["partial_json"]
    )
    assert text == '{"city":'
    assert played.end == End("clean")
    assert streamed("stream.cut.in_tool_args;end=reset", dialect, CALL).end == End("reset")
    assert not streamed("stream.cut.in_tool_args", dialect, TEXT).has_acted


def test_a_piece_of_one_character_passes_whole() -> None:
    body = stream(ANTHROPIC, CALL).replace(b'"{\\"city\\":\\"Oslo\\",\\""', b'"{"')
    played = play(rewriter("stream.cut.in_tool_args", ANTHROPIC), body, STREAMED)
    assert played.payloads[-1]["delta"]["partial_json"] == "{"
    assert played.end is not None


def test_gemini_arguments_come_whole_so_the_event_is_torn() -> None:
    played = streamed("stream.cut.in_tool_args", GEMINI, CALL)
    assert b'"functionCall":' in played.body
    assert not played.body.endswith(b"\n\n")
    assert played.end is not None


def test_arguments_of_bedrock_are_cut_in_a_good_frame() -> None:
    played = streamed("stream.cut.in_tool_args", BEDROCK, CALL)
    last = event_stream.Framer().feed(played.body)[-1]
    assert msgspec.json.decode(last.data)["delta"]["toolUse"]["input"] == '{"ci'


@pytest.mark.parametrize(
    ("dialect", "last"),
    [
        (CHAT, b"[DONE]"),
        (RESPONSES, b"response.completed"),
        (ANTHROPIC, b"message_stop"),
    ],
)
def test_all_comes_but_the_terminator(dialect: str, last: bytes) -> None:
    body = stream(dialect)
    assert last in body
    held = streamed("stream.no_done", dialect)
    assert held.end == End("hold")
    assert body.startswith(held.body)
    assert last not in held.body
    assert len(held.events) == len(streamed("stream.crlf", dialect).events) - 1
    assert streamed("stream.no_done;end=clean", dialect).end == End("clean")


def test_a_gemini_stream_has_no_terminator_so_all_of_it_comes_and_it_is_held() -> None:
    held = streamed("stream.no_done", GEMINI)
    assert held.body == stream(GEMINI)
    assert held.end == End("hold")
    assert streamed("stream.no_done;end=clean", GEMINI).end == End("clean")


def test_comments_end_nothing() -> None:
    body = stream(CHAT).replace(b"data: [DONE]", b": [DONE]\n\ndata: [DONE]")
    assert play(rewriter("stream.no_done", CHAT), body, STREAMED).body.endswith(b": [DONE]\n")


def test_the_terminator_comes_without_a_reason() -> None:
    chat = streamed("stream.done_no_finish", CHAT)
    assert chat.body.endswith(b"data: [DONE]\n\n")
    assert all(choice["finish_reason"] is None for row in chat.payloads for choice in row["choices"])
    messages = streamed("stream.done_no_finish", ANTHROPIC)
    assert messages.events[-1].event == "message_stop"
    assert messages.payloads[-2]["delta"]["stop_reason"] is None
    assert b"finishReason" not in streamed("stream.done_no_finish", GEMINI).body
    responses = streamed("stream.done_no_finish", RESPONSES)
    assert responses.events[-1].data == b"[DONE]"
    assert b"response.completed" not in responses.body
    assert b"stopReason" not in streamed("stream.done_no_finish", BEDROCK).body


def test_an_error_is_reported_in_the_dialects_way() -> None:
    chat = streamed("stream.error_event;after=1", CHAT)
    assert chat.payloads[-1]["error"] == {
        "message": "The server had an error while processing your request. Sorry about that!",
        "type": "server_error",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    assert chat.end == End("clean")
    assert len(chat.payloads) == 2
    messages = streamed("stream.error_event", ANTHROPIC)
    assert messages.events[-1].event == "error"
    assert messages.payloads[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"},
    }
    gemini = streamed("stream.error_event;message=no", GEMINI)
    assert gemini.payloads[-1] == {"error": {"code": 503, "message": "no", "status": "UNAVAILABLE"}}
    frames = event_stream.Framer().feed(streamed("stream.error_event", BEDROCK).body)
    assert frames[-1].event == "exception:throttlingException"


def test_an_error_of_responses_counts_on_and_may_be_a_failed_response() -> None:
    flat = streamed("stream.error_event;after=3;end=reset", RESPONSES)
    assert flat.payloads[-1] == {
        "type": "error",
        "code": "server_error",
        "message": "The server had an error while processing your request.",
        "param": None,
        "sequence_number": 3,
    }
    assert flat.events[-1].event == "error"
    assert flat.end == End("reset")
    failed = streamed("stream.error_event;kind=failed", RESPONSES).payloads[-1]
    assert failed["type"] == "response.failed"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"]["code"] == "server_error"
    assert failed["response"]["id"].startswith("resp_")
    first = streamed("stream.error_event;after=0", RESPONSES)
    assert [row["sequence_number"] for row in first.payloads] == [0]

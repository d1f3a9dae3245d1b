"""Replies of status 200 whose content or head is wrong."""

import zlib

import msgspec
import pytest

from aigw_dev.core.chat.whole import reply_of
from aigw_dev.core.dialects import codec
from aigw_dev.core.exchange import ReplyError
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.steps import Bytes, End, Headers
from tests.core.recording.faults.playing import (
    CALL,
    CALLERS,
    STREAMED,
    TEXT,
    WHOLE,
    Played,
    act,
    answered,
    play,
    rewriter,
    stream,
    streamed,
    whole,
)


def _stop(dialect: str, played: Played, *, is_stream: bool) -> str | None:
    """How a reader of the dialect takes the reply to have ended."""
    reader = codec.provider_codec(dialect)
    if not is_stream:
        found = reader.read_chat_reply(played.body)
        assert not isinstance(found, ReplyError)
        return found.choices[0].stop
    decoder, framer = reader.stream_decoder(), reader.framer()
    events = [one for event in framer.feed(played.body) + framer.close() for one in decoder.feed(event)]
    found = reply_of([*events, *decoder.close()], dialect)
    assert not isinstance(found, ReplyError)
    return found.choices[0].stop


@pytest.mark.parametrize("dialect", [*CALLERS, BEDROCK])
@pytest.mark.parametrize("is_stream", [True, False])
def test_the_reason_to_finish_changes(dialect: str, is_stream: bool) -> None:
    do = streamed if is_stream else answered
    assert _stop(dialect, do("body.finish_length", dialect), is_stream=is_stream) == "length"
    filtered = _stop(dialect, do("body.content_filter", dialect), is_stream=is_stream)
    assert filtered == ("refusal" if dialect == ANTHROPIC else "content_filter")


def test_a_limit_may_be_the_models_own_and_leave_nothing() -> None:
    assert answered("body.finish_length;kind=context", ANTHROPIC).document["stop_reason"] == (
        "model_context_window_exceeded"
    )
    empty = answered("body.finish_length;kind=empty", CHAT).document["choices"][0]
    assert (empty["message"]["content"], empty["finish_reason"]) == ("", "length")
    assert "Oslo" not in streamed("body.finish_length;kind=empty", ANTHROPIC).body.decode()


def test_an_incomplete_response_has_its_own_last_event() -> None:
    played = streamed("body.finish_length", RESPONSES)
    assert played.events[-1].event == "response.incomplete"
    last = played.payloads[-1]
    assert last["type"] == "response.incomplete"
    assert last["response"]["status"] == "incomplete"
    assert last["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    document = answered("body.content_filter", RESPONSES).document
    assert (document["status"], document["incomplete_details"]) == (
        "incomplete",
        {"reason": "content_filter"},
    )


@pytest.mark.parametrize("dialect", [*CALLERS, BEDROCK])
def test_usage_is_missing(dialect: str) -> None:
    word = b'"usageMetadata"' if dialect == GEMINI else b'"usage":{'
    assert word in whole(dialect)
    played = answered("body.missing_usage", dialect)
    assert word not in played.body
    assert played.document


def test_a_body_that_has_no_usage_passes_byte_for_byte() -> None:
    body = b'{"id": "x",  "n": 1.00}'
    played = play(rewriter("body.missing_usage", CHAT, is_stream=False), body, WHOLE)
    assert (played.body, played.has_acted) == (body, False)


@pytest.mark.parametrize("synth", [TEXT, CALL])
def test_there_is_no_content(synth: object) -> None:
    assert isinstance(synth, type(TEXT))
    message = answered("body.null_content", CHAT, synth).document["choices"][0]["message"]
    assert message["content"] is None
    assert "tool_calls" not in message
    assert answered("body.null_content", RESPONSES, synth).document["output"] == []
    assert answered("body.null_content", ANTHROPIC, synth).document["content"] == []
    assert "parts" not in answered("body.null_content", GEMINI, synth).document["candidates"][0]["content"]
    assert answered("body.null_content", BEDROCK, synth).document["output"]["message"]["content"] == []
    assert b"Oslo" not in streamed("body.null_content", CHAT, synth).body
    for dialect, kinds in (
        (ANTHROPIC, ["message_start", "message_delta", "message_stop"]),
        (RESPONSES, ["response.created", "response.in_progress", "response.completed"]),
    ):
        assert [row["type"] for row in streamed("body.null_content", dialect, synth).payloads] == kinds
    assert b"contentBlock" not in streamed("body.null_content", BEDROCK, synth).body


@pytest.mark.parametrize(
    ("dialect", "key"),
    [(CHAT, "model"), (RESPONSES, "model"), (ANTHROPIC, "model"), (GEMINI, "modelVersion")],
)
def test_the_reply_names_another_model(dialect: str, key: str) -> None:
    assert answered("gateway.wrong_model", dialect).document[key] == "other-model"
    body = streamed("gateway.wrong_model;text=gpt-99", dialect).body
    assert b'"gpt-99"' in body
    assert b'"m-1"' not in body


def test_the_head_promises_more_than_comes() -> None:
    sized: Headers = [*WHOLE, (b"content-length", b"100")]
    found = play(rewriter("body.truncated_length;size_bytes=5", CHAT, is_stream=False), b"x" * 100, sized)
    assert dict(found.headers)[b"content-length"] == b"105"
    assert found.body == b"x" * 100
    assert found.end == End("dirty")
    chunked: Headers = [*STREAMED, (b"transfer-encoding", b"chunked")]
    opened = play(rewriter("body.truncated_length", CHAT), b"data: 1\n\n", chunked)
    assert dict(opened.headers) == {b"content-type": b"text/event-stream", b"content-length": b"16777216"}


def test_the_body_is_no_gzip() -> None:
    played = answered("body.gzip_broken", CHAT)
    assert dict(played.headers)[b"content-encoding"] == b"gzip"
    with pytest.raises(zlib.error):
        zlib.decompress(played.body, wbits=31)


def test_a_body_is_as_large_as_asked_and_shares_its_memory() -> None:
    played = answered("body.huge", CHAT)
    assert len({id(piece) for piece in played.pieces if len(piece) == 65536}) == 1
    assert sum(map(len, played.pieces)) == 52_428_800 + len(whole(CHAT))
    small = answered("body.huge;size_bytes=10", ANTHROPIC).document
    assert small["content"][0]["text"] == f"{TEXT.text}{'x' * 10}"
    event = streamed("body.huge;size_bytes=70000", GEMINI).payloads[0]
    assert len(event["candidates"][0]["content"]["parts"][0]["text"]) > 70_000
    plain = play(rewriter("body.huge;size_bytes=3", CHAT, is_stream=False), b'{"data":[]}', WHOLE)
    assert plain.body == b'{"data":[]}   '


def test_the_content_type_lies() -> None:
    page = act("body.wrong_content_type")
    assert page.status == 200
    assert dict(page.headers)[b"content-type"].startswith(b"text/html")
    assert isinstance(page.steps[0], Bytes)
    text = answered("body.wrong_content_type;kind=text", CHAT)
    assert text.headers == [(b"content-type", b"text/plain; charset=utf-8")]
    assert text.body == whole(CHAT)
    assert streamed("body.wrong_content_type;kind=json", CHAT).headers == WHOLE


def test_replies_of_other_operations_pass() -> None:
    body = msgspec.json.encode({"object": "list", "data": [{"embedding": [0.5]}]})
    for fault in ("body.finish_length", "body.null_content", "body.refusal", "body.tool_unknown"):
        played = play(rewriter(fault, CHAT, is_stream=False), body, WHOLE)
        assert (played.body, played.has_acted) == (body, False)
    assert stream(CHAT)

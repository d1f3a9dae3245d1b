"""Neutral events as a caller's stream: complete frame sets that OpenAI's SDK reads and accumulates."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openai
import pytest

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Ping,
    Started,
)
from aigw_dev.core.chat.vocabulary import Logprob, Opaque, Thinking, Tool, ToolCall
from aigw_dev.core.dialects import responses
from aigw_dev.core.exchange import Usage
from tests.core.dialects.responses.recordings import (
    SEED,
    context,
    decoded,
    encoded,
    frames,
    is_valid_event,
    ledger,
    obeys_the_laws,
    read,
    said,
    streams,
)

USAGE = Counted(usage=Usage(input=10, output=5, cached_input=4, reasoning=2))
PATCH = Tool(name="apply_patch", kind="custom")


def block(index: int, kind: Any, *deltas: tuple[Any, str], **fields: Any) -> list[ChatEvent]:
    middle = [Delta(index=index, kind=each, text=text) for each, text in deltas]
    return [BlockStarted(index=index, kind=kind, **fields), *middle, BlockStopped(index=index)]


def reply(*blocks: Sequence[ChatEvent], reason: Any = "stop") -> list[ChatEvent]:
    inside = [event for one in blocks for event in one]
    return [Started(id="chatcmpl-1", model="qwen"), *inside, Finished(reason=reason), USAGE, Ended()]


def sdk(stream: bytes) -> openai.OpenAI:
    """The official client, before a transport that always gives this stream."""
    headers = {"content-type": "text/event-stream"}

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, content=stream)

    http: Any = httpx.Client(transport=httpx.MockTransport(answer))
    return openai.OpenAI(api_key="none", max_retries=0, http_client=http)


def types(stream: bytes) -> list[str]:
    return [frame["type"] for frame in frames(stream)]


@pytest.mark.vectors
def test_every_recording_written_again_says_the_same_and_fits_the_sdk(vectors: Path) -> None:
    for recording in streams(vectors):
        events = decoded(recording.body)
        hosted = [{"type": "x_search"}] if b'"x_search"' in recording.body else []
        again = encoded(events, context(fields={"tools": hosted}))
        told = decoded(again)
        obeys_the_laws(told)
        wanted = said(events)
        assert said(told)[: len(wanted)] == wanted, recording.id
        written = frames(again)
        assert [one["sequence_number"] for one in written] == list(range(len(written)))
        refused = [one for one in written if not is_valid_event(one)]
        if refused and not isinstance(events[-1], Failed):
            # Only what the provider itself sent so: hosted items are passed on as they came.
            hosted = {one.opaque.type for one in events if isinstance(one, BlockStarted) and one.opaque}
            assert hosted, recording.id
            kinds = {one["item"]["type"] for one in refused if "item" in one}
            assert kinds <= hosted, (recording.id, kinds)


def test_a_text_has_every_frame_in_order() -> None:
    stream = encoded(reply(block(0, "text", ("text", "He"), ("text", "llo"))))
    assert types(stream) == [
        "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
        "response.output_text.delta", "response.output_text.delta", "response.output_text.done",
        "response.content_part.done", "response.output_item.done", "response.completed",
    ]  # fmt: skip
    assert all(map(is_valid_event, frames(stream)))
    assert b"[DONE]" not in stream
    final = frames(stream)[-1]["response"]
    assert final["id"] == f"resp_{SEED}"
    assert final["usage"] == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 15,
    }


def test_the_sdk_accumulates_every_kind_of_item() -> None:
    stream = encoded(
        reply(
            block(0, "thinking", ("thinking", "Hm."), ("signature", "SIG"), origin="anthropic-messages"),
            block(1, "text", ("text", "Calling.")),
            block(
                2,
                "tool_call",
                ("arguments", '{"city":'),
                ("arguments", '"Paris"}'),
                id="call_9",
                name="weather",
            ),
            block(3, "tool_call", ("arguments", '{"input":"*** Begin"}'), id="call_10", name="apply_patch"),
            reason="tool_calls",
        ),
        context(tools=(PATCH,)),
    )
    assert all(map(is_valid_event, frames(stream)))
    with sdk(stream).responses.stream(model="m", input="x") as live:
        seen = [event.type for event in live]
        final = live.get_final_response()
    assert seen == types(stream)
    assert final.output_text == "Calling."
    assert [one.type for one in final.output] == ["reasoning", "message", "function_call", "custom_tool_call"]
    thought, _, call, patch = final.output
    assert thought.type == "reasoning"
    assert thought.summary[0].text == "Hm."
    assert thought.encrypted_content == "aigw1:anthropic-messages:SIG"
    assert call.type == "function_call"
    assert (call.call_id, call.name, call.arguments) == ("call_9", "weather", '{"city":"Paris"}')
    assert patch.type == "custom_tool_call"
    assert (patch.call_id, patch.input) == ("call_10", "*** Begin")
    assert final.status == "completed"


def test_the_frames_of_calls_and_thoughts_are_complete() -> None:
    stream = encoded(
        reply(
            block(0, "thinking", ("thinking", "a"), ("thinking", "b")),
            block(1, "tool_call", ("arguments", "{}"), id="c", name="f"),
            block(
                2,
                "tool_call",
                ("arguments", "pat"),
                ("arguments", "ch"),
                id="d",
                name="apply_patch",
                is_custom=True,
            ),
            block(3, "refusal", ("refusal", "No")),
        )
    )
    assert types(stream)[2:-1] == [
        "response.output_item.added", "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done", "response.output_item.done",
        "response.output_item.added", "response.function_call_arguments.delta", "response.function_call_arguments.done",
        "response.output_item.done",
        "response.output_item.added", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.delta",
        "response.custom_tool_call_input.done", "response.output_item.done",
        "response.output_item.added", "response.content_part.added", "response.refusal.delta", "response.refusal.done",
        "response.content_part.done", "response.output_item.done",
    ]  # fmt: skip
    assert all(map(is_valid_event, frames(stream)))
    assert frames(stream)[-1]["response"]["status"] == "completed"


def test_a_second_start_and_an_empty_thought_are_no_frames() -> None:
    twice = [Started(), *reply(block(0, "thinking", ("thinking", "")))]
    assert types(encoded(twice)) == [
        "response.created", "response.in_progress", "response.output_item.added", "response.output_item.done",
        "response.completed",
    ]  # fmt: skip


def test_texts_that_follow_each_other_are_parts_of_one_message() -> None:
    stream = encoded(reply(block(0, "text", ("text", "a")), block(1, "text", ("text", "b"))))
    [message] = frames(stream)[-1]["response"]["output"]
    assert [part["text"] for part in message["content"]] == ["a", "b"]
    indexes = [one["content_index"] for one in frames(stream) if one["type"] == "response.output_text.done"]
    assert indexes == [0, 1]


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [("length", "incomplete", {"reason": "max_output_tokens"}), ("stop_sequence", "completed", None),
     ("context_window", "incomplete", {"reason": "max_output_tokens"}), ("tool_calls", "completed", None),
     ("content_filter", "incomplete", {"reason": "content_filter"}), ("refusal", "incomplete", {"reason": "content_filter"}),
     ("pause", "incomplete", {"reason": "max_output_tokens"})],
)  # fmt: skip
def test_the_end_says_why(reason: Any, status: str, details: object) -> None:
    stream = encoded(reply(block(0, "text", ("text", "a")), reason=reason))
    last = frames(stream)[-1]
    assert is_valid_event(last)
    assert last["type"] == f"response.{status}"
    assert last["response"]["incomplete_details"] == details
    assert last["response"]["output"][0]["status"] == status


def test_usage_that_nobody_sent_is_estimated_and_said_so() -> None:
    events = [
        one for one in reply(block(0, "text", ("text", "one two three"))) if not isinstance(one, Counted)
    ]
    book = ledger()
    usage = frames(encoded(events, into=book))[-1]["response"]["usage"]
    assert usage["input_tokens"] == 7
    assert usage["output_tokens"] > 0
    assert [(one.fate, one.field) for one in book.entries] == [("invented", "usage")]


def test_a_failure_raises_in_the_sdk_and_names_the_response() -> None:
    events = [
        Started(id="x"),
        *block(0, "text", ("text", "Hel")),
        Failed(message="Broken\u2028off", code="upstream_reset", status=502),
    ]
    stream = encoded(events)
    assert types(stream)[-2:] == ["error", "response.failed"]
    assert b"\xe2\x80\xa8" not in stream
    error, failed = frames(stream)[-2:]
    assert is_valid_event(error)
    assert is_valid_event(failed)
    assert failed["response"]["error"] == {"code": "server_error", "message": "Broken\u2028off"}
    assert failed["response"]["output"][0]["status"] == "incomplete"
    with pytest.raises(openai.APIError, match="Broken"):
        list(sdk(stream).responses.create(model="m", input="x", stream=True))


@pytest.mark.parametrize(
    ("failed", "code"),
    [(Failed(message="m", code="context_length_exceeded", status=400), "context_length_exceeded"),
     (Failed(message="m", code="weird", status=429), "rate_limit_exceeded"), (Failed(message="m"), "server_error")],
)  # fmt: skip
def test_a_failed_response_has_a_code_that_clients_know(failed: Failed, code: str) -> None:
    assert frames(encoded([Started(), failed]))[-1]["response"]["error"]["code"] == code


def test_a_failure_before_the_start_is_an_error_alone() -> None:
    assert types(encoded([Failed(message="m", code="c")])) == ["error"]


def test_a_calls_signature_comes_back_with_the_call() -> None:
    stream = encoded(
        reply(
            block(
                0,
                "tool_call",
                ("arguments", "{}"),
                id="c",
                name="f",
                signature="GEM",
                origin="gemini-generate-content",
            ),
            block(1, "redacted", signature="RED", origin="anthropic-messages"),
            reason="tool_calls",
        )
    )
    assert all(map(is_valid_event, frames(stream)))
    output = frames(stream)[-1]["response"]["output"]
    assert [one["type"] for one in output] == ["reasoning", "function_call", "reasoning"]
    body = {"model": "m", "input": [*output, {"type": "function_call_output", "call_id": "c", "output": "1"}]}
    call, redacted = read(body).messages[0].parts
    assert isinstance(call, ToolCall)
    assert call.signature == "GEM"
    assert isinstance(redacted, Thinking)
    assert (redacted.is_redacted, redacted.signature, redacted.origin) == (True, "RED", "anthropic-messages")


def test_citations_and_logprobs_are_in_their_frames() -> None:
    chat = [
        {
            "type": "url_citation",
            "url_citation": {"url": "http://a", "title": "A", "start_index": 0, "end_index": 2},
        }
    ]
    logprob = Logprob(token="Hi", logprob=-0.5, top=(Logprob(token="Ho", logprob=-1.0),))
    events: list[ChatEvent] = [
        BlockStarted(index=0, kind="text"),
        Delta(index=0, kind="text", text="Hi", logprobs=(logprob,)),
        Delta(index=0, kind="citations", text=json.dumps([*chat, {"no": "url"}])),
        BlockStopped(index=0),
    ]
    book = ledger()
    stream = encoded(reply(events), into=book)
    assert all(map(is_valid_event, frames(stream)))
    part = frames(stream)[-1]["response"]["output"][0]["content"][0]
    assert part["annotations"] == [
        {"type": "url_citation", "url": "http://a", "title": "A", "start_index": 0, "end_index": 2}
    ]
    assert part["logprobs"][0]["top_logprobs"] == [{"token": "Ho", "bytes": [72, 111], "logprob": -1.0}]
    assert [one.field for one in book.entries] == ["citations[1]"]


def test_other_choices_and_strange_items_are_left_out_and_said_so() -> None:
    book = ledger()
    strange = Opaque(dialect="anthropic-messages", type="server_tool_use", raw=msgspec.Raw(b"{}"))
    events: list[ChatEvent] = [
        Started(),
        BlockStarted(index=0, kind="opaque", opaque=strange),
        BlockStopped(index=0),
        BlockStarted(index=0, kind="text", choice=1),
        Delta(index=0, kind="text", text="other", choice=1),
        BlockStopped(index=0, choice=1),
        Finished(reason="stop"),
        Finished(reason="length", choice=1),
        USAGE,
        Ended(),
    ]
    final = frames(encoded(events, into=book))[-1]["response"]
    assert final["output"] == []
    assert final["status"] == "completed"
    assert {one.field for one in book.entries} == {"output", "choices[1]"}


def test_a_ping_is_a_comment() -> None:
    assert responses.stream_encoder(context(), ledger()).encode(Ping()).startswith(b":")


def test_the_whole_response_is_there_to_be_stored() -> None:
    encoder = responses.stream_encoder(context(fields={"store": True}), ledger())
    stream = b"".join(encoder.encode(event) for event in reply(block(0, "text", ("text", "a"))))
    assert json.loads(encoder.final) == frames(stream)[-1]["response"]

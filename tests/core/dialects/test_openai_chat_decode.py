"""Every vendor's way to stream becomes the same events; numbers in names are bug classes of the reference (peers, 5.9)."""

import json
from typing import Any

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
from aigw_dev.core.chat.vocabulary import (
    ChatReply,
    Choice,
    Logprob,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.chat.whole import reply_of
from aigw_dev.core.dialects.openai_chat_decode import Decoder
from aigw_dev.core.streams.sse import Event
from tests.chat_laws import broken_laws

DONE = b"[DONE]"


def chunk(*deltas: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    rows = [{"index": 0, "delta": delta, "finish_reason": finish} for delta in deltas]
    return json.dumps({"id": "chatcmpl-1", "model": "m", "created": 5, "choices": rows} | more).encode()


def call(index: int | None = None, **fields: Any) -> dict[str, Any]:
    """A tool delta; `name` and `text` are its function's."""
    function = {
        key: fields.pop(old) for old, key in (("name", "name"), ("text", "arguments")) if old in fields
    }
    row = {"function": function} | fields
    return {"tool_calls": [row | ({} if index is None else {"index": index})]}


def told(*payloads: bytes, event: str = "") -> list[ChatEvent]:
    decoder = Decoder()
    events = [one for data in payloads for one in decoder.feed(Event(data=data, event=event))]
    events += decoder.close()
    assert broken_laws(events) == []
    assert decoder.close() == []
    return events


def choice(*payloads: bytes) -> Choice:
    reply = reply_of(told(*payloads), "openai-chat")
    assert isinstance(reply, ChatReply), reply
    return reply.choices[0]


def parts(*payloads: bytes) -> tuple[Part, ...]:
    return choice(*payloads).parts


def failure(*payloads: bytes, event: str = "") -> Failed:
    last = told(*payloads, event=event)[-1]
    assert isinstance(last, Failed)
    return last


def test_text_streams_live_and_the_end_is_told_once() -> None:
    decoder = Decoder()
    assert decoder.feed(Event(data=chunk({"role": "assistant", "content": ""}))) == [
        Started(id="chatcmpl-1", model="m", created=5)
    ]
    assert decoder.feed(Event(data=chunk({"content": "Hi"}))) == [
        BlockStarted(index=0, kind="text"),
        Delta(index=0, kind="text", text="Hi"),
    ]
    assert decoder.feed(Event(data=chunk({}, finish="stop"))) == []
    usage = chunk(usage={"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4})
    assert decoder.feed(Event(data=usage)) == []
    stopped, finished, counted, ended = decoder.feed(Event(data=DONE))
    assert (stopped, finished) == (BlockStopped(index=0), Finished(reason="stop", raw="stop"))
    assert isinstance(counted, Counted)
    assert (counted.usage.input, counted.usage.output) == (3, 1)
    assert ended == Ended()
    assert decoder.feed(Event(data=chunk({"content": "late"}))) == []
    assert decoder.close() == []


def test_azures_first_chunk_is_not_the_beginning() -> None:
    empty = b'{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[]}'
    events = told(empty, chunk({"content": "a"}), chunk({}, finish="stop"), DONE)
    assert events[0] == Started(id="chatcmpl-1", model="m", created=5)


@pytest.mark.parametrize(
    "payloads",
    [
        [chunk({"content": "a"}, finish="stop", usage={"prompt_tokens": 3, "completion_tokens": 1})],
        [chunk({"content": "a"}, finish="stop", x_groq={"usage": {"prompt_tokens": 3, "completion_tokens": 1}})],
        [
            chunk({"content": "a"}, finish="stop", usage={"prompt_tokens": 3, "completion_tokens": 0}),
            chunk(usage={"prompt_tokens": 3, "completion_tokens": 1}),
            chunk(usage=None),
        ],
    ],
)  # fmt: skip
def test_12_13_usage_is_counted_once_wherever_it_stands(payloads: list[bytes]) -> None:
    counted = [one for one in told(*payloads, DONE) if isinstance(one, Counted)]
    assert [(one.usage.input, one.usage.output) for one in counted] == [(3, 1)]


def test_usage_that_nobody_sent_is_not_made_up() -> None:
    assert not any(isinstance(one, Counted) for one in told(chunk({"content": "a"}, finish="stop"), DONE))


@pytest.mark.parametrize("again", [{}, {"id": ""}, {"id": "x"}, {"id": "x", "name": "f"}])
def test_a_continued_call_is_one_call(again: dict[str, Any]) -> None:
    said = parts(
        chunk(call(0, id="x", name="f", text="")),
        chunk(call(0, text='{"a":', **again)),
        chunk(call(0, text="1}", **again)),
        chunk({}, finish="tool_calls"),
    )
    assert said == (ToolCall(id="x", name="f", arguments='{"a":1}'),)


@pytest.mark.parametrize("index", [0, None])
def test_a_new_id_with_a_name_is_another_call_whatever_its_index(index: int | None) -> None:
    said = parts(
        chunk(call(index, id="x", name="f", text='{"a":1}')),
        chunk(call(index, id="y", name="g", text='{"b":2}')),
        chunk({}, finish="tool_calls"),
    )
    assert said == (
        ToolCall(id="x", name="f", arguments='{"a":1}'),
        ToolCall(id="y", name="g", arguments='{"b":2}'),
    )


def test_calls_without_index_and_id_are_told_apart_by_their_names() -> None:
    first, second = parts(
        chunk(call(name="f", text='{"a":1}')), chunk(call(name="f", text="{}")), chunk({}, finish="stop")
    )
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert (first.name, first.arguments, second.arguments) == ("f", '{"a":1}', "{}")
    assert first.id.startswith("call_")
    assert first.id != second.id


def test_1_interleaved_calls_never_overlap() -> None:
    said = parts(
        chunk(call(0, id="x", name="f", text='{"a"')),
        chunk(call(1, id="y", name="g", text='{"b"')),
        chunk(call(0, text=":1}")),
        chunk({"content": "and"}),
        chunk(call(1, text=":2}")),
        chunk({}, finish="tool_calls"),
    )
    assert said == (
        ToolCall(id="x", name="f", arguments='{"a":1}'),
        ToolCall(id="y", name="g", arguments='{"b":2}'),
        Text(text="and"),
    )


def test_a_call_without_arguments_has_an_empty_object() -> None:
    assert parts(chunk(call(0, id="x", name="f")), chunk({}, finish="tool_calls")) == (
        ToolCall(id="x", name="f", arguments="{}"),
    )


def test_a_call_of_which_nothing_is_said_is_nothing() -> None:
    assert parts(chunk({"content": "a"}), chunk(call(0)), chunk({}, finish="stop")) == (Text(text="a"),)


def test_a_name_may_come_after_the_id() -> None:
    said = parts(chunk(call(0, id="x")), chunk(call(0, name="f", text="{}")), chunk({}, finish="stop"))
    assert said == (ToolCall(id="x", name="f", arguments="{}"),)


def test_arguments_without_a_name_fail() -> None:
    assert "without naming it" in failure(chunk(call(0, id="x", text="{}")), chunk({}, finish="stop")).message


def test_custom_tools_take_plain_text() -> None:
    row = {"index": 0, "id": "x", "type": "custom", "custom": {"name": "patch", "input": "*** Be"}}
    more = {"index": 0, "custom": {"input": "gin"}}
    said = parts(chunk({"tool_calls": [row]}), chunk({"tool_calls": [more]}), chunk({}, finish="tool_calls"))
    assert said == (ToolCall(id="x", name="patch", arguments="*** Begin", kind="custom"),)


def test_the_legacy_form_counts_only_where_it_is_alone() -> None:
    legacy = {"function_call": {"name": "f", "arguments": '{"a":1}'}}
    [alone] = parts(chunk(legacy), chunk({}, finish="function_call"))
    assert isinstance(alone, ToolCall)
    assert (alone.name, alone.arguments) == ("f", '{"a":1}')
    both = call(0, id="x", name="f", text='{"a":1}') | legacy
    assert parts(chunk(both), chunk(legacy), chunk({}, finish="tool_calls")) == (
        ToolCall(id="x", name="f", arguments='{"a":1}'),
    )


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_3_reasoning_under_any_name_comes_before_the_text(field: str) -> None:
    said = parts(chunk({field: "h"}), chunk({field: "m"}), chunk({"content": "Hi"}), chunk({}, finish="stop"))
    assert said == (Thinking(text="hm"), Text(text="Hi"))


def test_a_thought_told_twice_counts_once() -> None:
    assert parts(chunk({"reasoning_content": "a", "reasoning": "a"}), chunk({}, finish="stop")) == (
        Thinking(text="a"),
    )


def test_content_as_a_list_holds_thoughts_and_text() -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    said = parts(
        chunk({"content": [thought]}),
        chunk({"content": [{"type": "text", "text": "4"}, "2", {"type": "refusal", "refusal": "no"}]}),
        chunk({"content": [{"type": "reference", "reference_ids": [1]}]}),
        chunk({}, finish="stop"),
    )
    assert said[:3] == (Thinking(text="hm"), Text(text="42"), Refusal(text="no"))
    assert isinstance(said[3], Opaque)


def test_signatures_are_kept_with_their_thought() -> None:
    detail = {"type": "reasoning.text", "signature": "sig", "format": "f", "index": 0}
    hidden = {"type": "reasoning.encrypted", "data": "abc"}
    said = parts(
        chunk({"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}),
        chunk({"reasoning_details": [detail, hidden]}),
        chunk({"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "s2"}]}),
        chunk({}, finish="stop"),
    )
    first, second, third = said
    assert isinstance(first, Thinking)
    assert isinstance(second, Thinking)
    assert (first.text, first.origin, json.loads(first.signature)) == ("hm", "openai-chat", detail)
    assert (second.is_redacted, json.loads(second.signature)) == (True, hidden)
    assert third == Thinking(signature="s2", origin="openai-chat")


def test_5_googles_signature_stays_with_its_call() -> None:
    extra = {"extra_content": {"google": {"thought_signature": "sig"}}}
    said = parts(chunk(call(0, id="x", name="f", text="{}", **extra)), chunk({}, finish="stop"))
    assert said == (ToolCall(id="x", name="f", arguments="{}", signature="sig"),)


@pytest.mark.parametrize(
    ("finish", "has_call", "reason"),
    [
        ("stop", True, "tool_calls"),
        ("tool_calls", True, "tool_calls"),
        ("tool_calls", False, "stop"),
        ("function_call", True, "tool_calls"),
        ("length", True, "length"),
        ("length", False, "length"),
        ("content_filter", False, "content_filter"),
        ("model_length", False, "context_window"),
        ("SAFETY", False, "content_filter"),
        ("eos", False, "stop"),
    ],
)
def test_10_the_reason_fits_what_was_said(finish: str, has_call: bool, reason: str) -> None:
    said = call(0, id="x", name="f", text="{}") if has_call else {"content": "a"}
    read = choice(chunk(said), chunk({}, finish=finish))
    assert (read.stop, read.stop_raw) == (reason, finish)


def test_the_last_finish_counts_and_content_may_come_with_it() -> None:
    read = choice(chunk({"content": "a"}, finish="stop"), chunk({"content": "b"}, finish="length"))
    assert (read.parts, read.stop) == ((Text(text="ab"),), "length")


def test_cut_off_arguments_end_by_length() -> None:
    read = choice(chunk(call(0, id="x", name="f", text='{"a":"b')), chunk({}, finish="tool_calls"))
    assert (read.parts, read.stop) == ((ToolCall(id="x", name="f", arguments='{"a":"b"}'),), "length")


def test_arguments_that_are_no_json_fail() -> None:
    failed = failure(chunk(call(0, id="x", name="f", text="{'a': 1}")), chunk({}, finish="tool_calls"), DONE)
    assert "f" in failed.message
    assert failed.code == "upstream_protocol"


def test_a_refusal_ends_as_one() -> None:
    read = choice(chunk({"refusal": "I "}), chunk({"refusal": "won't"}), chunk({}, finish="stop"))
    assert (read.parts, read.stop) == ((Refusal(text="I won't"),), "refusal")


def test_log_probabilities_stay_with_their_text() -> None:
    rows = {"content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}, {"token": 7}]}
    data = json.dumps(
        {
            "id": "x",
            "choices": [{"index": 0, "delta": {"content": "a"}, "logprobs": rows, "finish_reason": "stop"}],
        }
    )
    assert choice(data.encode()).logprobs == (Logprob(token="a", logprob=-0.5, bytes=(97,)),)


def test_choices_are_told_apart() -> None:
    def of(index: int, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return json.dumps(
            {"id": "x", "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}
        ).encode()

    reply = reply_of(
        told(of(1, {"content": "b"}), of(0, {"content": "a"}), of(1, {}, "length"), of(0, {}, "stop")),
        "openai-chat",
    )
    assert isinstance(reply, ChatReply)
    assert [(one.parts, one.stop) for one in reply.choices] == [
        ((Text(text="a"),), "stop"),
        ((Text(text="b"),), "length"),
    ]


@pytest.mark.parametrize(
    ("payload", "event", "message", "status"),
    [
        (b'{"error":{"message":"bad tool","code":"tool_use_failed","status_code":400}}', "error", "bad tool", 400),
        (b'{"error":{"message":"overloaded","code":502},"choices":[]}', "", "overloaded", 502),
        (b'{"error":"busy"}', "", "busy", 0),
        (b'{"message":"oops"}', "error", "oops", 0),
        (b"{}", "error", "without saying why", 0),
    ],
)  # fmt: skip
def test_16_an_error_inside_the_stream_fails_it(
    payload: bytes, event: str, message: str, status: int
) -> None:
    decoder = Decoder()
    events = decoder.feed(Event(data=chunk({"content": "a"})))
    events += decoder.feed(Event(data=payload, event=event))
    assert decoder.feed(Event(data=DONE)) == []
    assert decoder.close() == []
    last = events[-1]
    assert isinstance(last, Failed)
    assert message in last.message
    assert last.status == status


@pytest.mark.parametrize("row", [{"finish_reason": "error"}, {"error": {"message": "gone", "code": 502}}])
def test_16_an_error_on_a_choice_fails_the_stream(row: dict[str, Any]) -> None:
    data = json.dumps({"id": "x", "choices": [{"index": 0, "delta": {"content": "a"}} | row]}).encode()
    assert failure(data, DONE).message


@pytest.mark.parametrize("data", [b"{", b"[]", b"7", b"<html>", b"\xff"])
def test_an_event_that_is_no_json_object_fails(data: bytes) -> None:
    failed = failure(chunk({"content": "a"}), data)
    assert "not a JSON object" in failed.message


def test_the_end_of_the_body_is_an_end_only_with_a_reason() -> None:
    assert isinstance(told(chunk({"content": "a"}, finish="stop"))[-1], Ended)
    assert failure(chunk({"content": "a"})).code == "upstream_reset"
    assert failure().code == "upstream_reset"
    assert failure(DONE).code == "upstream_reset"


def test_done_ends_a_reply_that_names_no_reason() -> None:
    read = choice(chunk({"content": "a"}, finish=""), DONE)
    assert (read.stop, read.stop_raw) == ("stop", "")


def test_comments_are_pings_once_it_began() -> None:
    decoder = Decoder()
    comment = Event(data=b"OPENROUTER PROCESSING", is_comment=True)
    assert decoder.feed(comment) == []
    assert decoder.feed(Event(data=b" ")) == []
    decoder.feed(Event(data=chunk({"content": "a"}, finish="stop", obfuscation="x1")))
    assert decoder.feed(comment) == [Ping()]
    decoder.close()
    assert decoder.feed(comment) == []


def test_a_delta_counts_where_a_message_stands_beside_it() -> None:
    def both(delta: dict[str, Any] | None, whole: str) -> bytes:
        row = {"index": 0, "delta": delta, "message": {"content": whole}, "finish_reason": "stop"}
        return json.dumps({"id": "x", "choices": [row]}).encode()

    assert parts(both({"content": "a"}, "a"), both({"content": "b"}, "ab")) == (Text(text="ab"),)
    assert parts(both(None, "whole")) == (Text(text="whole"),)


def test_annotations_pictures_and_speech_are_not_lost() -> None:
    notes = [{"type": "url_citation", "url_citation": {"url": "http://x"}}]
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    said = parts(
        chunk({"audio": {"transcript": "Hel"}}),
        chunk({"audio": {"transcript": "lo"}, "annotations": notes}),
        chunk({"images": [picture, {"type": "odd"}]}),
        chunk({"content": [picture]}),
        chunk({}, finish="stop"),
    )
    text, first, second, third = said
    assert isinstance(text, Text)
    assert (text.text, json.loads(bytes(text.citations))) == ("Hello", notes)
    assert [type(one) for one in (first, second, third)] == [Opaque, Opaque, Opaque]

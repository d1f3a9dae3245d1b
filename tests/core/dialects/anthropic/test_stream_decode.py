"""Every recorded stream, decoded: the laws of the events, whatever the cuts; and what hostile providers send."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from aigw_dev.core.chat.tool_names import ANSWER_TOOL
from aigw_dev.core.dialects.anthropic import framer, stream_decoder
from aigw_dev.core.streams.sse import Event
from tests.vectors_anthropic import streams

START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "model": "claude",
        "content": [],
        "usage": {"input_tokens": 9, "output_tokens": 1},
    },
}
END: list[dict[str, Any]] = [
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]


def decoded(body: bytes, step: int = 1 << 20) -> list[ChatEvent]:
    cutter, decoder = framer(), stream_decoder()
    events: list[ChatEvent] = []
    for start in range(0, len(body), step):
        for event in cutter.feed(body[start : start + step]):
            events += decoder.feed(event)
    for event in cutter.close():
        events += decoder.feed(event)
    return events + decoder.close()


def said(*wires: dict[str, Any]) -> list[ChatEvent]:
    return decoded(b"".join(b"data: " + json.dumps(wire).encode() + b"\n\n" for wire in wires))


def block(index: int, kind: str, *deltas: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": {"type": kind, **fields}},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text_of(events: list[ChatEvent], kind: str) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta) and event.kind == kind)


def assert_laws(events: list[ChatEvent]) -> None:
    """The five laws in `core.chat.events`."""
    events = [event for event in events if not isinstance(event, Ping)]
    if isinstance(events[-1], Failed) and not isinstance(events[0], Started):
        assert len(events) == 1
        return
    assert isinstance(events[0], Started)
    assert sum(isinstance(event, Started) for event in events) == 1
    assert isinstance(events[-1], Ended | Failed)
    assert not any(isinstance(event, Ended | Failed) for event in events[:-1])
    opened: BlockStarted | None = None
    arguments = ""
    count = 0
    for event in events:
        match event:
            case BlockStarted():
                assert opened is None
                assert event.index == count
                opened, arguments = event, ""
            case Delta():
                assert opened is not None
                assert event.index == opened.index
                arguments += event.text if event.kind == "arguments" else ""
            case BlockStopped():
                assert opened is not None
                assert event.index == opened.index
                if opened.kind == "tool_call":
                    assert isinstance(json.loads(arguments), dict), arguments
                opened = None
                count += 1
            case Finished() | Counted() | Ended():
                assert opened is None
            case _:
                pass
    order = [type(event) for event in events if isinstance(event, Finished | Counted | Ended)]
    assert order in ([Finished, Counted, Ended], [Finished, Ended], [])
    assert (Ended in order) == isinstance(events[-1], Ended)


def test_every_recording_keeps_the_laws(vectors: Path) -> None:
    found = streams(vectors)
    assert len(found) > 80
    for one in found:
        events = decoded(one.body)
        assert_laws(events)
        if "spliced" not in one.id:
            assert isinstance(events[-1], Ended), one.id


def test_every_cut_of_a_recording_decodes_the_same(vectors: Path) -> None:
    for one in streams(vectors):
        if len(one.body) < 40_000:
            assert decoded(one.body, 1) == decoded(one.body), one.id


def test_a_tool_call_without_arguments_has_an_empty_object() -> None:
    delta = {"type": "input_json_delta", "partial_json": ""}
    events = said(START, *block(0, "tool_use", delta, id="toolu_1", name="now", input={}), *END)
    assert text_of(events, "arguments") == "{}"
    assert isinstance(events[1], BlockStarted)
    assert (events[1].id, events[1].name) == ("toolu_1", "now")


def test_arguments_that_stand_in_the_blocks_start_count() -> None:
    events = said(START, *block(0, "tool_use", id="t", name="now", input={"zone": "UTC"}), *END)
    assert json.loads(text_of(events, "arguments")) == {"zone": "UTC"}


def test_arguments_that_were_cut_off_are_ended() -> None:
    delta = {"type": "input_json_delta", "partial_json": '{"lines": ["a", "b'}
    events = said(START, *block(0, "tool_use", delta, id="t", name="f", input={})[:2], *END)
    assert json.loads(text_of(events, "arguments")) == {"lines": ["a", "b"]}
    assert_laws(events)


@pytest.mark.parametrize("text", ["[1]", "no", '{"a"]', "{}}"])
def test_arguments_that_are_no_object_end_the_stream(text: str) -> None:
    delta = {"type": "input_json_delta", "partial_json": text}
    events = said(START, *block(0, "tool_use", delta, id="t", name="f", input={}), *END)
    assert isinstance(events[-1], Failed)
    held = [*block(1, "text", text="x"), *block(0, "text", text="")[2:]]
    assert isinstance(
        said(START, *block(0, "tool_use", delta, id="t", name="f")[:2], *held, *END)[-1], Failed
    )


def test_blocks_that_overlap_are_put_one_after_the_other() -> None:
    first = block(
        0, "text", {"type": "text_delta", "text": "a"}, {"type": "text_delta", "text": "b"}, text=""
    )
    second = block(
        1, "tool_use", {"type": "input_json_delta", "partial_json": '{"x":1}'}, id="t", name="f", input={}
    )
    third = block(2, "text", {"type": "text_delta", "text": "c"}, text="")
    mixed = [
        first[0],
        second[0],
        third[0],
        first[1],
        second[1],
        third[1],
        first[2],
        second[2],
        first[3],
        third[2],
    ]
    events = said(START, *mixed, *END)
    assert_laws(events)
    started = [event.kind for event in events if isinstance(event, BlockStarted)]
    assert started == ["text", "tool_call", "text"]
    assert (text_of(events, "text"), text_of(events, "arguments")) == ("abc", '{"x":1}')


def test_a_block_that_never_stops_ends_with_the_message() -> None:
    events = said(START, *block(0, "text", text="hi")[:1], *block(1, "text", text=" you"), *END)
    assert_laws(events)
    assert text_of(events, "text") == "hi you"


def test_a_repeated_beginning_counts_once_and_a_second_message_is_an_error() -> None:
    assert (
        sum(isinstance(event, Started) for event in said(START, START, *block(0, "text", text="x"), *END))
        == 1
    )
    events = said(START, *block(0, "text", text="x"), START, *block(0, "text", text="y"), *END)
    assert isinstance(events[-1], Failed)
    assert "y" not in text_of(events, "text")


def test_a_beginning_that_already_holds_content_gives_its_blocks() -> None:
    message = START["message"] | {
        "content": [{"type": "tool_use", "id": "t", "name": "roll", "input": {"a": 1}}],
        "stop_reason": "tool_use",
    }
    events = said({"type": "message_start", "message": message}, {"type": "message_stop"})
    assert_laws(events)
    assert text_of(events, "arguments") == '{"a": 1}'
    assert next(event for event in events if isinstance(event, Finished)).reason == "tool_calls"


def test_usage_is_cumulative_and_given_once() -> None:
    usage = {"input_tokens": 9, "cache_read_input_tokens": 90, "output_tokens": 5}
    end: list[dict[str, Any]] = [END[0] | {"usage": usage}, END[1]]
    events = said(START, *block(0, "text", text="x"), *end)
    counted = [event.usage for event in events if isinstance(event, Counted)]
    assert [(one.input, one.cached_input, one.output) for one in counted] == [(99, 90, 5)]
    started = events[0]
    assert isinstance(started, Started)
    assert started.usage is not None
    assert (started.usage.input, started.usage.output) == (9, 1)


def test_the_signature_of_a_thought_comes_once_and_last() -> None:
    deltas: list[dict[str, Any]] = [
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "sig"},
    ]
    events = said(START, *block(0, "thinking", *deltas, thinking="", signature=""), *END)
    deltas_seen = [event for event in events if isinstance(event, Delta)]
    assert [(one.kind, one.text) for one in deltas_seen] == [("thinking", "hm"), ("signature", "sig")]
    redacted = said(START, *block(0, "redacted_thinking", data="opaque"), *END)[1]
    assert isinstance(redacted, BlockStarted)
    assert (redacted.kind, redacted.signature, redacted.origin) == (
        "redacted",
        "opaque",
        "anthropic-messages",
    )


def test_a_thought_never_lands_in_a_text_block() -> None:
    odd: list[dict[str, Any]] = [
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "text_delta", "text": "a"},
    ]
    events = said(START, *block(0, "text", *odd, text=""), *END)
    assert [event.kind for event in events if isinstance(event, Delta)] == ["text"]


def test_what_stands_in_a_blocks_beginning_counts() -> None:
    events = said(
        START, *block(0, "thinking", thinking="hm"), *block(1, "text", text="a", citations=[{"x": 1}]), *END
    )
    assert (text_of(events, "thinking"), text_of(events, "text")) == ("hm", "a")
    assert json.loads(text_of(events, "citations")) == [{"x": 1}]


def test_a_broken_call_in_the_beginning_of_a_message_ends_nothing_twice() -> None:
    delta = {"type": "input_json_delta", "partial_json": "["}
    held = block(1, "tool_use", delta, id="u", name="g")
    events = said(START, *block(0, "text", text="a")[:1], *held, *block(0, "text")[1:], *END)
    assert_laws(events)
    assert isinstance(events[-1], Failed)


def test_a_hosted_tools_block_is_gathered_whole() -> None:
    piece = [{"type": "input_json_delta", "partial_json": text} for text in ("", '{"query":', '"x"}')]
    events = said(START, *block(0, "server_tool_use", *piece, id="s", name="web_search", input={}), *END)
    begun = events[1]
    assert isinstance(begun, BlockStarted)
    assert begun.opaque is not None
    assert json.loads(bytes(begun.opaque.raw)) == {
        "type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "x"},
    }  # fmt: skip
    parts: list[dict[str, Any]] = [{"type": "compaction_delta", "content": each} for each in ("a", "b")]
    events = said(START, *block(0, "compaction", *parts, content=None), *END)
    begun = events[1]
    assert isinstance(begun, BlockStarted)
    assert begun.opaque is not None
    assert json.loads(bytes(begun.opaque.raw)) == {"type": "compaction", "content": "ab"}


def test_the_answer_tools_call_is_text() -> None:
    delta = {"type": "input_json_delta", "partial_json": '{"a":1}'}
    stop = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}}
    events = said(START, *block(0, "tool_use", delta, id="t", name=ANSWER_TOOL, input={}), stop, END[1])
    assert text_of(events, "text") == '{"a":1}'
    assert next(event for event in events if isinstance(event, Finished)).reason == "stop"


def test_an_error_in_the_stream_ends_it() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    events = said(START, error, *END)
    assert events[1:] == [Failed(message="Overloaded", code="overloaded_error", status=529)]
    assert isinstance(said({"error": {"message": "no"}})[-1], Failed)


@pytest.mark.parametrize(
    "body", [b"", b"data: {}\n\n", b"data: <html>\n\n", b"data: [DONE]\n\n", b": hi\n\n"]
)
def test_a_stream_that_ends_too_early_fails(body: bytes) -> None:
    assert isinstance(decoded(body)[-1], Failed)


def test_a_stop_reason_without_a_message_stop_is_an_end() -> None:
    assert isinstance(said(START, *block(0, "text", text="x"), END[0])[-1], Ended)
    assert isinstance(said(START, *block(0, "text", text="x"))[-1], Failed)


def test_a_delta_whose_block_never_began_opens_it() -> None:
    events = said(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x"}}, *END
    )
    assert_laws(events)
    assert text_of(events, "text") == "x"
    lost = said({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta"}}, *END)
    assert_laws(lost)


def test_pings_pass_and_unknown_events_are_skipped() -> None:
    events = said(START, {"type": "ping"}, {"type": "news"}, *END)
    assert sum(isinstance(event, Ping) for event in events) == 1
    assert_laws(events)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "usage"]), inner)
    ),
    max_leaves=8,
)
KINDS = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta",
     "message_stop", "ping", "error", "other"]
)  # fmt: skip
BLOCKS = st.sampled_from(["text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "new"])
WIRE = st.fixed_dictionaries(
    {"type": KINDS},
    optional={
        "index": st.integers(-1, 3) | JSON,
        "content_block": st.fixed_dictionaries(
            {"type": BLOCKS | JSON}, optional={"input": JSON, "text": JSON}
        )
        | JSON,
        "delta": st.fixed_dictionaries(
            {"type": st.just("input_json_delta"), "partial_json": st.text('{}"a:', max_size=5)}
        )
        | st.fixed_dictionaries(
            {
                "type": st.sampled_from(
                    ["text_delta", "input_json_delta", "thinking_delta", "signature_delta", "x"]
                )
            },
            optional={
                "text": JSON,
                "partial_json": JSON,
                "thinking": JSON,
                "stop_reason": JSON,
                "signature": JSON,
            },
        )
        | JSON,
        "message": JSON,
        "usage": JSON,
        "error": JSON,
    },
)


@given(st.lists(WIRE, max_size=12))
def test_anything_keeps_the_laws(wires: list[Any]) -> None:
    decoder = stream_decoder()
    events: list[ChatEvent] = []
    for wire in wires:
        events += decoder.feed(Event(data=json.dumps(wire).encode()))
    assert_laws([*events, *decoder.close()])


@given(st.binary(max_size=60))
def test_any_bytes_never_raise(junk: bytes) -> None:
    decoder = stream_decoder()
    assert_laws([*decoder.feed(Event(data=junk)), *decoder.close()])


def test_a_stream_of_nothing_begins_before_it_fails() -> None:
    assert [type(event) for event in stream_decoder().close()] == [Started, Failed]

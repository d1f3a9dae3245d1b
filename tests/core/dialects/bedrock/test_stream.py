import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.events import BlockStarted, Counted, Delta, Ended, Failed, Started
from aigw_dev.core.dialects import bedrock
from aigw_dev.core.streams.sse import Event
from tests.core.dialects.bedrock.laws import decode, told

Said = tuple[str, bytes]


def said(name: str, **fields: object) -> Said:
    return name, json.dumps(fields).encode()


def delta(index: int, **fields: object) -> Said:
    return said("contentBlockDelta", contentBlockIndex=index, delta=fields)


def start(index: int, **fields: object) -> Said:
    return said("contentBlockStart", contentBlockIndex=index, start=fields)


def stop(index: int) -> Said:
    return said("contentBlockStop", contentBlockIndex=index)


def tool(index: int, name: str = "f", **fields: object) -> Said:
    return start(index, toolUse={"toolUseId": f"t{index}", "name": name, **fields})


def piece(index: int, text: str) -> Said:
    return delta(index, toolUse={"input": text})


BEGIN = said("messageStart", role="assistant")
END = said("messageStop", stopReason="end_turn")
USAGE = said("metadata", usage={"inputTokens": 1, "outputTokens": 2}, metrics={"latencyMs": 9})


def test_text_has_no_start_on_the_wire_and_one_here() -> None:
    events = decode([BEGIN, delta(0, text="a"), delta(0, text="b"), stop(0), END, USAGE])
    assert events[1] == BlockStarted(index=0, kind="text")
    assert told(events).text == "ab"
    assert isinstance(events[-2], Counted)
    assert isinstance(events[-1], Ended)


def test_an_empty_piece_opens_no_block() -> None:
    events = decode(
        [BEGIN, delta(0, text=""), stop(0), piece(0, ""), delta(1, reasoningContent={"text": ""}), END]
    )
    assert not [event for event in events if isinstance(event, BlockStarted | Delta)]


def test_thinking_its_signature_and_redacted_thinking_are_told_apart() -> None:
    events = decode(
        [
            BEGIN,
            delta(0, reasoningContent={"text": "hm"}),
            delta(0, reasoningContent={"signature": "s"}),
            stop(0),
            delta(1, reasoningContent={"redactedContent": "QQ=="}),
            stop(1),
            delta(2, text="so"),
            END,
        ]
    )
    out = told(events)
    assert (out.thinking, out.signatures, out.redacted, out.text) == ("hm", ["s"], ["QQ=="], "so")
    origins = [event.origin for event in events if isinstance(event, BlockStarted) and event.kind != "text"]
    assert origins == ["bedrock-converse", "bedrock-converse"]


def test_redacted_thinking_in_pieces_is_one() -> None:
    frames = [delta(0, reasoningContent={"redactedContent": data}) for data in ("QQ==", "Qg==")]
    assert told(decode([BEGIN, *frames, END])).redacted == ["QUI="]
    frames = [delta(0, reasoningContent={"redactedContent": data}) for data in ("A", "B")]
    assert told(decode([BEGIN, *frames, END])).redacted == ["AB"]


def test_a_block_that_changes_its_kind_becomes_two() -> None:
    out = decode([BEGIN, delta(0, reasoningContent={"text": "hm"}), delta(0, text="so"), stop(0), END])
    assert [event.kind for event in out if isinstance(event, BlockStarted)] == ["thinking", "text"]


def test_tool_calls_come_in_pieces_and_one_without_any_is_an_empty_object() -> None:
    frames = [
        BEGIN,
        tool(0, type="tool_use"),
        piece(0, '{"a"'),
        piece(0, ":1.0}"),
        stop(0),
        tool(1),
        stop(1),
        END,
        USAGE,
    ]
    assert told(decode(frames)).calls == [("t0", "f", '{"a":1.0}'), ("t1", "f", "{}")]


def test_a_call_without_an_id_gets_one() -> None:
    assert told(decode([BEGIN, start(0, toolUse={"name": "f"}), stop(0), END])).calls == [
        ("tooluse_0", "f", "{}")
    ]


def test_a_call_that_the_limit_cut_is_closed() -> None:
    cut = [BEGIN, tool(0), piece(0, '{"text":"once upon'), said("messageStop", stopReason="max_tokens")]
    out = told(decode(cut))
    assert out.calls == [("t0", "f", '{"text":"once upon"}')]
    assert out.finish is not None
    assert out.finish.reason == "length"


@pytest.mark.parametrize("after", [[], [stop(0)], [delta(1, text="x")], [tool(1)]])
def test_a_call_whose_arguments_are_no_object_ends_the_stream(after: list[Said]) -> None:
    failed = told(decode([BEGIN, tool(0), piece(0, "nonsense"), *after, END, USAGE])).failed
    assert failed is not None
    assert failed.code == "upstream_protocol"


@pytest.mark.parametrize("before", [[], [delta(0, text="x")], [tool(1), stop(1)]])
def test_a_piece_of_a_call_that_never_began_ends_the_stream(before: list[Said]) -> None:
    failed = told(decode([BEGIN, *before, piece(0, "{}"), END])).failed
    assert failed is not None
    assert "had not begun" in failed.message


def test_the_providers_own_tools_are_opaque() -> None:
    served = start(0, toolUse={"toolUseId": "t", "name": "nova_code_interpreter", "type": "server_tool_use"})
    result = start(1, toolResult={"toolUseId": "t", "type": "nova_code_interpreter_result"})
    frames = [
        BEGIN,
        served,
        piece(0, '{"x":1}'),
        stop(0),
        result,
        delta(1, toolResult=[{"json": {"y": 2}}]),
        stop(1),
        END,
    ]
    events = decode(frames)
    assert told(events).opaque == ["toolUse", "toolResult"]
    first = next(event for event in events if isinstance(event, BlockStarted))
    assert first.opaque is not None
    assert json.loads(bytes(first.opaque.raw))["deltas"] == [{"toolUse": {"input": '{"x":1}'}}]


def test_a_new_kind_of_piece_is_not_lost() -> None:
    assert told(
        decode([BEGIN, delta(0, newThing=1), delta(0, text="x"), delta(1, text="y"), END])
    ).opaque == ["newThing"]
    out = told(decode([BEGIN, delta(0, text="x"), delta(0, newThing=1), stop(0), END]))
    assert (out.text, out.opaque) == ("x", ["newThing"])


def test_an_empty_start_opens_nothing() -> None:
    assert told(decode([BEGIN, start(0), delta(0, text="x"), END])).text == "x"


def test_citations_belong_to_their_text() -> None:
    events = decode([BEGIN, delta(0, text="x"), delta(0, citation={"title": "t"}), stop(0), END])
    cited = next(event for event in events if isinstance(event, Delta) and event.kind == "citations")
    assert json.loads(cited.text) == [{"title": "t"}]


def test_usage_may_come_before_the_end_or_never() -> None:
    assert told(decode([BEGIN, USAGE, delta(0, text="x"), END])).counted is not None
    assert told(decode([BEGIN, delta(0, text="x"), END])).counted is None


def test_a_stop_sequence_is_told() -> None:
    end = said(
        "messageStop",
        stopReason="stop_sequence",
        additionalModelResponseFields={"delta": {"stop_sequence": "END"}},
    )
    finish = told(decode([BEGIN, end])).finish
    assert finish is not None
    assert (finish.reason, finish.stop_sequence, finish.raw) == ("stop_sequence", "END", "stop_sequence")


def test_a_stream_without_its_end_failed() -> None:
    for frames in ([], [BEGIN], [BEGIN, delta(0, text="x"), stop(0)], [BEGIN, tool(0), USAGE]):
        failed = told(decode(frames)).failed
        assert failed is not None
        assert failed.code == "upstream_reset"


@pytest.mark.parametrize(
    "before", [[], [BEGIN], [BEGIN, delta(0, text="x")], [BEGIN, delta(0, text="x"), END]]
)
def test_an_exception_ends_it_wherever_it_comes(before: list[Said]) -> None:
    slow = ("exception:throttlingException", b'{"message":"Too many tokens"}')
    failed = told(decode([*before, slow, delta(0, text="y"), END, USAGE])).failed
    assert failed == Failed(message="Too many tokens", code="throttlingException", status=429)


def test_after_the_end_nothing_is_told() -> None:
    whole = [BEGIN, delta(0, text="x"), stop(0), END, USAGE]
    assert decode([*whole, BEGIN, delta(1, text="y"), tool(2), END, USAGE]) == decode(whole)
    late = [BEGIN, delta(0, text="x"), stop(0), END, delta(1, text="y"), tool(2), END, USAGE]
    assert decode(late) == decode(whole)


def test_what_is_not_known_is_passed_over_and_what_cannot_be_read_is_an_error() -> None:
    decoder = bedrock.stream_decoder()
    assert decoder.feed(Event(data=b"x", event="initial-response")) == []
    assert decoder.feed(Event(data=b"x", is_comment=True)) == []
    assert isinstance(decoder.feed(Event(data=b"[]", event="metadata"))[-1], Failed)


def test_a_missing_role_is_no_matter() -> None:
    assert isinstance(decode([delta(0, text="x"), END])[0], Started)


def test_a_stop_of_another_block_is_passed_over() -> None:
    assert told(decode([BEGIN, delta(1, text="a"), stop(0), delta(1, text="b"), END])).text == "ab"


VALUES = st.none() | st.integers(-1, 3) | st.text(max_size=4)
DELTAS: st.SearchStrategy[Any] = st.one_of(
    VALUES,
    st.fixed_dictionaries({"text": VALUES}),
    st.fixed_dictionaries({"toolUse": st.fixed_dictionaries({"input": VALUES | st.sampled_from(["{", "}", '{"a":'])})}),
    st.fixed_dictionaries({"reasoningContent": st.dictionaries(st.sampled_from(["text", "signature", "redactedContent"]), VALUES)}),
    st.fixed_dictionaries({"citation": VALUES}),
    st.dictionaries(st.text(max_size=3), VALUES, max_size=2),
)  # fmt: skip
STARTS = VALUES | st.dictionaries(
    st.sampled_from(["toolUse", "toolResult", "image"]),
    VALUES
    | st.dictionaries(st.sampled_from(["toolUseId", "name", "type"]), VALUES | st.just("server_tool_use")),
    max_size=2,
)
FRAMES = st.one_of(
    st.builds(said, st.just("messageStart"), role=VALUES),
    st.builds(said, st.just("contentBlockDelta"), contentBlockIndex=VALUES, delta=DELTAS),
    st.builds(said, st.just("contentBlockStart"), contentBlockIndex=VALUES, start=STARTS),
    st.builds(said, st.just("contentBlockStop"), contentBlockIndex=VALUES),
    st.builds(said, st.just("messageStop"), stopReason=VALUES),
    st.builds(said, st.just("metadata"), usage=VALUES),
    st.tuples(
        st.sampled_from(["metadata", "contentBlockDelta", "exception:x", "", "new"]), st.binary(max_size=10)
    ),
)


@given(st.lists(FRAMES, max_size=14))
def test_the_laws_hold_whatever_comes(frames: list[Said]) -> None:
    decode(frames)

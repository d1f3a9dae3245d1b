"""A provider's stream as neutral events, on every recording and on what servers get wrong."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.events import BlockStarted, ChatEvent, Counted, Delta, Failed, Finished, Started
from aigw_dev.core.chat.vocabulary import ChatReply
from aigw_dev.core.dialects import responses
from aigw_dev.core.streams import sse
from tests.core.dialects.responses.recordings import TWO_ANSWERS, decoded, obeys_the_laws, said, streams


def stream(*events: dict[str, Any]) -> bytes:
    return b"".join(sse.encode(json.dumps(event).encode(), event=event.get("type", "")) for event in events)


CREATED: dict[str, Any] = {
    "type": "response.created",
    "response": {"id": "resp_1", "model": "m", "created_at": 5, "output": []},
}


def completed(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    response = {"id": "resp_1", "status": "completed", "output": list(output), **fields}
    return {"type": f"response.{response['status']}", "response": response}


def item(index: int, when: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.output_item.{when}", "output_index": index, "item": fields}


def deltas(events: list[ChatEvent], kind: str) -> str:
    return "".join(one.text for one in events if isinstance(one, Delta) and one.kind == kind)


@pytest.mark.vectors
def test_every_recorded_stream_obeys_the_laws_and_ends_as_its_provider_said(vectors: Path) -> None:
    for recording in streams(vectors):
        events = decoded(recording.body)
        obeys_the_laws(events)
        is_failed = b'"response.failed"' in recording.body or b'"type":"error"' in recording.body
        assert isinstance(events[-1], Failed) == is_failed, recording.id
        if not is_failed:
            assert any(isinstance(one, Counted) for one in events) or b'"usage"' not in recording.body


@pytest.mark.vectors
def test_a_recorded_stream_says_what_its_final_response_says(vectors: Path) -> None:
    compared = 0
    for recording in streams(vectors):
        finals = [one for one in payloads(recording.body) if one.get("type") == "response.completed"]
        if not finals or recording.id in TWO_ANSWERS:
            continue
        reply = responses.read_chat_reply(json.dumps(finals[0]["response"]).encode())
        assert isinstance(reply, ChatReply)
        events = decoded(recording.body)
        parts = reply.choices[0].parts
        if not parts:
            continue  # a final response without its output (older servers)
        compared += 1
        texts = "".join(getattr(part, "text", "") for part in parts if type(part).__name__ == "Text")
        assert deltas(events, "text") == texts, recording.id
        kinds = [type(part).__name__ for part in parts]
        blocks = [one.kind for one in events if isinstance(one, BlockStarted)]
        assert blocks == [KINDS[kind] for kind in kinds], recording.id
        assert next(one.reason for one in events if isinstance(one, Finished)) == reply.choices[0].stop
    assert compared > 50


KINDS = {
    "Text": "text", "Refusal": "refusal", "Thinking": "thinking", "ToolCall": "tool_call", "Opaque": "opaque",
}  # fmt: skip


def payloads(body: bytes) -> Iterator[dict[str, Any]]:
    framer = sse.Decoder()
    for event in framer.feed(body) + framer.close():
        if event.data.startswith(b"{"):
            yield json.loads(event.data)


@pytest.mark.vectors
def test_a_stream_cut_anywhere_says_the_same(vectors: Path) -> None:
    short = sorted(streams(vectors), key=lambda one: len(one.body))
    for recording in short[:6]:
        whole = decoded(recording.body)
        for cut in range(0, len(recording.body), max(1, len(recording.body) // 400)):
            assert decoded(recording.body, [cut]) == whole, (recording.id, cut)
    for recording in short:
        if len(recording.body) < 60_000:
            assert decoded(recording.body, range(1, len(recording.body))) == decoded(recording.body), (
                recording.id
            )


def test_a_reply_begins_with_who_answers() -> None:
    events = decoded(stream(CREATED, completed()))
    assert events[0] == Started(id="resp_1", model="m", created=5)


def test_a_text_that_only_its_done_events_hold_is_told() -> None:
    part: dict[str, Any] = {"type": "output_text", "text": "Hello", "annotations": []}
    events = decoded(
        stream(
            CREATED,
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "He"},
            {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "Hell"},
            item(0, "done", type="message", content=[part]),
            completed(),
        )
    )
    obeys_the_laws(events)
    assert deltas(events, "text") == "Hello"


def test_items_that_only_the_final_response_holds_are_told() -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
    part: dict[str, Any] = {"type": "output_text", "text": "Hi"}
    events = decoded(stream(completed({"type": "message", "id": "msg_1", "content": [part]}, call)))
    obeys_the_laws(events)
    assert deltas(events, "text") == "Hi"
    assert deltas(events, "arguments") == '{"a":1}'
    assert said(events)[-1] == "tool_calls"


def test_a_call_that_was_never_added_is_told_when_its_name_is_known() -> None:
    delta = {"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": '{"a"'}
    done = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
    events = decoded(stream(CREATED, delta, {"type": "response.output_item.done", "item": done}, completed()))
    obeys_the_laws(events)
    assert [(one.id, one.name) for one in events if isinstance(one, BlockStarted)] == [("c1", "f")]
    assert deltas(events, "arguments") == '{"a":1}'


def test_a_call_without_arguments_has_an_empty_object() -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": ""}
    events = decoded(stream(CREATED, item(0, "added", **call), item(0, "done", **call), completed(call)))
    obeys_the_laws(events)
    assert [one.text for one in events if isinstance(one, Delta)] == ["{}"]


def test_arguments_that_were_cut_off_are_completed() -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": ""}
    delta = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": '{"a": "b'}
    end = completed(status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    events = decoded(stream(CREATED, item(0, "added", **call), delta, end))
    obeys_the_laws(events)
    assert json.loads(deltas(events, "arguments")) == {"a": "b"}
    assert said(events)[-1] == "length"


def test_items_that_interleave_become_blocks_one_after_the_other() -> None:
    first = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
    second = {"type": "function_call", "id": "fc_2", "call_id": "c2", "name": "g", "arguments": '{"b":2}'}

    def piece(index: int, text: str) -> dict[str, Any]:
        return {"type": "response.function_call_arguments.delta", "output_index": index, "delta": text}

    events = decoded(
        stream(
            CREATED,
            item(0, "added", **(first | {"arguments": ""})),
            item(1, "added", **(second | {"arguments": ""})),
            piece(1, '{"b"'),
            piece(0, '{"a"'),
            piece(1, ":2}"),
            item(1, "done", **second),
            piece(0, ":1}"),
            item(0, "done", **first),
            completed(first, second),
        )
    )
    obeys_the_laws(events)
    told: list[Any] = said(events)
    assert [block[1]["arguments"] for block in told[:2]] == ['{"a":1}', '{"b":2}']


def test_an_item_that_waited_says_all_it_has_before_the_next_speaks() -> None:
    def words(index: int, part: int, text: str) -> dict[str, Any]:
        return {
            "type": "response.output_text.delta",
            "output_index": index,
            "content_index": part,
            "delta": text,
        }

    events = decoded(
        stream(
            CREATED, words(0, 0, "a"), words(1, 0, "b"), words(1, 1, "c"), words(2, 0, "d"), words(1, 1, "C"),
            item(0, "done", type="message", content=[]), words(1, 1, "!"), completed(),
        )
    )  # fmt: skip
    obeys_the_laws(events)
    told: list[Any] = said(events)
    assert [block[1]["text"] for block in told[:4]] == ["a", "b", "cC!", "d"]


def test_an_item_may_have_another_id_in_every_event() -> None:
    events = decoded(
        stream(
            CREATED,
            item(0, "added", type="message", id="a", content=[]),
            {
                "type": "response.output_text.delta",
                "output_index": 0,
                "content_index": 0,
                "item_id": "b",
                "delta": "x",
            },
            item(0, "done", type="message", id="c", content=[{"type": "output_text", "text": "x"}]),
            completed({"type": "message", "id": "d", "content": [{"type": "output_text", "text": "x"}]}),
        )
    )
    assert deltas(events, "text") == "x"


def test_reasoning_has_its_summary_once_and_its_signature_last() -> None:
    def piece(index: int, text: str) -> dict[str, Any]:
        return {
            "type": "response.reasoning_summary_text.delta",
            "output_index": 0,
            "summary_index": index,
            "delta": text,
        }

    summary = [{"type": "summary_text", "text": "one"}, {"type": "summary_text", "text": "two"}]
    content = [{"type": "reasoning_text", "text": "raw"}]
    whole = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": summary,
        "content": content,
        "encrypted_content": "SIG",
    }
    events = decoded(
        stream(
            CREATED,
            item(0, "added", type="reasoning", id="rs_1", summary=[]),
            piece(0, "one"),
            piece(1, "tw"),
            {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "delta": "raw"},
            item(0, "done", **whole),
            completed(whole),
        )
    )
    obeys_the_laws(events)
    assert deltas(events, "thinking") == "one\n\ntwo"
    assert [one.kind for one in events if isinstance(one, Delta)][-1] == "signature"
    assert deltas(events, "signature") == "SIG"
    assert next(one.origin for one in events if isinstance(one, BlockStarted)) == "openai-responses"


def test_citations_are_told_once() -> None:
    cite = {"type": "url_citation", "url": "http://a", "title": "A", "start_index": 0, "end_index": 1}
    other = cite | {"url": "http://b"}
    part: dict[str, Any] = {"type": "output_text", "text": "x", "annotations": [cite, other]}
    events = decoded(
        stream(
            CREATED,
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "x"},
            {
                "type": "response.output_text.annotation.added",
                "output_index": 0,
                "content_index": 0,
                "annotation": cite,
            },
            item(0, "done", type="message", content=[part]),
            completed(),
        )
    )
    told: Any = said(events)[0]
    assert told[1]["citations"] == ["http://a", "http://b"]


def test_a_refusal_is_a_block_of_its_own() -> None:
    events = decoded(
        stream(
            CREATED,
            {"type": "response.refusal.delta", "output_index": 0, "content_index": 0, "delta": "No"},
            {"type": "response.refusal.done", "output_index": 0, "content_index": 0, "refusal": "No."},
            completed(),
        )
    )
    obeys_the_laws(events)
    assert deltas(events, "refusal") == "No."
    assert said(events)[-1] == "refusal"


@pytest.mark.parametrize(
    ("event", "message", "code", "status"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}, "slow", "rate_limit_exceeded", 429),
        ({"type": "error", "error": {"type": "t", "code": "server_error", "message": "x"}}, "x", "server_error", 500),
        ({"error": {"code": 502, "message": "OpenRouter"}}, "OpenRouter", "502", 502),
        ({"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error", "message": "f"}}},
         "f", "server_error", 500),
        ({"type": "response.failed", "response": {"status": "failed"}}, "the provider's response is failed", "", 0),
        ({"type": "error", "error": None, "message": "m"}, "m", "", 0),
    ],
)  # fmt: skip
def test_an_error_inside_the_stream_ends_it(
    event: dict[str, Any], message: str, code: str, status: int
) -> None:
    events = decoded(stream(CREATED, event, completed()))
    obeys_the_laws(events)
    assert events[-1] == Failed(message=message, code=code, status=status)


def test_a_stream_that_breaks_off_has_no_made_up_end() -> None:
    body = stream(CREATED, {"type": "response.output_text.delta", "output_index": 0, "delta": "He"})
    events = decoded(body + b"data: [DONE]\n\n")
    obeys_the_laws(events)
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "upstream_reset"
    assert not any(isinstance(one, Finished) for one in events)


def test_events_without_names_and_a_done_mark_are_understood() -> None:
    body = stream(CREATED, completed()).replace(b"event: response.created\n", b"")
    assert said(decoded(b": comment\n\n" + body + b"data: [DONE]\n\n")) == ["stop"]
    assert said(decoded(b"data: rubbish\n\nevent: response.completed\ndata: {}\n\n")) == ["stop"]


_KINDS = st.sampled_from(
    ["response.created", "response.output_item.added", "response.output_item.done", "response.output_text.delta",
     "response.content_part.done", "response.function_call_arguments.delta", "response.function_call_arguments.done",
     "response.reasoning_summary_text.delta", "response.reasoning_text.done", "response.refusal.delta",
     "response.output_text.annotation.added", "response.custom_tool_call_input.delta", "response.completed", "error"]
)  # fmt: skip
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_ITEMS = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "reasoning", "function_call", "custom_tool_call", "web_search_call"])},
    optional={
        "id": st.sampled_from(["a", "b"]), "call_id": st.sampled_from(["c", "d"]), "name": st.sampled_from(["f", "g"]),
        "arguments": st.sampled_from(["", "{", '{"a":1}']), "input": st.text(max_size=4), "summary": _JSON,
        "content": st.lists(st.fixed_dictionaries({"type": st.sampled_from(["output_text", "refusal", "x"]),
                                                   "text": st.text(max_size=3), "refusal": st.text(max_size=3)})),
        "encrypted_content": st.text(max_size=3),
    },
)  # fmt: skip
_EVENTS = st.fixed_dictionaries(
    {"type": _KINDS},
    optional={
        "output_index": st.integers(0, 2) | _JSON, "content_index": st.integers(0, 1), "item_id": st.sampled_from(["a", "b"]),
        "summary_index": st.integers(0, 1), "delta": st.sampled_from(["x", "{", '"']) | _JSON, "text": st.text(max_size=4),
        "arguments": st.text(max_size=4), "item": _ITEMS | _JSON, "part": _ITEMS | _JSON, "annotation": _JSON,
        "response": _JSON | st.fixed_dictionaries({"output": st.lists(_ITEMS, max_size=3), "status": st.just("completed")}),
    },
)  # fmt: skip


@given(st.lists(_EVENTS, max_size=12))
def test_whatever_a_provider_sends_the_laws_hold(events: list[dict[str, Any]]) -> None:
    told = decoded(stream(*events))
    assert isinstance(told[0], Started)
    starts = [one for one in told if isinstance(one, BlockStarted)]
    assert [one.index for one in starts] == list(range(len(starts)))
    broken = any(isinstance(event.get("delta"), str) or event.get("arguments") for event in events)
    if not broken:
        obeys_the_laws(told)


def test_a_streamed_custom_call_of_a_tool_that_nobody_offered_is_the_providers_own() -> None:
    item = {"type": "custom_tool_call", "id": "c", "call_id": "xs_1", "name": "x_keyword_search", "input": ""}
    whole = {**item, "input": "{}"}
    for tools, kind in (
        ([{"type": "x_search"}], "opaque"),
        ([{"type": "custom", "name": item["name"]}], "tool_call"),
    ):
        response = {"id": "r", "model": "m", "status": "completed", "output": [whole], "tools": tools}
        told: list[dict[str, Any]] = [
            {"type": "response.created", "response": {**response, "output": []}},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {
                "type": "response.custom_tool_call_input.delta",
                "output_index": 0,
                "item_id": "c",
                "delta": "{}",
            },
            {
                "type": "response.custom_tool_call_input.done",
                "output_index": 0,
                "item_id": "c",
                "input": "{}",
            },
            {"type": "response.output_item.done", "output_index": 0, "item": whole},
            {"type": "response.completed", "response": response},
        ]
        events = decoded(b"".join(sse.encode(json.dumps(one).encode()) for one in told))
        assert [event.kind for event in events if isinstance(event, BlockStarted)] == [kind]
        assert [event.reason for event in events if isinstance(event, Finished)] == [
            "stop" if kind == "opaque" else "tool_calls"
        ]


def test_arguments_that_nothing_makes_json_end_in_an_error() -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "}{"}
    for events in ([item(0, "added", **call), item(0, "done", **call)], []):
        assert isinstance(decoded(stream(CREATED, *events, completed(call)))[-1], Failed)


def test_an_item_that_changes_its_kind_stays_what_it_began_as() -> None:
    text: dict[str, Any] = {"type": "response.output_text.delta", "output_index": 0, "delta": "hi"}
    for began in ({"type": "message", "id": "msg_1"}, {"type": "telepathy"}):
        events = decoded(
            stream(CREATED, item(0, "added", **began), text, item(0, "done", type="nope"), completed())
        )
        obeys_the_laws(events)
        assert deltas(events, "text") == "hi"

"""Streams: a provider's as neutral events that keep their laws, and neutral ones as Gemini's callers get them."""

import json
from typing import Any

import msgspec
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
from aigw_dev.core.chat.vocabulary import ChatRequest, Logprob, Opaque, Reasoning, ReplyContext
from aigw_dev.core.dialects import gemini
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams.sse import MAX_EVENT_BYTES, Event
from tests.core.dialects.gemini.sdk import check_reply

G = "gemini-generate-content"


def chunk(*parts: Any, **more: Any) -> dict[str, Any]:
    said = {
        key: more.pop(key)
        for key in ("finishReason", "index", "groundingMetadata", "logprobsResult")
        if key in more
    }
    return {
        "candidates": [{"content": {"parts": list(parts), "role": "model"}, **said}],
        "responseId": "r",
        **more,
    }


def decoded(*chunks: Any) -> list[ChatEvent]:
    decoder = gemini.stream_decoder()
    events = [one for each in chunks for one in decoder.feed(Event(data=json.dumps(each).encode()))]
    events += decoder.close()
    check_laws(events)
    assert decoder.close() == []
    return events


def check_laws(events: list[ChatEvent]) -> None:
    """The laws in `core.chat.events`."""
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended | Failed)
    assert sum(isinstance(one, Started | Ended | Failed) for one in events) == 2
    open_blocks: dict[int, BlockStarted] = {}
    following: dict[int, int] = {}
    finished: set[int] = set()
    arguments: dict[tuple[int, int], str] = {}
    for one in events[1:-1]:
        match one:
            case BlockStarted():
                assert one.choice not in open_blocks
                assert one.choice not in finished
                assert one.index == following.get(one.choice, 0)
                following[one.choice] = one.index + 1
                open_blocks[one.choice] = one
            case Delta():
                block = open_blocks[one.choice]
                assert block.index == one.index
                fits = {
                    "text": {"text", "citations"},
                    "thinking": {"thinking", "signature"},
                    "tool_call": {"arguments"},
                }
                assert one.kind in fits[block.kind]
                if one.kind == "arguments":
                    arguments[one.choice, one.index] = arguments.get((one.choice, one.index), "") + one.text
            case BlockStopped():
                block = open_blocks.pop(one.choice)
                assert block.index == one.index
                if block.kind == "tool_call":
                    assert isinstance(json.loads(arguments[one.choice, one.index]), dict)
            case Finished():
                assert one.choice not in open_blocks
                assert one.choice not in finished
                finished.add(one.choice)
            case Counted():
                assert one is events[-2]
            case _:
                raise AssertionError(one)
    if isinstance(events[-1], Ended):
        assert finished >= set(following)
        assert finished


def spoken(events: list[ChatEvent], kind: str) -> str:
    return "".join(one.text for one in events if isinstance(one, Delta) and one.kind == kind)


def finish(events: list[ChatEvent]) -> Finished:
    (one,) = [one for one in events if isinstance(one, Finished)]
    return one


def test_text_thought_and_usage_counted_once() -> None:  # facts 35, 36; bug classes 12, 13
    events = decoded(
        chunk({"text": "hm", "thought": True}, usageMetadata={"trafficType": "ON_DEMAND"}, modelVersion="g"),
        chunk({"text": "a"}, usageMetadata={"promptTokenCount": 5, "totalTokenCount": 5}),
        chunk({"text": "b"}),
        chunk(
            {"text": "", "thoughtSignature": "U0lH"},
            finishReason="STOP",
            usageMetadata={
                "promptTokenCount": 5,
                "candidatesTokenCount": 2,
                "thoughtsTokenCount": 3,
                "totalTokenCount": 10,
            },
        ),
    )
    assert events[0] == Started(id="r", model="g")
    kinds = [one.kind for one in events if isinstance(one, BlockStarted)]
    assert kinds == ["thinking", "text", "thinking"]
    assert (spoken(events, "thinking"), spoken(events, "text"), spoken(events, "signature")) == (
        "hm",
        "ab",
        "U0lH",
    )
    (counted,) = [one for one in events if isinstance(one, Counted)]
    assert (counted.usage.input, counted.usage.output, counted.usage.reasoning) == (5, 5, 3)
    assert finish(events).reason == "stop"


def test_a_call_ends_in_tool_calls_although_the_end_comes_later() -> None:  # fact 36, bug class 10
    events = decoded(
        chunk({"text": "so"}),
        chunk(
            {"functionCall": {"name": "f", "args": {"x": 1}}, "thoughtSignature": "U0lH"},
            {"functionCall": {"name": "g"}},
        ),
        chunk({"text": ""}, finishReason="STOP"),
    )
    calls = [one for one in events if isinstance(one, BlockStarted) and one.kind == "tool_call"]
    assert [(one.name, one.signature, one.origin) for one in calls] == [("f", "U0lH", G), ("g", "", "")]
    assert len({one.id for one in calls}) == 2
    assert [one.text for one in events if isinstance(one, Delta) and one.kind == "arguments"] == [
        '{"x": 1}',
        "{}",
    ]
    assert finish(events).reason == "tool_calls"
    whole = gemini.read_chat_reply(
        json.dumps(chunk({"functionCall": {"name": "f"}}, finishReason="STOP")).encode()
    )
    assert calls[0].id in str(whole), "a whole reply and a stream give the same id"


def partial(
    name: str = "", pieces: list[Any] | None = None, *, more: bool = True, **rest: Any
) -> dict[str, Any]:
    call: dict[str, Any] = dict(rest)
    if name:
        call["name"] = name
    if pieces:
        call["partialArgs"] = pieces
    if more:
        call["willContinue"] = True
    return {"functionCall": call}


def test_arguments_in_pieces_come_out_whole() -> None:
    events = decoded(
        chunk(partial("f", args={"kept": 1})),
        chunk(partial(pieces=[{"jsonPath": "$.a.b[1].c", "stringValue": "x", "willContinue": True}])),
        chunk(partial(pieces=[{"jsonPath": "$.a.b[1].c", "stringValue": "y"}])),
        chunk(
            partial(
                pieces=[
                    {"jsonPath": "$['d e']", "numberValue": 2},
                    {"jsonPath": '$["f"]', "boolValue": False},
                ]
            )
        ),
        chunk(
            partial(
                pieces=[
                    {"jsonPath": "$.g", "nullValue": "NULL_VALUE"},
                    {"jsonPath": "$.h", "numberValue": 0.5},
                ]
            )
        ),
        chunk(partial(pieces=[{"jsonPath": "$.a.b[1].c[0]", "stringValue": "lost"}])),
        chunk(partial(more=False)),
        chunk(partial(more=False)),
        chunk(partial("k")),
        chunk(partial("l", pieces=[{"jsonPath": "$.x", "stringValue": "1"}], more=False)),
        chunk(partial("m", pieces=[{"jsonPath": "$.x", "stringValue": "1"}])),
        chunk({"text": "after"}, finishReason="STOP"),
    )
    arguments = [json.loads(one.text) for one in events if isinstance(one, Delta) and one.kind == "arguments"]
    assert arguments == [
        {"kept": 1, "a": {"b": [None, {"c": ["lost"]}]}, "d e": 2, "f": False, "g": None, "h": 0.5},
        {},
        {"x": "1"},
        {"x": "1"},
    ]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "$",
        "$[0]",
        "$.a[99999999]",
        "$.a[99999999].b",
        "$.a[",
        "$.a['",
        "$" + ".a" * 100,
        "$..",
        "$.a b[x]",
    ],
)
def test_a_path_that_cannot_be_followed_changes_nothing_else(path: str) -> None:
    events = decoded(
        chunk(partial("f")),
        chunk(partial(pieces=[{"jsonPath": path, "stringValue": "x"}])),
        chunk(finishReason="STOP"),
    )
    assert isinstance(json.loads(spoken(events, "arguments")), dict)
    assert len(spoken(events, "arguments")) < 1000


def test_signatures_alone_close_what_they_follow() -> None:
    events = decoded(
        chunk({"text": "hm", "thought": True, "thoughtSignature": "A"}),
        chunk({"text": "hm", "thought": True}),
        chunk({"text": "a", "thoughtSignature": "B"}),
        chunk({"text": "b"}),
        chunk({"thoughtSignature": "C"}),
        chunk({"thoughtSignature": "D"}),
        chunk(finishReason="STOP"),
    )
    assert spoken(events, "signature") == "ABCD"
    kinds = [one.kind for one in events if isinstance(one, BlockStarted)]
    assert kinds == ["thinking", "thinking", "text", "thinking", "text", "thinking", "thinking"]


def test_citations_reach_the_text_they_belong_to() -> None:
    grounded = {"webSearchQueries": ["q"]}
    events = decoded(
        chunk({"text": "a"}),
        chunk({"text": "", "thoughtSignature": "A"}, groundingMetadata=grounded, finishReason="STOP"),
    )
    assert json.loads(spoken(events, "citations")) == [{"groundingMetadata": grounded}]
    events = decoded(chunk(groundingMetadata=grounded, finishReason="STOP"))
    assert json.loads(bytes(finish(events).details)) == [{"groundingMetadata": grounded}]


def test_media_and_code_are_told_as_they_are() -> None:
    events = decoded(
        chunk({"text": "a"}),
        chunk({"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, {"executableCode": {"code": "1"}}),
        chunk({"fileData": {"fileUri": "https://x.test/a.png"}}, finishReason="STOP"),
    )
    opaque = [one.opaque for one in events if isinstance(one, BlockStarted) and one.opaque is not None]
    assert [(one.dialect, one.type) for one in opaque] == [
        (G, "inlineData"),
        (G, "executableCode"),
        (G, "fileData"),
    ]


def test_choices_stand_apart() -> None:
    events = decoded(
        {"candidates": [{"index": 1, "content": {"parts": [{"text": "b"}]}}, {"index": 0, "content": {"parts": [{"text": "a"}]}}]},
        {"candidates": [{"finishReason": "STOP"}, {"finishReason": "MAX_TOKENS"}]},
    )  # fmt: skip
    assert [(one.choice, one.reason) for one in events if isinstance(one, Finished)] == [
        (0, "stop"),
        (1, "length"),
    ]


def test_likelihoods_ride_on_their_text() -> None:
    result = {"chosenCandidates": [{"token": "a", "logProbability": -1}]}
    events = decoded(chunk({"text": "a"}, logprobsResult=result, finishReason="STOP"))
    (delta,) = [one for one in events if isinstance(one, Delta)]
    assert delta.logprobs == (Logprob(token="a", logprob=-1.0, bytes=(97,)),)


def test_a_blocked_prompt_ends_filtered() -> None:
    events = decoded({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 1}})
    assert (finish(events).reason, finish(events).raw) == ("content_filter", "SAFETY")
    events = decoded(chunk({"text": "a"}), {"promptFeedback": {"blockReason": "OTHER"}})
    assert finish(events).raw == "OTHER"


def test_a_stream_without_its_end_failed() -> None:
    for chunks in (
        [],
        [chunk({"text": "a"})],
        [chunk({"text": "a"}, finishReason="FINISH_REASON_UNSPECIFIED")],
        [chunk(partial("f"))],
    ):
        failed = decoded(*chunks)[-1]
        assert isinstance(failed, Failed)
        assert (failed.code, failed.status) == ("upstream_reset", 502)


def test_an_error_inside_ends_it() -> None:  # bug class 16
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    for shape in (error, [error]):
        events = decoded(chunk({"text": "a"}), shape, chunk({"text": "b"}, finishReason="STOP"))
        assert events[-1] == Failed(message="overloaded", code="UNAVAILABLE", status=503)
        assert spoken(events, "text") == "a"


def test_what_is_no_chunk_says_nothing() -> None:
    decoder = gemini.stream_decoder()
    for data in (b"", b"[DONE]", b"ping", b"[1]", b"{", b'"x"', b"{}"):
        assert decoder.feed(Event(data=data)) == []
    assert decoder.feed(Event(data=b"{}", is_comment=True)) == []


# the caller's side


def context(*, thoughts: bool = False) -> ReplyContext:
    reasoning = Reasoning(summary="auto") if thoughts else None
    asked = ChatRequest(dialect=G, model="asked", messages=(), reasoning=reasoning)
    return ReplyContext(request=asked, id_seed="0123456789abcdef01234567", created=1)


def encoded(
    events: list[ChatEvent], *, thoughts: bool = False, is_array: bool = False
) -> tuple[list[dict[str, Any]], Ledger]:
    ledger = Ledger()
    encoder = gemini.stream_encoder(context(thoughts=thoughts), ledger, is_array=is_array)
    whole = b"".join(encoder.encode(one) for one in events)
    if is_array:
        items: list[dict[str, Any]] = json.loads(whole)
    else:
        items = [json.loads(one.data) for one in gemini.framer().feed(whole) if not one.is_comment]
    for one in items:
        if "error" not in one:
            check_reply(json.dumps(one).encode())
    return items, ledger


CALLED: list[ChatEvent] = [
    Started(id="msg_1", model="claude"),
    Ping(),
    BlockStarted(index=0, kind="thinking", origin="anthropic-messages"),
    Delta(index=0, kind="thinking", text="hm"),
    Delta(index=0, kind="signature", text="Eq"),
    Delta(index=0, kind="signature", text="Q"),
    BlockStopped(index=0),
    BlockStarted(index=1, kind="redacted", signature="EqR", origin="anthropic-messages"),
    BlockStopped(index=1),
    BlockStarted(index=2, kind="text"),
    Delta(index=2, kind="text", text="a\u2028", logprobs=(Logprob(token="a", logprob=-1.0),)),
    Delta(index=2, kind="text", text=""),
    Delta(index=2, kind="citations", text='[{"url":"u"}]'),
    Delta(index=2, kind="citations", text="[{}]"),
    BlockStopped(index=2),
    BlockStarted(index=3, kind="tool_call", id="toolu_1", name="f"),
    Delta(index=3, kind="arguments", text='{"x":'),
    Delta(index=3, kind="arguments", text="1.10}"),
    BlockStopped(index=3),
    BlockStarted(index=4, kind="tool_call", id="toolu_2", name="g", signature="U0lH", origin=G),
    Delta(index=4, kind="arguments", text="{}"),
    BlockStopped(index=4),
    BlockStarted(index=5, kind="opaque", opaque=Opaque(dialect="anthropic-messages", type="x", raw=msgspec.Raw(b"{}"))),
    BlockStopped(index=5),
    BlockStarted(index=6, kind="opaque", opaque=Opaque(dialect=G, type="executableCode", raw=msgspec.Raw(b'{"executableCode":{"code":"1"}}'))),
    BlockStopped(index=6),
    BlockStarted(index=7, kind="refusal"),
    Delta(index=7, kind="refusal", text="no"),
    BlockStopped(index=7),
    Finished(reason="tool_calls"),
    Counted(usage=Usage(input=5, output=2)),
    Ended(),
]  # fmt: skip


@pytest.mark.parametrize("is_array", [False, True])
def test_a_callers_stream(is_array: bool) -> None:
    items, ledger = encoded(CALLED, thoughts=True, is_array=is_array)
    assert all(one["responseId"] == "msg_1" and one["modelVersion"] == "claude" for one in items)
    parts = [part for one in items for part in one["candidates"][0]["content"]["parts"]]
    assert [next(iter(part)) for part in parts] == [
        "text", "text", "text", "text", "text", "functionCall", "functionCall", "executableCode", "text", "text",
    ]  # fmt: skip
    assert parts[0] == {"text": "hm", "thought": True}
    assert (parts[1]["thought"], parts[1]["text"]) == (True, "")
    assert "thought" not in parts[2]
    assert parts[5] == {"functionCall": {"id": "toolu_1", "name": "f", "args": {"x": 1.1}}}
    assert parts[6]["thoughtSignature"] == "U0lH"
    assert items[3]["candidates"][0]["logprobsResult"]["chosenCandidates"][0]["token"] == "a"
    assert items[4]["candidates"][0]["citationMetadata"] == {"citations": [{"uri": "u"}]}
    last = items[-1]
    assert last["candidates"] == [
        {"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": "STOP", "index": 0}
    ]
    assert last["usageMetadata"]["totalTokenCount"] == 7
    assert sum("usageMetadata" in one for one in items) == 1
    assert {(one.fate, one.field) for one in ledger.entries} == {
        ("dropped", "citations"),
        ("dropped", "content"),
    }


def test_thoughts_that_were_not_asked_for_leave_only_their_signature() -> None:
    items, ledger = encoded(CALLED)
    thought = items[0]["candidates"][0]["content"]["parts"][0]
    assert (thought["text"], thought["thought"]) == ("", True)
    assert ("dropped", "reasoning") in {(one.fate, one.field) for one in ledger.entries}


def test_an_array_is_one_from_its_first_byte_to_its_last() -> None:
    encoder = gemini.stream_encoder(context(), Ledger(), is_array=True)
    pieces = [encoder.encode(one) for one in CALLED]
    assert b"".join(pieces).startswith(b"[{")
    assert b"".join(pieces).endswith(b"}]")
    assert (
        gemini.stream_encoder(context(), Ledger(), is_array=True)
        .encode(Failed(message="m"))
        .startswith(b'[{"error":')
    )


@pytest.mark.parametrize("is_array", [False, True])
def test_a_failure_is_told_in_band_and_never_as_an_end(is_array: bool) -> None:
    items, _ = encoded(
        [*CALLED[:4], Failed(message="broke", code="overloaded_error", status=529)],
        thoughts=True,
        is_array=is_array,
    )
    assert items[-1]["error"]["message"] == "broke"
    assert items[-1]["error"]["code"] == 529
    assert next(iter(items[-1])) == "error", "the SDK looks at how the chunk begins"
    assert "finishReason" not in json.dumps(items)


def test_what_was_encoded_decodes_to_the_same() -> None:
    items, _ = encoded(CALLED, thoughts=True)
    events = decoded(*items)
    assert spoken(events, "text") == "a\u2028no"
    assert spoken(events, "thinking") == "hm"
    assert spoken(events, "arguments") == '{"x": 1.1}{}'
    assert finish(events).reason == "tool_calls"


# the array's framer


@given(
    st.lists(st.dictionaries(st.text(max_size=4), st.text(alphabet='a"\\{}[],é\u2028', max_size=8) | st.lists(st.integers(), max_size=2), max_size=3), max_size=4),
    st.integers(1, 7),
    st.sampled_from([None, 1]),
    st.booleans(),
)  # fmt: skip
def test_an_array_is_cut_the_same_wherever_it_breaks(
    items: Any, step: int, indent: int | None, is_ascii: bool
) -> None:
    whole = json.dumps(items, indent=indent, ensure_ascii=is_ascii).encode()
    framer = gemini.ArrayFramer()
    events = [one for start in range(0, len(whole), step) for one in framer.feed(whole[start : start + step])]
    assert [json.loads(one.data) for one in events] == items
    assert framer.close() == []


def test_a_bare_object_is_one_event_and_a_broken_one_is_seen() -> None:
    framer = gemini.ArrayFramer()
    assert [one.data for one in framer.feed(b' {"error":{}} {"x":1}')] == [b'{"error":{}}']
    framer = gemini.ArrayFramer()
    assert framer.feed(b'[{"a":1},{"b":"') != []
    assert [one.data for one in framer.close()] == [b'{"b":"']
    assert gemini.ArrayFramer().feed(b"<html>{}</html>") != []
    assert [one.data for one in gemini.ArrayFramer().feed(b'[{"a":1}]{"b":1}')] == [b'{"a":1}']


def test_an_item_without_end_is_refused() -> None:
    framer = gemini.ArrayFramer()
    framer.feed(b'[{"a":"')
    megabyte = b"x" * (1 << 20)
    for _ in range((MAX_EVENT_BYTES >> 20) - 1):
        framer.feed(megabyte)
    with pytest.raises(UpstreamError, match="larger than 16 MiB"):
        framer.feed(megabyte)


# anything at all


_KEYS = st.sampled_from(
    ["candidates", "content", "parts", "text", "thought", "thoughtSignature", "functionCall", "name", "args", "partialArgs",
     "jsonPath", "stringValue", "willContinue", "finishReason", "index", "usageMetadata", "promptTokenCount", "error",
     "promptFeedback", "blockReason", "logprobsResult", "chosenCandidates", "groundingMetadata", "inlineData", "id"]
)  # fmt: skip
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(["STOP", "$.a[1]", "$.a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
_SAID: list[Any] = [
    {"text": "a"},
    {"text": "b", "thought": True},
    {"thoughtSignature": "U0lH"},
    {"functionCall": {"name": "f", "willContinue": True}},
    {"functionCall": {"partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}]}},
    {"functionCall": {}},
]
_PART: st.SearchStrategy[Any] = st.dictionaries(_KEYS, _JSON, max_size=3) | st.sampled_from(_SAID)
_CONTENT = st.fixed_dictionaries({"parts": st.lists(_PART, max_size=3)})
_ENDING: st.SearchStrategy[Any] = st.sampled_from(["STOP", "SAFETY"]) | _JSON
_OPTIONAL: dict[str, Any] = {"finishReason": _ENDING, "index": st.integers(0, 2), "groundingMetadata": _JSON}
_CANDIDATE: st.SearchStrategy[Any] = st.fixed_dictionaries({"content": _CONTENT}, optional=_OPTIONAL)
_CHUNK: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"candidates": st.lists(_CANDIDATE, max_size=2)},
    optional={"usageMetadata": _JSON, "promptFeedback": _JSON},
)


@given(st.lists(_JSON | _CHUNK, max_size=4), st.booleans())
def test_any_stream_keeps_the_laws_and_can_be_written(chunks: list[Any], thoughts: bool) -> None:
    events = decoded(*chunks)
    reader = gemini.stream_reader()
    for one in chunks:
        reader.feed(Event(data=json.dumps(one).encode()))
    reader.assembled()
    reader.output_text()
    encoder = gemini.stream_encoder(context(thoughts=thoughts), Ledger(), is_array=True)
    assert isinstance(json.loads(b"".join(encoder.encode(one) for one in events)), list)

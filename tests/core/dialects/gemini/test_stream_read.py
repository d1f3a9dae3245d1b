"""A provider's stream as neutral events that keep their laws."""

import json

from aigw_dev.core.chat.events import (
    BlockStarted,
    Counted,
    Delta,
    Failed,
    Finished,
    Started,
)
from aigw_dev.core.chat.vocabulary import Logprob
from aigw_dev.core.dialects import gemini
from aigw_dev.core.streams.sse import Event
from tests.core.dialects.gemini.stream_events import G, chunk, decoded, finish, partial, spoken


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


def test_an_index_that_counts_nothing_is_the_first() -> None:
    for index in (-1, 2**70):
        events = decoded(
            chunk({"text": "a"}, index=index), chunk({"text": "b"}, index=0, finishReason="STOP")
        )
        assert {getattr(event, "choice", 0) for event in events} == {0}

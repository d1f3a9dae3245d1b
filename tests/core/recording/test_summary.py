from typing import Any

import pytest

from aigw_dev.core.recording.events import sse_bytes
from aigw_dev.core.recording.fixture import (
    Attempt,
    Blob,
    EventRow,
    Fixture,
    Frame,
    Interaction,
    Request,
    Response,
    Synth,
    Wild,
)
from aigw_dev.core.recording.keys import key_of
from aigw_dev.core.recording.summary import check_fixture, summary_of, summary_of_interaction
from tests.core.recording.made_fixtures import RECORDINGS, Recording

CHAT = "openai.chat.completions"


def body(**message: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]}


def interaction(
    response: Response | None, *, op: str = CHAT, request: Any = None, **fields: Any
) -> Interaction:
    sent = Request(op=op, body={"model": "m"} if request is None else request)
    return Interaction(request=sent, attempts=[Attempt(upstream="a/m", response=response)], **fields)


def messages_of(fixture: Fixture) -> list[str]:
    return [f"{one.where}: {one.message}" for one in check_fixture(fixture)]


def found(one: Interaction) -> list[str]:
    return messages_of(Fixture(interactions=[one]))


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("chat", {"text": "Paris.", "finish": "stop"}),
        ("chat_stream", {"tool_calls": ["f({})"], "finish": "tool_calls"}),
        ("responses_stream", {"tool_calls": ["f({})"], "finish": "tool_calls"}),
        ("messages", {"tool_calls": ["f({})"], "finish": "tool_calls"}),
        ("messages_stream", {"tool_calls": ["f({})"], "finish": "tool_calls"}),
        ("gemini", {"text": "Hi", "finish": "stop"}),
        ("gemini_stream", {"text": "Hi", "finish": "stop"}),
    ],
)
def test_a_summary_says_what_the_reply_said_in_any_dialect(name: str, summary: dict[str, Any]) -> None:
    fixture: Fixture = getattr(Recording(1), name)()
    assert summary_of_interaction(fixture.interactions[0]) == summary


def test_bytes_of_a_stream_say_the_same_as_its_events() -> None:
    reply = Recording(1).chat_stream().interactions[1].attempts[0].response
    assert reply is not None
    assert reply.events is not None
    raw = Response(
        headers={"content-type": "text/event-stream"}, raw=[(0, sse_bytes(row)) for row in reply.events]
    )
    assert summary_of(raw, op=CHAT) == summary_of(reply, op=CHAT) == {"text": "4", "finish": "stop"}


@pytest.mark.parametrize(
    ("reply", "summary"),
    [
        ({"data": [{"embedding": [0.5, 1]}, {"embedding": [1, 2]}]}, {"vectors": 2, "dims": 2}),
        ({"data": [{"embedding": "AACAPwAAAEA="}]}, {"vectors": 1, "dims": 2}),
        ({"data": [{"embedding": Blob(sha256="a", form="json", count=1536)}]}, {"vectors": 1, "dims": 1536}),
        ({"data": [{"embedding": Blob(sha256="a", form="base64", bytes=32)}]}, {"vectors": 1, "dims": 8}),
        ({"embeddings": [{"values": [1, 2, 3]}, 4]}, {"vectors": 1, "dims": 3}),
        ({"embedding": {"values": [1]}}, {"vectors": 1, "dims": 1}),
        ({"data": [{"embedding": None}, {"embedding": Blob(sha256="a")}]}, None),
        ({"text": "Hello."}, {"text": "Hello."}),
        ({"text": 1}, None),
        ([], None),
        (body(content="a", refusal="no"), {"text": "a", "refusal": "no", "finish": "stop"}),
    ],
)
def test_vectors_transcriptions_and_refusals_are_told(reply: Any, summary: Any) -> None:
    assert summary_of(Response(body=reply), op="openai.embeddings") == summary


def test_hand_written_answers_texts_and_failures() -> None:
    synth = Synth(text="hi", tool_calls=[["f", {"a": 1}], ["g", "{"], "odd"], finish="stop")
    assert summary_of(Response(synth=synth), op=CHAT) == {
        "text": "hi",
        "tool_calls": ['f({"a": 1})', "g({)"],
        "finish": "stop",
    }
    assert summary_of(Response(text="WEBVTT"), op=CHAT) == {"text": "WEBVTT"}
    assert summary_of(Response(text=""), op=CHAT) is None
    assert summary_of(Response(synth=Synth()), op=CHAT) is None
    assert summary_of(Response(status=429, body=body(content="x")), op=CHAT) is None
    assert summary_of(Response(body=body(content="x")), op="unknown") is None
    assert summary_of(Response(events=[]), op="unknown") is None
    assert summary_of(Response(body=body(content="x")), op="unknown", dialect="openai-chat") == {
        "text": "x",
        "finish": "stop",
    }


def test_the_last_attempt_in_its_own_dialect_counts() -> None:
    one = interaction(Response(status=429))
    assert summary_of_interaction(one) is None
    said = {"type": "message", "content": [{"type": "text", "text": "pong"}], "stop_reason": "end_turn"}
    sent = Request(op="anthropic.messages", body={})
    one.attempts.append(Attempt(upstream="b/m", request=sent, response=Response(body=said)))
    assert summary_of_interaction(one) == {"text": "pong", "finish": "stop"}
    one.attempts.append(Attempt(upstream="c/m", error="connect_failed"))
    assert summary_of_interaction(one) is None
    promoted = interaction(Response(body=said, dialect="anthropic-messages"))
    assert summary_of_interaction(promoted) == {"text": "pong", "finish": "stop"}


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_agree_with_themselves(name: str) -> None:
    fixture: Fixture = getattr(Recording(1), name)()
    for one in fixture.interactions:
        one.key = key_of(one.request)
        one.summary = summary_of_interaction(one)
    assert [one for one in check_fixture(fixture) if not one.where.endswith(".attempts")] == []


def test_an_interaction_that_answers_nothing_is_found() -> None:
    assert found(Interaction(request=Request(op=CHAT), attempts=[])) == [
        "$.interactions[0].attempts: no attempt stands here, so nothing can be answered"
    ]


def test_of_a_long_text_the_summary_has_the_beginning_and_one_with_all_of_it_still_agrees() -> None:
    long = "a" * 2001
    one = interaction(Response(body=body(content=long)))
    one.summary = summary_of_interaction(one)
    assert one.summary == {"text": "a" * 1999 + "…", "finish": "stop"}
    assert summary_of_interaction(one, is_whole=True) == {"text": long, "finish": "stop"}
    for written in (long, "a" * 1999 + "…"):
        one.summary = {"text": written}
        assert found(one) == []
    one.summary = {"text": "b" + long[1:]}
    assert "the summary says" in found(one)[0]


def test_a_summary_that_the_reply_does_not_say_is_found() -> None:
    wrong = {"text": "London.", "finish": "stop", "ttft_ms": 9, "vectors": 3}
    assert found(interaction(Response(body=body(content="Paris.")), summary=wrong)) == [
        '$.interactions[0].summary.text: the summary says "London.", the reply "Paris."',
        "$.interactions[0].summary.vectors: the summary says 3, the reply nothing",
    ]
    assert found(interaction(None, summary={"text": "x"})) == []
    long = found(interaction(Response(body=body(content="y")), summary={"text": "x" * 500}))
    assert len(long[0]) < 200


def test_a_key_of_another_request_is_found_wildcards_have_none() -> None:
    one = interaction(None, key="k1:0")
    assert found(one) == [
        f"$.interactions[0].key: the key is k1:0, that of this request is {key_of(one.request)}"
    ]
    assert found(interaction(None, key="k1:0", request={"a": Wild()})) == []
    ignored = interaction(None, request={"a": 1, "b": 2})
    ignored.key = key_of(ignored.request, ignore=["$.b"])
    assert messages_of(Fixture(interactions=[ignored], ignore=("$.b",))) == []
    assert messages_of(Fixture(interactions=[ignored])) != []


def test_times_that_do_not_match_the_events_are_found() -> None:
    done = [EventRow(data={}), EventRow(text="[DONE]")]
    where = "$.interactions[0].attempts[0].response.dt_ms"
    assert found(interaction(Response(events=done, dt_ms=[1, 2]))) == []
    assert found(interaction(Response(events=done))) == []
    assert found(interaction(Response(events=done, dt_ms=[1]))) == [
        f"{where}: there are 1 times for 2 events"
    ]
    assert found(interaction(Response(body={}, dt_ms=[1, 2]))) == [
        f"{where}: there are 2 times for 1 replies"
    ]


def test_a_stream_that_never_ended_must_not_say_so() -> None:
    assert found(interaction(Response(events=[EventRow(data={})]))) == [
        "$.interactions[0].attempts[0].response.end: the stream says `eof`, but its events never say that it is over"
    ]
    assert found(interaction(Response(events=[EventRow(data={})], end="cut"))) == []


@pytest.mark.parametrize(
    "result",
    [
        {"messages": [{"role": "tool", "tool_call_id": "call_x"}]},
        {"messages": [{"content": [{"type": "tool_result", "tool_use_id": "call_x"}]}]},
        {"input": [{"type": "function_call_output", "call_id": "call_x"}]},
    ],
)
def test_a_result_without_its_call_is_found_and_one_with_it_is_not(result: dict[str, Any]) -> None:
    dangling = found(interaction(None, request=result))
    assert len(dangling) == 1
    assert "belongs to the call call_x" in dangling[0]
    calls: list[Response] = [
        Response(body={"id": "call_x"}),
        Response(events=[EventRow(data={"item": {"call_id": "call_x"}}), EventRow(text="[DONE]")]),
        Response(ws=[Frame(side="s", data={"id": "call_x"})]),
        Response(headers={"content-type": "text/event-stream"}, raw=[(0, b'data: {"id": "call_x"}\n\n')]),
    ]
    for call in calls:
        fixture = Fixture(interactions=[interaction(call), interaction(None, request=result)])
        assert messages_of(fixture) == []
    history = {**result, "before": {"id": "call_x"}}
    assert found(interaction(None, request=history)) == []

"""aimock's fixture files."""

from typing import Any, Final

import pytest

from aigw_dev.core.recording.fixture import Fixture, FixtureError, Request, Synth
from aigw_dev.core.recording.importing.aimock import import_aimock
from aigw_dev.core.recording.importing.imported import Imported
from aigw_dev.core.recording.matching import Miss, Pool, Taken
from tests.core.recording.importing.recorded import Shelf, attempt_of, only

WEATHER = {"userMessage": "weather in NYC?"}


def imported(*rules: dict[str, Any]) -> Imported:
    return import_aimock({"fixtures": list(rules)}, name="t", store=Shelf().store)


def synth(response: dict[str, Any], **more: Any) -> Synth:
    _, found = attempt_of(only(imported({"match": WEATHER, "response": response} | more)))
    assert found.synth is not None
    return found.synth


def answers(match: dict[str, Any], messages: list[dict[str, Any]], **more: Any) -> bool:
    """Whether a rule answers a chat with these messages."""
    [fixture] = imported({"match": match, "response": {"content": "yes"}}).fixtures
    body = {"model": "gpt-4o", "messages": messages} | more
    return isinstance(Pool([("a", fixture)]).take(Request(op="openai.chat.completions", body=body)), Taken)


USER = {"role": "user", "content": "What's the weather in NYC? Be brief."}
SYSTEM = {"role": "system", "content": "Atlas: persona. You help. Activities: none"}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": '{"sun": true}'}


def test_a_rule_answers_what_holds_its_text_whatever_else_is_asked() -> None:
    assert answers(WEATHER, [USER])
    assert answers(WEATHER, [USER], temperature=0, stream=True, tools=[{"type": "function"}], max_tokens=5)
    assert not answers(WEATHER, [USER | {"content": "weather in LA?"}])
    assert answers({"userMessage": "a.b"}, [USER | {"content": "a\na.b\nc"}])
    assert not answers({"userMessage": "a.b"}, [USER | {"content": "aXb"}])
    assert answers({}, [USER])


def test_a_rule_with_a_system_message_wants_one() -> None:
    assert answers(WEATHER | {"systemMessage": "You help"}, [SYSTEM, USER])
    assert answers(WEATHER | {"systemMessage": ["Atlas", "Activities"]}, [SYSTEM, USER])
    assert not answers(WEATHER | {"systemMessage": "You harm"}, [SYSTEM, USER])
    assert not answers(WEATHER | {"systemMessage": "You help"}, [USER])


def test_a_rule_for_a_tools_result_wants_it_behind_the_question() -> None:
    assert answers(WEATHER | {"hasToolResult": True}, [USER, CALL, RESULT])
    assert answers(WEATHER | {"toolCallId": "c1"}, [USER, CALL, RESULT])
    assert answers(WEATHER | {"toolCallId": "c1", "turnIndex": 1}, [USER, CALL, RESULT])
    assert answers({"toolResultContains": "sun"}, [USER, CALL, RESULT])
    assert not answers({"toolResultContains": "rain"}, [USER, CALL, RESULT])
    assert not answers(WEATHER | {"hasToolResult": False}, [USER, CALL, RESULT])


def test_a_turns_index_says_how_many_messages_stand_before() -> None:
    earlier = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    assert answers(WEATHER | {"turnIndex": 1}, [*earlier, USER])
    assert not answers(WEATHER | {"turnIndex": 1}, [USER])
    for nonsense in (True, "1", -1, 10**9):
        assert answers(WEATHER | {"turnIndex": nonsense}, [USER])


def test_a_recording_with_a_system_hash_has_a_system_message() -> None:
    found = imported({"match": WEATHER, "response": {"content": "yes"}, "metadata": {"systemHash": "ab"}})
    assert [one["role"] for one in only(found).request.body["messages"]] == ["system", "user"]


def test_a_model_is_that_model_and_none_is_any() -> None:
    interaction = only(imported({"match": WEATHER | {"model": "gpt-4o"}, "response": {"content": "x"}}))
    assert (interaction.request.body["model"], interaction.attempts[0].upstream) == (
        "gpt-4o",
        "openai/gpt-4o",
    )
    interaction = only(imported({"match": WEATHER, "response": {"content": "x"}}))
    assert interaction.attempts[0].upstream == "openai"


def test_rules_of_a_sequence_answer_once_in_order_and_others_again_and_again() -> None:
    found = imported(
        {"match": WEATHER | {"sequenceIndex": 0}, "response": {"content": "first"}},
        {"match": WEATHER | {"sequenceIndex": 1}, "response": {"content": "second"}},
    )
    request = Request(op="openai.chat.completions", body={"model": "m", "messages": [USER]})
    pool = Pool([("a", found.fixtures[0])])
    taken = [pool.take(request) for _ in range(3)]
    assert [one.number for one in taken if isinstance(one, Taken)] == [0, 1]
    assert isinstance(taken[2], Miss)
    [fixture] = imported({"match": WEATHER, "response": {"content": "always"}}).fixtures
    pool = Pool([("a", fixture)])
    assert all(isinstance(pool.take(request), Taken) for _ in range(3))


@pytest.mark.parametrize(
    ("response", "wanted"),
    [
        ({"content": "hi", "reasoning": "hm"}, Synth(text="hi", reasoning="hm")),
        ({"content": {"a": ["é"]}}, Synth(text='{"a":["é"]}')),
        ({"content": ""}, Synth()),
        ({"content": None, "toolCalls": [{"name": "f", "arguments": "{}"}]}, Synth(tool_calls=[["f", "{}"]])),
        ({"toolCalls": [{"name": "f", "arguments": {"a": 1}, "id": "c9"}]}, Synth(tool_calls=[["f", {"a": 1}]])),
        ({"toolCalls": [{"name": "f"}], "finishReason": "length"}, Synth(tool_calls=[["f", {}]], finish="length")),
        (
            {"blocks": [{"type": "toolCall", "name": "f", "arguments": "{}"}, {"type": "text", "text": "so"}]},
            Synth(text="so", tool_calls=[["f", "{}"]]),
        ),
        (
            {"content": "a", "toolCalls": [{"name": "g"}], "blocks": [{"type": "text", "text": "b"}, {"type": "toolCall"}]},
            Synth(text="a", tool_calls=[["g", {}]]),
        ),
        ({"content": "x", "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "cost": 0.1}},
         Synth(text="x", usage={"input_tokens": 3, "output_tokens": 4})),
        ({"content": "x", "usage": {"promptTokenCount": True}}, Synth(text="x")),
    ],
)  # fmt: skip
def test_answers_become_synth(response: dict[str, Any], wanted: Synth) -> None:
    assert synth(response) == wanted


def test_its_pace_is_kept() -> None:
    assert synth({"content": "x"}, streamingProfile={"ttft": 200, "tps": 40}) == Synth(
        text="x", ttft_ms=200, tps=40.0
    )
    assert synth({"content": "x"}, recordedTimings={"ttftMs": 312.4, "interChunkDelaysMs": [1]}) == Synth(
        text="x", ttft_ms=312
    )
    assert synth({"content": "x"}, latency=50) == Synth(text="x", ttft_ms=50, tps=20.0)


def test_errors_are_whole_replies() -> None:
    error = {"message": "slow down", "type": "rate_limit_error"}
    _, response = attempt_of(only(imported({"match": {}, "response": {"error": error, "status": 429}})))
    assert response.status == 429
    assert response.body == {
        "error": {"message": "slow down", "type": "rate_limit_error", "param": None, "code": None}
    }
    assert response.headers == {"content-type": "application/json", "retry-after": "1"}
    _, response = attempt_of(only(imported({"match": {}, "response": {"error": error}})))
    assert (response.status, response.headers) == (500, {"content-type": "application/json"})


def test_embeddings_answer_embedding_requests() -> None:
    found = imported({"match": {"inputText": "hello", "model": "e"}, "response": {"embedding": [0.1, 0.2]}})
    interaction = only(found)
    assert attempt_of(interaction)[1].body["data"] == [
        {"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}
    ]
    request = Request(
        op="openai.embeddings", body={"model": "e", "input": "oh hello", "encoding_format": "float"}
    )
    assert isinstance(Pool([("a", found.fixtures[0])]).take(request), Taken)


def test_what_cannot_be_said_is_left_out_or_noted() -> None:
    found = imported(
        {"match": {}, "response": {"image": {"url": "x"}}},
        {"match": {"endpoint": "video"}, "response": {"content": "x"}},
        {"match": {"inputText": "a"}, "response": {"content": "x"}},
        {"match": {}, "response": {"instructions": "x"}},
        {"match": {}, "response": {}},
        {
            "match": WEATHER | {"toolName": "f", "context": "c"},
            "response": {"content": "x"},
            "truncateAfterChunks": 2,
        },
    )
    assert found.skipped == [
        "fixtures[0]: an answer with `image`: only chat and embeddings are imported",
        "fixtures[1]: a rule for video: only chat and embeddings are imported",
        "fixtures[2]: a rule for embeddings whose answer is none",
        "fixtures[3]: an answer with instructions: only chat and embeddings are imported",
        "fixtures[4]: an answer with nothing: only chat and embeddings are imported",
    ]
    assert {
        "`match.context` is not looked at",
        "`match.toolName` is not looked at",
        "`truncateAfterChunks` is no part of a recording: arm a fault in the test",
    } <= set(found.notes)


NO_RECORDINGS: Final[list[tuple[Any, str]]] = [
    ([], ""),
    ({}, "fixtures"),
    ({"fixtures": ["x"]}, "fixtures[0]"),
    ({"fixtures": [{}]}, "fixtures[0].match"),
    ({"fixtures": [{"match": {}}]}, "fixtures[0].response"),
    (
        {"fixtures": [{"match": {"userMessage": 1}, "response": {"content": ""}}]},
        "fixtures[0].match.userMessage",
    ),
    ({"fixtures": [{"match": {"model": {}}, "response": {"content": ""}}]}, "fixtures[0].match.model"),
    (
        {"fixtures": [{"match": {}, "response": {"toolCalls": [{}]}}]},
        "fixtures[0].response.toolCalls[0].name",
    ),
    ({"fixtures": [{"match": {}, "response": {"blocks": [1]}}]}, "fixtures[0].response.blocks[0]"),
    (
        {"fixtures": [{"match": {}, "response": {"error": {}, "status": 1}}]},
        "fixtures[0].response.status",
    ),
    ({"fixtures": [{"match": {}, "response": {"embedding": "x"}}]}, "fixtures[0].response.embedding"),
]


@pytest.mark.parametrize(("document", "where"), NO_RECORDINGS)
def test_what_is_no_such_file_ends_in_an_error_with_its_place(document: Any, where: str) -> None:
    with pytest.raises(FixtureError) as raised:
        import_aimock(document, name="t", store=Shelf().store)
    assert raised.value.where == where


def test_what_is_imported_is_one_fixture() -> None:
    found = imported(
        {"match": WEATHER, "response": {"content": "x"}}, {"match": {}, "response": {"content": "y"}}
    )
    assert [type(one) for one in found.fixtures] == [Fixture]
    assert [len(one.interactions) for one in found.fixtures] == [2]

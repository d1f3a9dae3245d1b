"""What a listener hears in the messages of a realtime socket."""

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.realtime import RealtimeObserver
from aigw_dev.core.usage_parts import read_fine


def heard(*events: Any, client: tuple[Any, ...] = ()) -> RealtimeObserver:
    observer = RealtimeObserver()
    for event in client:
        observer.client(json.dumps(event).encode())
    for event in events:
        observer.server(json.dumps(event).encode())
    return observer


def done(given: int, made: int, **details: dict[str, int]) -> dict[str, Any]:
    usage = {"total_tokens": given + made, "input_tokens": given, "output_tokens": made, **details}
    return {"type": "response.done", "response": {"usage": usage}}


def test_a_socket_without_usage_has_none() -> None:
    assert heard().usage is None
    assert heard({"type": "response.done", "response": {"usage": None}}).usage is None


def test_answers_are_summed_with_their_parts() -> None:
    observer = heard(
        done(10, 4, input_token_details={"audio_tokens": 6, "cached_tokens": 3}),
        done(20, 5, output_token_details={"audio_tokens": 2, "reasoning_tokens": 1}),
    )
    usage = observer.usage
    assert usage is not None
    assert (usage.input, usage.output, usage.cached_input, usage.reasoning) == (30, 9, 3, 1)
    assert observer.answers == 2
    _, fine = read_fine(usage.raw)
    assert sum(fine) == 6 + 2  # prices find the audio in it


def test_the_responses_apis_own_names_count_too() -> None:
    usage = {"input_tokens": 7, "output_tokens": 3, "input_tokens_details": {"cached_tokens": 2}}
    for kind in ("response.completed", "response.incomplete", "response.failed"):
        observer = heard({"type": kind, "response": {"model": "gpt-5", "usage": usage}})
        assert observer.usage is not None
        assert (observer.usage.input, observer.usage.cached_input, observer.model) == (7, 2, "gpt-5")


def test_the_model_is_the_sessions() -> None:
    assert heard({"type": "session.created", "session": {"model": "gpt-realtime"}}).model == "gpt-realtime"
    assert heard({"type": "session.created", "session": {}}).model == ""


def test_geminis_usage_leaves_thoughts_out_of_its_whole() -> None:
    turn = {
        "usageMetadata": {
            "promptTokenCount": 100, "responseTokenCount": 20, "thoughtsTokenCount": 5, "toolUsePromptTokenCount": 7,
            "cachedContentTokenCount": 50, "totalTokenCount": 132,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 90}, {"modality": "AUDIO", "tokenCount": 10}],
            "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 20}],
        }
    }  # fmt: skip
    observer = heard(
        turn, turn, client=({"setup": {"model": "models/gemini-live"}}, {"setup": {"model": "late"}})
    )
    usage = observer.usage
    assert usage is not None
    assert (usage.input, usage.output, usage.cached_input, usage.reasoning) == (214, 50, 100, 10)
    assert (observer.model, observer.answers) == ("models/gemini-live", 2)
    assert sum(read_fine(usage.raw)[1]) == 2 * (10 + 20)


def test_snake_case_and_empty_metadata_are_read() -> None:
    assert heard({"usage_metadata": {"prompt_token_count": 3}}).usage is not None
    assert heard({"usageMetadata": {}}).usage is None
    assert heard({"usageMetadata": {"promptTokenCount": 0}}).usage is None


def test_a_transcription_counts_only_alone() -> None:
    other = {
        "type": "conversation.item.input_audio_transcription.completed",
        "usage": {"type": "tokens", "input_tokens": 8, "output_tokens": 2},
    }
    alone, beside = heard(other).usage, heard(other, done(1, 1)).usage
    assert alone is not None
    assert beside is not None
    assert (alone.input, beside.input) == (8, 1)
    raw = msgspec.json.decode(beside.raw)
    assert raw["transcription"] == {"input_tokens": 8, "output_tokens": 2}
    assert heard(other | {"usage": {"type": "duration", "seconds": 3}}).usage is None


def test_errors_are_heard() -> None:
    observer = heard(
        {"type": "error", "error": {"type": "invalid_request_error", "code": None, "message": "no"}}
    )
    assert (observer.error_code, observer.error_text) == ("invalid_request_error", "no")
    assert heard({"error": {"code": 429, "message": "slow"}}).error_code == "error"
    failed = {
        "type": "response.done",
        "response": {"status_details": {"error": {"code": "quota", "message": "x"}}},
    }
    assert heard(failed).error_code == "quota"
    below = {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "y"}}}
    assert heard(below).error_text == "y"


def test_only_a_small_first_message_sets_up() -> None:
    observer = RealtimeObserver()
    observer.client(b'{"setup":{"model":"m"}}' + b" " * 1_100_000)
    assert observer.model == ""
    observer.client(b'{"hello":1}')
    observer.client(b'{"setup":{"model":"m"}}')
    assert observer.model == ""


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "response", "usage", "usageMetadata", "error", "session", "input_tokens",
                         "input_token_details", "promptTokensDetails", "status_details", "model", "setup"]),
        inner | st.sampled_from(["response.done", "session.created", "error"]), max_size=5),
    max_leaves=12))  # fmt: skip
def test_nothing_that_is_sent_makes_it_fall(value: Any) -> None:
    observer = RealtimeObserver()
    raw = json.dumps(value).encode() + b' "usageMetadata" "setup"'[: len(str(value)) % 2 * 99]
    observer.client(raw)
    observer.server(raw)
    assert observer.usage is None or observer.usage.input >= observer.usage.cached_input


@given(st.binary())
def test_bytes_of_any_kind_are_borne(raw: bytes) -> None:
    observer = RealtimeObserver()
    observer.client(b'"setup"' + raw)
    observer.server(b'"error"' + raw)

"""Hand-written answers."""

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import ChatReply, Refusal, Text, Thinking, ToolCall
from aigw_dev.core.chat.whole import reply_of
from aigw_dev.core.dialects import codec
from aigw_dev.core.recording.events import events_of, is_terminated, json_bytes
from aigw_dev.core.recording.fixture import FixtureError, Response, Synth
from aigw_dev.core.recording.synth import build

DIALECTS = ("openai-chat", "openai-responses", "anthropic-messages", "gemini-generate-content")


def _built(synth: Synth, dialect: str, *, is_stream: bool) -> Response:
    return build(synth, dialect=dialect, model="m-1", is_stream=is_stream, created=1_700_000_000)


def _read(response: Response, dialect: str) -> ChatReply:
    """The reply as the dialect's own reader takes it."""
    provider = codec.provider_codec(dialect)
    if response.events is None:
        found = provider.read_chat_reply(json_bytes(response.body))
    else:
        decoder = provider.stream_decoder()
        events = [one for event in events_of(response.events) for one in decoder.feed(event)]
        found = reply_of([*events, *decoder.close()], dialect)
    assert isinstance(found, ChatReply)
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60),
    arguments=st.dictionaries(
        st.text("abc", min_size=1, max_size=3), st.integers(0, 9) | st.text("xyz", max_size=3), max_size=3
    ),
    chunks=st.none() | st.integers(1, 9),
    is_stream=st.booleans(),
)
def test_what_is_written_is_what_the_dialects_reader_reads(
    dialect: str,
    text: str,
    arguments: dict[str, object],
    chunks: int | None,
    is_stream: bool,
) -> None:
    synth = Synth(text=text, tool_calls=[["f", arguments], ("g", None)], chunks=chunks)
    response = _built(synth, dialect, is_stream=is_stream)
    reply = _read(response, dialect)
    parts = reply.choices[0].parts
    calls = [part for part in parts if isinstance(part, ToolCall)]
    assert "".join(part.text for part in parts if isinstance(part, Text)) == text
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [("f", arguments), ("g", {})]
    assert reply.choices[0].stop == "tool_calls"
    assert reply.model == "m-1"
    assert response == _built(synth, dialect, is_stream=is_stream)
    assert (response.events is not None) == is_stream
    assert is_terminated(response.events or [], dialect) == is_stream


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("is_stream", [True, False])
def test_reasoning_refusal_and_reasons_are_said(dialect: str, is_stream: bool) -> None:
    thought = _read(_built(Synth(text="yes", reasoning="let me see"), dialect, is_stream=is_stream), dialect)
    assert [part.text for part in thought.choices[0].parts if isinstance(part, Thinking)] == ["let me see"]
    cut = _read(_built(Synth(text="yes", finish="length"), dialect, is_stream=is_stream), dialect)
    assert cut.choices[0].stop == "length"
    declined = _read(_built(Synth(text="no", finish="refusal"), dialect, is_stream=is_stream), dialect)
    assert declined.choices[0].stop == {"gemini-generate-content": "content_filter"}.get(dialect, "refusal")
    assert any(isinstance(part, Refusal | Text) and part.text == "no" for part in declined.choices[0].parts)


_BAD: Final = Synth(tool_calls=[["get_weather", '{"city": "Os']], finish="length")


@pytest.mark.parametrize("is_stream", [True, False])
def test_bad_json_passes_unchanged_in_responses(is_stream: bool) -> None:
    response = _built(_BAD, "openai-responses", is_stream=is_stream)
    final = (response.events or [])[-1].data["response"] if is_stream else response.body
    assert final["output"][0]["arguments"] == '{"city": "Os'
    assert final["status"] == "incomplete"


def test_bad_json_passes_unchanged_in_a_whole_chat_completion() -> None:
    choice = _built(_BAD, "openai-chat", is_stream=False).body["choices"][0]
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"city": "Os'
    assert choice["finish_reason"] == "length"


def test_bad_json_passes_unchanged_in_a_streamed_chat_completion() -> None:
    rows = _built(_BAD, "openai-chat", is_stream=True).events or []
    deltas = [row.data["choices"][0] for row in rows if row.text != "[DONE]" and row.data["choices"]]
    calls = [one["delta"]["tool_calls"][0]["function"] for one in deltas if "tool_calls" in one["delta"]]
    assert "".join(call["arguments"] for call in calls) == '{"city": "Os'
    assert deltas[-1]["finish_reason"] == "length"


def test_usage_is_as_said_or_estimated() -> None:
    said = _built(
        Synth(text="a b c", usage={"input_tokens": 7, "output_tokens": 9}), "openai-chat", is_stream=False
    )
    assert said.body["usage"]["prompt_tokens"] == 7
    assert said.body["usage"]["completion_tokens"] == 9
    guessed = build(
        Synth(text="a b c"),
        dialect="anthropic-messages",
        model="m",
        is_stream=False,
        created=1,
        input_tokens=12,
    )
    assert guessed.body["usage"]["input_tokens"] == 12
    assert guessed.body["usage"]["output_tokens"] > 0


def test_a_chat_stream_says_usage_only_where_it_is_wanted() -> None:
    quiet = build(
        Synth(text="a"), dialect="openai-chat", model="m", is_stream=True, created=1, wants_usage=False
    )
    assert quiet.events is not None
    assert not any("usage" in row.data for row in quiet.events if row.text != "[DONE]")


def test_the_pace_is_one_wait_for_every_event() -> None:
    paced = _built(Synth(text="abcdef", chunks=3, ttft_ms=200, tps=10), "openai-chat", is_stream=True)
    assert paced.events is not None
    assert len(paced.dt_ms) == len(paced.events)
    assert paced.dt_ms[:5] == [200, 0, 100, 100, 0]
    assert _built(Synth(text="a"), "openai-chat", is_stream=True).dt_ms == []
    assert _built(
        Synth(text="abcdef", chunks=3, ttft_ms=200, tps=10), "openai-chat", is_stream=False
    ).dt_ms == [400]
    thirds = _built(Synth(text="abcdefg", chunks=7, tps=3), "openai-chat", is_stream=True)
    assert sum(thirds.dt_ms) == 2000


@pytest.mark.parametrize(
    ("synth", "dialect", "where", "word"),
    [
        (Synth(text="x", finish="lenght"), "openai-chat", "synth.finish", "length"),
        (Synth(text="x", finish="q"), "openai-chat", "synth.finish", "no reason"),
        (Synth(tool_calls=["f"]), "openai-chat", "synth.tool_calls[0]", "[name, arguments]"),
        (Synth(tool_calls=[["f", {}], [1, {}]]), "openai-chat", "synth.tool_calls[1]", "[name, arguments]"),
        (Synth(text="x"), "bedrock-converse", "synth", "bedrock-converse"),
    ],
)
def test_what_cannot_be_built_says_where(synth: Synth, dialect: str, where: str, word: str) -> None:
    with pytest.raises(FixtureError) as caught:
        _built(synth, dialect, is_stream=True)
    assert caught.value.where == where
    assert word in caught.value.message

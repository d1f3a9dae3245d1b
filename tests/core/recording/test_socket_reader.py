"""What a provider said on a socket, put together from its messages."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from aigw_dev.core.exchange import ToolCall
from aigw_dev.core.recording.fixture import Frame, Response
from aigw_dev.core.recording.socket_reader import SocketReader
from aigw_dev.core.recording.summary import summary_of


def heard(*messages: Any) -> SocketReader:
    reader = SocketReader()
    for one in messages:
        reader.hear(one)
    return reader


def test_texts_and_transcripts_of_every_answer_stand_below_each_other() -> None:
    said = heard(
        {"type": "response.output_text.delta", "delta": "Hel"},
        {"type": "response.text.delta", "delta": "lo"},
        {"type": "response.done"},
        {"type": "response.output_audio.delta", "delta": "QUJD"},
        {"type": "response.output_audio_transcript.delta", "delta": "spoken"},
        {"type": "response.completed"},
        {"type": "response.audio_transcript.delta", "delta": "not done"},
    ).assembled()
    assert said.text == "Hello\nspoken\nnot done"


def test_tool_calls_are_whole_items() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"a":1}'}
    said = heard(
        {"type": "response.output_item.done", "item": call},
        {"type": "response.output_item.done", "item": {"type": "message"}},
    ).assembled()
    assert said.tool_calls == [ToolCall(id="c1", name="look", arguments='{"a":1}')]


def test_gemini_live_is_read_too() -> None:
    parts: list[dict[str, Any]] = [{"text": "think", "thought": True}, {"text": "Hi"}, {"inlineData": {}}]
    said = heard(
        {"serverContent": {"modelTurn": {"parts": parts}}},
        {"serverContent": {"outputTranscription": {"text": " there"}}},
        {"serverContent": {"turnComplete": True}},
        {"toolCall": {"functionCalls": [{"id": "f1", "name": "look", "args": {"a": 1}}]}},
    ).assembled()
    assert said.text == "Hi there"
    assert said.tool_calls == [ToolCall(id="f1", name="look", arguments='{"a": 1}')]


@pytest.mark.parametrize(
    "message",
    [None, 5, "x", [], {"type": 5}, {"type": "response.text.delta", "delta": 5}, {"serverContent": 5},
     {"serverContent": {"modelTurn": {"parts": [5]}}}, {"toolCall": {"functionCalls": [5]}},
     {"type": "response.output_item.done", "item": "x"}],
)  # fmt: skip
def test_nothing_that_is_said_otherwise_breaks_it(message: Any) -> None:
    assert heard(message).assembled().text == ""


def test_a_recorded_socket_has_a_summary_of_what_the_provider_said() -> None:
    delta = {"type": "response.text.delta", "delta": "Hi"}
    frames = [Frame(side="c", data=delta), Frame(side="s", data=delta), Frame(side="s", text="x")]
    assert summary_of(Response(status=101, ws=frames), op="openai.realtime") == {"text": "Hi"}
    assert summary_of(Response(status=101, ws=[]), op="openai.realtime") is None


@pytest.mark.vectors
def test_real_conversations_say_something(vectors: Path) -> None:
    texts: dict[str, str] = {}
    for path in sorted((vectors / "pydantic-ai/realtime/cassettes").rglob("*.yaml")):
        recorded: Any = yaml.safe_load(path.read_text("utf-8"))
        messages = [one["data"] for one in recorded["interactions"] if one.get("direction") == "received"]
        said = heard(*messages).assembled()
        if messages:
            texts[str(path)] = said.text + "".join(call.name for call in said.tool_calls)
    assert texts
    assert sum(map(bool, texts.values())) * 10 >= len(texts) * 7

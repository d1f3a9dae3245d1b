"""Where each dialect keeps what faults change."""

from typing import Any

import msgspec
import pytest

from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, DIALECTS, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.slots import call_of, slots
from tests.core.recording.faults.playing import CALL, TEXT, payloads, stream, whole


def _whole(dialect: str, *, is_call: bool) -> dict[str, Any]:
    return msgspec.json.decode(whole(dialect, CALL if is_call else TEXT))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_whole_reply_has_its_text_end_usage_and_tool(dialect: str) -> None:
    said = _whole(dialect, is_call=False)
    assert TEXT.text in [slot.value for slot in slots(said, dialect, "text", "whole_text")]
    assert len(slots(said, dialect, "finish")) == 1
    assert len(slots(said, dialect, "usage")) == 1
    called = _whole(dialect, is_call=True)
    assert [slot.value for slot in slots(called, dialect, "tool")] == ["get_weather"]
    assert len(slots(called, dialect, "whole_arguments")) == 1


@pytest.mark.parametrize("dialect", [CHAT, RESPONSES, ANTHROPIC])
def test_pieces_of_arguments_join(dialect: str) -> None:
    rows = payloads(stream(dialect, CALL))
    pieces = [slot.value for row in rows for slot in slots(row, dialect, "arguments")]
    assert "".join(pieces) == '{"city":"Oslo","unit":"celsius"}'


def test_a_slot_can_be_filled_and_emptied() -> None:
    document: dict[str, Any] = {"choices": [{"finish_reason": "stop"}, 7, {"finish_reason": None}]}
    first, second = slots(document, CHAT, "finish")
    first.put("length")
    second.drop()
    assert document == {"choices": [{"finish_reason": "length"}, 7, {}]}


def test_a_path_of_one_event_counts_in_no_other() -> None:
    assert slots({"type": "response.output_text.delta", "delta": "a"}, RESPONSES, "text")
    assert not slots({"type": "response.refusal.delta", "delta": "a"}, RESPONSES, "text")


def test_documents_of_other_shapes_have_no_slots() -> None:
    odd: list[dict[str, Any]] = [{"choices": {}}, {"choices": [[]]}, {"choices": None}, {}]
    for document in odd:
        assert slots(document, CHAT, "text", "finish") == []


def test_calls_are_told_apart() -> None:
    def of(document: dict[str, Any], dialect: str) -> list[str]:
        return [call_of(document, slot) for slot in slots(document, dialect, "arguments")]

    calls = [{"index": number, "function": {"arguments": ""}} for number in (0, 1)]
    assert len(set(of({"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}, CHAT))) == 2
    delta = {"type": "response.function_call_arguments.delta", "output_index": 3, "delta": ""}
    assert of(delta, RESPONSES) == ["3"]
    assert of({"type": "content_block_delta", "index": 2, "delta": {"partial_json": ""}}, ANTHROPIC) == ["2"]
    assert of({"contentBlockIndex": 1, "delta": {"toolUse": {"input": ""}}}, BEDROCK) == ["1"]
    bare = {
        "choices": [
            {"delta": {"tool_calls": [{"function": {"arguments": ""}}, {"function": {"arguments": ""}}]}}
        ]
    }
    assert len(set(of(bare, CHAT))) == 2
    assert slots(_whole(GEMINI, is_call=True), GEMINI, "arguments") == []

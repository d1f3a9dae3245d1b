"""A chunk adds its text, its reasoning and its tool calls to what is shown."""

import json

import pytest

from aigw_dev.core.reply_pieces import Piece, ToolPiece, pieces_of


def added(*choices: object) -> Piece:
    return pieces_of(json.dumps({"choices": choices}).encode())


def delta(**fields: object) -> dict[str, object]:
    return {"index": 0, "delta": fields}


def test_text_and_reasoning_come_apart() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "x"},
    ]
    assert added(delta(content="a", reasoning_content="b")) == Piece(text="a", reasoning="b")
    assert added(delta(reasoning="c")) == Piece(reasoning="c")
    assert added(delta(content=parts)) == Piece(text="x", reasoning="hm")
    assert added(delta(refusal="no")) == Piece(text="no")


def test_other_choices_and_what_is_no_chunk_add_nothing() -> None:
    assert added({"index": 1, "delta": {"content": "other"}}, {"index": 0}) == Piece()
    assert [pieces_of(data) for data in (b"[DONE]", b"{", b"[]", b'{"choices":null}')] == [Piece()] * 4


@pytest.mark.parametrize(
    ("call", "piece"),
    [
        (
            {"id": "c", "function": {"name": "f", "arguments": "{"}},
            ToolPiece(id="c", name="f", arguments="{"),
        ),
        ({"index": 2, "function": {"arguments": "}"}}, ToolPiece(index=2, arguments="}")),
        ({"custom": {"name": "f", "input": "x"}}, ToolPiece(name="f", arguments="x")),
        ({"index": 0}, ToolPiece()),
    ],
)
def test_a_tool_call_goes_on_by_index(call: dict[str, object], piece: ToolPiece) -> None:
    assert added(delta(tool_calls=[call])).tools == (piece,)

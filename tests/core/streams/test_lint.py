"""The linter names what a protocol forbids and is silent about what the vendors themselves send."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.streams.lint import MAX_FOUND, lint
from tests.vectors_openai import streams


def chat(*chunks: object) -> list[bytes]:
    return [
        b"data: " + (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n\n" for one in chunks
    ]


def named(*events: Mapping[str, object]) -> list[bytes]:
    return [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events]


def piece(delta: dict[str, object], finish: str | None = None, **more: object) -> dict[str, object]:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


FIRST, END = piece({"role": "assistant", "content": "a"}), piece({}, "stop")
START: dict[str, object] = {"type": "message_start", "message": {}}
BLOCK: dict[str, object] = {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}}
WORD: dict[str, object] = {
    "type": "content_block_delta",
    "index": 0,
    "delta": {"type": "text_delta", "text": "a"},
}
CLOSE: dict[str, object] = {"type": "content_block_stop", "index": 0}
DELTA: dict[str, object] = {"type": "message_delta", "delta": {}}
STOP: dict[str, object] = {"type": "message_stop"}


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        (chat(FIRST, END), "without [DONE]"),
        (chat(FIRST, b"[DONE]"), "no choice has a finish_reason"),
        (chat(FIRST, END, b"[DONE]", END), "follows [DONE]"),
        (chat(piece({"content": "a"}), END, b"[DONE]"), "names no role"),
        (chat(FIRST, END, piece({"content": "b"}), b"[DONE]"), "goes on after its finish_reason"),
        (chat(FIRST, END, piece({}, "length"), b"[DONE]"), "finishes twice"),
        (chat(FIRST, b"{oops", END, b"[DONE]"), "no JSON object"),
        (chat(FIRST, {"id": "c"}, END, b"[DONE]"), "no `choices`"),
        (chat(FIRST, {**END, "id": "other"}, b"[DONE]"), "different ids"),
        (chat(FIRST, piece({"tool_calls": [{"id": "x"}]}), END, b"[DONE]"), "no `index`"),
    ],
)
def test_a_chat_stream_that_breaks_a_rule(chunks: list[bytes], words: str) -> None:
    assert any(words in text for text in lint("openai-chat", chunks)), lint("openai-chat", chunks)


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        (named(START, BLOCK, WORD, CLOSE, DELTA), "without message_stop"),
        (named(START, START, BLOCK, WORD, CLOSE, DELTA, STOP), "message_start comes twice"),
        (named(BLOCK, WORD, CLOSE, DELTA, STOP), "before message_start"),
        (named(START, BLOCK, {**BLOCK, "index": 1}, DELTA, STOP), "while block 0 is open"),
        (named(START, {**BLOCK, "index": 3}, DELTA, STOP), "where block 0 was due"),
        (named(START, WORD, DELTA, STOP), "not open"),
        (
            named(START, BLOCK, {**WORD, "delta": {"type": "thinking_delta"}}, CLOSE, DELTA, STOP),
            "stands in a text",
        ),
        (named(START, BLOCK, WORD, DELTA, STOP), "while block 0 is open"),
        (named(START, STOP), "without message_delta"),
        (named(START, DELTA, STOP, DELTA), "follows message_stop"),
        ([b"data: " + json.dumps(START).encode() + b"\n\n"], "no `event:` line"),
        ([b"event: ping\ndata: " + json.dumps(START).encode() + b"\n\n"], "the `event:` line says ping"),
    ],
)
def test_an_anthropic_stream_that_breaks_a_rule(chunks: list[bytes], words: str) -> None:
    assert any(words in text for text in lint("anthropic-messages", chunks)), lint(
        "anthropic-messages", chunks
    )


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([("response.created", 0), ("response.completed", 2)], "sequence_number 2 follows 0"),
        ([("response.in_progress", 0), ("response.completed", 1)], "before response.created"),
        ([("response.created", 0)], "without response.completed"),
        (
            [("response.created", 0), ("response.completed", 1), ("response.in_progress", 2)],
            "follows the end",
        ),
    ],
)
def test_a_responses_stream_that_breaks_a_rule(events: list[tuple[str, int]], words: str) -> None:
    chunks = named(*({"type": kind, "sequence_number": number} for kind, number in events))
    assert any(words in text for text in lint("openai-responses", chunks))


def test_items_of_a_response_are_added_before_they_are_done() -> None:
    def item(kind: str, number: int) -> dict[str, object]:
        return {"type": kind, "sequence_number": number, "output_index": 0}

    whole = [item("response.output_item.added", 1), item("response.output_text.delta", 2), item("response.output_item.done", 3)]  # fmt: skip
    begin: dict[str, object] = {"type": "response.created", "sequence_number": 0}
    end: dict[str, object] = {"type": "response.completed", "sequence_number": 4}
    assert lint("openai-responses", named(begin, *whole, end)) == ()
    found = lint("openai-responses", named(begin, *whole[1:], end))
    assert {text.split(",")[0] for text in found} >= {"a delta belongs to output item 0"}
    assert any("never added" in text for text in found)
    assert any("is open" in text for text in lint("openai-responses", named(begin, *whole[:2], end)))


def test_openais_error_before_its_failed_response_is_no_violation() -> None:
    created: dict[str, object] = {"type": "response.created", "sequence_number": 0}
    error: dict[str, object] = {"type": "error", "sequence_number": 1}
    failed: dict[str, object] = {"type": "response.failed", "sequence_number": 2}
    assert lint("openai-responses", named(created, error, failed)) == ()
    assert lint("openai-responses", named(created, failed, failed | {"sequence_number": 3})) != ()


def test_a_gemini_stream_ends_with_a_reason_and_usage() -> None:
    good = {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"totalTokenCount": 1}}
    assert lint("gemini-generate-content", chat(good)) == ()
    assert len(lint("gemini-generate-content", chat({"candidates": [{"index": 0}]}))) == 2
    assert lint("gemini-generate-content", chat({"error": {"code": 500}})) == ()
    assert (
        lint(
            "gemini-generate-content",
            chat({"promptFeedback": {"blockReason": "X"}, "usageMetadata": {"a": 1}}),
        )
        == ()
    )


def test_well_formed_streams_and_errors_in_band_are_no_violation() -> None:
    assert lint("openai-chat", chat(FIRST, END, {"choices": [], "usage": {}}, b"[DONE]")) == ()
    assert lint("openai-chat", [b": OPENROUTER PROCESSING\n\n", *chat(FIRST, END, b"[DONE]")]) == ()
    assert lint("openai-chat", chat(FIRST, {"error": {"message": "x"}})) == ()
    assert lint("anthropic-messages", named(START, {"type": "ping"}, BLOCK, WORD, CLOSE, DELTA, STOP)) == ()
    assert lint("anthropic-messages", named(START, {"type": "error", "error": {}})) == ()
    assert lint("unknown", [b"data: x\n\n"]) == ()


def test_recorded_streams_break_only_what_their_vendors_break(vectors: Path) -> None:
    unusual: dict[str, set[str]] = {}
    for one in streams(vectors):
        if one.path == "/chat/completions":
            for text in lint("openai-chat", [one.body]):
                unusual.setdefault(one.provider, set()).add(text)
    assert unusual.get("api.openai.com", set()) <= {"no choice has a finish_reason"}, unusual  # cut cassettes
    assert any("without [DONE]" in text for text in unusual.get("perplexity", set())), unusual


@given(st.sampled_from(sorted(DIALECTS)), st.lists(st.binary(max_size=60), max_size=5), st.lists(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "choices", "delta", "index", "tool_calls", "candidates", "usage", "content_block"]), inner, max_size=4)), max_size=4))  # fmt: skip
def test_no_stream_makes_it_raise_and_it_stays_short(
    dialect: str, junk: list[bytes], values: list[object]
) -> None:
    found = lint(dialect, [*junk, *chat(*values)])
    assert len(found) <= MAX_FOUND
    assert lint(dialect, [b"".join([*junk, *chat(*values)])]) == found

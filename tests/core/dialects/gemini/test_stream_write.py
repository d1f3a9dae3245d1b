"""Neutral events as a Gemini caller's stream, in both its forms."""

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
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams.sse import Event
from tests.core.dialects.gemini.sdk import check_reply
from tests.core.dialects.gemini.stream_events import G, decoded, finish, spoken


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


@pytest.mark.parametrize("is_array", [False, True])
def test_a_ping_leaves_no_trace_because_googles_sdk_parses_comments(is_array: bool) -> None:
    encoder = gemini.stream_encoder(context(), Ledger(), is_array=is_array)
    assert encoder.encode(Ping()) == b""

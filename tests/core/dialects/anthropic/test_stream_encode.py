"""What callers get as a stream: read by an oracle of our own and by the official SDK's types."""

import json
import warnings
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from anthropic._models import construct_type_unchecked
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent
from pydantic import TypeAdapter

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
from aigw_dev.core.chat.tool_names import wire_name
from aigw_dev.core.chat.vocabulary import ChatRequest, Logprob, Message, Opaque, ReplyContext, Text, Tool
from aigw_dev.core.dialects.anthropic import framer, stream_decoder, stream_encoder
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from tests.vectors_anthropic import streams

LONG = "a.tool/" + "x" * 80
EVENT: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
CONTEXT = ReplyContext(
    request=ChatRequest(
        dialect="anthropic-messages",
        model="asked",
        messages=(Message(role="user", parts=(Text(text="hi"),)),),
        tools=(Tool(name=LONG), Tool(name="now")),
    ),
    id_seed="0123456789abcdef01234567",
    created=1,
    input_estimate=17,
)
COUNTS = {"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"}
COUNTED = Counted(usage=Usage(input=10, output=4, cached_input=6, cache_write=1, reasoning=2))


def wires(body: bytes) -> list[dict[str, Any]]:
    cutter = framer()
    events = [event for event in [*cutter.feed(body), *cutter.close()] if event.data.startswith(b"{")]
    loaded = [cast("dict[str, Any]", json.loads(event.data)) for event in events]
    assert [event.event for event in events] == [wire["type"] for wire in loaded] or any(
        not event.event for event in events
    )
    return loaded


def assembled(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What a client makes of a stream: blocks by index, deltas added, usage replaced."""
    message: dict[str, Any] = {}
    inputs: dict[int, str] = {}
    for wire in found:
        kind = wire["type"]
        if kind == "message_start" and not message:
            message = {**wire["message"], "content": list(wire["message"]["content"])}
        elif kind == "content_block_start":
            assert wire["index"] == len(message["content"])
            message["content"].append(dict(wire["content_block"]))
        elif kind == "content_block_delta":
            add(message["content"][wire["index"]], wire["delta"], inputs, wire["index"])
        elif kind == "message_delta":
            message |= {key: value for key, value in wire["delta"].items() if key != "container"}
            message["usage"] = message["usage"] | {k: v for k, v in wire["usage"].items() if v is not None}
    for index, text in inputs.items():
        if text:
            message["content"][index]["input"] = json.loads(text)
    for block in message["content"]:
        if not block.get("citations"):
            block.pop("citations", None)
        if block["type"] == "thinking":
            block.setdefault("signature", "")
        block.pop("caller", None) if block["type"] == "tool_use" else None
    message.setdefault("stop_sequence", None)
    kept = ("id", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage")
    return {key: message[key] for key in kept if message.get(key) is not None}


def add(block: dict[str, Any], delta: dict[str, Any], inputs: dict[int, str], index: int) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "input_json_delta":
            inputs[index] = inputs.get(index, "") + delta["partial_json"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        case _:
            block |= {key: value for key, value in delta.items() if key != "type"}


def by_the_sdk(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What the official SDK's own accumulator makes of a stream."""
    snapshot: Any = None
    buffers: dict[int, bytes] = {}
    for wire in found:
        if wire["type"] not in {"ping", "error"} and not (wire["type"] == "message_start" and snapshot):
            event: Any = construct_type_unchecked(type_=cast("Any", RawMessageStreamEvent), value=wire)
            snapshot = accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # blocks that the SDK's types do not know
        dumped = cast("dict[str, Any]", snapshot.to_dict(mode="json"))
    for block in dumped["content"]:
        if not block.get("citations"):
            block.pop("citations", None)
        block.pop("caller", None) if block["type"] == "tool_use" else None
    kept = {key: value for key, value in dumped.items() if value is not None and key != "container"}
    return kept | {"usage": {key: value for key, value in kept["usage"].items() if key in COUNTS}}


def encoded(
    events: list[ChatEvent], target: str = "openai-chat", *, is_recorded: bool = False
) -> tuple[list[dict[str, Any]], Ledger]:
    ledger = Ledger("anthropic-messages", target)
    ledger.side = "reply"
    encoder = stream_encoder(CONTEXT, ledger)
    found = wires(b"".join(encoder.encode(event) for event in events))
    for wire in found:
        if not is_recorded and wire["type"] not in {"ping", "error"}:
            EVENT.validate_python(wire)
    return found, ledger


def reply(*blocks: ChatEvent, end: str = "stop", counted: bool = True) -> list[ChatEvent]:
    finished = Finished(reason=cast("Any", end))
    return [
        Started(id="chatcmpl-1", model="gpt"),
        *blocks,
        finished,
        *([COUNTED] if counted else []),
        Ended(),
    ]


def one(kind: str, *deltas: tuple[str, str], **fields: Any) -> list[ChatEvent]:
    index = fields.pop("index", 0)
    pieces = [Delta(index=index, kind=cast("Any", name), text=text) for name, text in deltas]
    started = BlockStarted(index=index, kind=cast("Any", kind), **fields)
    return [started, *pieces, BlockStopped(index=index)]


def test_every_recording_comes_out_as_it_went_in(vectors: Path) -> None:
    compared = 0
    for recording in streams(vectors):
        if any(word in recording.id for word in ("spliced", "incomplete_partial_json")):
            continue  # an error; a call that is cut off
        decoder = stream_decoder()
        cutter = framer()
        events = [each for event in cutter.feed(recording.body) for each in decoder.feed(event)]
        events += [each for event in cutter.close() for each in decoder.feed(event)] + decoder.close()
        found, ledger = encoded(events, "anthropic-messages", is_recorded=True)
        if "compaction" not in recording.id:  # the SDK leaves its deltas out
            assert by_the_sdk(found) == by_the_sdk(wires(recording.body)), recording.id
        assert assembled(found) == assembled(wires(recording.body)), recording.id
        assert ledger.entries == [], recording.id
        compared += 1
    assert compared > 80


def test_the_order_of_a_stream() -> None:
    found, ledger = encoded(reply(*one("text", ("text", "a"), ("text", "b"))))
    assert [wire["type"] for wire in found] == [
        "message_start", "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip
    assert found[0]["message"]["id"] == "msg_0123456789abcdef01234567"
    assert found[0]["message"]["model"] == "gpt"
    assert found[0]["message"]["usage"]["input_tokens"] == 17
    assert found[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert ledger.entries == []


def test_the_final_usage_leaves_cached_tokens_out_and_stands_once() -> None:
    found, _ = encoded(reply(*one("text", ("text", "a"))))
    assert found[-2]["usage"] == {
        "input_tokens": 3, "cache_creation_input_tokens": 1, "cache_read_input_tokens": 6, "output_tokens": 4,
        "output_tokens_details": {"thinking_tokens": 2},
    }  # fmt: skip
    assert sum(wire["type"] == "message_delta" for wire in found) == 1


def test_usage_that_never_came_is_estimated_and_said() -> None:
    found, ledger = encoded(reply(*one("text", ("text", "three little words")), counted=False))
    assert found[-2]["usage"]["input_tokens"] == 17
    assert found[-2]["usage"]["output_tokens"] > 0
    assert [(entry.fate, entry.field, entry.side) for entry in ledger.entries] == [
        ("invented", "usage", "reply")
    ]


def test_a_thought_of_another_provider_is_marked_as_its() -> None:
    found, _ = encoded(reply(*one("thinking", ("thinking", "hm"), origin="openai-responses", signature="")))
    assert [wire["delta"] for wire in found if wire["type"] == "content_block_delta"] == [
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "aigw1:openai-responses:"},
    ]
    signed = one("thinking", ("thinking", "hm"), ("signature", "s1"), origin="openai-responses")
    found, _ = encoded(reply(*signed))
    assert found[3]["delta"]["signature"] == "aigw1:openai-responses:s1"
    found, _ = encoded(reply(*one("redacted", signature="enc", origin="openai-responses")))
    assert found[1]["content_block"] == {"type": "redacted_thinking", "data": "aigw1:openai-responses:enc"}
    found, _ = encoded(reply(*one("thinking", ("thinking", "hm"))), "openai-chat")
    assert found[3]["delta"]["signature"] == "aigw1:openai-chat:"


def test_a_tool_call_keeps_its_id_and_gets_the_callers_name_back() -> None:
    call = one("tool_call", ("arguments", '{"a":'), ("arguments", "1}"), id="call_1", name=wire_name(LONG))
    found, _ = encoded(reply(*call))
    assert found[1]["content_block"] == {"type": "tool_use", "id": "call_1", "name": LONG, "input": {}}
    assert found[-2]["delta"]["stop_reason"] == "tool_use"
    assert assembled(found)["content"][0]["input"] == {"a": 1}


def test_a_call_without_an_id_gets_one_and_a_strange_id_is_made_to_fit() -> None:
    calls = one("tool_call", ("arguments", "{}"), name="now") + one(
        "tool_call", ("arguments", "{}"), name="now", index=1
    )
    found, _ = encoded(reply(*calls, end="tool_calls"))
    ids = [wire["content_block"]["id"] for wire in found if wire["type"] == "content_block_start"]
    assert len(set(ids)) == 2
    assert all(each.startswith("toolu_") for each in ids)
    found, _ = encoded(reply(*one("tool_call", ("arguments", "{}"), name="now", id="functions.now:0")))
    assert found[1]["content_block"]["id"].startswith("functions_now_0_")


def test_the_signature_of_a_call_stands_before_it() -> None:
    call = one(
        "tool_call",
        ("arguments", "{}"),
        id="c",
        name="now",
        signature="sig",
        origin="gemini-generate-content",
    )
    found, _ = encoded(reply(*call))
    started = [wire for wire in found if wire["type"] == "content_block_start"]
    assert [wire["index"] for wire in started] == [0, 1]
    assert started[0]["content_block"] == {
        "type": "redacted_thinking", "data": "aigw1:gemini-generate-content+call:sig",
    }  # fmt: skip


def test_a_custom_tools_text_becomes_an_object() -> None:
    call = one(
        "tool_call", ("arguments", "plain "), ("arguments", '"text"'), id="c", name="sh", is_custom=True
    )
    found, _ = encoded(reply(*call))
    assert assembled(found)["content"][0]["input"] == {"input": 'plain "text"'}


@pytest.mark.parametrize(
    ("reason", "word"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("context_window", "model_context_window_exceeded"),
     ("content_filter", "refusal"), ("refusal", "refusal"), ("pause", "pause_turn"), ("tool_calls", "end_turn")],
)  # fmt: skip
def test_why_a_stream_ended(reason: str, word: str) -> None:
    found, _ = encoded(reply(*one("text", ("text", "a")), end=reason))
    assert found[-2]["delta"]["stop_reason"] == word


def test_a_refusal_is_a_text_with_its_own_stop_reason() -> None:
    found, _ = encoded(reply(*one("refusal", ("refusal", "No."))))
    assert assembled(found)["content"] == [{"type": "text", "text": "No."}]
    assert found[-2]["delta"]["stop_reason"] == "refusal"


def test_a_failure_is_an_error_event_and_nothing_follows() -> None:
    found, _ = encoded([Started(), Failed(message="Too busy", code="overloaded", status=529)])
    assert found[-1] == {
        "type": "error", "error": {"type": "overloaded_error", "message": "Too busy", "code": "overloaded"},
    }  # fmt: skip
    found, _ = encoded([Failed(message="Too fast", code="rate_limit_error")])
    assert found[-1]["error"]["type"] == "rate_limit_error"
    assert encoded([Failed(message="odd")])[0][0]["error"]["type"] == "api_error"


def test_what_a_stream_cannot_say_is_in_the_ledger() -> None:
    hidden = Opaque(dialect="openai-responses", type="web_search_call", raw=msgspec.Raw(b"{}"))
    further = [BlockStarted(index=0, kind="text", choice=1), Delta(index=0, kind="text", text="z", choice=1)]
    logprob = (Logprob(token="a", logprob=-1.0),)
    events = reply(
        *one("opaque", opaque=hidden),
        *one("opaque", index=1),
        *further,
        BlockStopped(index=0, choice=1),
        Finished(reason="length", choice=1),
        BlockStarted(index=2, kind="text"),
        Delta(index=2, kind="text", text="a", logprobs=logprob),
        Delta(index=2, kind="citations", text='[{"url":"x"}]'),
        BlockStopped(index=2),
    )
    found, ledger = encoded(events)
    assert [entry.field for entry in ledger.entries] == [
        "content[0]", "content[1]", "choices", "logprobs", "content[2].annotations",
    ]  # fmt: skip
    assert assembled(found)["content"] == [{"type": "text", "text": "a"}]
    assert found[-2]["delta"]["stop_reason"] == "end_turn"


def test_line_separators_are_escaped_and_pings_pass() -> None:
    encoder = stream_encoder(CONTEXT, Ledger("anthropic-messages", "openai-chat"))
    encoder.encode(Started())
    encoder.encode(BlockStarted(index=0, kind="text"))
    body = encoder.encode(Delta(index=0, kind="text", text="a\u2028b\u0085"))
    assert b"\\u2028" in body
    assert len(body.decode().splitlines()) == 3
    assert encoder.encode(Ping()) == b'event: ping\ndata: {"type":"ping"}\n\n'
    assert encoder.encode(Delta(index=0, kind="text", text="")) == b""


def test_a_second_answer_amid_the_first_does_not_end_its_block() -> None:
    context = ReplyContext(
        request=ChatRequest(dialect="anthropic-messages", model="m", messages=()), id_seed="0" * 24, created=1
    )
    encoder = stream_encoder(context, Ledger())
    said: list[ChatEvent] = [
        Started(),
        BlockStarted(index=0, kind="text"),
        Delta(index=0, kind="text", text="Pl"),
        BlockStarted(index=0, kind="text", choice=1),
        Delta(index=0, kind="text", text="Pear", choice=1),
        BlockStopped(index=0, choice=1),
        Delta(index=0, kind="text", text="um"),
        BlockStopped(index=0),
        Finished(reason="stop"),
        Finished(reason="stop", choice=1),
        Ended(),
    ]
    message = assembled(wires(b"".join(encoder.encode(event) for event in said)))
    assert [block["text"] for block in message["content"]] == ["Plum"]


def test_a_streamed_refusal_is_text_and_named() -> None:
    context = ReplyContext(
        request=ChatRequest(dialect="anthropic-messages", model="m", messages=()), id_seed="0" * 24, created=1
    )
    ledger = Ledger()
    encoder = stream_encoder(context, ledger)
    for event in (
        Started(),
        BlockStarted(index=0, kind="refusal"),
        Delta(index=0, kind="refusal", text="no"),
    ):
        encoder.encode(event)
    assert [(one.fate, one.field) for one in ledger.entries] == [("approximated", "content[0].refusal")]

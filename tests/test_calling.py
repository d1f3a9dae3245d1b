"""A call's pieces come as they are written, it can be stopped from anywhere, and every bad end says whose it is."""

import threading
from collections.abc import Generator

import pytest

from aigw_dev.calling import (
    Caller,
    CallEvent,
    CallFailedError,
    CallRefusedError,
    Ended,
    Heard,
    Opened,
    Piece,
    ToolPiece,
)
from aigw_dev.cli import exits
from aigw_dev.core.errors import GatewayError
from tests.scripted import (
    Close,
    Hold,
    ScriptedUpstream,
    Step,
    chunk,
    event,
    json_reply,
    refusing_port,
    sse_reply,
    stream_head,
)

SENT = [("x-aigw-attempts", "1"), ("x-aigw-upstream", "up/m"), ("x-aigw-request-id", "e1")]


@pytest.fixture
def gateway() -> Generator[ScriptedUpstream]:
    """Something that answers like a gateway."""
    with ScriptedUpstream() as made:
        yield made


@pytest.fixture
def caller(gateway: ScriptedUpstream) -> Generator[Caller]:
    """Who asks it."""
    made = Caller(gateway.url, "t")
    yield made
    made.close()


def delta(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": fields}]}


def said(gateway: ScriptedUpstream, *script: Step | list[bytes]) -> tuple[list[Piece], Caller]:
    steps = [one for each in script for one in (each if isinstance(each, list) else [each])]
    gateway.enqueue(steps)
    caller = Caller(gateway.url, "t")
    try:
        return list(caller.say({"model": "m", "messages": []})), caller
    finally:
        caller.close()


def test_text_and_reasoning_come_apart_and_other_choices_are_left_out(gateway: ScriptedUpstream) -> None:
    other: dict[str, object] = {"choices": [{"index": 1, "delta": {"content": "other"}}]}
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "x"},
    ]
    pieces, caller = said(
        gateway, sse_reply(delta(reasoning_content="a"), delta(content="b"), other, delta(content=parts))
    )
    assert "".join(piece.text for piece in pieces) == "bx"
    assert "".join(piece.reasoning for piece in pieces) == "ahm"
    assert caller.ended is not None
    assert caller.ended.ttft_s is not None
    assert gateway.requests[0].header(b"authorization") == b"Bearer t"


@pytest.mark.parametrize(
    ("status", "body", "headers", "code", "exit_code"),
    [
        (
            401,
            {"error": {"message": "no", "code": "gateway_token_required"}},
            [],
            "gateway_token_required",
            2,
        ),
        (429, {"error": {"message": "slow down", "code": "rate"}}, SENT, "upstream_status", 3),
        (502, {"error": {"message": "gone", "code": "connect_failed"}}, SENT, "connect_failed", 3),
        (500, "words", SENT, "upstream_status", 3),
    ],
)
def test_an_error_reply_is_the_gateways_no_or_the_providers_failure(
    gateway: ScriptedUpstream,
    *,
    status: int,
    body: object,
    headers: list[tuple[str, str]],
    code: str,
    exit_code: int,
) -> None:
    with pytest.raises(GatewayError, match=str(status)) as refused:
        said(gateway, [json_reply(body, status=status, headers=headers)])
    assert isinstance(refused.value, CallFailedError if headers else CallRefusedError)
    assert (refused.value.code, exits.exit_code(refused.value)) == (code, exit_code)
    assert f"aigw-dev explain {code}" in refused.value.hint
    assert refused.value.head is not None
    assert refused.value.head.status == status


def test_an_error_inside_the_stream_is_the_providers(gateway: ScriptedUpstream) -> None:
    with pytest.raises(CallFailedError, match="overloaded") as broken:
        said(gateway, sse_reply(delta(content="a"), {"error": {"message": "overloaded"}}))
    assert (broken.value.code, exits.exit_code(broken.value)) == ("upstream_in_band", exits.PROVIDER)


def test_a_connection_that_breaks_is_told(gateway: ScriptedUpstream) -> None:
    with pytest.raises(CallFailedError, match="broke off") as broken:
        said(gateway, stream_head(), chunk(event(delta(content="a"))), Close())
    assert exits.exit_code(broken.value) == exits.PROVIDER


def test_no_gateway_at_all_is_a_network_error() -> None:
    with refusing_port() as port:
        caller = Caller(f"http://127.0.0.1:{port}", "t")
        with pytest.raises(CallFailedError) as failed:
            list(caller.say({}))
        caller.close()
    assert (failed.value.code, exits.exit_code(failed.value)) == ("gateway_unreachable", exits.PROVIDER)
    assert not failed.value.is_sent


def test_a_calls_events_carry_bytes_offsets_and_tool_calls(gateway: ScriptedUpstream, caller: Caller) -> None:
    call = {"index": 0, "id": "c1", "function": {"name": "look", "arguments": '{"a'}}
    more = {"index": 0, "function": {"arguments": '":1}'}}
    head = stream_head(headers=[("Content-Type", "text/event-stream"), *SENT])
    gateway.enqueue([head, *sse_reply(delta(tool_calls=[call]), delta(tool_calls=[more]))[1:]])
    events = list(caller.call({"model": "m"}, metadata={"tier": "pro"}, headers={"x-canary": "1"}).events())
    opened, *heard, ended = events
    assert isinstance(opened, Opened)
    assert (opened.exchange, opened.upstream, opened.attempts) == ("e1", "up/m", 1)
    pieces = [piece for one in heard if isinstance(one, Heard) for piece in one.tools]
    assert pieces == [ToolPiece(id="c1", name="look", arguments='{"a'), ToolPiece(arguments='":1}')]
    assert b"".join(one.data for one in heard if isinstance(one, Heard)).endswith(b"data: [DONE]\n\n")
    offsets = [one.at_ms for one in events if isinstance(one, Opened | Heard)]
    assert offsets == sorted(offsets)
    assert isinstance(ended, Ended)
    assert ended.assembled.tool_calls[0].arguments == '{"a":1}'
    assert gateway.requests[0].header(b"x-ai-route-metadata") == b'{"tier":"pro"}'
    assert gateway.requests[0].header(b"x-canary") == b"1"


def test_a_whole_reply_is_one_read(gateway: ScriptedUpstream, caller: Caller) -> None:
    message = {"role": "assistant", "content": "whole", "reasoning_content": "hm"}
    gateway.enqueue([json_reply({"choices": [{"message": message, "finish_reason": "stop"}]}, headers=SENT)])
    _, heard, ended = list(caller.call({"model": "m"}).events())
    assert isinstance(heard, Heard)
    assert (heard.text, heard.reasoning) == ("whole", "hm")
    assert isinstance(ended, Ended)
    assert ended.assembled.finish == "stop"


def test_an_error_reply_shows_its_bytes_before_it_is_raised(
    gateway: ScriptedUpstream, caller: Caller
) -> None:
    gateway.enqueue([json_reply({"error": {"message": "no"}}, status=500, headers=SENT)])
    seen: list[CallEvent] = []
    with pytest.raises(CallFailedError):
        seen.extend(caller.call({}).events())
    gateway.enqueue([json_reply({"error": {"message": "no"}}, status=500, headers=SENT)])
    assert b"".join(caller.raw({})) == b'{"error": {"message": "no"}}'
    assert (caller.status, caller.was_sent) == (500, True)


@pytest.mark.parametrize("has_begun", [False, True])
def test_stopping_from_another_thread_closes_the_connection(
    gateway: ScriptedUpstream, caller: Caller, *, has_begun: bool
) -> None:
    begun: list[Step] = [stream_head(), chunk(event(delta(content="a")))] if has_begun else []
    gateway.enqueue([*begun, Hold("never")])
    call = caller.call({"model": "m"})
    seen: list[CallEvent] = []
    reading = threading.Thread(target=lambda: seen.extend(call.events()))
    reading.start()
    gateway.wait_until(lambda: bool(gateway.requests))
    call.stop()
    reading.join(10)
    assert not reading.is_alive()
    assert not any(isinstance(one, Ended) for one in seen)
    gateway.wait_until(lambda: gateway.open_connections == 0)


def test_a_call_stopped_before_it_began_sends_nothing(gateway: ScriptedUpstream, caller: Caller) -> None:
    call = caller.call({"model": "m"})
    call.stop()
    assert list(call.events()) == []
    assert gateway.accepted == 0


def test_closing_the_iterator_closes_the_connection(gateway: ScriptedUpstream, caller: Caller) -> None:
    gateway.enqueue([stream_head(), chunk(event(delta(content="a"))), Hold("never")])
    events = caller.call({"model": "m"}).events()
    next(events)
    events.close()
    gateway.wait_until(lambda: gateway.open_connections == 0)

"""A call's pieces come as they are written, and every bad end is one error with a code and the right exit code."""

from collections.abc import Generator

import pytest

from aigw_dev.cli import exits
from aigw_dev.cli.chat_call import Caller, Piece
from tests.scripted import (
    Close,
    ScriptedUpstream,
    Step,
    chunk,
    event,
    json_reply,
    refusing_port,
    sse_reply,
    stream_head,
)

SENT = [("x-aigw-attempts", "1"), ("x-aigw-upstream", "up/m")]


@pytest.fixture
def gateway() -> Generator[ScriptedUpstream]:
    """Something that answers like a gateway."""
    with ScriptedUpstream() as made:
        yield made


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
    assert pieces == [Piece(reasoning="a"), Piece(text="b"), Piece(text="x", reasoning="hm")]
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
    with pytest.raises(exits.CommandError, match=str(status)) as refused:
        said(gateway, [json_reply(body, status=status, headers=headers)])
    assert (refused.value.code, refused.value.exit_code) == (code, exit_code)
    assert f"aigw-dev explain {code}" in refused.value.hint


def test_an_error_inside_the_stream_is_the_providers(gateway: ScriptedUpstream) -> None:
    with pytest.raises(exits.CommandError, match="overloaded") as broken:
        said(gateway, sse_reply(delta(content="a"), {"error": {"message": "overloaded"}}))
    assert (broken.value.code, broken.value.exit_code) == ("upstream_in_band", exits.PROVIDER)


def test_a_connection_that_breaks_is_told(gateway: ScriptedUpstream) -> None:
    with pytest.raises(exits.CommandError, match="broke off") as broken:
        said(gateway, stream_head(), chunk(event(delta(content="a"))), Close())
    assert broken.value.exit_code == exits.PROVIDER


def test_no_gateway_at_all_is_a_network_error() -> None:
    with refusing_port() as port:
        caller = Caller(f"http://127.0.0.1:{port}", "t")
        with pytest.raises(exits.CommandError) as failed:
            list(caller.say({}))
        caller.close()
    assert (failed.value.code, failed.value.exit_code) == ("gateway_unreachable", exits.PROVIDER)

"""A logged call becomes an interaction that answers as the call was answered, or says what the log lacks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange, StreamTiming, Usage
from aigw_dev.core.recording.fixture import Interaction
from aigw_dev.core.recording.promoting import cut_by_time, dollars, interaction_of
from tests.store.making import attempt, exchange, refused, reply, request

SSE = [("content-type", "text/event-stream"), ("set-cookie", "session=1")]


def chunk(**fields: Any) -> bytes:
    return (
        b"data: "
        + json.dumps(
            {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"} | fields
        ).encode()
        + b"\n\n"
    )


def delta(text: str) -> bytes:
    return chunk(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}])


def streamed(**fields: Any) -> Exchange:
    body = delta("He") + delta("llo") + b"data: [DONE]\n\n"
    sizes = [len(delta("He")), len(delta("llo")), len(b"data: [DONE]\n\n")]
    timing = StreamTiming(at_us=[101_000, 141_000, 151_000], size_bytes=sizes)
    known: dict[str, Any] = {
        "is_stream": True,
        "response_body": body,
        "response_headers": SSE,
        "timing": timing,
    }
    return exchange(**(known | fields))


def made(one: Exchange, **more: Any) -> Interaction:
    found = interaction_of(one, **more)
    assert isinstance(found, Interaction), found
    return found


def why(one: Exchange, **more: Any) -> str:
    found = interaction_of(one, **more)
    assert isinstance(found, Refusal)
    assert found.code == "promote_impossible"
    assert found.message.startswith(f"{one.id} cannot be promoted: ")
    return found.message


def test_a_whole_call_keeps_request_reply_route_usage_and_summary() -> None:
    one = made(exchange(route="smart", original_model="dynamic/smart"))
    assert one.request.body == json.loads(request())
    assert (one.request.op, one.request.path, one.request.method) == ("openai.chat.completions", "", "POST")
    (only,) = one.attempts
    assert (only.upstream, only.kind, only.request, only.why) == ("openai/gpt-4o-mini", "", "same", "")
    assert only.response is not None
    assert only.response.body == json.loads(reply())
    assert (only.response.dialect, only.response.dt_ms) == ("", [499])
    assert one.route is not None
    assert (one.route.asked, one.route.rule, one.route.chosen) == (
        "dynamic/smart",
        "smart",
        "openai/gpt-4o-mini",
    )
    assert one.usage == {
        "input_tokens": 57,
        "output_tokens": 40,
        "cost_usd": "0.00003255",
        "prices": "openai/gpt-4o-mini@2024-07-18",
    }
    assert one.summary == {"text": "Please check the balance", "finish": "stop"}
    assert one.key.startswith("k1:")


def test_a_stream_keeps_its_events_and_when_each_came() -> None:
    response = made(streamed()).attempts[0].response
    assert response is not None
    assert response.events is not None
    assert response.dt_ms == [100, 40, 0, 10]
    assert [
        row.text or row.data.get("usage") or row.data["choices"][0]["delta"]["content"]
        for row in response.events
    ] == [
        "He",
        "llo",
        {"prompt_tokens": 57, "completion_tokens": 40, "total_tokens": 97},
        "[DONE]",
    ]
    assert response.headers == {"content-type": "text/event-stream"}


@pytest.mark.parametrize(
    "fields",
    [
        {"usage": None},
        {"usage": Usage(input=1, estimated=True)},
        {"response_body": delta("a") + chunk(choices=[], usage={"total_tokens": 1}) + b"data: [DONE]\n\n"},
        {"response_body": delta("a")},
        {"response_body": b"data: [DONE]\n\n"},
    ],
)
def test_usage_is_put_back_only_where_the_gateway_kept_it_from_the_caller(fields: dict[str, Any]) -> None:
    response = made(streamed(**fields)).attempts[0].response
    assert response is not None
    assert response.events is not None
    body: bytes = fields.get("response_body", streamed().response_body)
    assert len(response.events) == body.count(b"\n\n")


def test_what_the_provider_had_cached_and_thought_is_put_back_too() -> None:
    response = (
        made(streamed(usage=Usage(input=9, output=5, cached_input=4, reasoning=2))).attempts[0].response
    )
    assert response is not None
    assert response.events is not None
    told = response.events[-2].data["usage"]
    assert told["prompt_tokens_details"] == {"cached_tokens": 4}
    assert told["completion_tokens_details"] == {"reasoning_tokens": 2}
    assert made(streamed(usage=Usage(input=9, cached_input=4))).usage == {
        "input_tokens": 9, "output_tokens": 0, "cached_tokens": 4, "cost_usd": "0.00003255", "prices": "openai/gpt-4o-mini@2024-07-18",
    }  # fmt: skip


def test_a_translated_reply_says_whose_words_it_is_in() -> None:
    response = made(exchange(ledger=b'{"kept":1}')).attempts[0].response
    assert response is not None
    assert response.dialect == "openai-chat"


def test_failures_before_a_good_reply_are_noted_not_kept() -> None:
    tries = [
        attempt(status=429, error="upstream_status", error_text="slow down"),
        attempt(status=None, error="connect_failed", number=2, reason="retry"),
        attempt("work", kind="openai", number=3, reason="fallback"),
    ]
    one = made(exchange(attempts=tries))
    assert [(each.upstream, each.error, each.why) for each in one.attempts] == [
        ("openai/gpt-4o-mini", "not_kept", ""),
        ("openai/gpt-4o-mini", "not_kept", "retry: 429 from openai/gpt-4o-mini"),
        ("work/gpt-4o-mini", "", "fallback: connect_failed from openai/gpt-4o-mini"),
    ]
    assert one.attempts[0].error_text.startswith("429, not kept")
    assert one.attempts[1].error_text.startswith("connect_failed, not kept")
    assert one.attempts[2].kind == "openai"


def test_a_refusal_of_every_provider_is_kept_as_far_as_the_log_tells() -> None:
    words = b'{"error":{"message":"no more","type":"rate","code":"rate_limit_exceeded"}}'
    tries = [
        attempt(status=500, error="upstream_status", error_text="broken"),
        attempt(status=None, error="connect_failed", error_text="refused", number=2, reason="retry"),
        attempt(status=429, error="upstream_status", number=3, reason="retry"),
    ]
    one = made(exchange(attempts=tries, status=429, error="upstream_status", response_body=words, usage=None))
    first, second, last = one.attempts
    assert first.response is not None
    assert first.response.status == 500
    assert "broken" in json.dumps(first.response.body)
    assert (second.error, second.error_text, second.response) == ("connect_failed", "refused", None)
    assert last.response is not None
    assert (last.response.status, last.response.body) == (429, json.loads(words))
    assert one.usage is None


def test_a_provider_that_never_answered_stays_one() -> None:
    gone = attempt(status=None, error="connect_failed", error_text="refused")
    one = made(exchange(attempts=[gone], status=502, error="connect_failed", response_body=None, usage=None))
    assert [(each.error, each.error_text, each.response) for each in one.attempts] == [
        ("connect_failed", "refused", None)
    ]


def test_below_a_providers_prefix_the_name_says_whose_model_it_is() -> None:
    below = made(exchange(provider="qwen", path="/qwen/v1/chat/completions", original_model="gpt-4o-mini"))
    assert below.request.body["model"] == "qwen/gpt-4o-mini"
    assert below.route is not None
    assert below.route.asked == "qwen/gpt-4o-mini"


def test_a_model_in_the_path_stays_there_for_gemini() -> None:
    body = b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}'
    events = b'[{"candidates":[{"content":{"role":"model","parts":[{"text":"Oslo"}]}}]},{"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}]'
    one = made(
        exchange(
            path="/v1beta/models/gemini-2.5-flash:streamGenerateContent",
            operation="gemini.stream_generate_content",
            dialect="gemini-generate-content",
            is_stream=True,
            request_body=body,
            response_body=events,
        )
    )
    assert one.request.path == "models/gemini-2.5-flash"
    assert one.request.body == json.loads(body)
    response = one.attempts[0].response
    assert response is not None
    assert response.events is not None
    assert [row.data for row in response.events] == json.loads(events)
    assert response.headers["content-type"] == "text/event-stream"


NOTE = b"<64 KB image/png, sha256 " + b"9f" * 32 + b">"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"request_body": None}, "logging.record_request"),
        ({"response_body": None}, "logging.record_response"),
        ({"request_body": b"a form"}, "upload"),
        ({"request_body": b'{"url":"' + NOTE + b'"}'}, "an image, sound or a file"),
        ({"response_body": b'{"url":"' + NOTE + b'"}'}, "its answer held images"),
        ({"request_body": b'{"a":1,"a":2}'}, "no JSON that survives"),
        ({"request_body": b'{"a":'}, "no JSON that survives"),
        ({"status": 499, "error": "cancelled"}, "caller left"),
        ({"status": 200, "error": "upstream_reset"}, "broke off (upstream_reset)"),
        ({"marks": {"broken"}}, "stream broke off"),
        ({"path": "/v1/nothing"}, "not served any more"),
        ({"path": "/v1/files", "operation": "openai.files.create"}, "things at a provider"),
        ({"path": "/v1/realtime", "method": "GET", "operation": "openai.realtime"}, "WebSocket"),
        ({"status": 502, "error": "upstream_protocol"}, "could not use it (upstream_protocol)"),
        (
            {"response_headers": [("content-type", "audio/mpeg")], "response_body": b"\xff\xfb"},
            "neither JSON nor text",
        ),
        ({"response_headers": SSE, "is_stream": True, "response_body": b"data: {"}, "whole events"),
        (
            {"operation": "openai.embeddings", "path": "/v1/embeddings", "ledger": b"{}"},
            "in a form of its own",
        ),
    ],
)
def test_what_the_log_lacks_is_named(fields: dict[str, Any], said: str) -> None:
    assert said in why(exchange(**fields))


def test_what_the_gateway_answered_itself_and_what_has_not_ended_cannot_be() -> None:
    assert "no provider was asked" in why(refused())
    assert "it is open" in why(exchange(), state="open")


@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 99)), max_size=20))
def test_pieces_are_the_body_whatever_the_times_say(body: bytes, reads: list[tuple[int, int]]) -> None:
    timing = StreamTiming(at_us=[at for at, _ in reads], size_bytes=[size for _, size in reads])
    pieces = cut_by_time(body, timing, started_s=0.5)
    assert b"".join(piece for _, piece in pieces) == body
    assert all(piece and at_s >= 0 for at_s, piece in pieces)


def test_without_times_a_stream_is_one_piece() -> None:
    assert cut_by_time(b"ab", None, started_s=0) == [(0.0, b"ab")]
    assert cut_by_time(b"", None, started_s=0) == []


def test_amounts_have_every_digit() -> None:
    assert [dollars(one) for one in (0, 1, 4_800, 1_500_000_000, 2_000_000_000)] == [
        "0", "0.000000001", "0.0000048", "1.5", "2",
    ]  # fmt: skip

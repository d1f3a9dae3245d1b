"""What every reply carries of our own."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Attempt, Cost
from aigw_dev.server import replies
from tests.server.test_metrics import exchange

CHAT = DIALECTS["openai-chat"]


def attempt(*, started_s: float = 0.0, ended_s: float | None = None) -> Attempt:
    return Attempt(
        number=1, provider="up", kind="openai", base_url="https://x/v1", request_model="gpt/ä", started_s=started_s,
        ended_s=ended_s,
    )  # fmt: skip


def test_our_headers_name_the_exchange_its_target_route_and_attempts() -> None:
    one = exchange(id="f" * 16, route="my route", attempts=[attempt(), attempt()])
    headers = dict(replies.own_headers(one, CHAT, []))
    assert headers[b"x-aigw-request-id"] == b"f" * 16
    assert headers[b"x-aigw-upstream"] == b"up/gpt/%C3%A4"
    assert headers[b"x-aigw-route"] == b"my%20route"
    assert headers[b"x-aigw-attempts"] == b"2"
    assert headers[b"x-request-id"] == b"f" * 16


def test_the_providers_own_request_id_stays() -> None:
    headers = replies.own_headers(exchange(attempts=[]), CHAT, [(b"x-request-id", b"theirs")])
    assert b"x-request-id" not in dict(headers)
    assert b"x-aigw-upstream" not in dict(headers)


@given(st.text())
def test_whatever_a_caller_sends_cannot_end_a_header(text: str) -> None:
    value = replies.header_value(text)
    assert all(0x20 < byte < 0x7F for byte in value)


@pytest.mark.parametrize(
    ("nanousd", "shown"),
    [(None, b"unknown"), (0, b"0"), (1, b"0.000000001"), (1_500_000_000, b"1.5"), (2_000_000_000, b"2")],
)
def test_a_cost_is_a_plain_decimal_or_unknown(nanousd: int | None, shown: bytes) -> None:
    assert replies.cost_header(Cost(status="exact", nanousd=nanousd)) == (b"x-aigw-cost", shown)


def test_time_spent_upstream_is_told_apart_from_ours() -> None:
    one = exchange(attempts=[attempt(started_s=0.01, ended_s=0.11), attempt(started_s=0.12)])
    assert replies.timing_header(one, 0.22)[1] == b"gateway;dur=20.0, upstream;dur=200.0"


def test_a_refusal_has_its_codes_status_unless_it_names_one() -> None:
    assert replies.status_of(Refusal(code="body_too_large", message="x")) == 413
    assert replies.status_of(Refusal(code="body_too_large", message="x", status=400)) == 400


def test_a_refusal_is_the_dialects_error_and_says_where_to_look() -> None:
    refusal = Refusal(code="model_missing", message="no model", param="model", retry_after_s=0.2)
    error = json.loads(replies.refusal_body(refusal, CHAT, "abc"))["error"]
    assert (error["code"], error["param"]) == ("model_missing", "model")
    assert "logs show abc" in error["message"]
    assert (b"retry-after", b"1") in replies.refusal_headers(refusal)
    assert b"retry-after" not in dict(replies.refusal_headers(Refusal(code="model_missing", message="x")))

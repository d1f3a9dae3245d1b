"""A request is read once, written for each target, and never sent half-said."""

import json

import pytest

from aigw_dev.core import operations
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.operations import Match
from aigw_dev.core.providers import Place
from aigw_dev.core.routing.flow import Target
from aigw_dev.server.translation import Reading, Translation, is_foreign_header, translate


def reading(**fields: object) -> Reading:
    body = read_body(
        json.dumps({"model": "a/b", "messages": [{"role": "user", "content": "x"}], **fields}).encode()
    )
    assert isinstance(body, RequestBody)
    return Reading(match=Match(operation=operations.CHAT), body=body, version="")


def exchange() -> Exchange:
    return Exchange(
        id="0123456789abcdef", gateway="g", started_at=7.9, method="POST", path="/", operation="x",
        dialect="openai-chat", trace_id="f" * 32,
    )  # fmt: skip


def made(one: Reading, *, on_loss: str = "allow", **params: object) -> Translation | Refusal:
    place = Place(dialect="anthropic-messages", api_base="http://x/v1", auth="x-api-key")
    target = Target(provider="a", model="claude-sonnet-4-5", params=dict(params))
    return translate(one, exchange(), place=place, table="anthropic", target=target, on_loss=on_loss)


def test_a_request_is_read_once_for_all_targets() -> None:
    one = reading()
    assert one.chat() is one.chat()


def test_what_a_reply_needs_stands_in_the_context() -> None:
    found = made(reading())
    assert isinstance(found, Translation)
    assert found.context.created == 7
    assert len(found.context.id_seed) == 32
    assert found.context.input_estimate > 0
    assert "messages" in found.context.fields


def test_a_leafs_common_parameters_are_said_in_the_providers_words_and_its_own_as_they_are() -> None:
    found = made(
        reading(max_tokens=5), max_tokens="9", temperature="warm", inference_geo="eu", stream=True, model="x"
    )
    assert isinstance(found, Translation)
    body = json.loads(found.outgoing.body)
    assert (body["max_tokens"], body["temperature"], body["inference_geo"]) == (9, "warm", "eu")
    assert "stream" not in body
    assert body.get("model") != "x"


def test_a_loss_that_is_not_accepted_is_refused_with_every_field() -> None:
    refusal = made(reading(logit_bias={"1": 1}, seed=4), on_loss="reject")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "translation_loss"
    assert {"logit_bias", "seed"} <= set(refusal.message.replace(":", " ").replace("(", " ").split())
    assert isinstance(made(reading(), on_loss="reject"), Translation), "an invented limit is no loss"


def test_what_cannot_be_read_is_refused() -> None:
    refusal = made(reading(messages="no"))
    assert isinstance(refusal, Refusal)
    assert refusal.param == "messages"


@pytest.mark.parametrize(
    ("name", "dialect", "foreign"),
    [
        (b"anthropic-beta", "openai-chat", True),
        (b"anthropic-beta", "anthropic-messages", False),
        (b"openai-organization", "anthropic-messages", True),
        (b"openai-organization", "openai-chat", False),
        (b"x-stainless-lang", "gemini-generate-content", True),
        (b"user-agent", "gemini-generate-content", False),
    ],
)
def test_a_callers_headers_of_another_dialect_stay_here(name: bytes, dialect: str, foreign: bool) -> None:
    assert is_foreign_header(name, dialect) == foreign

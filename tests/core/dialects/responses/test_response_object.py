"""The Response object around the output."""

import json
from typing import Any

import msgspec
from openai.types.responses import Response

from aigw_dev.core.dialects.responses.response_object import Head, incomplete_reason, write_usage
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.responses.recordings import SEED, context


def response(fields: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    wire = msgspec.json.encode(Head(context(fields=fields), "", "", 0).response("completed", [], **more))
    Response.model_validate_json(wire)
    return json.loads(wire)


def test_the_request_is_echoed() -> None:
    fields = {
        "instructions": "Be.", "temperature": 0.5, "top_p": 0.1, "metadata": {"a": "b"}, "store": False, "user": "u",
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}], "max_output_tokens": 5,
        "tool_choice": {"type": "function", "name": "f"}, "parallel_tool_calls": False, "truncation": "auto",
        "previous_response_id": "resp_0", "reasoning": {"effort": "low"}, "text": {"verbosity": "low"},
        "prompt_cache_key": "k", "safety_identifier": "s", "top_logprobs": 2, "background": False,
    }  # fmt: skip
    echoed = response(fields)
    assert {name: echoed[name] for name in fields} == fields


def test_what_the_request_left_out_has_the_apis_default() -> None:
    plain = response({"tools": None})
    assert (plain["tools"], plain["tool_choice"], plain["store"], plain["temperature"]) == (
        [],
        "auto",
        True,
        1.0,
    )
    assert plain["text"] == {"format": {"type": "text"}}
    assert plain["service_tier"] == response(service_tier="standard")["service_tier"] == "default"
    assert response(service_tier="flex")["service_tier"] == "flex"


def test_an_echo_is_one_line_and_keeps_its_numbers() -> None:
    asked = context()
    fields = {"metadata": msgspec.Raw(b'{\n "n": 12345678901234567890 }')}
    head = Head(msgspec.structs.replace(asked, fields=fields), "", "", 0)
    wire = msgspec.json.encode(head.response("completed", []))
    assert b'"metadata":{"n":12345678901234567890}' in wire
    assert b"\n" not in wire


def test_ids_have_the_right_form() -> None:
    head = Head(context(), "resp_9", "model", 5)
    assert (head.id, head.model, head.created) == ("resp_9", "model", 5)
    other = Head(context(), "chatcmpl-1", "", 0)
    assert (other.id, other.model, other.created) == (f"resp_{SEED}", "asked-for", 1_700_000_000)
    assert head.item_id("fc", 1, "fc_x") == "fc_x"
    assert head.item_id("fc", 1, "toolu_x") == f"fc_{SEED}0001"
    assert head.call_id(2, "") == f"call_{SEED}0002"
    assert head.call_id(2, "own") == "own"


def test_why_a_response_is_incomplete() -> None:
    book = Ledger()
    assert incomplete_reason(None, has_refusal=False, ledger=book) is None
    assert incomplete_reason("stop", has_refusal=False, ledger=book) is None
    assert incomplete_reason("refusal", has_refusal=True, ledger=book) is None
    assert book.entries == []
    assert incomplete_reason("refusal", has_refusal=False, ledger=book) == "content_filter"
    assert [one.fate for one in book.entries] == ["approximated"]
    paused = Ledger()
    assert incomplete_reason("pause", has_refusal=False, ledger=paused) == "max_output_tokens"
    assert [one.how for one in paused.entries] == [
        "the provider paused a long turn, told as max_output_tokens"
    ]


def test_usage_is_counted_or_estimated() -> None:
    book = Ledger()
    usage = write_usage(Usage(input=5, output=2, cache_write=1), written="", input_estimate=0, ledger=book)
    assert usage["total_tokens"] == 7
    assert usage["input_tokens_details"] == {"cached_tokens": 0, "cache_write_tokens": 1}
    assert book.entries == []
    write_usage(None, written="x", input_estimate=3, ledger=book)
    assert [one.field for one in book.entries] == ["usage"]

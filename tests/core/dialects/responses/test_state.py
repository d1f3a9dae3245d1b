"""Conversations that the gateway keeps itself."""

import json
from typing import Any

import msgspec
from openai.types.responses import ResponseItem
from openai.types.responses.input_item_list_params import InputItemListParams
from pydantic import TypeAdapter

from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.dialects.responses import state
from aigw_dev.core.dialects.responses.state import MAX_BYTES, Stored, expand, is_stateful, to_store
from aigw_dev.core.errors import Refusal
from tests.core.dialects.responses.recordings import body_of, read

_ITEM: TypeAdapter[Any] = TypeAdapter(ResponseItem)
assert InputItemListParams.__annotations__.keys() >= {"after", "limit", "order"}, (
    "the parameters of `input_items`"
)


class Kept:
    """A lookup over what a test stored."""

    def __init__(self, *stored: Stored) -> None:
        self.stored = {one.id: one for one in stored}

    def response(self, response_id: str, /) -> Stored | None:
        return self.stored.get(response_id)

    def item(self, item_id: str, /) -> msgspec.Raw | None:
        for one in self.stored.values():
            if item_id in state.item_ids(one):
                every = msgspec.json.decode(bytes(one.input)) + msgspec.json.decode(bytes(one.output))
                found = next(item for item in every if item["id"] == item_id)
                return msgspec.Raw(msgspec.json.encode(found))
        return None


def reply(response_id: str, text: str, status: str = "completed") -> bytes:
    part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
    item: dict[str, Any] = {
        "type": "message",
        "id": f"msg_{response_id}",
        "role": "assistant",
        "status": "completed",
        "content": [part],
    }
    return json.dumps(
        {"id": response_id, "status": status, "model": "m", "created_at": 5, "output": [item]}
    ).encode()


def store(wire: dict[str, Any], answer: bytes, **more: Any) -> Stored:
    kept = to_store(body_of(wire), answer, provider="qwen", id_seed="5eed", **more)
    assert kept is not None
    return kept


def whole(wire: dict[str, Any], *stored: Stored) -> RequestBody:
    assert is_stateful(body_of(wire))
    body = expand(body_of(wire), Kept(*stored))
    assert isinstance(body, RequestBody)
    return body


def texts(body: RequestBody) -> list[tuple[str, str]]:
    request = read(body.raw)
    return [(one.role, getattr(part, "text", "")) for one in request.messages for part in one.parts]


FIRST = {"model": "m", "input": "One?", "instructions": "Be brief."}


def test_a_conversation_goes_on_over_any_number_of_turns() -> None:
    first = store(FIRST, reply("resp_1", "1"))
    body = whole({"model": "m", "input": "Two?", "previous_response_id": "resp_1"}, first)
    assert texts(body) == [("user", "One?"), ("assistant", "1"), ("user", "Two?")]
    second = to_store(body, reply("resp_2", "2"), provider="qwen", previous_id="resp_1", id_seed="5eee")
    assert second is not None
    assert (second.previous_id, second.model, second.provider, second.created_at) == (
        "resp_1",
        "m",
        "qwen",
        5,
    )
    third = {"model": "m", "input": [{"role": "user", "content": "Three?"}], "previous_response_id": "resp_2"}
    assert texts(whole(third, second)) == [
        ("user", "One?"), ("assistant", "1"), ("user", "Two?"), ("assistant", "2"), ("user", "Three?"),
    ]  # fmt: skip


def test_instructions_are_those_of_the_request_alone() -> None:
    first = store(FIRST, reply("resp_1", "1"))
    body = whole(
        {"model": "m", "input": "x", "instructions": "New.", "previous_response_id": "resp_1"}, first
    )
    assert texts(body)[0] == ("system", "New.")
    assert ("system", "Be brief.") not in texts(body)


def test_the_rest_of_the_request_stays_byte_for_byte() -> None:
    first = store(FIRST, reply("resp_1", "1"))
    raw = b'{"model":"m", "odd":1.00, "input":"x", "previous_response_id":"resp_1"}'
    body = expand(body_of(raw), Kept(first))
    assert isinstance(body, RequestBody)
    assert b'"odd":1.00' in body.raw
    assert body.text("previous_response_id") == b"null"


def test_an_unknown_response_is_refused_as_openai_does() -> None:
    refusal = expand(body_of({"model": "m", "input": "x", "previous_response_id": "resp_0"}), Kept())
    assert refusal == Refusal(
        code="previous_response_not_found",
        message="Previous response with id 'resp_0' not found.",
        param="previous_response_id",
    )


def test_references_are_resolved_from_the_conversation_and_from_others() -> None:
    first, other = (
        store(FIRST, reply("resp_1", "1")),
        store({"model": "m", "input": "Else?"}, reply("resp_9", "9")),
    )
    asked = {
        "model": "m", "previous_response_id": "resp_1",
        "input": [{"type": "item_reference", "id": "msg_resp_1"}, {"type": "item_reference", "id": "msg_resp_9"},
                  {"role": "user", "content": "about an item_reference"}],
    }  # fmt: skip
    assert [text for _, text in texts(whole(asked, first, other))] == [
        "One?",
        "1",
        "1",
        "9",
        "about an item_reference",
    ]
    unknown = {"model": "m", "input": [{"type": "item_reference", "id": "rs_0"}]}
    refusal = expand(body_of(unknown), Kept(first))
    assert isinstance(refusal, Refusal)
    assert (refusal.param, refusal.message) == ("input[0].id", "Item with id 'rs_0' not found.")
    assert isinstance(expand(body_of({"input": [{"type": "item_reference"}]}), Kept()), Refusal)


def test_a_request_that_stands_alone_needs_nothing() -> None:
    assert not is_stateful(body_of({"model": "m", "input": "x", "previous_response_id": None}))
    body = body_of({"model": "m", "input": [{"role": "user", "content": "x"}]})
    expanded = expand(body, Kept())
    assert isinstance(expanded, RequestBody)
    assert "previous_response_id" not in expanded.fields


def test_what_must_not_or_cannot_be_kept_is_not() -> None:
    def kept(wire: dict[str, Any], answer: bytes) -> object:
        return to_store(body_of(wire), answer, provider="p", id_seed="s")

    assert kept(FIRST | {"store": True}, reply("resp_1", "1")) is not None
    assert kept(FIRST | {"store": False}, reply("resp_1", "1")) is None
    assert kept(FIRST, reply("resp_1", "1", "failed")) is None
    assert kept(FIRST, reply("resp_1", "1", "incomplete")) is not None
    assert kept(FIRST, b"<html>") is None
    assert kept({"model": "m", "input": 5}, reply("resp_1", "1")) is None
    assert kept({"model": "m", "input": "x" * MAX_BYTES}, reply("resp_1", "1")) is None


def test_a_malformed_input_is_refused() -> None:
    first = store(FIRST, reply("resp_1", "1"))
    refusal = expand(body_of({"input": 5, "previous_response_id": "resp_1"}), Kept(first))
    assert isinstance(refusal, Refusal)
    assert refusal.param == "input"


ITEMS: list[dict[str, Any]] = [
    {"role": "user", "content": "a"},
    {"role": "assistant", "content": "b"},
    {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c", "output": "d"},
    {"type": "reasoning", "id": "rs_own", "summary": []},
]


def test_stored_items_are_shown_as_the_api_shows_them() -> None:
    kept = store({"model": "m", "input": ITEMS}, reply("resp_1", "1"))
    page = json.loads(state.input_items(kept, is_ascending=True))
    for item in page["data"]:
        _ITEM.validate_json(json.dumps(item))
    assert [item["id"].partition("_")[0] for item in page["data"]] == ["msg", "msg", "fc", "fco", "rs"]
    assert page["data"][0]["content"] == [{"type": "input_text", "text": "a"}]
    assert page["data"][1]["content"] == [{"type": "output_text", "text": "b", "annotations": []}]
    assert page["data"][4] == ITEMS[4]
    assert (page["object"], page["has_more"]) == ("list", False)
    assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], "rs_own")


def test_items_come_in_pages_the_latest_first() -> None:
    kept = store({"model": "m", "input": ITEMS}, reply("resp_1", "1"))
    first = json.loads(state.input_items(kept, limit=2))
    assert first["data"][0]["id"] == "rs_own"
    assert first["has_more"] is True
    rest = json.loads(state.input_items(kept, limit=1000, after=first["last_id"]))
    assert (len(rest["data"]), rest["has_more"]) == (3, False)
    empty = json.loads(state.input_items(kept, after=rest["last_id"]))
    assert (empty["data"], empty["first_id"], empty["last_id"]) == ([], None, None)
    assert len(json.loads(state.input_items(kept, after="unknown"))["data"]) == 5
    assert len(json.loads(state.input_items(kept, limit=0))["data"]) == 1


def test_the_reply_is_kept_as_it_was_and_can_be_deleted() -> None:
    answer = reply("resp_1", "1")
    assert bytes(store(FIRST, answer).reply) == answer
    assert json.loads(state.deleted("resp_1")) == {"id": "resp_1", "object": "response", "deleted": True}


def test_what_is_no_item_is_kept_as_it_is() -> None:
    kept = store({"model": "m", "input": [5]}, reply("resp_1", "1"))
    assert bytes(kept.input) == b"[5]"


def test_another_dialects_reasoning_is_not_shown_to_a_provider_of_this_one() -> None:
    foreign: dict[str, Any] = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": "aigw1:anthropic-messages:S",
    }
    own: dict[str, Any] = {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAA"}
    about = {"role": "user", "content": "what is aigw1: ?"}
    body = body_of({"model": "m", "input": [foreign, own, about]})
    clean = state.without_foreign_reasoning(body)
    assert json.loads(clean.raw)["input"] == [own, about]
    assert state.without_foreign_reasoning(clean) is clean
    plain = body_of({"model": "m", "input": [own]})
    assert state.without_foreign_reasoning(plain) is plain

"""A neutral reply as a Response object that the SDK's types take."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openai.types.responses import Response
from pydantic import ValidationError

from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    Choice,
    Image,
    Logprob,
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
)
from aigw_dev.core.dialects import responses
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.responses.recordings import SEED, context, ledger, meaning, read, replies


def written(
    *parts: Part,
    into: Ledger | None = None,
    tools: tuple[Tool, ...] = (),
    dialect: str = "openai-chat",
    **choice: Any,
) -> dict[str, Any]:
    reply = ChatReply(
        dialect=dialect,
        id="chatcmpl-1",
        model="qwen",
        choices=(Choice(parts=parts, **choice),),
        usage=Usage(input=10, output=5, cached_input=4, reasoning=2),
    )
    body = responses.write_reply(reply, context(tools=tools), into or ledger())
    Response.model_validate_json(body, strict=False)
    return json.loads(body)


@pytest.mark.vectors
def test_every_recording_written_again_says_the_same_and_fits_the_sdk(vectors: Path) -> None:
    for recording in replies(vectors):
        reply = responses.read_chat_reply(recording.body)
        if not isinstance(reply, ChatReply):
            continue
        body = responses.write_reply(reply, context(), ledger())
        again = responses.read_chat_reply(body)
        assert isinstance(again, ChatReply)
        if reply.usage is None:
            again = msgspec.structs.replace(again, usage=None)
        if not any(
            isinstance(part, Text) and b"url_citation" in bytes(part.citations)
            for part in reply.choices[0].parts
        ):
            assert meaning(again) == meaning(reply), recording.id
        try:
            Response.model_validate_json(body)
        except ValidationError:
            # Only where the provider's own hosted items are not as the SDK has them.
            assert any(isinstance(part, Opaque) for part in reply.choices[0].parts), recording.id


def test_items_stand_in_the_order_they_were_said() -> None:
    response = written(
        Thinking(text="Hm", signature="SIG", origin="anthropic-messages"),
        Text(text="a"),
        Refusal(text="no"),
        ToolCall(id="call_1", name="f", arguments='{"a":1}'),
        Text(text="b"),
        stop="tool_calls",
    )
    thought, first, call, second = response["output"]
    assert thought["summary"] == [{"type": "summary_text", "text": "Hm"}]
    assert thought["encrypted_content"] == "aigw1:anthropic-messages:SIG"
    assert [part["type"] for part in first["content"]] == ["output_text", "refusal"]
    assert (call["call_id"], call["name"], call["arguments"]) == ("call_1", "f", '{"a":1}')
    assert second["content"][0]["text"] == "b"
    assert [item["id"].partition("_")[0] for item in response["output"]] == ["rs", "msg", "fc", "msg"]
    assert len({item["id"] for item in response["output"]}) == 4
    assert response["id"] == f"resp_{SEED}"
    assert response["status"] == "completed"
    assert response["usage"]["total_tokens"] == 15


def test_thoughts_of_another_provider_come_back_whole() -> None:
    thoughts = (
        Thinking(text="a", signature="S", origin="anthropic-messages"),
        Thinking(signature="R", is_redacted=True, origin="anthropic-messages"),
        ToolCall(id="c", name="f", signature="GEM"),
    )
    response = written(*thoughts, dialect="gemini-generate-content")
    body = {
        "model": "m",
        "input": [*response["output"], {"type": "function_call_output", "call_id": "c", "output": ""}],
    }
    parts = read(body).messages[0].parts
    assert [msgspec.structs.replace(part, id="") for part in parts[:2] if isinstance(part, Thinking)] == list(
        thoughts[:2]
    )
    call = parts[2]
    assert isinstance(call, ToolCall)
    assert call.signature == "GEM"


def test_a_custom_tools_stand_in_is_a_custom_call_again() -> None:
    patch = Tool(name="apply_patch", kind="custom")
    [item] = written(ToolCall(id="c", name="apply_patch", arguments='{"input":"x"}'), tools=(patch,))[
        "output"
    ]
    assert (item["type"], item["input"]) == ("custom_tool_call", "x")


def test_a_reply_that_was_cut_off_is_incomplete_to_its_last_item() -> None:
    response = written(Text(text="a"), stop="length")
    assert response["status"] == response["output"][-1]["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}


def test_logprobs_stand_with_the_first_text() -> None:
    response = written(Thinking(text="x"), Text(text="a"), logprobs=(Logprob(token="a", logprob=-1.0),))
    assert response["output"][1]["content"][0]["logprobs"] == [
        {"token": "a", "bytes": [97], "logprob": -1.0, "top_logprobs": []}
    ]


def test_what_has_no_item_is_named_in_the_ledger() -> None:
    book = ledger()
    response = written(
        Opaque(dialect="anthropic-messages", type="server_tool_use", raw=msgspec.Raw(b"{}")),
        Audio(source=Media(data="AA"), transcript="spoken"),
        Image(source=Media(data="AAAA", media_type="image/png")),
        Image(source=Media(url="http://a")),
        into=book,
    )
    assert [item["type"] for item in response["output"]] == ["message", "image_generation_call"]
    assert [(one.fate, one.field) for one in book.entries] == [
        ("dropped", "output[0]"), ("approximated", "output[1]"), ("approximated", "output[2]"), ("dropped", "output[3]"),
    ]  # fmt: skip


def test_only_the_first_choice_is_told() -> None:
    book = ledger()
    choices = (Choice(parts=(Text(text="a"),)), Choice(parts=(Text(text="b"),)))
    body = responses.write_reply(ChatReply(dialect="openai-chat", choices=choices), context(), book)
    assert len(json.loads(body)["output"]) == 1
    assert {(one.fate, one.field) for one in book.entries} == {
        ("dropped", "choices[1]"),
        ("invented", "usage"),
    }


def test_a_reply_without_choices_is_an_empty_answer() -> None:
    body = responses.write_reply(ChatReply(dialect="openai-chat"), context(), ledger())
    assert json.loads(body)["output"] == []


def test_line_separators_are_escaped_and_what_only_the_provider_has_is_named() -> None:
    told = ledger()
    reply = ChatReply(
        dialect="bedrock-converse",
        choices=(Choice(parts=(Text(text="a\u2028b"),)),),
        extras={"metrics": msgspec.Raw(b"{}")},
    )
    body = responses.write_reply(reply, context(), told)
    assert b"a\\u2028b" in body
    assert "metrics" in {one.field for one in told.entries if one.fate == "dropped"}

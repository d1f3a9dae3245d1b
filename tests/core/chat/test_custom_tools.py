"""Custom tools for models that only know functions."""

import json

import msgspec
import pytest

from aigw_dev.core.chat.custom_tools import (
    as_function,
    call_as_function,
    flat_format,
    is_custom,
    is_plain_text,
    nested_format,
    plain_input,
    restore,
)
from aigw_dev.core.chat.vocabulary import Tool, ToolCall

GRAMMAR = msgspec.Raw(b'{"type":"grammar","syntax":"lark","definition":"start: x"}')
PATCH = Tool(name="apply_patch", description="Edit files.", kind="custom", format=GRAMMAR)


def test_a_custom_tool_is_offered_as_a_function_with_its_grammar_told() -> None:
    tool = as_function(PATCH)
    assert (tool.kind, tool.name) == ("function", "apply_patch")
    schema = json.loads(bytes(tool.parameters))
    assert schema["required"] == ["input"]
    assert schema["properties"]["input"]["type"] == "string"
    assert tool.description.startswith("Edit files.")
    assert "lark" in tool.description
    assert "start: x" in tool.description
    assert as_function(Tool(name="t", kind="custom")).description == ""


def test_a_function_is_left_as_it_is() -> None:
    tool, call = Tool(name="f"), ToolCall(id="c", name="f")
    assert as_function(tool) is tool
    assert call_as_function(call) is call
    assert restore(call, (tool, PATCH)) is call


def test_a_call_goes_there_and_back_whole() -> None:
    call = ToolCall(id="c", name="apply_patch", arguments='*** "Begin"\n\u2028', kind="custom")
    sent = call_as_function(call)
    assert (sent.kind, json.loads(sent.arguments)) == ("function", {"input": call.arguments})
    assert restore(sent, (PATCH,)) == call
    assert restore(call, (PATCH,)) is call
    assert is_custom("apply_patch", (PATCH,))
    assert not is_custom("f", (PATCH,))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [('{"input":"a"}', "a"), ('{"patch":"a"}', "a"), ('{"a":"x","b":"y"}', '{"a":"x","b":"y"}'), ("*** Begin", "*** Begin"),
     ("{}", ""), ('{"n":1}', '{"n":1}'), ('{"input":5}', '{"input":5}'), ("[]", "[]")],
)  # fmt: skip
def test_a_model_that_does_not_keep_to_the_form_is_understood(arguments: str, text: str) -> None:
    assert plain_input(arguments) == text


def test_plain_text_needs_no_grammar() -> None:
    assert is_plain_text(Tool(name="t", kind="custom"))
    assert is_plain_text(Tool(name="t", kind="custom", format=msgspec.Raw(b'{"type":"text"}')))
    assert not is_plain_text(PATCH)


def test_a_grammar_is_spelled_as_each_protocol_wants_it() -> None:
    nested = nested_format(GRAMMAR)
    assert json.loads(bytes(nested)) == {
        "type": "grammar",
        "grammar": {"syntax": "lark", "definition": "start: x"},
    }
    assert json.loads(bytes(flat_format(nested))) == json.loads(bytes(GRAMMAR))
    assert flat_format(GRAMMAR) is GRAMMAR
    assert nested_format(nested) is nested
    plain = msgspec.Raw(b'{"type":"text"}')
    assert nested_format(plain) is flat_format(plain) is plain
    assert "start: x" in as_function(Tool(name="t", kind="custom", format=nested)).description

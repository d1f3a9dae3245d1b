"""The neutral words."""

from aigw_dev.core.chat.vocabulary import Message, Text, ToolCall, ToolResult, named_results


def test_a_results_tool_is_found_by_its_call() -> None:
    messages = (
        Message(role="user", parts=(Text(text="go"),)),
        Message(role="assistant", parts=(ToolCall(id="a", name="look"), ToolCall(id="b", name="listen"))),
        Message(role="tool", parts=(ToolResult(call_id="b"),)),
    )
    assert named_results(messages) == {"a": "look", "b": "listen"}

"""What the log keeps of a translated reply is the same whether it was streamed or whole."""

from aigw_dev.core.chat.events import Delta, Ended, Failed, Ping, Started
from aigw_dev.core.chat.heard import Heard, summary
from aigw_dev.core.chat.vocabulary import ChatReply, Choice, Refusal, Text, Thinking, ToolCall
from aigw_dev.core.chat.whole import events_of
from aigw_dev.core.exchange import Usage

REPLY = ChatReply(
    dialect="anthropic-messages",
    id="msg_1",
    model="claude",
    choices=(
        Choice(
            parts=(
                Thinking(text="hm", signature="s", origin="anthropic-messages"),
                Text(text="one"),
                Text(text="two"),
                ToolCall(id="t1", name="look", arguments='{"a":1}'),
                Refusal(text="no"),
            ),
            stop="tool_calls",
            stop_raw="tool_use",
        ),
    ),
    usage=Usage(input=3, output=4),
)


def test_a_stream_and_a_whole_reply_are_heard_alike() -> None:
    heard = Heard()
    for event in events_of(REPLY):
        heard.take(event)
    whole = summary(REPLY)
    assert heard.assembled() == whole.assembled
    assert whole.assembled.text == "one\n\ntwo"
    assert [(call.id, call.name, call.arguments) for call in whole.assembled.tool_calls] == [
        ("t1", "look", '{"a":1}')
    ]
    assert (heard.finish, heard.usage, heard.response_model) == (
        "tool_use",
        Usage(input=3, output=4),
        "claude",
    )
    assert (whole.finish, whole.usage, whole.response_model) == (
        "tool_use",
        Usage(input=3, output=4),
        "claude",
    )
    assert heard.is_done
    assert "".join(sorted(heard.output_text())) == "".join(sorted('hmone\n\ntwonolook{"a":1}'))


def test_a_beginning_and_a_ping_are_not_worth_committing_to() -> None:
    heard = Heard()
    heard.take(Started(model="m"))
    heard.take(Ping())
    assert not heard.has_data
    heard.take(Delta(index=0, kind="text", text="a"))
    assert heard.has_data


def test_an_error_first_is_no_data_and_is_kept() -> None:
    heard = Heard()
    heard.take(Started())
    heard.take(Failed(message="overloaded", code="overloaded_error", status=529))
    assert not heard.has_data
    assert heard.error is not None
    assert (heard.error.message, heard.error.status) == ("overloaded", 529)


def test_an_empty_reply_is_committed_to_at_its_end() -> None:
    heard = Heard()
    heard.take(Ended())
    assert heard.has_data
    assert heard.assembled().text == ""
    assert summary(ChatReply(dialect="x")).finish == ""

"""A conversation as OpenAI-compatible providers take it; numbers in names are bug classes of the reference (peers, 5.9)."""

from typing import Any, Final

import msgspec
import pytest
from openai.types.chat import ChatCompletionMessageParam
from pydantic import TypeAdapter

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.dialects.openai_chat_turns import write_messages
from aigw_dev.core.ledger import Ledger

PICTURE: Final = Image(source=Media(data="AA==", media_type="image/png"), detail="low")
PICTURE_PART: Final = {
    "type": "image_url",
    "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"},
}
CALL: Final = ToolCall(id="c", name="f", arguments='{"a":1}')
CALLED: Final = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
MESSAGES: Final[TypeAdapter[Any]] = TypeAdapter(list[ChatCompletionMessageParam])
ECHO: Final = Traits(echoes_reasoning=True)


def turn(role: Role, *parts: Part) -> Message:
    return Message(role=role, parts=parts)


def written(*messages: Message, traits: Traits | None = None) -> tuple[list[dict[str, Any]], Ledger]:
    ledger = Ledger()
    rows = write_messages(messages, traits or Traits(), ledger)
    MESSAGES.validate_python(rows)
    return rows, ledger


def fates(ledger: Ledger) -> list[tuple[str, str]]:
    return [(one.fate, one.field) for one in ledger.entries]


def test_text_is_a_string_and_leading_system_messages_are_one() -> None:
    rows, ledger = written(
        turn("system", Text(text="a"), Text(text="b")),
        turn("developer", Text(text="c")),
        turn("user", Text(text="one"), Text(text="two")),
        turn("assistant", Text(text="pie"), Text(text="ces")),
        turn("developer", Text(text="late")),
    )
    assert rows == [
        {"role": "system", "content": "a\n\nb\n\nc"},
        {"role": "user", "content": "one\n\ntwo"},
        {"role": "assistant", "content": "pieces"},
        {"role": "system", "content": "late"},
    ]
    assert ledger.entries == []


def test_a_named_system_message_stays_itself_and_developers_are_named_where_they_are_known() -> None:
    named = Message(role="system", parts=(Text(text="a"),), name="ann")
    rows, _ = written(named, turn("developer", Text(text="b")), traits=Traits(takes=frozenset({"developer"})))
    assert rows == [
        {"role": "system", "content": "a", "name": "ann"},
        {"role": "developer", "content": "b"},
    ]


def test_every_part_of_a_user_has_its_form() -> None:
    rows, ledger = written(
        turn(
            "user",
            Text(text="look"),
            PICTURE,
            Image(source=Media(url="https://x/y.png")),
            Audio(source=Media(data="AA=="), format="mp3"),
            Document(source=Media(data="AA==", media_type="application/pdf"), name="a.pdf"),
            Document(source=Media(), text="words", name="n", context="c"),
            Document(source=Media(file_id="file-1")),
            Opaque(
                dialect="openai-chat",
                type="x",
                raw=msgspec.Raw(b'{"type":"file","file":{"file_id":"file-2"}}'),
            ),
        )
    )
    assert rows[0]["content"] == [
        {"type": "text", "text": "look"},
        PICTURE_PART,
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
        {"type": "text", "text": "n\nc\nwords"},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "file": {"file_id": "file-2"}},
    ]
    assert fates(ledger) == [("approximated", "messages[0].content[5]")]


@pytest.mark.parametrize(
    ("part", "fate"),
    [
        (Image(source=Media(file_id="file_x")), "dropped"),
        (Image(source=Media(url="gs://b/y.png")), "dropped"),
        (Document(source=Media(file_id="file_x")), "dropped"),
        (Document(source=Media(url="https://x/y.pdf"), name="y"), "approximated"),
        (Audio(source=Media(url="https://x/y.mp3")), "dropped"),
        (Opaque(dialect="anthropic-messages", type="search", raw=msgspec.Raw(b"{}")), "dropped"),
        (Thinking(text="hm"), "dropped"),
        (Refusal(text="no"), "dropped"),
        (CALL, "dropped"),
    ],
)
def test_what_cannot_be_said_is_in_the_ledger(part: Part, fate: str) -> None:
    rows, ledger = written(turn("user", Text(text="a"), part))
    assert rows[0]["content"].startswith("a")
    assert fates(ledger) == [(fate, "messages[0].content[1]")]


def test_citations_of_a_document_are_in_the_ledger() -> None:
    _, ledger = written(turn("user", Document(source=Media(), text="a", has_citations=True)))
    assert fates(ledger) == [
        ("dropped", "messages[0].content[0].citations"),
        ("approximated", "messages[0].content[0]"),
    ]


def test_calls_stand_without_content_and_text_after_them_is_in_the_ledger() -> None:
    rows, ledger = written(turn("assistant", CALL), turn("assistant", CALL, Text(text="so")))
    assert rows[0] == {"role": "assistant", "content": None, "tool_calls": [CALLED]}
    assert rows[1] == {"role": "assistant", "content": "so", "tool_calls": [CALLED]}
    assert fates(ledger) == [("approximated", "messages[1].content")]


def test_7_results_follow_their_call_before_anything_else() -> None:
    other = msgspec.structs.replace(CALL, id="d")
    rows, ledger = written(
        turn("assistant", CALL, other),
        turn("user", Text(text="by the way")),
        turn("tool", ToolResult(call_id="d", parts=(Text(text="2"), Text(text="3")))),
        turn("user", Text(text="and")),
        turn("tool", ToolResult(call_id="c", parts=(Text(text="1"),)), ToolResult(call_id="e")),
        turn("assistant", Text(text="ok")),
        turn("user", Text(text="bye")),
    )
    assert [row["role"] for row in rows] == [
        "assistant", "tool", "tool", "user", "user", "tool", "assistant", "user"
    ]  # fmt: skip
    assert rows[1] == {"role": "tool", "tool_call_id": "d", "content": "2\n\n3"}
    assert rows[2] == {"role": "tool", "tool_call_id": "c", "content": "1"}
    assert rows[5] == {"role": "tool", "tool_call_id": "e", "content": ""}
    assert ledger.entries == []


def test_15_pictures_of_results_move_to_a_user_message_behind_all_of_them() -> None:
    other = msgspec.structs.replace(CALL, id="d")
    rows, ledger = written(
        turn("assistant", CALL, other),
        turn("tool", ToolResult(call_id="c", parts=(Text(text="seen"), PICTURE))),
        turn("tool", ToolResult(call_id="d", parts=(Document(source=Media(), text="plain"),))),
        turn("user", Text(text="well?")),
    )
    assert rows[1]["content"] == "seen\n\n[image of this result: see the next user message]"
    assert rows[2]["content"] == "plain"
    assert rows[3] == {
        "role": "user",
        "content": [{"type": "text", "text": "[image from the result of tool call c]"}, PICTURE_PART],
    }
    assert rows[4] == {"role": "user", "content": "well?"}
    assert fates(ledger) == [("approximated", "messages[1].content")]


def test_a_failed_tools_result_says_so() -> None:
    rows, ledger = written(
        turn("assistant", CALL),
        turn("tool", ToolResult(call_id="c", parts=(Text(text="no such file"),), is_error=True)),
    )
    assert rows[1]["content"] == "[error] no such file"
    assert fates(ledger) == [("approximated", "messages[1].is_error")]


def test_an_opaque_piece_of_a_result_is_in_the_ledger() -> None:
    thing = Opaque(dialect="anthropic-messages", type="search_result", raw=msgspec.Raw(b"{}"))
    rows, ledger = written(turn("tool", ToolResult(call_id="c", parts=(thing,))))
    assert rows == [{"role": "tool", "tool_call_id": "c", "content": ""}]
    assert fates(ledger) == [("dropped", "messages[0]")]


def test_4_thoughts_go_back_only_where_they_are_wanted_and_to_whom_they_belong() -> None:
    detail = Thinking(text="b", signature='{"type":"reasoning.text","signature":"s"}', origin="openai-chat")
    hidden = Thinking(signature='{"type":"reasoning.encrypted"}', origin="openai-chat", is_redacted=True)
    thought = turn(
        "assistant",
        Thinking(text="a", signature="s", origin="anthropic-messages"),
        detail,
        hidden,
        Thinking(text="c", signature="own", origin="openai-chat"),
        Thinking(signature="data", origin="openai-chat", is_redacted=True),
        Text(text="Hi"),
    )
    rows, ledger = written(thought)
    assert rows == [{"role": "assistant", "content": "Hi"}]
    assert fates(ledger) == [("dropped", "messages[0].thinking")]
    rows, ledger = written(thought, traits=ECHO)
    assert rows == [
        {
            "role": "assistant",
            "content": "Hi",
            "reasoning_content": "a\n\nb\n\nc",
            "reasoning_details": [
                {"type": "reasoning.text", "signature": "s", "text": "b"},
                {"type": "reasoning.encrypted"},
            ],
            "thinking_blocks": [
                {"type": "thinking", "thinking": "c", "signature": "own"},
                {"type": "redacted_thinking", "data": "data"},
            ],
        }
    ]
    assert fates(ledger) == [("dropped", "messages[0].thinking.signature")]


def test_5_googles_signature_goes_only_where_it_is_known() -> None:
    signed = turn("assistant", msgspec.structs.replace(CALL, signature="sig"))
    rows, ledger = written(signed)
    assert rows[0]["tool_calls"] == [CALLED]
    assert fates(ledger) == [("dropped", "messages[0].tool_calls.signature")]
    rows, ledger = written(signed, traits=Traits(takes=frozenset({"thought_signature"})))
    assert rows[0]["tool_calls"] == [CALLED | {"extra_content": {"google": {"thought_signature": "sig"}}}]
    assert ledger.entries == []


def test_a_custom_tools_call_is_a_function_with_its_text_where_custom_is_unknown() -> None:
    custom = turn("assistant", ToolCall(id="c", name="patch", arguments='a"b', kind="custom"))
    rows, _ = written(custom)
    assert rows[0]["tool_calls"][0]["function"] == {"name": "patch", "arguments": '{"input":"a\\"b"}'}
    rows, _ = written(custom, traits=Traits(takes=frozenset({"custom_tools"})))
    assert rows[0]["tool_calls"][0] == {
        "id": "c",
        "type": "custom",
        "custom": {"name": "patch", "input": 'a"b'},
    }


def test_cache_marks_go_only_where_they_are_known() -> None:
    turns = (
        turn("system", Text(text="a", cache=Cache(ttl="1h"))),
        turn("user", msgspec.structs.replace(PICTURE, cache=Cache())),
        turn("assistant", msgspec.structs.replace(CALL, cache=Cache())),
        turn("tool", ToolResult(call_id="c", cache=Cache(), parts=(Text(text="x", cache=Cache()),))),
    )
    rows, ledger = written(*turns)
    assert rows[0]["content"] == "a"
    assert fates(ledger) == [("dropped", "cache_control")]
    rows, ledger = written(*turns, traits=Traits(takes=frozenset({"cache_control"})))
    mark = {"type": "ephemeral", "ttl": "1h"}
    assert rows[0]["content"] == [{"type": "text", "text": "a", "cache_control": mark}]
    assert rows[1]["content"] == [PICTURE_PART | {"cache_control": {"type": "ephemeral"}}]
    assert ledger.entries == []


def test_what_an_assistant_said_aloud_or_showed() -> None:
    rows, ledger = written(
        turn("assistant", Audio(source=Media(), id="audio_1")),
        turn("assistant", Audio(source=Media(data="AA=="), transcript="hello"), PICTURE, Refusal(text="no")),
    )
    assert rows == [
        {"role": "assistant", "content": "", "audio": {"id": "audio_1"}},
        {"role": "assistant", "content": "hello", "refusal": "no"},
    ]
    assert fates(ledger) == [("approximated", "messages[1].audio"), ("dropped", "messages[1].image")]


def test_an_assistants_name_is_kept() -> None:
    rows, _ = written(Message(role="assistant", parts=(Text(text="a"),), name="bob"))
    assert rows == [{"role": "assistant", "content": "a", "name": "bob"}]


def test_what_a_document_loses_is_in_the_ledger() -> None:
    pdf = Document(source=Media(data="AA==", media_type="application/pdf"), context="old")
    _, ledger = written(turn("user", pdf, Document(source=Media(), text="words", name="n")))
    assert fates(ledger) == [
        ("dropped", "messages[0].content[0].context"),
        ("invented", "messages[0].content[0].filename"),
        ("approximated", "messages[0].content[1]"),
    ]

"""A whole reply and its events say the same."""

from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.events import BlockStarted, BlockStopped, Counted, Delta, Failed, Ping, Started
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
    ToolCall,
)
from aigw_dev.core.chat.whole import events_of, reply_of
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.exchange import Usage
from tests.chat_laws import broken_laws

DIALECT: Final = "anthropic-messages"
WORDS = st.text(min_size=1, max_size=8)
PARTS: st.SearchStrategy[Part] = st.one_of(
    st.builds(
        Text, text=WORDS, citations=st.sampled_from([msgspec.Raw(b"null"), msgspec.Raw(b'[{"url":"u"}]')])
    ),
    st.builds(Thinking, text=WORDS, signature=WORDS, origin=st.just(DIALECT), id=WORDS),
    st.builds(Thinking, text=WORDS),
    st.builds(Thinking, signature=WORDS, origin=st.just(DIALECT), is_redacted=st.just(value=True)),
    st.builds(ToolCall, id=WORDS, name=WORDS, arguments=st.just('{"a":1}'), signature=WORDS, item_id=WORDS),
    st.builds(ToolCall, id=WORDS, name=WORDS, arguments=WORDS, kind=st.just("custom")),
    st.builds(Refusal, text=WORDS),
    st.builds(Opaque, dialect=st.just(DIALECT), type=WORDS, raw=st.just(msgspec.Raw(b"{}"))),
)
CHOICES = st.builds(
    Choice,
    parts=st.lists(PARTS, max_size=5).map(tuple),
    stop=st.sampled_from(["stop", "length", "tool_calls", "refusal", "stop_sequence"]),
    stop_sequence=WORDS,
    stop_raw=WORDS,
    stop_details=st.just(msgspec.Raw(b'{"a":1}')),
)
REPLIES = st.builds(
    ChatReply,
    dialect=st.just(DIALECT),
    id=WORDS,
    model=WORDS,
    created=st.integers(0, 10**9),
    choices=st.lists(CHOICES, min_size=1, max_size=3).map(tuple),
    usage=st.none() | st.builds(Usage, input=st.integers(0, 99), output=st.integers(0, 99)),
)


@given(REPLIES)
def test_a_reply_told_in_events_is_the_same_reply(reply: ChatReply) -> None:
    events = events_of(reply)
    assert broken_laws(events) == []
    assert reply_of(events, DIALECT) == reply


def test_log_probabilities_survive() -> None:
    found = (Logprob(token="a", logprob=-0.5, top=(Logprob(token="b", logprob=-1.0),)),)
    reply = ChatReply(
        dialect=DIALECT, choices=(Choice(parts=(Refusal(text="r"), Text(text="a")), logprobs=found),)
    )
    assert reply_of(events_of(reply), DIALECT) == reply


def test_a_sound_is_its_transcript_and_a_picture_is_opaque() -> None:
    parts = (Audio(source=Media(data="AA=="), transcript="hello"), Image(source=Media(url="http://x/y.png")))
    reply = ChatReply(dialect=DIALECT, choices=(Choice(parts=parts, stop=None),))
    read = reply_of(events_of(reply), DIALECT)
    assert isinstance(read, ChatReply)
    text, picture = read.choices[0].parts
    assert text == Text(text="hello")
    assert isinstance(picture, Opaque)
    assert (picture.dialect, picture.type) == (DIALECT, "image")
    assert b"http://x/y.png" in bytes(picture.raw)


def test_an_end_without_a_reason_is_named_by_what_was_said() -> None:
    for parts, reason in (((Text(text="a"),), "stop"), ((ToolCall(id="1", name="f"),), "tool_calls")):
        reply = ChatReply(dialect=DIALECT, choices=(Choice(parts=parts, stop=None),))
        read = reply_of(events_of(reply), DIALECT)
        assert isinstance(read, ChatReply)
        assert read.choices[0].stop == reason


def test_an_error_in_the_stream_is_the_outcome() -> None:
    events = [Started(id="x"), Ping(), Failed(message="gone", code="overloaded", status=529)]
    assert reply_of(events, DIALECT) == ReplyError(message="gone", code="overloaded", status=529)


def test_an_unfinished_choice_has_no_reason_and_citations_add_up() -> None:
    events = [
        Started(id="x"),
        BlockStarted(index=0, kind="text"),
        Delta(index=0, kind="text", text="a"),
        Delta(index=0, kind="citations", text='[{"url":1.50}]'),
        Delta(index=0, kind="citations", text="[2]"),
        Delta(index=0, kind="citations", text="not json"),
        BlockStopped(index=0),
        BlockStopped(index=1),
        BlockStarted(index=1, kind="tool_call", id="c", name="f"),
        BlockStopped(index=1),
        Counted(usage=Usage(input=1)),
    ]
    read = reply_of(events, DIALECT)
    assert isinstance(read, ChatReply)
    [choice] = read.choices
    assert choice.stop is None
    text, call = choice.parts
    assert isinstance(text, Text)
    assert bytes(text.citations) == b'[{"url":1.50},2]'
    assert call == ToolCall(id="c", name="f", arguments="{}")

"""Signed thoughts come back with their call where a caller left them out, to their own provider only."""

import msgspec
import pytest

from aigw_dev.core.chat.carried import Memory, parts_of, restored
from aigw_dev.core.chat.vocabulary import (
    ChatReply,
    ChatRequest,
    Choice,
    Message,
    Part,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.ledger import Ledger

OWN = "anthropic-messages"
THOUGHT = Thinking(text="hm", signature="EqQB", origin=OWN)
CALL = ToolCall(id="toolu_1", name="look")


def asked(*parts: Part) -> ChatRequest:
    turns = (Message(role="user", parts=(Text(text="go"),)), Message(role="assistant", parts=parts))
    return ChatRequest(dialect="openai-chat", model="m", messages=turns)


def put_back(
    request: ChatRequest, memory: Memory, dialect: str = OWN, consumer: str = "none"
) -> tuple[Part, ...]:
    return restored(request, memory, consumer=consumer, dialect=dialect, ledger=Ledger()).messages[1].parts


@pytest.fixture
def memory() -> Memory:
    made = Memory()
    made.remember("none", parts_of(ChatReply(dialect=OWN, choices=(Choice(parts=(THOUGHT, CALL)),))))
    return made


def test_a_thought_that_the_caller_left_out_stands_before_its_call_again(memory: Memory) -> None:
    ledger = Ledger()
    request = restored(asked(Text(text="a"), CALL), memory, consumer="none", dialect=OWN, ledger=ledger)
    assert request.messages[1].parts == (THOUGHT, Text(text="a"), CALL)
    assert [one.field for one in ledger.entries] == ["messages[1].thinking"]
    assert ledger.losses() == []


def test_a_thought_that_was_echoed_is_not_doubled(memory: Memory) -> None:
    assert put_back(asked(THOUGHT, CALL), memory) == (THOUGHT, CALL)
    assert put_back(asked(Thinking(text="hm"), CALL), memory) == (THOUGHT, CALL), "an unsigned echo gives way"


def test_another_provider_and_another_consumer_get_nothing(memory: Memory) -> None:
    assert put_back(asked(Thinking(text="x"), CALL), memory, "gemini-generate-content") == (
        Thinking(text="x"),
        CALL,
    )
    assert put_back(asked(CALL), memory, consumer="team-b") == (CALL,)
    assert put_back(asked(ToolCall(id="other", name="look")), memory)[0] == ToolCall(id="other", name="look")
    plain = asked(Text(text="a"))
    assert restored(plain, memory, consumer="none", dialect=OWN, ledger=Ledger()) is plain


def test_a_calls_own_signature_comes_back_with_it() -> None:
    memory = Memory()
    memory.remember("none", [msgspec.structs.replace(CALL, signature="b3du"), ToolCall(id="t2", name="x")])
    assert put_back(asked(CALL), memory, "gemini-generate-content") == (
        msgspec.structs.replace(CALL, signature="b3du"),
    )
    assert memory.find("none", "t2") is None, "nothing came with it"


def test_the_memory_is_bounded() -> None:
    memory = Memory(most_calls=3, most_chars=100)
    for number in range(5):
        memory.remember("none", [THOUGHT, ToolCall(id=f"c{number}", name="x")])
    assert [memory.find("none", f"c{number}") is None for number in range(5)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    memory.remember(
        "none", [Thinking(text="x" * 90, signature="s", origin=OWN), ToolCall(id="big", name="x")]
    )
    assert memory.find("none", "big") is not None
    assert memory.find("none", "c2") is None
    memory.remember(
        "none", [Thinking(text="x" * 200, signature="s", origin=OWN), ToolCall(id="huge", name="x")]
    )
    assert memory.find("none", "huge") is None

"""Reasoning items and what must come back with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import Thinking
from aigw_dev.core.dialects.responses import thoughts


@given(
    st.text(min_size=1),
    st.sampled_from(["openai-responses", "anthropic-messages", "gemini-generate-content"]),
    st.booleans(),
)
def test_a_signature_goes_there_and_back(signature: str, origin: str, is_redacted: bool) -> None:
    is_redacted = is_redacted and origin != "openai-responses"
    if signature.startswith(("aigw1:", "call|", "redacted|")):
        return
    written = thoughts.encrypted(
        signature.encode("utf-8", "replace").decode(), origin, is_redacted=is_redacted
    )
    thought = thoughts.read_item({"type": "reasoning", "id": "rs_1", "encrypted_content": written})
    assert thought.thinking.origin == origin
    assert thought.thinking.signature == signature.encode("utf-8", "replace").decode()
    assert thought.thinking.is_redacted == is_redacted


def test_a_calls_signature_is_told_apart() -> None:
    written = thoughts.encrypted_for_call("S", "gemini-generate-content")
    thought = thoughts.read_item({"type": "reasoning", "encrypted_content": written})
    assert (thought.call_signature, thought.thinking) == ("S", Thinking())


def test_this_dialects_own_content_is_never_taken_apart() -> None:
    assert thoughts.encrypted("call|x", "openai-responses", is_redacted=True) == "call|x"
    own = thoughts.read_item({"encrypted_content": "call|x"})
    assert own.thinking.signature == "call|x"


_EMPTY: list[dict[str, object]] = [
    {},
    {"summary": 5},
    {"summary": [5, {}]},
    {"encrypted_content": 5},
    {"encrypted_content": None},
]


@pytest.mark.parametrize("item", _EMPTY)
def test_an_empty_item_is_an_empty_thought(item: dict[str, object]) -> None:
    assert thoughts.read_item(item).thinking == Thinking()


def test_no_signature_is_nothing_to_write() -> None:
    assert thoughts.encrypted("", "anthropic-messages") is None
    assert thoughts.summary("") == []

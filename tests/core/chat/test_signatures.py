"""A signature comes back from a foreign conversation exactly, and only to whom it belongs."""

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.signatures import unwrap, wrap
from aigw_dev.core.dialects import DIALECTS

NAMES = st.sampled_from(sorted(DIALECTS))


@given(NAMES, st.text(min_size=1), NAMES)
def test_what_was_wrapped_is_unwrapped(origin: str, signature: str, dialect: str) -> None:
    if origin == dialect and signature.startswith("aigw1:"):
        return  # no provider's signature looks like ours
    assert unwrap(wrap(origin, signature, dialect), dialect) == (origin, signature)


def test_the_own_dialects_signature_is_not_touched() -> None:
    assert wrap("anthropic-messages", "EqQB", "anthropic-messages") == "EqQB"
    assert unwrap("EqQB", "anthropic-messages") == ("anthropic-messages", "EqQB")


def test_no_signature_belongs_to_nobody_and_a_thought_without_one_is_recognised() -> None:
    assert unwrap("", "anthropic-messages") == ("", "")
    assert unwrap(wrap("openai-chat", "", "anthropic-messages"), "anthropic-messages") == ("openai-chat", "")

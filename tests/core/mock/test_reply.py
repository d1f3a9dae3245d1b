"""What the mock models share."""

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import tokens
from aigw_dev.core.mock.reply import Asked, Usage, limited, words


def asked(**request: object) -> Asked:
    return Asked(
        model="echo",
        request=request,
        is_stream=False,
        wants_usage=False,
        input_tokens=1,
        created=1,
        id_seed="a",
    )


@given(st.text())
def test_words_are_the_text_in_pieces(text: str) -> None:
    pieces = words(text)
    assert "".join(pieces) == text
    assert all(pieces)
    assert len(pieces) == max(len(text.split()), 1 if text else 0)


@given(st.text(max_size=80), st.integers(1, 20))
def test_a_limited_text_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    kept, finish = limited(text, asked(max_tokens=limit))
    assert text.startswith(kept)
    assert tokens.estimate(kept) <= limit
    assert (finish == "length") == (tokens.estimate(text) > limit)


def test_a_long_text_is_limited_quickly() -> None:
    kept, finish = limited("word " * 200_000, asked(max_tokens=1000))
    assert (tokens.estimate(kept), finish) == (1000, "length")


def test_usage_adds_up() -> None:
    wire = Usage(prompt_tokens=3, completion_tokens=5, reasoning_tokens=2).wire()
    assert wire["total_tokens"] == 8
    assert wire["completion_tokens_details"] == {"reasoning_tokens": 2}

"""What is asked again of a text is answered from memory, within bounds."""

import pytest

from aigw_dev.core.remembered import remembered


def test_the_same_text_is_read_once() -> None:
    read: list[bytes] = []

    @remembered(most=2, longest=10)
    def size(text: bytes) -> int:
        read.append(text)
        return len(text)

    assert [size(b"ab"), size(bytes([97, 98])), size(b"abc")] == [2, 2, 3]
    assert read == [b"ab", b"abc"]


def test_the_oldest_answer_goes_first() -> None:
    read: list[bytes] = []

    @remembered(most=1, longest=10)
    def size(text: bytes) -> int:
        read.append(text)
        return len(text)

    for text in (b"a", b"bb", b"a"):
        size(text)
    assert read == [b"a", b"bb", b"a"]


def test_a_long_text_is_never_held() -> None:
    read: list[bytes] = []

    @remembered(most=2, longest=3)
    def size(text: bytes) -> int:
        read.append(text)
        return len(text)

    assert [size(b"abcd"), size(b"abcd"), size(b"abc"), size(b"abc")] == [4, 4, 3, 3]
    assert read == [b"abcd", b"abcd", b"abc"]


def test_what_raises_is_asked_again() -> None:
    tries: list[bytes] = []

    @remembered(most=2, longest=3)
    def fail(text: bytes) -> int:
        tries.append(text)
        raise ValueError(text)

    for _ in range(2):
        with pytest.raises(ValueError, match="a"):
            fail(b"a")
    assert tries == [b"a", b"a"]

"""Binary replies that nobody keeps."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.audio_length import ENDS_BYTES
from aigw_dev.core.binary_note import note_of
from aigw_dev.core.binary_reply import BinaryReply
from tests.core.audio_files import wav


@given(st.lists(st.integers(0, 100_000), max_size=6))
def test_any_cuts_give_the_same_ends_and_note(sizes: list[int]) -> None:
    body = bytes(range(251)) * (sum(sizes) // 251 + 1)
    body = body[: sum(sizes)]
    heard = BinaryReply()
    at = 0
    for size in sizes:
        heard.feed(body[at : at + size])
        at += size
    assert (heard.size, heard.head, heard.tail) == (len(body), body[:ENDS_BYTES], body[-ENDS_BYTES:])
    assert heard.note("audio/mpeg") == note_of(body, "audio/mpeg")
    assert heard.note() == note_of(body)


def test_speech_is_measured_as_it_passes() -> None:
    heard = BinaryReply()
    body = wav(9.5)
    for at in range(0, len(body), 1000):
        heard.feed(body[at : at + 1000])
    assert heard.audio_length() == (9.5, True)
    raw = BinaryReply()
    raw.feed(bytes(48_000))
    assert raw.audio_length(content_type="audio/pcm", pcm_hz=24_000) == (1.0, True)
    assert BinaryReply().audio_length() is None


def test_memory_is_bounded() -> None:
    heard = BinaryReply()
    tracemalloc.start()
    try:
        for _ in range(1000):
            heard.feed(bytes(100_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert heard.size == 100_000_000
    assert peak < 1_000_000

"""Sound in frames of 24 ms: samples and silence of the same length."""

import io
import struct
import wave

import pytest

from aigw_dev.core.audio_frames import frames_length
from aigw_dev.core.mock import sounds


@pytest.mark.parametrize("tone", range(sounds.TONES))
def test_samples_last_as_long_as_their_frames(tone: int) -> None:
    made = sounds.pcm(tone, 3)
    samples = struct.unpack(f"<{3 * sounds.FRAME_SAMPLES}h", made)
    assert max(samples) > 3_000
    assert not any(samples[2 * sounds.FRAME_SAMPLES :])
    assert any(struct.unpack(f"<{sounds.FRAME_SAMPLES}h", sounds.pcm(tone, 1)))


def test_tones_differ() -> None:
    assert len({sounds.pcm(tone, 1) for tone in range(sounds.TONES)}) == sounds.TONES


def test_the_standard_library_reads_the_wav() -> None:
    made = sounds.wav_head(5) + sounds.pcm(0, 5)
    with wave.open(io.BytesIO(made)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        assert file.getnframes() == 5 * sounds.FRAME_SAMPLES
        assert file.readframes(9_999) == sounds.pcm(0, 5)


def test_a_row_of_mp3_frames_is_read_as_one() -> None:
    row = sounds.MP3_FRAME * 50
    found = frames_length(row, row, len(row))
    assert found is not None
    assert found == (pytest.approx(50 * sounds.FRAME_S), True)

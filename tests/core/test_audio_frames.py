"""Counting frames."""

import pytest

from aigw_dev.core.audio_frames import frames_length
from tests.core.audio_files import adts_frames, mp3_frames, xing


def test_frames_at_hand_are_counted() -> None:
    body = mp3_frames(10)
    assert frames_length(body, body, len(body)) == (pytest.approx(10 * 1152 / 44_100), True)
    assert frames_length(body[:2000], body[-2000:], len(body)) == (pytest.approx(10 * 1152 / 44_100), False)


def test_a_single_frame_counts_where_the_file_ends_after_it() -> None:
    one = mp3_frames(1)
    assert frames_length(one, one, len(one)) == (pytest.approx(1152 / 44_100), True)
    assert frames_length(one[:-1], one[:-1], len(one) - 1) is None
    assert frames_length(one, one, 100_000) is None


def test_a_count_of_zero_frames_is_no_count() -> None:
    body = xing(0) + mp3_frames(4)
    assert frames_length(body, body, len(body)) == (pytest.approx(5 * 1152 / 44_100), True)


def test_aac_is_counted_too() -> None:
    body = adts_frames(4, 2000)
    assert frames_length(body, body, len(body)) == (pytest.approx(4 * 1024 / 44_100), True)

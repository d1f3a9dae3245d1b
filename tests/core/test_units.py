"""The units of one call, as exchanges carry them."""

import pytest

from aigw_dev.core.units import COUNTED, NOTHING, Images, Units


@pytest.mark.parametrize(
    ("units", "tier"),
    [
        (Units(images=(Images(1, "2048x2048"),)), "2K"),
        (Units(images=(Images(1),)), ""),
        (Units(videos=1, resolution="1080p"), "1080p"),
        (NOTHING, ""),
    ],
)
def test_the_tier_is_the_images_size_or_the_videos_resolution(units: Units, tier: str) -> None:
    assert units.tier == tier


def test_nothing_counts_as_zeros() -> None:
    assert NOTHING.counts == (0,) * len(COUNTED)
    assert Units(audio_in_s=None, unknown=("audio_in_s",)).counts[-1] == 1

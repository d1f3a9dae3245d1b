"""Sizes, ratios and the tiers of price lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.picture_size import image_tier, nearest_ratio, read_size, video_tier, write_size


@given(st.integers(10, 99_999), st.integers(10, 99_999), st.sampled_from("xX*×"))
def test_a_size_is_read_in_every_spelling(width: int, height: int, mark: str) -> None:
    assert read_size(f"{width}{mark}{height}") == (width, height)
    assert read_size(write_size((width, height))) == (width, height)


@pytest.mark.parametrize("text", ["", "auto", "1024", "0x10", "1024x", "1024x1024x3", "-5x10", "1024 x 1024"])
def test_other_texts_are_no_size(text: str) -> None:
    assert read_size(text) is None


@pytest.mark.parametrize(
    ("size", "near", "is_exact"),
    [
        ((1024, 1024), "1:1", True),
        ((1792, 1024), "16:9", True),
        ((1536, 1024), "16:9", False),
        ((720, 1280), "9:16", True),
    ],
)
def test_the_nearest_ratio_says_whether_it_is_the_same(
    size: tuple[int, int], near: str, is_exact: bool
) -> None:
    assert nearest_ratio(size, ("1:1", "9:16", "16:9")) == (near, is_exact)


@pytest.mark.parametrize(
    ("size", "tier"),
    [
        ("512x512", "512"),
        ("256x256", "512"),
        ("1024x1024", "1K"),
        ("1536x1024", "1K"),
        ("1792x1024", "1K"),
        ("2048x2048", "2K"),
        ("4096x4096", "4K"),
        ("2k", "2K"),
        ("auto", ""),
        ("", ""),
    ],
)
def test_images_have_googles_tiers(size: str, tier: str) -> None:
    assert image_tier(size) == tier


@pytest.mark.parametrize(
    ("size", "tier"),
    [
        ("1280x720", "720p"),
        ("720x1280", "720p"),
        ("832*480", "480p"),
        ("1792x1024", "1080p"),
        ("1920x1080", "1080p"),
        ("3840x2160", "4k"),
        ("720P", "720p"),
        ("1080", "1080p"),
        ("4K", "4k"),
        ("large", ""),
    ],
)
def test_videos_have_the_tier_of_their_shorter_side(size: str, tier: str) -> None:
    assert video_tier(size) == tier

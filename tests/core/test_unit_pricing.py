"""Images, seconds, characters and searches cost what their row says, and are unknown where nobody told how many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.unit_pricing import Charge, charge
from aigw_dev.core.units import Images, Units

SIZES = {
    "image_each": 40,
    "image_each:1792x1024": 80,
    "image_each:hd": 70,
    "image_each:hd:1792x1024": 120,
    "image_each:4K": 240,
    "image_each:high:2K": 200,
}


@pytest.mark.parametrize(
    ("images", "each"),
    [
        (Images(2), 40),
        (Images(2, "1024x1024", "standard"), 40),
        (Images(2, "1792x1024"), 80),
        (Images(2, "1792x1024", "HD"), 120),
        (Images(2, "1024x1024", "hd"), 70),
        (Images(2, "4096x4096"), 240),
        (Images(2, "2048x2048", "high"), 200),
    ],
)
def test_the_rate_that_says_most_about_an_image_goes_first(images: Images, each: int) -> None:
    assert charge(Units(images=(images,)), SIZES) == Charge(picousd=2 * each, units="images")


def test_images_of_a_quality_that_only_others_are_priced_for_have_no_price() -> None:
    found = charge(Units(images=(Images(1, "1024x1024"),)), {"image_each:high:1024x1024": 1})
    assert found == "no rate for images of 1024x1024"


def test_seconds_are_priced_to_the_millisecond() -> None:
    assert charge(Units(audio_in_s=1.5), {"second_in": 100}) == Charge(picousd=150, units="seconds heard")
    assert charge(Units(audio_out_s=0.001, characters=4), {"second_out": 250_000}) == Charge(
        picousd=250, units="seconds spoken"
    )


def test_characters_and_searches_are_priced_each() -> None:
    assert charge(Units(characters=7), {"character_each": 15}) == Charge(picousd=105, units="characters")
    assert charge(Units(searches=2, documents=9), {"search_each": 2_000}) == Charge(
        picousd=4_000, units="searches"
    )


def test_a_video_is_priced_by_its_seconds_and_resolution() -> None:
    rates = {"video_second": 300, "video_second:1080p": 500}
    assert charge(Units(videos=1, video_s=8, resolution="1080p"), rates) == Charge(
        picousd=4_000, units="seconds of video"
    )
    assert charge(Units(videos=2, video_s=8, resolution="720p"), rates) == Charge(
        picousd=4_800, units="seconds of video"
    )


def test_a_video_of_a_resolution_that_nobody_told_is_doubtful_where_it_matters() -> None:
    video = Units(videos=1, video_s=8, unknown=("resolution",))
    assert charge(video, {"video_second": 300}) == Charge(picousd=2_400, units="seconds of video")
    found = charge(video, {"video_second": 300, "video_second:4k": 500})
    assert isinstance(found, Charge)
    assert found.doubts == ("the resolution was not told: the ordinary one is taken",)


@pytest.mark.parametrize(
    ("units", "rate", "said"),
    [
        (Units(unknown=("audio_in_s",)), "second_in", "nobody told how many seconds were heard"),
        (
            Units(videos=1, unknown=("video_s",)),
            "video_second:720p",
            "nobody told how many seconds the video has",
        ),
        (Units(unknown=("images",)), "image_each", "nobody told how many images were made"),
        (Units(unknown=("audio_in_s",)), "input", "no rate for seconds heard"),
        (Units(videos=1, video_s=8, resolution="720p"), "input", "no rate for video of 720p"),
        (Units(videos=1, video_s=8), "input", "no rate for video"),
        (Units(images=(Images(1),), characters=3), "input", "no rate for images, characters"),
        (Units(audio_out_s=3, searches=1), "input", "no rate for seconds spoken, searches"),
        (Units(documents=1), "input", "no rate for what was used"),
    ],
)
def test_what_cannot_be_priced_says_why_and_is_never_zero(units: Units, rate: str, said: str) -> None:
    assert charge(units, {rate: 5}) == said


@given(
    st.lists(st.builds(Images, st.integers(1, 50), st.sampled_from(["", "1792x1024", "9x9"])), max_size=3),
    st.integers(0, 10**6),
)
def test_a_charge_is_the_sum_of_its_parts(images: list[Images], characters: int) -> None:
    rates = {**SIZES, "character_each": 15}
    found = charge(Units(images=tuple(images), characters=characters), rates)
    each = sum(one.count * (80 if one.size == "1792x1024" else 40) for one in images)
    if not images and not characters:
        assert isinstance(found, str)
    else:
        assert isinstance(found, Charge)
        assert found.picousd == each + 15 * characters

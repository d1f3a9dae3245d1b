"""The units of one call beside tokens, as exchanges carry them; `core.modality_units` reads them."""

from typing import Final

import msgspec

from aigw_dev.core.picture_size import image_tier


class Images(msgspec.Struct, frozen=True, omit_defaults=True):
    """Images of one size and quality."""

    count: int
    size: str = ""
    """`1024x1024`; empty where nobody said."""
    quality: str = ""

    @property
    def tier(self) -> str:
        """`512`, `1K`, `2K`, `4K`, or empty."""
        return image_tier(self.size)


class Units(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one call used beside tokens."""

    images: tuple[Images, ...] = ()
    image_input_tokens: int = 0
    """Part of the input tokens that were pictures (gpt-image)."""
    image_output_tokens: int = 0
    """Part of the output tokens that were pictures (gpt-image)."""
    audio_in_s: float | None = None
    """Seconds of the recording heard; None where there was none, or where nobody told: see `unknown`."""
    audio_out_s: float | None = None
    """Seconds of sound made."""
    characters: int = 0
    """Characters spoken."""
    videos: int = 0
    video_s: float | None = None
    resolution: str = ""
    """`480p`, `720p`, `1080p`, `4k`; of the video."""
    job: str = ""
    """The id of the video's job: the same job is counted once, however often it is looked at."""
    searches: int = 0
    documents: int = 0
    """Documents that were ranked."""
    unknown: tuple[str, ...] = ()
    """Fields above that the call used and nobody told: a price by them is unknown, not zero."""

    @property
    def tier(self) -> str:
        """The size tier of the images, or the resolution of the video; empty where there was none or nobody said."""
        return self.images[0].tier if self.images else self.resolution

    @property
    def counts(self) -> tuple[int, ...]:
        """Whole numbers in the order of `COUNTED`: sums of them are exact."""
        return (
            sum(images.count for images in self.images),
            _ms(self.audio_in_s),
            _ms(self.audio_out_s),
            self.characters,
            self.videos,
            _ms(self.video_s),
            self.searches,
            self.documents,
            1 if self.unknown else 0,
        )


NOTHING: Final = Units()

COUNTED: Final = (
    "images",
    "audio_in_ms",
    "audio_out_ms",
    "characters",
    "videos",
    "video_ms",
    "searches",
    "documents",
    "units_unknown",
)
"""What is summed up, in milliseconds where it is time."""


def _ms(seconds: float | None) -> int:
    return 0 if seconds is None else round(seconds * 1000)

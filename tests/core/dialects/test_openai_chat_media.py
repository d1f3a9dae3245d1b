"""Data URLs, sound formats and Google's signatures."""

import pytest

from aigw_dev.core.chat.vocabulary import Audio, Document, Image, Media
from aigw_dev.core.dialects.openai_chat_media import (
    audio_format,
    audio_type,
    data_url,
    google_signature,
    url_of,
)


@pytest.mark.parametrize(
    ("url", "media"),
    [
        ("data:image/png;base64,AA==", Media(data="AA==", media_type="image/png")),
        ("DATA:Image/PNG;charset=x;Base64,AA==", Media(data="AA==", media_type="image/png")),
        ("data:text/plain,a%20b", Media(data="YSBi", media_type="text/plain")),
        ("data:;base64,AA==", Media(data="AA==")),
        ("https://x/y.png", Media(url="https://x/y.png")),
        ("data:nothing", Media(url="data:nothing")),
    ],
)
def test_a_data_url_is_taken_apart(url: str, media: Media) -> None:
    assert data_url(url) == media


def test_an_address_is_made_of_data() -> None:
    assert url_of(Image(source=Media(data="AA==", media_type="image/gif"))) == "data:image/gif;base64,AA=="
    assert url_of(Image(source=Media(data="AA=="))) == "data:image/png;base64,AA=="
    assert url_of(Document(source=Media(data="AA=="))) == "data:application/pdf;base64,AA=="
    assert url_of(Image(source=Media(url="http://x"))) == "http://x"
    assert url_of(Image(source=Media(file_id="f"))) == ""


def test_sounds_are_named_by_format_and_media_type() -> None:
    assert audio_type("MP3") == "audio/mpeg"
    assert audio_type("odd") == ""
    assert audio_format(Audio(source=Media(media_type="audio/mpeg"))) == "mp3"
    assert audio_format(Audio(source=Media(), format="flac")) == "flac"
    assert audio_format(Audio(source=Media())) == "wav"


def test_a_thought_signature_is_found_in_both_places() -> None:
    assert google_signature({"extra_content": {"google": {"thought_signature": "a"}}}) == "a"
    assert google_signature({"provider_specific_fields": {"thought_signature": "b"}}) == "b"
    assert google_signature({"extra_content": 7, "provider_specific_fields": None}) == ""

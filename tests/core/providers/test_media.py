"""Pictures and sound are told apart by their bytes, and seconds are read, never guessed."""

import base64
import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers import media
from aigw_dev.core.providers.asked_fields import AskedFields
from tests.core.providers.run_adapter import asked

PNG = b"\x89PNG\r\n\x1a\nrest"
PNG_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()


def test_what_is_written_as_wav_is_read_by_pythons_own_reader() -> None:
    samples = bytes(range(200)) * 2
    with wave.open(io.BytesIO(media.wav(samples, 24_000))) as read:
        assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (1, 2, 24_000)
        assert read.readframes(9_999) == samples
    assert media.wav_seconds(media.wav(bytes(48_000), 24_000)[:44]) == 1.0


def test_chunks_before_the_sound_are_passed_over() -> None:
    plain = media.wav(bytes(96_000), 24_000)
    listed = plain[:36] + b"LIST\x03\x00\x00\x00abc\x00" + plain[36:]
    assert media.wav_seconds(listed) == 2.0


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"ID3",
        b"RIFF\x00\x00\x00\x00AVI ",
        media.wav(b"", 8_000),
        media.wav(bytes(8), 8_000)[:40],
        b"RIFF....WAVE" + b"junk\x00\x00\x00\x00" * 99,
        b"RIFF....WAVEdata\x08\x00\x00\x00",
        media.wav(bytes(8), 8_000).replace(b"data\x08\x00\x00\x00", b"data\xff\xff\xff\xff"),
    ],
)
def test_a_length_that_is_not_told_is_not_guessed(head: bytes) -> None:
    assert media.wav_seconds(head) is None


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(content: bytes) -> None:
    media.wav_seconds(content)
    media.wav_seconds(b"RIFF....WAVE" + content)
    assert media.media_type(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"RIFF....WEBPVP8", "image/webp"),
        (b"RIFF....WAVE", "audio/wav"),
        (b"??", media.UNKNOWN_TYPE),
    ],
)
def test_bytes_tell_their_kind(content: bytes, kind: str) -> None:
    assert media.media_type(content) == kind


def test_data_urls_go_both_ways() -> None:
    assert media.data_url(PNG) == PNG_URL
    assert media.read_data_url(PNG_URL) == PNG
    assert media.content_of(PNG_URL) == ("image/png", base64.b64encode(PNG).decode())
    for bad in (
        "",
        "https://x/y.png",
        "data:image/png;base64,",
        "data:image/png;base64,???",
        "data:image/png,abc",
    ):
        assert media.read_data_url(bad) is None
    assert media.unbase64(7) is None


def test_pictures_come_from_uploads_and_from_json() -> None:
    wanted = asked("x", files={"image[]": PNG, "mask": b"m"})
    assert media.pictures(wanted, AskedFields(wanted), limit=4) == [PNG_URL]
    body = {"image": PNG_URL, "images": [{"image_url": "https://x/y.png"}, {"image_url": {"url": PNG_URL}}]}
    wanted = asked("x", body=body)
    fields = AskedFields(wanted)
    assert media.pictures(wanted, fields, limit=4) == [PNG_URL, "https://x/y.png", PNG_URL]
    assert fields.refusal is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"image": "x"},
        {"images": [{"file_id": "file-1"}]},
        {"image": [PNG_URL] * 3},
        {"image": "https://x/y"},
    ],
)
def test_pictures_that_cannot_be_sent_are_refused(body: dict[str, object]) -> None:
    wanted = asked("x", body=body)
    fields = AskedFields(wanted)
    media.pictures(wanted, fields, limit=2, with_links=False)
    assert fields.refusal is not None
    assert fields.refusal.param in {"image", "images"}


def test_an_upload_that_is_missing_is_named() -> None:
    assert media.upload(asked("x", files={"file": b"a"}), "file") == b"a"
    refused = media.upload(asked("x"), "file")
    assert isinstance(refused, Refusal)
    assert refused.param == "file"

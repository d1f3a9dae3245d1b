"""How long audio is."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.audio_length import ENDS_BYTES, Length, measure
from tests.core import audio_files as made


def length(body: bytes, *, content_type: str = "", pcm_hz: int = 0) -> Length | None:
    """As an upload is measured: by its two ends."""
    found = measure(
        body[:ENDS_BYTES], body[-ENDS_BYTES:], len(body), content_type=content_type, pcm_hz=pcm_hz
    )
    whole = measure(body, body, len(body), content_type=content_type, pcm_hz=pcm_hz)
    if found is not None and found[1]:
        assert whole == found
    return found


@pytest.mark.parametrize(("seconds", "hz"), [(1.5, 16_000), (0.25, 44_100), (20, 8_000)])
def test_a_wav_is_exact(seconds: float, hz: int) -> None:
    assert length(made.wav(seconds, hz)) == (pytest.approx(seconds), True)


def test_a_wav_that_was_streamed_or_cut_counts_what_is_there() -> None:
    body = made.wav(2)
    at = body.index(b"data") + 4
    for said in (b"\xff\xff\xff\xff", b"\0\0\0\0"):
        assert length(body[:at] + said + body[at + 4 :]) == (2.0, True)
    assert length(body[:-16_000]) == (1.5, True)
    with_list = body[:12] + b"LIST\x03\0\0\0abc\0" + body[12:]
    assert length(with_list) == (2.0, True)
    long = b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, 0, 32_000, 0, 0)
    assert length(long + body[12:at] + b"\xff\xff\xff\xff" + body[at + 4 :]) == (1.0, True)


def test_a_wav_of_a_compressed_kind_is_an_estimate() -> None:
    body = bytearray(made.wav(2))
    body[20:22] = b"\x55\0"
    assert length(bytes(body)) == (2.0, False)
    body[28:32] = bytes(4)
    assert length(bytes(body)) is None
    assert length(bytes(body[:30])) is None
    assert length(b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 100) is None


def test_a_flac_says_its_samples() -> None:
    assert length(made.flac(441_000, 44_100)) == (10.0, True)
    assert length(b"ID3\x04\0\0\0\0\0\x05abcde" + made.flac(48_000, 48_000)) == (1.0, True)
    assert length(made.flac(0, 44_100)) is None


FRAME_S = 1152 / 44_100


def test_an_mp3_with_a_count_is_exact() -> None:
    rest = made.mp3_frames(300)
    assert length(made.xing(1000) + rest) == (pytest.approx(1000 * FRAME_S), True)
    assert length(made.xing(1000, b"Info") + rest) == (pytest.approx(1000 * FRAME_S), True)
    assert length(made.vbri(1000) + rest) == (pytest.approx(1000 * FRAME_S), True)


def test_an_mp3_without_a_count_is_counted_or_estimated() -> None:
    assert length(made.mp3_frames(50)) == (pytest.approx(50 * FRAME_S), True)
    found = length(made.mp3_frames(1000))
    assert found == (pytest.approx(1000 * FRAME_S, rel=1e-6), False)
    tag = b"ID3\x03\0\x10\0\0\x01\x00" + b"\0" * 138
    assert length(tag + made.mp3_frames(5)) == (pytest.approx(5 * FRAME_S), True)
    assert length(made.mp3_frames(5) + b"TAG" + b"\0" * 125) == (pytest.approx(5 * FRAME_S), True)
    assert length(made.mp3_frames(400) + b"TAG" + b"\0" * 125) == (
        pytest.approx(400 * FRAME_S, rel=1e-6),
        False,
    )
    assert length(b"\0" * 50 + b"\xff\0" + made.mp3_frames(5)) == (pytest.approx(5 * FRAME_S), True)
    cover = b"ID3\x03\0\0\0\x7f\x7f\x7f"  # a tag longer than the head
    assert length(cover + b"\0" * 90_000) is None


@pytest.mark.parametrize(
    ("head", "size", "seconds"),
    [
        (b"\xff\xf3\x80\xc4", 208, 576 / 22_050),  # MPEG 2 layer III, 64 kbit/s
        (b"\xff\xe3\x80\xc4", 417, 576 / 11_025),  # MPEG 2.5
        (b"\xff\xfd\xa0\x00", 626, 1152 / 44_100),  # layer II, 192 kbit/s
        (b"\xff\xff\xa0\x00", 348, 384 / 44_100),  # layer I, 320 kbit/s
    ],
)
def test_every_layer_and_version_of_mpeg_audio(head: bytes, size: int, seconds: float) -> None:
    body = made.mp3_frames(20, head=head, size=size)
    assert length(body) == (pytest.approx(20 * seconds), True)


def test_bytes_that_look_like_a_frame_are_not_enough() -> None:
    for head in (
        b"\xff\xfb\x90\x00",
        b"\xff\xeb\x90\0\0\0",
        b"\xff\xfb\xf0\0\0\0",
        b"\xff\xfb\x9c\0\0\0",
        b"\xff\xf1\x7c\0\0\0",
    ):
        assert length(head + b"\0" * 5000) is None
    assert length(b"\xff\xf1\x50\x80\0\0\0" * 5) is None


def test_aac_frames_are_counted_or_estimated() -> None:
    assert length(made.adts_frames(100)) == (pytest.approx(100 * 1024 / 44_100), True)
    found = length(made.adts_frames(1000))
    assert found is not None
    assert found[0] == pytest.approx(1000 * 1024 / 44_100, rel=0.01)
    assert not found[1]


def test_an_ogg_ends_at_its_last_page() -> None:
    body = made.page(made.opus_head(), 0) + made.page(b"OpusTags", 0) + made.page(b"\0" * 3000, 48_000)
    padding = made.page(b"\0" * 60_000, -1)
    assert length(body + padding + made.page(b"a", 480_312)) == (10.0, True)
    other = made.page(b"b", 999_999_999, serial=8)
    assert length(body + made.page(b"a", 480_312) + other) == (10.0, True)
    vorbis = b"\x01vorbis" + struct.pack("<IBI", 0, 1, 44_100)
    assert length(made.page(vorbis, 0) + made.page(b"", 88_200)) == (2.0, True)
    speex = b"Speex   " + b"\0" * 28 + struct.pack("<I", 8_000)
    assert length(made.page(speex, 0) + made.page(b"", 16_000)) == (2.0, True)
    flac = b"\x7fFLAC\x01\0\0\x01" + made.flac(0, 48_000)
    assert length(made.page(flac, 0) + made.page(b"", 96_000)) == (2.0, True)
    assert length(made.page(b"theora", 0)) is None
    assert length(made.page(made.opus_head(), -1)) is None
    assert length(b"OggS") is None


def test_an_mp4_says_its_duration_wherever_it_stands() -> None:
    start = made.box(b"ftyp", b"M4A \0\0\0\0")
    moov = made.box(b"moov", made.mvhd(12_500) + made.box(b"trak", b"\0" * 100))
    media = made.box(b"mdat", b"\0" * 200_000)
    assert length(start + moov + media) == (12.5, True)
    assert length(start + media + moov) == (12.5, True)
    long = made.box(b"moov", made.mvhd(90_000, 48_000, version=1))
    assert length(start + long) == (1.875, True)
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 100_000) + b"\0" * 100_000
    assert length(start + large + moov) == (12.5, True)
    assert length(start + media + made.box(b"free", b"\0" * 70_000) + moov + b"\0" * 70_000) is None
    for none in (0, 0xFFFFFFFF):
        assert length(start + made.box(b"moov", made.mvhd(none))) is None
    assert length(start + b"\0\0\0\0free" + moov) is None
    assert length(start + made.box(b"free") * 100 + moov) is None


def test_raw_samples_need_a_rate() -> None:
    assert length(b"\0" * 48_000, pcm_hz=24_000) == (1.0, True)
    assert length(b"\0" * 48_000, content_type="audio/pcm;rate=24000") == (1.0, True)
    assert length(b"\0" * 48_000, content_type='audio/L16; rate="12000"; channels=2') == (1.0, True)
    assert length(b"\0" * 48_000, content_type="audio/L16", pcm_hz=24_000) == (1.0, True)
    assert length(b"\0" * 48_000, content_type="audio/mpeg;rate=24000") is None
    assert length(b"\0" * 48_000, content_type="audio/pcm;rate=0") is None
    assert length(b"\0" * 48_000) is None


def test_nonsense_is_none() -> None:
    assert measure(b"", b"", 0) is None
    assert measure(b"abc", b"abc", 2) is None
    assert length(made.box(b"ftyp") + made.box(b"moov", made.mvhd(0xFFFFFFF0, 1))) is None  # 136 years
    assert length(made.webm(float("nan"))) is None
    assert length(made.webm(float("inf"))) is None


FILES = [
    made.wav(0.1),
    made.flac(1, 8000),
    made.xing(3) + made.mp3_frames(3),
    made.adts_frames(4),
    made.page(made.opus_head(), 0) + made.page(b"", 1),
    made.box(b"ftyp") + made.box(b"moov", made.mvhd(9)),
    made.webm(9.0, 1),
    b"ID3\x03\0\0\0\0\0\x01a" + made.mp3_frames(4),
]


@given(st.sampled_from(FILES), st.data())
def test_damaged_files_never_raise(body: bytes, data: st.DataObject) -> None:
    damaged = bytearray(body)
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=8)):
        damaged[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    length(bytes(damaged))
    length(bytes(damaged[:cut]))


@given(
    st.sampled_from(
        [
            b"",
            b"RIFF\0\0\0\0WAVE",
            b"fLaC",
            b"OggS",
            b"\0\0\0\x08ftyp",
            b"\x1a\x45\xdf\xa3",
            b"ID3",
            b"\xff\xfb",
        ]
    ),
    st.binary(),
)
def test_arbitrary_bytes_never_raise(magic: bytes, rest: bytes) -> None:
    length(magic + rest)

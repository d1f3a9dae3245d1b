import base64
from typing import Any

import pytest
from hypothesis import given

from aigw_dev.core.recording.fixture import Blob, FixtureError, Wild
from aigw_dev.core.recording.literals import Decoder, Encoder, sniffed, text_of, written_blob
from tests.core.recording.made_fixtures import JSON, Beside

PNG = b"\x89PNG\r\n\x1a\n" + bytes(300)


def encoded(value: Any, *, is_reply: bool = False) -> tuple[Any, dict[str, bytes]]:
    beside = Beside()
    return Encoder(store=beside.store, is_reply=is_reply).value(value), beside.held


@given(JSON)
def test_what_is_written_means_what_was_recorded(value: Any) -> None:
    beside = Beside()
    for is_reply in (False, True):
        encoder = Encoder(store=beside.store, is_reply=is_reply)
        decoder = Decoder(fetch=beside.fetch, is_reply=is_reply)
        for written in (encoder.value(value), encoder.row(value)):
            assert repr(decoder.value(written)) == repr(value)


def test_texts_over_several_lines_are_lines_but_not_in_rows() -> None:
    assert Encoder().value({"a": "x\ny\n"}) == {"a": {"~lines": ["x", "y", ""]}}
    assert Encoder().row({"a": "x\ny"}) == {"a": "x\ny"}


def test_keys_with_a_tilde_are_wrapped_at_every_level() -> None:
    assert Encoder().value({"~v": {"~lit": 1}, "b": 2}) == {"~lit": {"~v": {"~lit": {"~lit": 1}}, "b": 2}}


def test_media_lies_beside_the_file_with_its_type() -> None:
    text = base64.b64encode(PNG).decode()
    written, held = encoded({"data": text, "url": f"data:image/png;x=1;base64,{text}", "short": "QUJD"})
    assert list(held.values()) == [PNG]
    assert written["data"]["type"] == "image/png"
    assert written["data"]["form"] == "base64"
    assert written["url"]["type"] == "image/png;x=1"
    assert written["url"]["form"] == "data-url"
    assert written["short"] == "QUJD"


@pytest.mark.parametrize(
    "text",
    [
        "A" * 301,  # no whole groups of four
        "A" * 299 + "B" * 3 + "==",
        "A" * 402 + "B=",  # padding bits that are not zero
        "A-_A" * 100,
        "data:image/png;base64," + "A" * 301,
        "DATA:image/png;base64," + "A" * 400,
        "words " * 100,
    ],
)
def test_what_would_not_come_back_exactly_stays(text: str) -> None:
    assert encoded(text) == (text, {})


def test_signatures_are_no_media() -> None:
    assert encoded({"signature": "QUJD" * 100}) == ({"signature": "QUJD" * 100}, {})


def test_small_pieces_of_streams_stay_in_their_rows() -> None:
    beside = Beside()
    encoder = Encoder(store=beside.store, is_reply=True)
    assert encoder.row({"delta": "QUJD" * 100}) == {"delta": "QUJD" * 100}
    assert encoder.row({"delta": "QUJD" * 2000})["delta"]["bytes"] == 6000


def test_long_vectors_of_replies_lie_beside_with_a_preview() -> None:
    vector = [number / 8 for number in range(65)]
    written, held = encoded(vector, is_reply=True)
    assert written == {
        "~blob": f"sha256:{next(iter(held))}",
        "type": "application/json",
        "bytes": len(next(iter(held.values()))),
        "form": "json",
        "preview": [0.0, 0.125, 0.25],
        "count": 65,
    }
    assert encoded(vector[:64], is_reply=True) == (vector[:64], {})
    assert encoded(vector) == (vector, {})
    assert encoded([True] * 65, is_reply=True) == ([True] * 65, {})


def test_blobs_and_wildcards_are_written_as_references() -> None:
    blob = Blob(sha256="ab" * 32, type="a/b", bytes=3, form="base64")
    assert Encoder().value([blob, Wild(), Wild(pattern="x")]) == [
        written_blob(blob),
        {"~any": True},
        {"~re": "x"},
    ]


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(FixtureError, match="type bytes cannot be written"):
        Encoder().value({"a": b"x"})


def test_values_are_compared_with_types_and_order() -> None:
    assert text_of({"a": 1, "b": 2}) != text_of({"b": 2, "a": 1})
    assert text_of([Wild()]) == text_of([Wild()])
    assert text_of({"~any": True}) != text_of(Wild())


def test_media_types_are_told_by_the_first_bytes() -> None:
    assert sniffed(PNG) == "image/png"
    assert sniffed(b"RIFF....WEBP") == "image/webp"
    assert sniffed(b"RIFF....WAVE") == "audio/wav"
    assert sniffed(b"?") == "application/octet-stream"

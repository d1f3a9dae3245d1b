"""Requests as plain JSON."""

import pytest

from aigw_dev.core.recording.fixture import Blob, FilePart, Request, Wild
from aigw_dev.server.testbench.plain import dollars, plain_request

BLOB = Blob(sha256="ab", type="audio/wav", bytes=3)


def test_a_body_is_as_it_was_sent_but_for_bytes_and_wildcards() -> None:
    request = Request(op="x", body={"a": [Wild(), Wild(pattern="x+")], "b": BLOB})
    assert plain_request(request) == {
        "a": [{"~any": True}, {"~re": "x+"}],
        "b": {"~blob": "sha256:ab", "type": "audio/wav", "bytes": 3},
    }


def test_a_form_is_its_fields_and_files() -> None:
    file = FilePart(name="file", filename="a.wav", type="audio/wav", blob=BLOB)
    request = Request(op="x", form={"model": "m"}, files=[file])
    found = plain_request(request)
    assert found["model"] == "m"
    assert found["files"] == [
        {"name": "file", "filename": "a.wav", "type": "audio/wav", "sha256": "ab", "bytes": 3}
    ]


def test_other_bytes_and_nothing() -> None:
    assert plain_request(Request(op="x", blob=BLOB)) == {
        "~blob": "sha256:ab",
        "type": "audio/wav",
        "bytes": 3,
    }
    assert plain_request(Request(op="x")) is None


@pytest.mark.parametrize(
    ("nanousd", "text"),
    [(0, "0"), (4_800, "0.0000048"), (1_000_000_000, "1"), (12_500_000_000, "12.5"), (1, "0.000000001")],
)
def test_an_amount_has_every_digit_and_no_more(nanousd: int, text: str) -> None:
    assert dollars(nanousd) == text

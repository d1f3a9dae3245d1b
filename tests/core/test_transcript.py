"""A socket's messages as the log keeps them."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.transcript import TEXT_BYTES, Transcript, shortened


def lines(transcript: Transcript) -> list[dict[str, Any]]:
    return [json.loads(line) for line in transcript.lines().splitlines()]


def test_lines_say_who_said_what_when() -> None:
    kept = Transcript()
    kept.text(1, "client", b'{"a":1}')
    kept.binary(2, "server", 30)
    kept.close(3, "server", 1000, "bye")
    assert lines(kept) == [
        {"at_ms": 1, "from": "client", "text": '{"a":1}'},
        {"at_ms": 2, "from": "server", "bytes": 30},
        {"at_ms": 3, "from": "server", "close": 1000, "reason": "bye"},
    ]


def test_audio_is_replaced_by_its_size_and_text_is_not() -> None:
    message = json.dumps({"audio": "QUJD" * 100 + "QQ==", "text": "word " * 100, "short": "QUJD"}).encode()
    short = json.loads(shortened(message))
    assert short["audio"] == "[404 characters of base64]"
    assert (short["text"], short["short"]) == ("word " * 100, "QUJD")
    assert shortened(b"{}" * 200) == b"{}" * 200


def test_a_long_message_is_cut_at_a_whole_character() -> None:
    kept = Transcript()
    kept.text(1, "client", ("a" + "ü" * TEXT_BYTES).encode())
    (line,) = lines(kept)
    assert len(line["text"]) == 1 + (TEXT_BYTES - 1) // 2
    assert line["cut_bytes"] == TEXT_BYTES + 1


def test_the_end_is_kept_whatever_was_left_out() -> None:
    kept = Transcript(cap_bytes=200)
    for at_ms in range(10):
        kept.text(at_ms, "server", b"x" * 50)
        kept.binary(at_ms, "server", 1)
    kept.close(9, "client", 1001, "")
    told = lines(kept)
    assert told[-2]["close"] == 1001
    assert told[-1] == {"left_out": kept.left_out}
    assert len(told) - 2 + kept.left_out == 20
    assert len(kept.lines()) < 400


@given(st.text(), st.text(alphabet="ABCDabcd0123+/_-", min_size=256, max_size=2000))
def test_whatever_surrounds_it_base64_does_not_stay(text: str, audio: str) -> None:
    short = shortened(json.dumps([text, audio]).encode())
    assert audio.encode() not in short
    assert json.loads(short)[0] == text or len(text) >= 256

"""A stream piece by piece."""

from pathlib import Path

from aigw_dev.tui.logs import chunks
from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.logs.test_facts import exchange

FIXED = Path(__file__).parents[3] / "fixtures" / "tui" / "logs.json"


def test_chunks_tell_offset_gap_size_and_text() -> None:
    source = chunks.Chunks(exchange(), UNICODE, width=100)
    assert source.is_whole
    assert len(source) == 10
    assert "1,094.0" in plain(source.row(1))
    assert "Because" in plain(source.row(1))
    slow = source.row(6)
    assert "+641." in plain(slow)
    assert any(span.style == "warn" for span in slow)
    assert source.whole().startswith("data: ")
    assert "Because" in source.text(1)


def test_chunks_of_a_translated_or_unrecorded_reply_say_that_their_texts_are_not_known() -> None:
    source = chunks.Chunks(exchange(response_body=None), UNICODE, width=100)
    assert "not kept" in plain(source.row(len(source) - 1))

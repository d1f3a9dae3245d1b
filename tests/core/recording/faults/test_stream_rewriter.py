"""An edit played on a stream."""

from aigw_dev.core.recording.faults.edits_ending import Cut
from aigw_dev.core.recording.faults.row import CHAT, GEMINI
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import Bytes, End, Headers
from aigw_dev.core.recording.faults.stream_rewriter import EventRewriter
from tests.core.recording.faults.playing import STREAMED, WHOLE, play, stage, stream

SIZED: Headers = [*STREAMED, (b"content-length", b"999")]


def _rewriter(after: int, dialect: str = CHAT, *, keeps_length: bool = False) -> EventRewriter:
    call = stage(dialect)
    edit = Cut(FaultSpec(id="stream.cut.clean", after_events=after), call, End("clean"))
    return EventRewriter(edit, call, keeps_length=keeps_length)


def test_a_length_that_is_no_longer_right_is_not_said() -> None:
    assert _rewriter(2).head(200, SIZED) == (200, STREAMED, [])
    assert _rewriter(2, keeps_length=True).head(200, SIZED) == (200, SIZED, [])


def test_what_is_no_stream_or_no_success_passes() -> None:
    for status, headers in ((200, WHOLE), (500, STREAMED)):
        played = play(_rewriter(0), b'{"a":1}', headers, status=status)
        assert (played.headers, played.body, played.has_acted) == (headers, b'{"a":1}', False)


def test_json_is_a_stream_where_gemini_was_asked_for_one() -> None:
    assert play(_rewriter(1, GEMINI), b'[{"a":1},{"a":2}]', WHOLE).body == b'[{"a":1}'


def test_an_event_passes_as_soon_as_it_is_whole() -> None:
    found = _rewriter(3)
    found.head(200, STREAMED)
    assert found.feed(b'data: {"a":') == []
    assert found.feed(b"1}\n\ndata: ") == [Bytes(b'data: {"a":1}\n\n')]


def test_nothing_comes_behind_the_end() -> None:
    played = play(_rewriter(1), stream(CHAT), STREAMED)
    assert played.steps[1:] == [End("clean")]


def test_the_rest_of_a_stream_that_ends_early_passes() -> None:
    body = stream(CHAT) + b": bye"
    assert play(_rewriter(999), body, STREAMED).body == body

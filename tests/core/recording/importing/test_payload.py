"""Bodies of recorded calls: unpacked, and put where a fixture has them."""

import gzip
import zlib

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import Request, Response
from aigw_dev.core.recording.importing import payload
from aigw_dev.core.recording.importing.imported import Skip
from aigw_dev.core.recording.importing.payload import take_request, take_response, unpacked
from aigw_dev.core.streams.event_stream import encode
from tests.core.forms import BOUNDARY, field, file, form
from tests.core.recording.importing.recorded import STREAM, Shelf

FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY.decode()}"


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


@given(content=st.binary(max_size=200))
def test_what_was_packed_is_as_it_was_before(content: bytes) -> None:
    assert unpacked(gzip.compress(content), "gzip") == (content, True)
    assert unpacked(gzip.compress(gzip.compress(content)), "gzip, x-gzip") == (content, True)
    # two bytes at least, that no text begins with
    assert unpacked(zlib.compress(b"\xff\xfe" + content), "deflate") == (b"\xff\xfe" + content, True)
    packed = raw_deflate(content * 2 + b"{}")
    # without a head, packed bytes can happen to be text that begins as an unpacked body does: there is no way to tell
    assume(not (payload.text_of(packed) or "").lstrip().startswith(("{", "[", ":", "id:")))
    assert unpacked(packed, "Deflate") == (content * 2 + b"{}", True)


def test_a_body_that_its_recorder_unpacked_stays_as_it_is() -> None:
    for encoding in ("gzip", "deflate", "br", "zstd", "identity", ""):
        assert unpacked(b'{"a": 1}', encoding) == (b'{"a": 1}', True)
    assert unpacked(b"", "br") == (b"", True)


def test_a_packed_body_that_breaks_off_says_so() -> None:
    whole = gzip.compress(b"data: 1\n\n" * 100)
    found = unpacked(whole[:-12], "gzip")
    assert not isinstance(found, Skip)
    assert found[0].startswith(b"data: 1\n\n")
    assert found[1] is False


def test_what_cannot_be_unpacked_is_left_out_with_a_reason() -> None:
    for encoding in ("br", "zstd"):
        assert unpacked(b"\x8b\x00\x80\xff", encoding) == Skip(
            f"its body is compressed with {encoding}, which is not read here; record it uncompressed"
        )
    broken = unpacked(b"\x1f\x8b" + b"\xff" * 20, "gzip")
    assert isinstance(broken, Skip)
    assert "no gzip" in broken.reason


def test_a_bomb_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "MAX_BYTES", 1000)
    assert isinstance(unpacked(gzip.compress(bytes(100_000)), "gzip"), Skip)


def taken(content: bytes, content_type: str) -> tuple[Response, Shelf]:
    shelf = Shelf()
    response = Response(dt_ms=[0])
    take_response(response, [(0.0, content)], content_type, shelf.store)
    return response, shelf


def test_json_is_a_body_and_text_a_text_and_anything_else_lies_beside() -> None:
    assert taken(b'{"a": [1, null]}', "application/json")[0].body == {"a": [1, None]}
    assert taken(b"null", "application/problem+json")[0].body is None
    assert taken(b"[1", "application/json")[0].text == "[1"
    assert taken(b"v=0\r\n", "application/sdp")[0].text == "v=0\r\n"
    response, shelf = taken(b"\x89PNG", "image/png")
    assert shelf.read(response.blob) == b"\x89PNG"
    assert response.blob is not None
    assert response.blob.type == "image/png"
    response, _ = taken(b"\xff", "")
    assert response.blob is not None
    assert response.blob.type == "application/octet-stream"


def test_an_empty_reply_has_nothing() -> None:
    response, _ = taken(b"", "application/json")
    assert response == Response(dt_ms=[0])


def test_server_sent_events_become_rows_also_under_a_type_that_says_nothing() -> None:
    for kind in ("text/event-stream; charset=utf-8", "application/octet-stream", ""):
        rows = taken(STREAM.encode(), kind)[0].events
        assert rows is not None
        assert [row.text for row in rows] == ["", "", "[DONE]"]
        assert rows[0].data == {"id": "c1", "choices": [{"index": 0, "delta": {"content": "Pa"}}]}


def test_amazons_frames_are_kept_each_as_a_piece() -> None:
    frames = [encode(b'{"a":1}', event="messageStart"), encode(b'{"b":2}', event="messageStop")]
    response, _ = taken(b"".join(frames), "application/vnd.amazon.eventstream")
    assert response.raw == [(0, frames[0]), (0, frames[1])]
    response, _ = taken(b"".join(frames)[:-3], "application/vnd.amazon.eventstream")
    assert response.raw == [(0, frames[0]), (0, frames[1][:-3])]
    response, _ = taken(b"not a frame, but long enough", "application/vnd.amazon.eventstream")
    assert response.raw == [(0, b"not a frame, but long enough")]


def sent(content: bytes, content_type: str) -> tuple[Request, Shelf, Skip | None]:
    shelf = Shelf()
    request = Request(op="openai.files")
    return request, shelf, take_request(request, content, content_type, shelf.store)


def test_a_forms_fields_and_files_are_apart() -> None:
    body = form(
        field("model", b"whisper-1"),
        field("n", b"1"),
        field("n", b"2"),
        field("n", b"3"),
        file("file", b"RIFF\x00"),
    )
    request, shelf, failed = sent(body, FORM_TYPE)
    assert failed is None
    assert request.form == {"model": "whisper-1", "n": ["1", "2", "3"]}
    [part] = request.files
    assert (part.name, part.filename, part.type, shelf.read(part.blob)) == (
        "file",
        "a.wav",
        "audio/wav",
        b"RIFF\x00",
    )
    assert request.body is msgspec.UNSET


def test_a_form_that_lost_the_cr_of_its_lines_is_read_all_the_same() -> None:
    request, _, failed = sent(form(field("purpose", b"assistants")).replace(b"\r\n", b"\n"), FORM_TYPE)
    assert failed is None
    assert request.form == {"purpose": "assistants"}


@pytest.mark.parametrize(
    ("content", "content_type", "reason"),
    [
        (b"[multipart form data omitted]", FORM_TYPE, "its form is not in the recording"),
        (b"x", "multipart/form-data", "its form cannot be read: the content-type names no boundary"),
        (form(field("a", b"b"))[:-6], FORM_TYPE, "its form cannot be read: the form ends before"),
    ],
)
def test_a_form_that_is_none_is_a_reason_to_leave_its_call_out(
    content: bytes, content_type: str, reason: str
) -> None:
    failed = sent(content, content_type)[2]
    assert failed is not None
    assert failed.reason.startswith(reason)


def test_other_requests_are_json_text_or_bytes() -> None:
    assert sent(b'{"model": "m"}', "application/json")[0].body == {"model": "m"}
    assert sent(b"grant_type=x", "application/x-www-form-urlencoded")[0].body == "grant_type=x"
    request, shelf, _ = sent(b"\xff\xd8", "image/jpeg")
    assert shelf.read(request.blob) == b"\xff\xd8"
    assert sent(b"", "application/json")[0].body is msgspec.UNSET

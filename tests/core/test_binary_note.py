"""Notes in place of bytes."""

import base64
import json
import time
from hashlib import sha256

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aigw_dev.core.binary_note import note, note_of, sniff, without_base64
from aigw_dev.core.loose_json import is_array, is_object

BYTES = bytes(range(256)) * 16
PNG = b"\x89PNG\r\n\x1a\n" + BYTES
TEXT = base64.b64encode(PNG).decode()
NOTE = f"<4.0 KB image/png, sha256 {sha256(PNG).hexdigest()}>"
URL = f"data:image/png;base64,{TEXT}"


def kept(value: object) -> object:
    return json.loads(without_base64(json.dumps(value).encode()))


def test_a_note_says_size_kind_and_hash() -> None:
    assert note("image/PNG; q=1", 65536, "9f" * 32) == f"<64 KB image/png, sha256 {'9f' * 32}>"
    assert note("", 100 << 20, "ab").startswith("<100 MB application/octet-stream,")
    assert note('a"\\\n/b', 3 << 30, "").startswith("<3.0 GB a/b,")
    assert note_of(b"abc", "text/plain") == f"<3 bytes text/plain, sha256 {sha256(b'abc').hexdigest()}>"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"RIFF\0\0\0\0AVI ", "application/octet-stream"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        (b"", "application/octet-stream"),
    ],
)
def test_the_first_bytes_tell_the_kind(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize(
    "shape",
    [
        {"data": [{"b64_json": "@"}]},
        {"messages": [{"content": [{"type": "image", "source": {"media_type": "image/png", "data": "@"}}]}]},
        {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "@"}}]}]},
        {"messages": [{"content": [{"type": "file", "file": {"file_data": "@", "filename": "a.png"}}]}]},
        {"content": [{"image": {"format": "png", "source": {"bytes": "@"}}}]},
        {"model": "llava", "images": ["@", "@"]},
        {"output": [{"type": "image_generation_call", "result": "@"}]},
        ["@"],
    ],
)
def test_base64_in_the_bodies_of_each_dialect_becomes_a_note(shape: object) -> None:
    assert kept(json.loads(json.dumps(shape).replace("@", TEXT))) == json.loads(
        json.dumps(shape).replace("@", NOTE)
    )


@pytest.mark.parametrize("value", [URL, f"look: {URL} there", f"![a]({URL})"])
def test_data_urls_become_notes_wherever_they_stand(value: str) -> None:
    assert kept({"messages": [{"content": value}]}) == {"messages": [{"content": value.replace(URL, NOTE)}]}


def test_everything_else_stays_byte_for_byte() -> None:
    body = (
        b'{ "n" : 1.50e+02,\t"b64_json" : "%b" , "u":"\\u00e9\xc3\xa9\xe2\x80\xa8", "x":[ ] }\r\n'
        % TEXT.encode()
    )
    assert without_base64(body) == body.replace(TEXT.encode(), NOTE.encode())


@pytest.mark.parametrize(
    "written",
    [
        TEXT.replace("/", "\\/"),
        TEXT.replace("+", "\\u002b").replace("/", "\\u002F").replace("=", "\\u003D"),
        "\\r\\n".join(TEXT[at : at + 76] for at in range(0, len(TEXT), 76)),
        TEXT.rstrip("="),
        TEXT.replace("+", "-").replace("/", "_"),
    ],
)
def test_every_way_to_write_it_is_the_same_content(written: str) -> None:
    assert without_base64(b'{"data":"%b"}' % written.encode()) == b'{"data":"%b"}' % NOTE.encode()
    assert NOTE.encode() in without_base64(b'{"a":"data:image/png;base64,%b"}' % written.encode())


def test_json_inside_a_string_is_read_too() -> None:
    value = json.dumps({"image": TEXT})
    assert kept({"arguments": value}) == {"arguments": json.dumps({"image": NOTE})}


@pytest.mark.parametrize(
    "value",
    [
        {"signature": TEXT},
        {"encrypted_content": TEXT},
        {"thoughtSignature": TEXT},
        {"type": "redacted_thinking", "data": TEXT},
        {"data": TEXT, "type": "redacted_thinking"},
        {"content": "x" * 5000},
        {"content": "ab12" * 2000},
        {"content": f"{TEXT} is what I have"},
        {"data": TEXT[:1000]},
        {"data": TEXT[:-1].rstrip("=")[:1025]},
        {"url": "data:image/png;base64," + TEXT[:1000]},
        {"url": "data:image/png;base64," + TEXT[:1025]},
        {"embedding": TEXT},
    ],
)
def test_what_a_person_or_a_conversation_needs_stays(value: object) -> None:
    body = msgspec.json.encode(value)
    assert without_base64(body) is body


def test_silence_is_content_where_its_key_says_so() -> None:
    assert kept({"input_audio": {"data": "A" * 4096}}) != {"input_audio": {"data": "A" * 4096}}


def test_events_of_a_stream_are_read_one_by_one() -> None:
    body = (
        b'event: image_generation.partial_image\r\ndata: {"b64_json":"@","n":1}\r\n\r\n'
        b'data:{"partial_image_b64":"@"}\n\ndata: {"b64_json":"@"\n\n: "@"\n\ndata: [DONE]\n\n'
    )
    sent = body.replace(b"@", TEXT.encode())
    expected = body.replace(b"@", NOTE.encode(), 2).replace(b"@", TEXT.encode())
    assert without_base64(sent) == expected


def test_lines_of_json_are_read_one_by_one() -> None:
    line = b'{"image":"%b"}\n'
    assert without_base64((line % TEXT.encode()) * 2) == (line % NOTE.encode()) * 2


@pytest.mark.parametrize(
    "body",
    [b'{"data":"@"', b'{"data":"@', b"@", b'"@"', b'{"data":"@"} x', b"\xff{@}", b"[" * 99999 + b'"@"'],
)
def test_what_is_no_json_is_not_touched(body: bytes) -> None:
    body = body.replace(b"@", TEXT.encode())
    assert without_base64(body) is body


@given(
    st.recursive(
        st.one_of(
            st.text(),
            st.integers(),
            st.binary(min_size=800, max_size=2000).map(lambda b: base64.b64encode(b).decode()),
        ),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["data", "url", "signature", "a\\"]), inner, max_size=4)
        ),
        max_leaves=8,
    )
)
@example({"data": TEXT, "a": TEXT})
def test_json_stays_json_of_the_same_shape(value: object) -> None:
    def shape(one: object) -> object:
        if isinstance(one, str):
            return one if len(one) <= 1024 and not one.startswith("<") else "long"
        if is_array(one):
            return [shape(each) for each in one]
        if is_object(one):
            return {key: shape(each) for key, each in one.items()}
        return one

    assert shape(kept(value)) == shape(value)


@given(
    st.lists(
        st.sampled_from(
            [b'"', b"\\", b"A" * 32, b"A" * 1025, b"data:a/b;base64,", b"{", b"}", b"\n", b":", b"data:"]
        )
    )
)
def test_hostile_bytes_never_raise(pieces: list[bytes]) -> None:
    without_base64(b"".join(pieces))
    without_base64(b'["' + b"".join(pieces) + b'"]')


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":"' + b"Ab1/" * (8 << 20) + b'"}',
        b'{"data":"' + b"\\n" * (16 << 20) + b'"}',
        b'"' * (32 << 20),
        (b'"data:a/b' + b";aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 5) * 140_000,
        (b'"' + b"A" * 64 + b"\\" * 100) * 200_000,
        b"[" + b'"data:a/b;base64,' * (2 << 20),
    ],
    ids=["one", "breaks", "quotes", "parameters", "backslashes", "urls"],
)
def test_the_largest_bodies_take_linear_time(body: bytes) -> None:
    began = time.process_time()
    without_base64(body)
    assert time.process_time() - began < 5  # 0.5 s on a usual machine; a square would take hours

"""Reading and changing forms."""

import email
import email.policy
import itertools
from collections.abc import Sequence
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.multipart import (
    MAX_DESCRIBED_BYTES,
    MAX_FIELD_BYTES,
    MAX_PARTS,
    Form,
    Part,
    Scanner,
    Splice,
    as_object,
    describe,
    rename_model,
    rewrite,
    spliced_bytes,
)
from tests.core.forms import BOUNDARY, field, file, form

AUDIO = bytes(range(256)) * 3
USUAL = form(field("model", b"openai/whisper-1"), file("file", AUDIO), field("stream", b"true"))


def scan(body: bytes, cuts: Sequence[int] = (), boundary: bytes = BOUNDARY) -> Form | Refusal:
    scanner = Scanner(boundary)
    edges = [0, *sorted(cuts), len(body)]
    for start, end in itertools.pairwise(edges):
        scanner.feed(body[start:end])
    return scanner.close()


def good(body: bytes, boundary: bytes = BOUNDARY) -> Form:
    found = scan(body, boundary=boundary)
    assert isinstance(found, Form), found
    return found


def refused(body: bytes) -> str:
    found = scan(body)
    assert isinstance(found, Refusal)
    assert found.code == "invalid_multipart"
    return found.message


def spliced(body: bytes, splices: Sequence[Splice] | Refusal) -> bytes:
    assert not isinstance(splices, Refusal)
    pieces: list[bytes] = []
    at = 0
    for splice in splices:
        pieces += (body[at : splice.start], splice.text)
        at = splice.end
    changed = b"".join([*pieces, body[at:]])
    assert len(changed) == spliced_bytes(len(body), splices)
    return changed


def values(body: bytes) -> list[tuple[str, bytes]]:
    """What an independent reader (the standard library's) sees."""
    head = b"Content-Type: multipart/form-data; boundary=" + BOUNDARY + b"\r\n\r\n"
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    found: list[tuple[str, bytes]] = []
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.append((str(part.get_param("name", header="content-disposition")), content))
    return found


def test_a_form_is_its_parts_with_their_places() -> None:
    found = good(USUAL)
    model, audio, stream = found.parts
    assert (model.name, model.filename, model.text, stream.text) == (
        "model",
        None,
        "openai/whisper-1",
        "true",
    )
    assert (audio.name, audio.filename, audio.content_type, audio.text) == (
        "file",
        "a.wav",
        "audio/wav",
        None,
    )
    assert USUAL[audio.start : audio.end] == AUDIO
    assert (audio.size, audio.sha256) == (len(AUDIO), sha256(AUDIO).hexdigest())
    assert [USUAL.startswith(b"--" + BOUNDARY, part.opened) for part in found.parts] == [True] * 3
    assert (found.size, USUAL[found.closed :]) == (len(USUAL), b"--" + BOUNDARY + b"--\r\n")
    assert found.files == (audio,)
    assert found.fields == {"model": "openai/whisper-1", "stream": "true"}


def test_every_cut_gives_the_same_form() -> None:
    whole = good(USUAL)
    for cut in range(len(USUAL) + 1):
        assert scan(USUAL, [cut]) == whole
    assert scan(USUAL, range(len(USUAL))) == whole


@given(
    st.lists(st.tuples(st.sampled_from(["model", "file", "x"]), st.binary(max_size=40)), max_size=5),
    st.lists(st.integers(0, 800), max_size=6),
)
def test_any_content_comes_back_whole_in_any_cuts(parts: list[tuple[str, bytes]], cuts: list[int]) -> None:
    body = form(*[file(name, content) for name, content in parts])
    found = scan(body, [min(cut, len(body)) for cut in cuts])
    if any(name == "model" for name, _ in parts):
        assert isinstance(found, Refusal)  # a model must be a text field
        return
    assert isinstance(found, Form)
    assert [(part.name, body[part.start : part.end]) for part in found.parts] == parts
    assert [part.sha256 for part in found.parts] == [sha256(content).hexdigest() for _, content in parts]


@given(
    st.lists(
        st.sampled_from(
            [
                b"--" + BOUNDARY,
                BOUNDARY,
                b"\r\n",
                b"\n",
                b"\r",
                b"--",
                b"-",
                b" ",
                b'Content-Disposition: form-data; name="model"',
                b"content-disposition: form-data; name=a; filename=b",
                b"Content-Type: \xff",
                b":",
                b"x",
                b"\0",
                b'"',
                b"\\",
            ]
        ),
        max_size=30,
    ),
    st.lists(st.integers(0, 300), max_size=4),
)
def test_hostile_bytes_are_a_form_or_a_refusal_in_any_cuts(pieces: list[bytes], cuts: list[int]) -> None:
    body = b"".join(pieces)
    whole, cut = scan(body), scan(body, [min(cut, len(body)) for cut in cuts])
    assert whole == cut
    if isinstance(whole, Form):
        msgspec.json.decode(describe(whole.parts))
        changed = scan(spliced(body, rename_model(whole, "m")))
        assert isinstance(changed, Form)
        assert changed.fields["model"] == "m"


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_raise(body: bytes) -> None:
    assert isinstance(scan(body), Refusal)
    assert isinstance(scan(b"--" + BOUNDARY + b"\r\n" + body), Form | Refusal)


def test_what_two_readers_could_read_in_two_ways_is_refused() -> None:
    one = field("model", b"a")
    assert "last boundary" in refused(b"")
    assert "begin with the boundary" in refused(b"hello " + form(one))
    assert "begin with the boundary" in refused(form(one, boundary=b"another"))
    assert "before its last boundary" in refused(form(one)[:-4])
    assert "goes on after" in refused(form(one) + b"--" + BOUNDARY + b"\r\n")
    assert "stands inside" in refused(form(field("x", b"a\r\n--" + BOUNDARY + b"0\r\n")))
    assert "stands inside" in refused(form(one).replace(b"\r\n", b"\n"))
    assert "stands inside" in refused(form(one).replace(b"\r\n", b" " * 70 + b"\r\n", 1))
    assert "neither a value" in refused(form(field("x", b"--" + BOUNDARY)))
    assert "line in its headers" in refused(form(b"\r\n" + one))
    assert "line in its headers" in refused(form(b"X: a\r\n b\r\n" + one))
    assert "line in its headers" in refused(form(b"X: a\nY: b\r\n" + one))
    assert "two content-disposition" in refused(form(b"Content-Disposition: form-data; name=x\r\n" + one))
    assert "is encoded (base64)" in refused(form(b"Content-Transfer-Encoding: base64\r\n" + one))
    assert "that can be read" in refused(form(b"Content-Type: text/plain\r\n\r\na"))
    assert "that can be read" in refused(form(b'Content-Disposition: form-data; name="a" b\r\n\r\na'))
    assert "that can be read" in refused(form(b"Content-Disposition: attachment; name=a\r\n\r\na"))
    assert "exactly one name" in refused(form(b"Content-Disposition: form-data\r\n\r\na"))
    assert "exactly one name" in refused(form(b"Content-Disposition: form-data; name=a; NAME=b\r\n\r\na"))


def test_a_model_that_is_no_text_is_refused() -> None:
    for part in (
        field("model", b"a/--" + BOUNDARY),
        file("model", b"x"),
        field("model", b"\xff"),
        field("model", b"x" * (MAX_FIELD_BYTES + 1)),
    ):
        found = scan(form(part))
        assert isinstance(found, Refusal)
        assert found.param == "model"


def test_limits_hold() -> None:
    assert "more than 1000 parts" in refused(form(*[field("x", b"")] * (MAX_PARTS + 1)))
    assert len(good(form(*[field("x", b"")] * MAX_PARTS)).parts) == MAX_PARTS
    assert "larger than 16384 bytes" in refused(form(b"X: " + b"a" * 20_000 + b"\r\n" + field("x", b"")))
    assert "larger than 16384 bytes" in refused(b"--" + BOUNDARY + b"\r\n" + b"a" * 20_000)
    assert "longer than 1000 characters" in refused(form(field("n" * 1001, b"")))


def test_a_long_field_goes_on_but_is_hashed_and_not_kept() -> None:
    long = b"x" * (MAX_FIELD_BYTES + 1)
    (prompt,) = good(form(field("prompt", long))).parts
    assert (prompt.text, prompt.filename, prompt.sha256) == (None, None, sha256(long).hexdigest())
    fits = field("prompt", long[:-1])
    texts = [part.text is not None for part in good(form(*[fits] * 6)).parts]
    assert texts == [True] * 4 + [False] * 2  # all fields together are bounded too


def test_line_breaks_around_the_form_and_padding_are_forgiven() -> None:
    body = (
        b"\r\n\r\n"
        + form(field("model", b"a")).replace(BOUNDARY + b"\r\n", BOUNDARY + b" \t\r\n")
        + b"\r\n \r\n"
    )
    found = good(body)
    assert found.fields == {"model": "a"}
    assert found.size == len(body)
    assert good(b"--" + BOUNDARY + b"--").parts == ()
    for cut in range(len(body) + 1):
        assert scan(body, [cut]) == found


def test_only_the_models_value_changes() -> None:
    changed = spliced(USUAL, rename_model(good(USUAL), "whisper-1"))
    assert changed == USUAL.replace(b"openai/whisper-1", b"whisper-1")


def test_of_a_model_that_stands_twice_only_the_checked_one_goes_on() -> None:
    body = form(field("model", b"one"), file("file", AUDIO), field("model", b"two"), field("x", b"y"))
    found = good(body)
    assert found.fields["model"] == "two"
    changed = spliced(body, rename_model(found, "new"))
    assert changed == form(file("file", AUDIO), field("model", b"new"), field("x", b"y"))


def test_params_replace_their_fields_or_are_added_before_the_first_part() -> None:
    params = {"language": "de", "temperature": 0.5, "tags": ["a"], "stream": True, "model": "no"}
    body = form(file("file", AUDIO), field("language", b"en"))
    changed = spliced(body, rename_model(good(body), "m", params))
    assert changed == form(
        field("temperature", b"0.5"),
        field("tags", b'["a"]'),
        field("model", b"m"),
        file("file", AUDIO),
        field("language", b"de"),
    )
    empty = form()
    assert spliced(empty, rename_model(good(empty), "m")) == form(field("model", b"m"))
    padded = b"\r\n" + body
    assert spliced(padded, rewrite(good(padded), {})) == padded


def test_a_value_cannot_break_out_of_its_part() -> None:
    found = rename_model(good(USUAL), "a\r\n--" + BOUNDARY.decode() + "--")
    assert isinstance(found, Refusal)
    body = form(file("file", AUDIO))
    changed = good(spliced(body, rewrite(good(body), {'a"\r\nX: y': "v"})))
    assert changed.parts[0].name == 'a"\r\nX: y'


@given(
    st.lists(st.tuples(st.sampled_from(["model", "language", "x"]), st.text(max_size=20)), max_size=6),
    st.text(),
)
def test_another_reader_sees_the_same_change(fields: list[tuple[str, str]], model: str) -> None:
    encoded = [
        (name, text.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b""))
        for name, text in fields
    ]
    body = form(*[field(name, text) for name, text in encoded])
    model = model.replace("\r", "").replace("\n", "")
    seen = values(spliced(body, rename_model(good(body), model)))
    assert [value for name, value in seen if name == "model"] == [model.encode("utf-8", "replace")]
    assert [pair for pair in seen if pair[0] != "model"] == [pair for pair in encoded if pair[0] != "model"]


def test_fields_read_as_a_json_object() -> None:
    assert as_object(good(form(field("a", b"b")))) == b'{"a":"b"}'
    assert as_object(good(USUAL)) == b'{"model":"openai/whisper-1","stream":true}'
    for text, read in ((b"False", False), (b"0", False), (b"1", True), (b"maybe", "maybe")):
        assert msgspec.json.decode(as_object(good(form(field("stream", text))))) == {"stream": read}


def test_the_log_keeps_size_and_hash_in_place_of_bytes() -> None:
    assert msgspec.json.decode(describe(good(USUAL).parts)) == [
        {"name": "model", "value": "openai/whisper-1"},
        {
            "name": "file",
            "filename": "a.wav",
            "content_type": "audio/wav",
            "bytes": len(AUDIO),
            "sha256": sha256(AUDIO).hexdigest(),
        },
        {"name": "stream", "value": "true"},
    ]
    (cut,) = msgspec.json.decode(describe(good(form(field("prompt", b"\x01" * 100_000))).parts))
    assert cut["value"].endswith("�…")
    (long,) = msgspec.json.decode(describe(good(form(field("prompt", b"x" * (MAX_FIELD_BYTES + 1)))).parts))
    assert set(long) == {"name", "content_type", "bytes", "sha256"}


@pytest.mark.parametrize("text", ["x" * 100_000, "\x01" * 100_000, "é" * 100_000, None])
def test_a_description_is_bounded(text: str | None) -> None:
    one = Part(name="n" * 1000, filename=None if text else "f" * 1000, opened=0, start=0, end=9, text=text)
    shown = describe([one] * 10_000)
    assert len(shown) < MAX_DESCRIBED_BYTES + 1000
    listed = msgspec.json.decode(shown)
    assert listed[-1]["left_out"] == 10_000 - len(listed) + 1

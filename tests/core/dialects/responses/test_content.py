"""Parts of messages, from the caller's wire and to a provider's."""

import base64
import json
from typing import Any

import msgspec
import pytest
from openai.types.responses.response_input_param import ResponseInputItemParam
from pydantic import TypeAdapter

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    Document,
    Image,
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
)
from aigw_dev.core.dialects.responses.checks import Extras
from aigw_dev.core.dialects.responses.content import data_url, media, read_part, write_part, write_parts
from aigw_dev.core.ledger import Ledger

_ITEM: TypeAdapter[Any] = TypeAdapter(ResponseInputItemParam)


def part(wire: dict[str, Any]) -> Part:
    extras: Extras = {}
    found = read_part(wire, "p", extras)
    assert extras == {}
    return found


def again(one: Part, into: Ledger | None = None, *, is_own: bool = True) -> Any:
    written = write_part(one, "p", into or Ledger(), is_own=is_own)
    if written is not None and not isinstance(written, msgspec.Raw):
        _ITEM.validate_python({"role": "user", "content": [written]})
    return written


@pytest.mark.parametrize(
    "wire",
    [
        {"type": "input_text", "text": "Hi", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}},
        {"type": "input_image", "image_url": "http://a/b", "detail": "low"},
        {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto"},
        {"type": "input_image", "file_id": "file_1", "detail": "high"},
        {"type": "input_file", "file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"},
        {"type": "input_file", "file_url": "http://a/b.pdf"},
        {"type": "input_file", "file_id": "file_1"},
    ],
)
def test_a_part_written_again_is_the_same(wire: dict[str, Any]) -> None:
    assert again(part(wire)) == wire


def test_sound_crosses() -> None:
    wire = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
    one = part(wire)
    assert one == Audio(source=Media(data="AA=="), format="wav")
    assert write_part(one, "p", Ledger(), is_own=True) == wire
    by_type = Audio(source=Media(data="AA==", media_type="audio/mp3"))
    assert write_part(by_type, "p", Ledger(), is_own=True) == {
        "type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"},
    }  # fmt: skip


def test_sound_of_another_dialect_stands_as_its_words() -> None:
    ledger = Ledger()
    heard = Audio(source=Media(data="AA=="), transcript="Hi")
    assert write_part(heard, "p", ledger, is_own=False) == {"type": "input_text", "text": "Hi"}
    assert write_part(Audio(source=Media(data="AA==")), "q", ledger, is_own=False) is None
    assert [(one.fate, one.field) for one in ledger.entries] == [("approximated", "p"), ("dropped", "q")]


def test_files_have_the_media_type_that_anybody_said() -> None:
    assert part({"type": "input_file", "file_data": "AA==", "filename": "x.PDF"}) == Document(
        source=Media(data="AA==", media_type="application/pdf"), name="x.PDF"
    )
    octets = {
        "type": "input_file",
        "file_data": "data:application/octet-stream;base64,AA==",
        "filename": "n.md",
    }
    one = part(octets)
    assert isinstance(one, Document)
    assert one.source.media_type == "text/markdown"
    assert media("data:text/csv,a%2Cb") == Media(
        data=base64.b64encode(b"a,b").decode(), media_type="text/csv"
    )


def test_unknown_parts_are_kept_whole() -> None:
    wire = {"type": "input_video", "x": [1]}
    one = part(wire)
    assert isinstance(one, Opaque)
    assert json.loads(bytes(one.raw)) == wire
    assert bytes(again(one)) == bytes(one.raw)
    assert part({"type": "refusal", "text": "no"}) == Refusal(text="no")


def test_a_pictures_type_is_read_from_its_head() -> None:
    assert data_url(Media(data="iVBORw0"), "x/y") == "data:image/png;base64,iVBORw0"
    assert data_url(Media(data="zzzz"), "x/y") == "data:x/y;base64,zzzz"
    assert data_url(Media(data="zzzz", media_type="a/b"), "x/y") == "data:a/b;base64,zzzz"
    assert again(Image(source=Media(data="/9j/"))) == {
        "type": "input_image", "image_url": "data:image/jpeg;base64,/9j/", "detail": "auto",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "written", "fate"),
    [
        (Text(text="x", cache=Cache()), {"type": "input_text", "text": "x"}, ("approximated", "p.cache_control")),
        (Refusal(text="no"), {"type": "input_text", "text": "no"}, ("approximated", "p")),
        (Document(source=Media(), text="words", name="T"), {"type": "input_text", "text": "T\n\nwords"}, ("approximated", "p")),
        (Document(source=Media(data="AA==", media_type="text/csv")),
         {"type": "input_file", "filename": "document.csv", "file_data": "data:text/csv;base64,AA=="}, ("invented", "p.filename")),
        (Document(source=Media(url="http://a"), context="c"), {"type": "input_file", "file_url": "http://a"}, ("dropped", "p.context")),
        (Document(source=Media(url="http://a"), has_citations=True), {"type": "input_file", "file_url": "http://a"},
         ("dropped", "p.citations")),
        (Thinking(text="x"), None, ("dropped", "p")),
        (Opaque(dialect="anthropic-messages", type="x", raw=msgspec.Raw(b"{}")), None, ("dropped", "p")),
        (Audio(source=Media(file_id="f")), None, ("dropped", "p")),
    ],
)  # fmt: skip
def test_what_does_not_cross_whole_is_in_the_ledger(
    one: Part, written: object, fate: tuple[str, str]
) -> None:
    book = Ledger()
    assert again(one, book, is_own=False) == written
    assert [(entry.fate, entry.field) for entry in book.entries] == [fate]


def test_parts_that_have_no_word_are_left_out() -> None:
    assert write_parts((Text(text="a"), Thinking()), "p", Ledger(), is_own=True) == [
        {"type": "input_text", "text": "a"}
    ]

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import Audio, Document, Image, Media
from aigw_dev.core.dialects.bedrock.media import Names, cache_point
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.bedrock.requests import fates, refused, request, user, written

PNG = "iVBORw0KGgo="


def sent(part: Image | Document | Audio, ledger: Ledger | None = None) -> Any:
    return written(request(user("look", part)), ledger=ledger)["messages"][0]["content"][1]


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (Media(data=PNG, media_type="image/png"), "png"),
        (Media(data=PNG, media_type="image/JPG; q=1"), "jpeg"),
        (Media(data=PNG), "png"),
        (Media(data="/9j/4AAQ"), "jpeg"),
        (Media(data="R0lGODlh"), "gif"),
        (Media(data="UklGRgAA"), "webp"),
    ],
)
def test_a_picture_goes_as_bytes_with_its_format(source: Media, form: str) -> None:
    assert sent(Image(source=source)) == {"image": {"format": form, "source": {"bytes": source.data}}}


def test_a_picture_in_s3_goes_as_its_place() -> None:
    assert sent(Image(source=Media(url="s3://bucket/a.JPG"))) == {
        "image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a.JPG"}}}
    }


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Image(source=Media(url="https://x.example/a.png")), "fetches nothing"),
        (Image(source=Media(url="gs://b/a.png", media_type="image/png")), "fetches nothing"),
        (Image(source=Media(file_id="file-1", media_type="image/png")), "file id"),
        (Image(source=Media()), "no content"),
        (Image(source=Media(data="AAAA", media_type="image/bmp")), "image/bmp"),
        (Image(source=Media(data="AAAA")), "no type"),
        (Document(source=Media(url="https://x.example/a.pdf")), "fetches nothing"),
        (Document(source=Media(data="AAAA", media_type="application/zip")), "application/zip"),
        (Document(source=Media(data="AAAA")), "no type"),
        (Audio(source=Media(file_id="f"), format="wav"), "file id"),
        (Audio(source=Media(data="AAAA"), format="midi"), "midi"),
        (Audio(source=Media(data="AAAA")), "(none)"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_sent(part: Any, said: str) -> None:
    refusal = refused(request(user("look", part)))
    assert refusal.param == "messages[0].content[1]"
    assert refusal.message.startswith("messages[0].content[1]: ")
    assert said in refusal.message


def test_how_closely_to_look_is_left_to_the_provider() -> None:
    ledger = Ledger()
    sent(Image(source=Media(data=PNG), detail="high"), ledger)
    assert fates(ledger) == {"messages[0].content[1].detail": "dropped"}


@pytest.mark.parametrize(
    ("media_type", "name", "form"),
    [
        ("application/pdf", "a.pdf", "pdf"),
        ("text/csv", "", "csv"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "", "docx"),
        ("text/markdown", "", "md"),
        ("application/json", "", "txt"),
        ("text/x-python", "", "txt"),
        ("application/octet-stream", "b.xlsx", "xlsx"),
    ],
)
def test_a_file_goes_with_its_format(media_type: str, name: str, form: str) -> None:
    block = sent(Document(source=Media(data="AAAA", media_type=media_type), name=name))
    assert block["document"]["format"] == form
    assert block["document"]["source"] == {"bytes": "AAAA"}


def test_text_of_a_file_goes_as_its_bytes_with_what_stands_beside_it() -> None:
    document = Document(source=Media(), text="grüße", name="n", context="c", has_citations=True)
    block = sent(document)["document"]
    assert base64.b64decode(block["source"]["bytes"]).decode() == "grüße"
    assert (block["format"], block["name"], block["context"], block["citations"]) == (
        "txt",
        "n",
        "c",
        {"enabled": True},
    )


def test_names_of_files_are_cleaned_and_stand_once() -> None:
    ledger = Ledger()
    same = Document(source=Media(data="AAAA", media_type="application/pdf"), name="dir/my_re:port  v1.2.pdf")
    nameless = Document(source=Media(data="AAAA", media_type="application/pdf"))
    content = written(request(user("look", same, same, nameless)), ledger=ledger)["messages"][0]["content"]
    names = [block["document"]["name"] for block in content[1:]]
    assert names == ["my-re-port v1-2", "my-re-port v1-2 (2)", "document"]
    assert fates(ledger) == {
        "messages[0].content[1].name": "approximated",
        "messages[0].content[2].name": "approximated",
        "messages[0].content[3].name": "invented",
    }


@given(st.lists(st.text(max_size=300), max_size=6))
def test_every_name_is_one_that_the_provider_takes(wanted: list[str]) -> None:
    names = Names(Ledger())
    taken = [names.take(one, "pdf", "d") for one in wanted]
    assert len(set(taken)) == len(taken)
    assert all(0 < len(name) <= 200 for name in taken)
    assert all(name.isascii() and "  " not in name for name in taken)


@pytest.mark.parametrize(
    ("audio", "form"),
    [
        (Audio(source=Media(data="AAAA"), format="wav"), "wav"),
        (Audio(source=Media(data="AAAA"), format="pcm16"), "pcm"),
        (Audio(source=Media(data="AAAA", media_type="audio/mpeg")), "mp3"),
    ],
)
def test_a_sound_goes_with_its_format(audio: Audio, form: str) -> None:
    assert sent(audio) == {"audio": {"format": form, "source": {"bytes": "AAAA"}}}


def test_an_hour_is_said_and_the_usual_time_is_not() -> None:
    assert cache_point("1h") == {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert cache_point("5m") == cache_point("") == {"cachePoint": {"type": "default"}}

"""Pieces of messages in every dialect's words."""

import base64
from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Blob, Wild
from aigw_dev.core.recording.turn_parts import Mark, mark_of, objects_of, parts_of, placed, written

PNG = base64.b64encode(b"\x89PNG").decode()
MARK = Mark("image/png 4 bytes sha256:0f4636c7")
BLOB = Blob(sha256="sha256:" + "ab12cd34" * 8, type="image/png; q=1", bytes=3_500_000, form="data-url")


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("a", ("a",)),
        (None, ()),
        (["a", {"type": "text", "text": "b"}, {"type": "refusal", "refusal": "no"}], ("a", "b", "no")),
        ({"text": "a"}, ("a",)),
        ([{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}], (MARK,)),
        ([{"type": "input_image", "image_url": f"data:image/png;q=1;base64,{PNG}"}], (MARK,)),
        (
            [{"image_url": {"url": "https://u:p@x.org/a?key=b"}}],
            (Mark("image https://[masked]@x.org/a?key=[masked]"),),
        ),
        ([{"image_url": {"url": "data:image/png;base64,!"}}], (Mark("image/png 1 bytes sha256:bb7208bc"),)),
        ([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}], (MARK,)),
        (
            [{"type": "image", "source": {"type": "url", "url": "https://x.org"}}],
            (Mark("image https://x.org"),),
        ),
        ([{"type": "document", "source": {"type": "file", "file_id": "f1"}}], (Mark("document id:f1"),)),
        ([{"type": "document", "source": {"type": "text", "data": "hello"}}], ("hello",)),
        ([{"type": "document", "source": {"type": "content", "content": "hello"}}], ("hello",)),
        ([{"source": {"type": "content", "content": [{"text": "a"}, {"text": "b"}]}}], ("a b",)),
        ([{"type": "search_result", "source": "https://x.org"}], (Mark("search_result https://x.org"),)),
        ([{"inlineData": {"mimeType": "image/png", "data": PNG}}], (MARK,)),
        ([{"inline_data": {"mime_type": "image/png", "data": PNG}}], (MARK,)),
        ([{"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/c"}}], (Mark("video/mp4 gs://b/c"),)),
        ([{"type": "file", "file": {"file_data": f"data:image/png;base64,{PNG}"}}], (MARK,)),
        ([{"type": "file", "file": {"file_id": "f1"}}], (Mark("file f1"),)),
        ([{"type": "input_file", "file_id": "f1"}], (Mark("file f1"),)),
        ([{"type": "input_file", "file_url": "https://x.org"}], (Mark("file https://x.org"),)),
        (
            [{"type": "input_file", "filename": "a.png", "file_data": PNG}],
            (Mark("a.png 4 bytes sha256:0f4636c7"),),
        ),
        ([{"type": "novel", "x": 1}], (Mark("novel"),)),
        ([{"x": 1}], ('{"x":1}',)),
        ([5], ("5",)),
        (Wild(pattern="a.*"), (Mark("text like a.*"),)),
        ([Wild()], (Mark("anything"),)),
        (BLOB, (Mark("image/png 3.3 MB sha256:ab12cd34"),)),
        ([{"input_audio": {"data": BLOB, "format": "wav"}}], (Mark("image/png 3.3 MB sha256:ab12cd34"),)),
        ([{"input_audio": {"data": Wild()}}], (Mark("anything"),)),
    ],
)
def test_a_part_is_its_text_or_what_stands_for_it(content: Any, parts: tuple[Any, ...]) -> None:
    assert parts_of(content) == parts


def test_sizes_are_for_people() -> None:
    assert mark_of(b"a" * 12_345, "").text.startswith("bytes 12 KB sha256:")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('{"a": 1.0}', '{"a":1.0}'),
        ('{"a": ', '{"a": '),
        ("ls -l", "ls -l"),
        ("1e5", "1e5"),
        ({"a": Wild(), "b": BLOB}, '{"a":"<anything>","b":"<image/png 3.3 MB sha256:ab12cd34>"}'),
        (None, "null"),
    ],
)
def test_arguments_are_written_without_blanks(value: Any, text: str) -> None:
    assert written(value) == text


def test_arguments_of_any_depth_are_written() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert written(deep) == "<nested too deeply>"
    assert written("[" * 100_000) == "[" * 100_000


def test_what_is_no_list_has_no_objects() -> None:
    assert objects_of("a") == []
    assert list(placed({"a": 1})) == []
    assert list(placed([1, {"a": 1}])) == [(1, {"a": 1})]
    assert objects_of([1, {"a": 1}]) == [{"a": 1}]

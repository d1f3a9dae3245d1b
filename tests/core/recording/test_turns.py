"""Which reader a request goes to, and requests that hold no conversation."""

from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Blob, FilePart, Request
from aigw_dev.core.recording.turns import Conversation, Mark, conversation_of, dialect_of
from tests.core.recording.recorded_requests import request_in

BLOB = Blob(sha256="ab12cd34" * 8, type="audio/wav", bytes=60)


def _said(conversation: Conversation) -> list[tuple[str, str, Any]]:
    return [(one.kind, one.path, one.parts) for one in conversation.items]


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        ("chat", "openai-chat"),
        ("responses", "openai-responses"),
        ("anthropic", "anthropic-messages"),
        ("gemini", "gemini-generate-content"),
        ("embeddings", ""),
    ],
)
def test_the_dialect_is_told_by_operation_and_body(dialect: str, name: str) -> None:
    assert dialect_of(request_in(dialect)) == name


def test_a_request_of_an_unknown_operation_is_told_by_its_body() -> None:
    assert dialect_of(Request(op="vendor.chat", body={"messages": []})) == "openai-chat"
    assert dialect_of(Request(op="vendor.chat", body={"contents": []})) == "gemini-generate-content"
    assert dialect_of(Request(op="openai.responses", body=[])) == "openai-responses"
    assert dialect_of(Request(op="vendor.chat")) == ""


def test_the_texts_of_other_operations_are_items() -> None:
    body = {"prompt": "a cat", "input": ["a", {"text": "b"}, [1, 2]], "n": 1}
    assert _said(conversation_of(Request(op="x", body=body))) == [
        ("prompt", "prompt", ("a cat",)),
        ("input", "input[0]", ("a",)),
        ("input", "input[1]", ("b",)),
        ("input", "input[2]", ("[1,2]",)),
    ]


def test_a_form_has_texts_and_files() -> None:
    part = FilePart(name="file", filename="a.wav", type="", blob=BLOB)
    conversation = conversation_of(Request(op="x", form={"prompt": "p", "n": "1"}, files=[part]))
    mark = Mark("audio/wav 60 bytes sha256:ab12cd34")
    assert _said(conversation) == [("prompt", "prompt", ("p",)), ("file", "files[0]", ("a.wav", mark))]
    assert len(conversation_of(Request(op="x", files=[part])).items) == 1


def test_bytes_are_one_item_and_nothing_is_none() -> None:
    mark = Mark("audio/wav 60 bytes sha256:ab12cd34")
    assert _said(conversation_of(Request(op="x", blob=BLOB))) == [("body", "", (mark,))]
    assert conversation_of(Request(op="x")).items == ()
    assert conversation_of(Request(op="x", body=[1])).items == ()

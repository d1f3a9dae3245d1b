"""Lists of models are read in every shape that providers send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.providers.catalogue import KINDS
from aigw_dev.core.providers.listing import MAX_MODELS, read_models

OPENAI = KINDS["openai"]


@pytest.mark.parametrize(
    "reply",
    [
        {"object": "list", "data": [{"id": "a"}, {"id": "b/c"}]},
        [{"id": "a"}, {"id": "b/c"}],
        {"models": [{"name": "a"}, {"model": "b/c"}]},
        ["a", "b/c"],
        {
            "data": [
                {"id": "a"},
                {"id": "a"},
                {"id": ""},
                7,
                None,
                {"id": 5},
                {"id": "b/c"},
                {"id": "x" * 300},
            ]
        },
    ],
)
def test_a_list_of_models_is_read(reply: object) -> None:
    assert read_models(OPENAI, json.dumps(reply).encode()) == ("a", "b/c")


def test_what_a_vendor_puts_before_its_ids_is_taken_off() -> None:
    body = b'{"data": [{"id": "models/gemini-2.5-pro"}]}'
    assert read_models(KINDS["gemini"], body) == ("gemini-2.5-pro",)
    assert read_models(OPENAI, body) == ("models/gemini-2.5-pro",)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": {"message": "no"}}', b"5", b'{"data": {}}'])
def test_what_is_no_list_is_none(body: bytes) -> None:
    assert read_models(OPENAI, body) is None


def test_an_empty_list_is_a_list() -> None:
    assert read_models(OPENAI, b'{"data": []}') == ()


def test_an_endless_list_is_cut() -> None:
    body = json.dumps([f"m{number}" for number in range(MAX_MODELS + 10)]).encode()
    assert len(read_models(OPENAI, body) or ()) == MAX_MODELS


@given(st.binary(max_size=200))
def test_no_reply_breaks_the_reading(body: bytes) -> None:
    read_models(OPENAI, body)

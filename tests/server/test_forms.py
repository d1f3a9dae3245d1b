"""What is read of a form is checked like JSON."""

import pytest

from aigw_dev.core import operations
from aigw_dev.core.dialects.protocol import RequestFacts
from aigw_dev.core.errors import Refusal
from aigw_dev.server.forms import read_form


@pytest.mark.parametrize(
    ("stream", "wanted"), [("", False), ("false", False), ("True", True), ("1", True), ("0", False)]
)
def test_a_form_says_whether_it_wants_a_stream(stream: str, wanted: bool) -> None:
    facts = read_form({"model": " a/b ", "stream": stream}, operations.TRANSCRIPTIONS)
    assert facts == RequestFacts(model="a/b", is_stream=wanted)


def test_an_operation_that_cannot_stream_does_not() -> None:
    assert read_form({"model": "a/b", "stream": "true"}, operations.TRANSLATIONS) == RequestFacts(model="a/b")


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [({}, "model_missing", "model"), ({"model": "a", "stream": "perhaps"}, "invalid_request", "stream")],
)
def test_a_form_that_cannot_be_read_says_what_is_wrong(fields: dict[str, str], code: str, param: str) -> None:
    refusal = read_form(fields, operations.TRANSCRIPTIONS)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.param) == (code, param)


def test_a_model_may_be_left_out_where_the_provider_has_one() -> None:
    assert read_form({"prompt": "x"}, operations.IMAGE_EDITS) == RequestFacts(model="")

"""What the models for media share: uploads by name, and tokens of a text field."""

from aigw_dev.core.ledger import Ledger
from aigw_dev.core.mock import MockForm
from aigw_dev.core.mock.media import AskedMedia
from aigw_dev.core.providers import adapter
from aigw_dev.core.providers.asked_fields import AskedFields
from tests.core.forms import file, form
from tests.core.mock.bodies import read


def asked(form: MockForm | None = None, **fields: str) -> AskedMedia:
    one = adapter.Asked(operation="rerank", model="mock/rerank", ledger=Ledger(), fields=fields)
    return AskedMedia(asked=one, fields=AskedFields(one), form=form, now_s=1.0)


def test_uploads_are_found_with_and_without_brackets() -> None:
    body = read(form(file("image[]", b"1"), file("mask", b"2"), file("image", b"3")))
    assert isinstance(body, MockForm)
    assert [part.name for part in asked(body).uploads("image")] == ["image[]", "image"]
    assert asked().uploads("image") == []


def test_a_field_that_is_not_there_has_no_tokens() -> None:
    media = asked(prompt="two words")
    assert (media.text_tokens("prompt"), media.text_tokens("input")) == (2, 0)

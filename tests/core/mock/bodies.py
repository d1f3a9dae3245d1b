"""Bodies as the embedded provider reads them."""

from aigw_dev.core.errors import Refusal
from aigw_dev.core.mock import MockForm, Reading
from tests.core.forms import BOUNDARY


def read(raw: bytes, content_type: bytes = b"multipart/form-data; boundary=" + BOUNDARY) -> bytes | MockForm:
    """A whole body that must be acceptable."""
    reading = Reading(content_type)
    reading.feed(raw)
    body = reading.close()
    assert not isinstance(body, Refusal), body
    return body

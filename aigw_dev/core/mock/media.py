"""What the models for pictures, sound, video, ranking and moderation share: the request they were asked."""

from collections.abc import Mapping

import msgspec

from aigw_dev.core import tokens
from aigw_dev.core.mock.reading import MockForm
from aigw_dev.core.multipart import Part
from aigw_dev.core.providers import adapter
from aigw_dev.core.providers.asked_fields import AskedFields


class AskedMedia(msgspec.Struct, frozen=True, kw_only=True):
    """One request, its fields taken by name from JSON or a form alike."""

    asked: adapter.Asked
    """As the adapters of other providers see it; `model` with `mock/`. Its ledger is read by nobody."""
    fields: AskedFields
    form: MockForm | None = None
    query: Mapping[str, str] = {}
    """Of the path."""
    is_stream: bool = False
    now_s: float
    """UTC seconds."""

    def uploads(self, name: str) -> list[Part]:
        """The files that came under this name, also as `name[]`."""
        files = self.form.form.files if self.form is not None else ()
        return [part for part in files if part.name.removesuffix("[]") == name]

    def text_tokens(self, name: str) -> int:
        """Tokens of a text field."""
        found = self.fields.value(name)
        return tokens.estimate(found) if isinstance(found, str) else 0

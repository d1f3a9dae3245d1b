"""The voice of a speech request: a provider's own goes as it is, OpenAI's become the provider's usual one."""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.providers.adapter import Asked
from aigw_dev.core.providers.asked_fields import AskedFields

OPENAI_VOICES: Final = frozenset(
    [
        "alloy",
        "ash",
        "ballad",
        "cedar",
        "coral",
        "echo",
        "fable",
        "marin",
        "nova",
        "onyx",
        "sage",
        "shimmer",
        "verse",
    ]
)
"""OpenAI's API reference, audio/speech, November 2026."""


def voice(asked: Asked, fields: AskedFields, usual: str) -> str:
    """The provider's voice to speak with; `voice` may also be an object with an `id`."""
    value = fields.value("voice")
    named = loose_json.mapping(value).get("id") if loose_json.is_object(value) else value
    if named is not None and not isinstance(named, str):
        fields.refuse("voice", "must be the name of a voice")
        return usual
    text = loose_json.text(named)
    if not text:
        asked.ledger.invented("voice", f"{usual}: none was named")
        return usual
    if text in OPENAI_VOICES:
        asked.ledger.approximated("voice", f"{usual}: {text} is a voice of OpenAI's")
        return usual
    return text

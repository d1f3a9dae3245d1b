"""Reads what providers answer when asked for their models: OpenAI's list and the other shapes seen."""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.providers.kind import Kind

MAX_MODELS: Final = 5_000
"""Aggregators list about a thousand; a list beyond this is cut."""
MAX_ID_CHARS: Final = 256

_LISTS: Final = ("data", "models")
_NAMES: Final = ("id", "name", "model")


def read_models(kind: Kind, body: bytes) -> tuple[str, ...] | None:
    """Ids of models as calls name them, in the provider's order, each once; None where this is no list at all.

    `{"data": [{"id"}]}` (OpenAI and nearly all), a bare list (Together), `{"models": [{"name"}]}` (Ollama's and
    Cohere's own), and lists of strings.
    """
    value = loose_json.load(body)
    reply = loose_json.mapping(value)
    candidates: tuple[object, ...] = (value, *(reply.get(name) for name in _LISTS))
    if not any(isinstance(candidate, list) for candidate in candidates):
        return None
    found = [rows for candidate in candidates if (rows := loose_json.items(candidate))]
    first = found[0] if found else ()
    ids = (_id(row).removeprefix(kind.model_prefix) for row in first)
    return tuple(model for model in dict.fromkeys(ids) if 0 < len(model) <= MAX_ID_CHARS)[:MAX_MODELS]


def _id(row: object) -> str:
    if isinstance(row, str):
        return loose_json.text(row)
    wire = loose_json.mapping(row)
    return next((text for name in _NAMES if (text := loose_json.text(wire.get(name)))), "")

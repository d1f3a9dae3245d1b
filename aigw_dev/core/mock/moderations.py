"""`mock/moderate`: flags a text that holds `[flag]`, or `[flag:CATEGORY]` for one category of OpenAI's."""

import re
from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.mock.media import AskedMedia
from aigw_dev.core.mock.reply import MockReply, answered, refused

CATEGORIES: Final = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""As OpenAI names them (API reference, moderations, November 2026)."""
MAX_INPUTS: Final = 2048
_MARK: Final = re.compile(r"\[flag(?::([a-z/-]{1,40}))?\]", re.IGNORECASE)
_USUAL: Final = "harassment"
_HIGH: Final = 0.99
_LOW: Final = 0.0001


def answer(media: AskedMedia) -> MockReply:
    """A result for each text; parts of one message (`type: text`, `type: image_url`) have one together."""
    texts = _texts(media.fields.value("input"))
    if texts is None:
        message = f"must be a text, an array of up to {MAX_INPUTS} texts, or an array of parts with a `type`"
        media.fields.refuse("input", message)
    if media.fields.refusal is not None:
        return refused(media.fields.refusal)
    results = [_result(text) for text in texts or ()]
    return answered(
        {"id": f"modr-mock-{media.asked.id_seed}", "model": media.asked.model, "results": results}
    )


def _texts(given: object) -> list[str] | None:
    """What each result is about; None where it is none of the three legal shapes."""
    if isinstance(given, str):
        return [given]
    listed = loose_json.items(given)
    if not 1 <= len(listed) <= MAX_INPUTS:
        return None
    texts = [one for one in listed if isinstance(one, str)]
    if len(texts) == len(listed):
        return texts
    parts = [loose_json.mapping(one) for one in listed]
    if not all(isinstance(part.get("type"), str) for part in parts):
        return None
    return ["\n".join(loose_json.text(part.get("text")) for part in parts)]


def _result(text: str) -> dict[str, object]:
    marks = [str(found[1] or "").lower() for found in _MARK.finditer(text)]
    flagged = {mark if mark in CATEGORIES else _USUAL for mark in marks}
    return {
        "flagged": bool(flagged),
        "categories": {name: name in flagged for name in CATEGORIES},
        "category_scores": {name: _HIGH if name in flagged else _LOW for name in CATEGORIES},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }

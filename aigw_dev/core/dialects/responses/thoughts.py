"""Reasoning items and what must come back with them, in both directions.

A reasoning item has one opaque place, `encrypted_content`. Another dialect's signature stands there wrapped
(`core.chat.signatures`), with a word in front where it belongs to something else than the thought itself:
`redacted|` a thought that may not be shown, `call|` the tool call that follows (Gemini's thought signature).
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat import signatures
from aigw_dev.core.chat.vocabulary import Thinking
from aigw_dev.core.dialects.responses.checks import DIALECT

BETWEEN_PARTS: Final = "\n\n"
"""Stands between the parts of a summary where they become one text."""
_REDACTED: Final = "redacted|"
_CALL: Final = "call|"


class Thought(msgspec.Struct, frozen=True, kw_only=True):
    """A reasoning item, read."""

    thinking: Thinking
    call_signature: str = ""
    """The signature of the tool call that follows; `thinking` is then empty."""


def read_item(item: dict[str, object]) -> Thought:
    """A reasoning item of a caller or a provider, whatever it holds."""
    origin, signature = signatures.unwrap(loose_json.text(item.get("encrypted_content")), DIALECT)
    shown = texts(item.get("summary")) or texts(item.get("content"))
    identity = loose_json.text(item.get("id"))
    if origin != DIALECT and signature.startswith(_CALL):
        return Thought(thinking=Thinking(), call_signature=signature.removeprefix(_CALL))
    is_redacted = origin != DIALECT and signature.startswith(_REDACTED)
    return Thought(
        thinking=Thinking(
            text=BETWEEN_PARTS.join(shown),
            signature=signature.removeprefix(_REDACTED) if is_redacted else signature,
            is_redacted=is_redacted,
            origin=origin if signature else "",
            id=identity,
        )
    )


def texts(parts: object) -> list[str]:
    """The texts of a summary or of reasoning content, without empty ones."""
    found = (loose_json.text(loose_json.mapping(part).get("text")) for part in loose_json.items(parts))
    return [one for one in found if one]


def encrypted(signature: str, origin: str, *, is_redacted: bool = False) -> str | None:
    """What to write as `encrypted_content`; None where there is no signature."""
    if not signature:
        return None
    is_own = origin == DIALECT
    return signatures.wrap(
        origin, _REDACTED + signature if is_redacted and not is_own else signature, DIALECT
    )


def encrypted_for_call(signature: str, origin: str) -> str:
    """The `encrypted_content` of the item that carries a tool call's signature; `origin` is not this dialect."""
    return signatures.wrap(origin, _CALL + signature, DIALECT)


def summary(text: str) -> list[dict[str, str]]:
    """A thought's text as a summary of one part, or of none."""
    return [{"type": "summary_text", "text": text}] if text else []

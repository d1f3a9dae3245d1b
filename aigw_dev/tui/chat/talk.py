"""A conversation as it is kept: panes with their models and turns. Pure; times come from the caller."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec

from aigw_dev.tui.chat.draft import Draft
from aigw_dev.tui.logs.amounts import usd
from aigw_dev.tui.look import Glyphs

VERSION: Final = 1
MOST_PANES: Final = 4
_TITLE_CHARS: Final = 48


class Facts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is known of an answer, for its line and for comparing."""

    exchange: str = ""
    upstream: str = ""
    route: str = ""
    status: int = 0
    attempts: int = 0
    why: str = ""
    """What made it slow: an attempt that failed before."""
    ttft_s: float | None = None
    duration_s: float = 0.0
    input: int | None = None
    output: int | None = None
    is_estimated: bool = False
    """The counts are ours."""
    nanousd: int | None = None
    cost_status: str = ""
    finish: str = ""


class Turn(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One message; an answer with its facts, an error with its text."""

    role: str
    """`user`, `assistant`, `tool`, or `error`, which is shown and never sent."""
    message: dict[str, Any] = {}
    """As it is sent: `content`, `tool_calls`, `tool_call_id` ..."""
    reasoning: str = ""
    facts: Facts | None = None
    is_partial: bool = False
    """The answer was stopped or broke off."""
    advice: str = ""
    """Of an error: what can be done."""

    @property
    def text(self) -> str:
        """The words of the message."""
        content = self.message.get("content")
        if isinstance(content, str):
            return content
        parts = cast("list[dict[str, Any]]", content) if isinstance(content, list) else []
        return "\n".join(str(part.get("text") or f"[{part_name(part)}]") for part in parts)


class Strand(msgspec.Struct, kw_only=True):
    """One pane: its model and its side of the conversation."""

    model: str = ""
    turns: list[Turn] = msgspec.field(default_factory=list[Turn])
    is_winner: bool = False

    def messages(self) -> list[dict[str, Any]]:
        """What is sent: every turn but errors, and answers of which nothing came."""
        return [
            {"role": turn.role, **turn.message}
            for turn in self.turns
            if turn.role != "error"
            and (turn.role != "assistant" or turn.text or turn.message.get("tool_calls"))
        ]


class Talk(msgspec.Struct, kw_only=True):
    """A conversation: one to four strands over the same prompts."""

    id: str
    version: int = VERSION
    title: str = ""
    began_at: float = 0.0
    """UTC seconds."""
    branch_of: str = ""
    """The id of the conversation it was forked from."""
    strands: list[Strand] = msgspec.field(default_factory=lambda: [Strand()])
    draft: Draft = msgspec.field(default_factory=Draft)

    @property
    def is_empty(self) -> bool:
        """Nothing was said."""
        return not any(strand.turns for strand in self.strands)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A kept conversation in the list."""

    id: str
    title: str
    began_at: float
    turns: int
    models: tuple[str, ...]


def summary(talk: Talk, glyphs: Glyphs) -> str:
    """`4 turns · $0.0041` of a conversation."""
    turns = max((sum(turn.role == "user" for turn in strand.turns) for strand in talk.strands), default=0)
    if not turns:
        return "new conversation"
    facts = [turn.facts for strand in talk.strands for turn in strand.turns if turn.facts is not None]
    total = sum(one.nanousd or 0 for one in facts)
    doubt = "~" if any(one.cost_status == "estimated" for one in facts) else ""
    said = f"{turns} turn{'s' if turns > 1 else ''}"
    if total:
        return f"{said} {glyphs.middot} {doubt}${usd(total, None, glyphs)}"
    return (
        f"{said} {glyphs.middot} free" if facts and all(one.cost_status == "free" for one in facts) else said
    )


def restored(kept: Mapping[str, Any], *, id: str, now: float) -> Talk:  # noqa: A002  -- its name everywhere
    """A new conversation with the models and parameters that the last run left; what does not fit is left out."""
    try:
        draft = msgspec.convert(kept.get("draft", {}), Draft)
    except msgspec.ValidationError:
        draft = Draft()
    models = [one for one in _texts(kept.get("models")) if one][:MOST_PANES]
    return Talk(
        id=id, began_at=now, draft=draft, strands=[Strand(model=one) for one in models or [draft.model]]
    )


def titled(text: str) -> str:
    """A conversation's title from its first prompt."""
    line = " ".join(text.split())
    return line if len(line) <= _TITLE_CHARS else f"{line[: _TITLE_CHARS - 1].rstrip()}…"


def branched(talk: Talk, at: int, *, id: str, now: float) -> Talk:  # noqa: A002  -- its name everywhere
    """A copy that ends before turn `at` of the first strand, and so for every strand."""
    made = decode(encode(talk))
    made.id, made.began_at, made.branch_of = id, now, talk.id
    for strand in made.strands:
        strand.turns = strand.turns[:at]
        strand.is_winner = False
    return made


def encode(talk: Talk) -> bytes:
    """As it stands in a file."""
    return msgspec.json.format(msgspec.json.encode(talk), indent=1)


def decode(content: bytes) -> Talk:
    """From a file; `ValueError` where it is none, or of a later version."""
    found = msgspec.json.decode(content, type=Talk)
    if found.version > VERSION or not found.strands or not is_id(found.id):
        raise ValueError(found.version)
    return found


def listed(talk: Talk) -> Listed:
    """Its line in the list."""
    return Listed(
        id=talk.id,
        title=talk.title,
        began_at=talk.began_at,
        turns=max(sum(turn.role == "user" for turn in strand.turns) for strand in talk.strands),
        models=tuple(strand.model for strand in talk.strands),
    )


def is_id(text: str) -> bool:
    """Whether this can name a file: our ids are hex digits with dashes."""
    return re.fullmatch(r"[0-9a-f-]{4,40}", text) is not None


def _texts(value: object) -> list[str]:
    return (
        [one for one in cast("list[object]", value) if isinstance(one, str)]
        if isinstance(value, list)
        else []
    )


def part_name(part: dict[str, Any]) -> str:
    """What an attachment is called in a line."""
    file = part.get("file")
    if isinstance(file, dict):
        return str(cast("dict[str, Any]", file).get("filename", "file"))
    return str(part.get("type", "part"))

"""What a request says, item by item, whatever dialect it is in."""

from collections.abc import Callable
from typing import Any, Final, cast

from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.recording.fixture import Request
from aigw_dev.core.recording.turn_items import (
    Conversation,
    Item,
    Tool,
    anthropic,
    gemini,
    openai_chat,
    responses,
)
from aigw_dev.core.recording.turn_parts import Mark, blob_mark, parts_of, written

__all__ = ("Conversation", "Item", "Mark", "Tool", "conversation_of", "dialect_of")


def conversation_of(request: Request) -> Conversation:
    """What `request` says; no items where its body is no JSON object or form."""
    if request.form is not None or request.files:
        return _form(request)
    if not isinstance(request.body, dict):
        marks = (blob_mark(request.blob),) if request.blob is not None else ()
        items = tuple(Item(kind="body", path="", parts=(mark,)) for mark in marks)
        return Conversation(items=items, tools=(), history="", read_fields=frozenset())
    body = cast("dict[str, Any]", request.body)
    return _READERS.get(dialect_of(request), _other)(body)


def dialect_of(request: Request) -> str:
    """The dialect that a request's conversation is in; empty where it holds none."""
    body = cast("dict[str, Any]", request.body) if isinstance(request.body, dict) else {}
    dialect = _DIALECTS.get(request.op, "")
    if "contents" in body:
        return "gemini-generate-content"
    if "messages" in body:
        return dialect if dialect == "anthropic-messages" else "openai-chat"
    return dialect if dialect == "openai-responses" else ""


_DIALECTS: Final = {one.name: one.dialect for one in OPERATIONS}


_TEXTS: Final = ("instructions", "system", "prompt", "input", "query", "documents", "text")


def _other(body: dict[str, Any]) -> Conversation:
    """Embeddings, images, speech and the like: the texts and media that they are about."""
    items: list[Item] = []
    for name in _TEXTS:
        held = body.get(name)
        if isinstance(held, list):
            items += [
                Item(
                    kind=name,
                    path=f"{name}[{place}]",
                    parts=parts_of(one) if isinstance(one, str | dict) else (written(one),),
                )
                for place, one in enumerate(cast("list[Any]", held))
            ]
        elif held is not None:
            items.append(Item(kind=name, path=name, parts=parts_of(held)))
    return Conversation(items=tuple(items), tools=(), history="", read_fields=frozenset(_TEXTS))


def _form(request: Request) -> Conversation:
    fields = request.form or {}
    items = [Item(kind=name, path=name, parts=parts_of(fields[name])) for name in _TEXTS if name in fields]
    items += [
        Item(
            kind="file",
            path=f"files[{place}]",
            name=one.name,
            parts=(one.filename, blob_mark(one.blob, one.type)),
        )
        for place, one in enumerate(request.files)
    ]
    return Conversation(items=tuple(items), tools=(), history="", read_fields=frozenset(_TEXTS))


_READERS: Final[dict[str, Callable[[dict[str, Any]], Conversation]]] = {
    "openai-chat": openai_chat,
    "openai-responses": responses,
    "anthropic-messages": anthropic,
    "gemini-generate-content": gemini,
}

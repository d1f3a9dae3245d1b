"""Output items as a caller reads them; shared by whole replies and streams."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import NULL, Logprob
from aigw_dev.core.dialects.responses import thoughts
from aigw_dev.core.ledger import Ledger

_ANNOTATIONS: Final = frozenset({"file_citation", "container_file_citation", "file_path"})
"""Those that name no URL."""


def message(item_id: str, content: list[object], status: str = "completed") -> dict[str, object]:
    """A message item."""
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def text_part(text: str, annotations: list[object], logprobs: list[object]) -> dict[str, object]:
    """A text part of a message item."""
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs}


def refusal_part(text: str) -> dict[str, object]:
    """A refusal part of a message item."""
    return {"type": "refusal", "refusal": text}


def reasoning(item_id: str, text: str, encrypted: str | None) -> dict[str, object]:
    """A reasoning item. Thoughts are shown as a summary: clients show nothing else."""
    item: dict[str, object] = {"id": item_id, "type": "reasoning", "summary": thoughts.summary(text)}
    if encrypted is not None:
        item["encrypted_content"] = encrypted
    return item


def function_call(
    item_id: str, *, call_id: str, name: str, arguments: str, status: str = "completed"
) -> dict[str, object]:
    """A function call item."""
    return {
        "id": item_id,
        "type": "function_call",
        "status": status,
        "arguments": arguments,
        "call_id": call_id,
        "name": name,
    }


def custom_call(
    item_id: str, *, call_id: str, name: str, text: str, status: str = "completed"
) -> dict[str, object]:
    """A custom tool call item."""
    return {
        "id": item_id,
        "type": "custom_tool_call",
        "status": status,
        "call_id": call_id,
        "input": text,
        "name": name,
    }


def picture(item_id: str, data: str) -> dict[str, object]:
    """A picture that the model made, as the hosted tool would have."""
    return {"id": item_id, "type": "image_generation_call", "status": "completed", "result": data}


def logprobs_of(logprobs: tuple[Logprob, ...] | None) -> list[object]:
    """Logprobs of a text part or a delta."""
    return [
        _logprob(one) | {"top_logprobs": [_logprob(other) for other in one.top]} for one in logprobs or ()
    ]


def _logprob(one: Logprob) -> dict[str, object]:
    spelled = one.bytes if one.bytes is not None else tuple(one.token.encode("utf-8", "replace"))
    return {"token": one.token, "bytes": list(spelled), "logprob": one.logprob}


def annotations_of(citations: bytes | msgspec.Raw, ledger: Ledger, *, length: int = 0) -> list[object]:
    """Annotations of a text part from any dialect's list of citations; `length` is that of the text, in characters.

    Chat's `url_citation` is unfolded; a citation that names a URL becomes one; others are dropped.
    """
    if citations == NULL or not citations:
        return []
    written: list[object] = []
    for number, value in enumerate(loose_json.items(loose_json.load(bytes(citations)))):
        one = loose_json.mapping(value)
        inner = loose_json.mapping(one.get("url_citation")) or one
        if loose_json.text(one.get("type")) in _ANNOTATIONS:
            written.append(one)
        elif url := loose_json.text(inner.get("url")):
            start, end = loose_json.count(inner.get("start_index")), loose_json.count(inner.get("end_index"))
            written.append(
                {
                    "type": "url_citation",
                    "url": url,
                    "title": loose_json.text(inner.get("title")),  # xAI leaves it out
                    "start_index": start or 0,
                    "end_index": length if end is None else end,
                }
            )
        else:
            ledger.dropped(f"citations[{number}]", "a citation that names no URL")
    return written

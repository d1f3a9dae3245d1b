"""Gemini callers' requests for the tests."""

import json
from typing import Any

from aigw_dev.core.chat.vocabulary import (
    ChatRequest,
    Part,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.request_body import RequestBody, read_body

G = "gemini-generate-content"


def body(value: Any) -> RequestBody:
    read = read_body(json.dumps(value).encode())
    assert isinstance(read, RequestBody)
    return read


def chat(contents: Any = "hi", **more: Any) -> ChatRequest:
    if isinstance(contents, str):
        contents = [{"role": "user", "parts": [{"text": contents}]}]
    read = gemini.read_chat(body({"contents": contents, **more}), path_model="m")
    assert isinstance(read, ChatRequest), read
    return read


def parts(*said: Any, role: str = "model") -> tuple[Part, ...]:
    return chat([{"role": role, "parts": list(said)}]).messages[0].parts

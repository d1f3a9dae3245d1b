"""The requests of `fixtures/requests.json`: one in each dialect, with tools, media and links."""

import json
from pathlib import Path
from typing import Any

from aigw_dev.core.recording.fixture import Request

DIALECTS = ("chat", "responses", "embeddings", "anthropic", "gemini")


def request_in(dialect: str, **changes: Any) -> Request:
    """The request in `dialect`, a fresh copy; `changes` are fields at the top of its body."""
    path = Path(__file__).parent / "fixtures" / "requests.json"
    held = json.loads(path.read_text(encoding="utf-8"))[dialect]
    held["body"] |= changes
    return Request(**held)


def chat(*messages: Any, **fields: Any) -> Request:
    """A chat request; a plain text is what the user says."""
    turns = [{"role": "user", "content": one} if isinstance(one, str) else one for one in messages]
    return Request(op="openai.chat.completions", body={"model": "gpt-4o-mini", "messages": turns} | fields)

"""What Google's own SDK makes of what we write: its types forbid unknown fields."""

import json
from typing import Any

import pytest

types = pytest.importorskip("google.genai.types")


def check_reply(body: bytes) -> Any:
    return types.GenerateContentResponse.model_validate_json(body)


def check_request(body: bytes) -> dict[str, Any]:
    """The request as a dictionary, every piece of it read by the SDK's types."""
    wire: dict[str, Any] = json.loads(body)
    pieces = {
        "contents": (types.Content, True),
        "systemInstruction": (types.Content, False),
        "tools": (types.Tool, True),
        "toolConfig": (types.ToolConfig, False),
        "generationConfig": (types.GenerationConfig, False),
        "safetySettings": (types.SafetySetting, True),
    }
    for key, (kind, is_list) in pieces.items():
        if key in wire:
            for one in wire[key] if is_list else [wire[key]]:
                kind.model_validate_json(json.dumps(one))
    return wire

"""Tool calls that are wrong, and refusals: changes that need the whole reply, streamed or not.

A reply that has no tool call is replaced by one that has, and every reply by a refusal; both are built in its dialect.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from aigw_dev.core.recording.events import sse_bytes
from aigw_dev.core.recording.faults.blocks import Block, Cutter, Framing, framing_of, json_object
from aigw_dev.core.recording.faults.bodies import ended
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.slots import Object, Slot, call_of, slots
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import Bytes, Headers, Stage, Step, is_good, value_of, without
from aigw_dev.core.recording.fixture import Response, Synth
from aigw_dev.core.recording.synth import build

_BAD: Final = '{"city": "Os'
_WRONG: Final = '{"unexpected": true}'
_UNKNOWN: Final = "no_such_tool"
_TOOL: Final = "get_weather"
_REFUSAL: Final = "I'm sorry, but I can't help with that."
_CUT_OFF: Final = {
    CHAT: "tool_calls",
    RESPONSES: "max_output_tokens",
    ANTHROPIC: "max_tokens",
    GEMINI: "MALFORMED_FUNCTION_CALL",
    BEDROCK: "max_tokens",
}

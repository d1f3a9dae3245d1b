"""A chat request as Converse takes it: put together from its rooms (turns, tools, thinking, settings)."""

from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import ChatRequest
from aigw_dev.core.dialects.bedrock import settings
from aigw_dev.core.dialects.bedrock.families import family_of
from aigw_dev.core.dialects.bedrock.parts import Block, PartWriter
from aigw_dev.core.dialects.bedrock.stops import STOP_PATHS
from aigw_dev.core.dialects.bedrock.thinking import Situation, write_thinking
from aigw_dev.core.dialects.bedrock.tools import ToolWriter
from aigw_dev.core.dialects.bedrock.turns import write_conversation
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger

HEADERS: Final = (("content-type", "application/json"),)
_NOT_IN_BODIES: Final = frozenset({"model", "modelId", "stream"})
"""What the path says."""


def write_chat(request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger) -> Outgoing | Refusal:
    """The request as Converse takes it; `Refusal` where it holds something that cannot be said at all.

    The path says whether it streams; the model in it (an id with a colon, an ARN) is encoded by the URL's builder.
    """
    body = write_body(request, model=model, traits=traits, ledger=ledger)
    if isinstance(body, Refusal):
        return body
    body |= {name: value for name, value in traits.params.items() if name not in _NOT_IN_BODIES}
    ledger.keep("model", *(("stream",) if request.is_stream else ()))
    operation = "converse-stream" if request.is_stream else "converse"
    return Outgoing(path=f"/model/{{model}}/{operation}", body=msgspec.json.encode(body), headers=HEADERS)


def write_body(request: ChatRequest, *, model: str, traits: Traits, ledger: Ledger) -> Block | Refusal:
    """The body of a call."""
    family = family_of(model)
    parts = PartWriter(
        ledger, is_cached="cache" not in traits.refuses, echoes_reasoning=traits.echoes_reasoning
    )
    conversation = write_conversation(request, parts, ledger)
    if isinstance(conversation, Refusal):
        return conversation
    extra: Block = {}
    situation = Situation(
        max_tokens=request.max_tokens, is_in_unthought_tool_loop=conversation.is_in_unthought_tool_loop
    )
    is_thinking, refused = write_thinking(
        request.reasoning, extra, family=family, traits=traits, situation=situation, ledger=ledger
    )
    traits = msgspec.structs.replace(traits, refuses=traits.refuses | refused)
    tools = ToolWriter(request, traits, ledger).write(
        parts, has_history=conversation.has_tool_blocks, is_free=is_thinking
    )
    if isinstance(tools, Refusal):
        return tools
    output, words = settings.write_format(request.format, traits=traits, ledger=ledger)
    settings.write_top_k(request, extra, family=family, traits=traits, is_thinking=is_thinking, ledger=ledger)
    tier = settings.write_tier(request.service_tier, ledger)
    body: Block = {
        "messages": conversation.messages,
        "system": [*conversation.system, *([{"text": words}] if words else [])],
        "inferenceConfig": settings.write_inference(
            request, family=family, traits=traits, is_thinking=is_thinking, ledger=ledger
        ),
        "toolConfig": tools,
        "outputConfig": output,
        "additionalModelRequestFields": extra,
        "additionalModelResponseFieldPaths": STOP_PATHS if family.has_stop_paths and request.stop else (),
        "requestMetadata": settings.write_labels(request.metadata, ledger),
        "serviceTier": tier,
    }
    settings.note_the_rest(request, ledger)
    return {name: value for name, value in body.items() if value or name == "messages"}

"""Whole messages: read from an Anthropic provider, written for an Anthropic caller."""

import re
from typing import Final

import msgspec

from aigw_dev.core import loose_json, tokens
from aigw_dev.core.chat import signatures
from aigw_dev.core.chat.tool_names import ANSWER_TOOL, restored, wire_id
from aigw_dev.core.chat.vocabulary import (
    NULL,
    Audio,
    ChatReply,
    Choice,
    Opaque,
    Part,
    Refusal,
    ReplyContext,
    StopReason,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.dialects.anthropic import errors
from aigw_dev.core.dialects.anthropic.blocks_write import Block, arguments_object
from aigw_dev.core.dialects.anthropic.usage import read_usage, write_usage
from aigw_dev.core.dialects.anthropic.wire import Reply, decode_block, decode_reply, fields_of, is_said
from aigw_dev.core.dialects.anthropic.words import CALL_MARK, DIALECT, STOP_REASONS, stop_word
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams.sse import unbroken

_KNOWN: Final = frozenset(
    {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage"}
)
_OWN_ID: Final = re.compile(r"msg_[a-zA-Z0-9_-]{1,120}")
_ID_CHARS: Final = 24


def read_chat_reply(body: bytes, /) -> ChatReply | ReplyError:
    """A whole message; a `ReplyError` where the body is an error or no message at all."""
    reply = decode_reply(body)
    if reply is None:
        return ReplyError(message="the provider's reply is not a JSON object", code="upstream_protocol")
    if reply.type == "error" or is_said(reply.error):
        return errors.reply_error(body)
    if reply.content is None:
        return ReplyError(
            message="the provider's reply is not a message: it has no content", code="upstream_protocol"
        )
    parts = tuple(read_block(raw) for raw in reply.content)
    fields = fields_of(body)
    tier = loose_json.load(bytes(fields_of(reply.usage).get("service_tier", b"null")))
    return ChatReply(
        dialect=DIALECT,
        id=loose_json.text(reply.id),
        model=loose_json.text(reply.model),
        choices=(_choice(reply, parts),),
        usage=read_usage(reply.usage) if is_said(reply.usage) else None,
        service_tier=loose_json.text(tier),
        extras={
            key: msgspec.Raw(bytes(raw)) for key, raw in fields.items() if key not in _KNOWN and is_said(raw)
        },
    )


def read_block(raw: msgspec.Raw | bytes) -> Part:
    """One block of a reply; what only this protocol has stays whole."""
    block = decode_block(raw)
    match block.type:
        case "text":
            is_cited = is_said(block.citations) and bytes(block.citations).strip() != b"[]"
            citations = msgspec.Raw(bytes(block.citations)) if is_cited else NULL
            return Text(text=loose_json.text(block.text), citations=citations)
        case "thinking":
            signature = loose_json.text(block.signature)
            origin = DIALECT if signature else ""
            return Thinking(text=loose_json.text(block.thinking), signature=signature, origin=origin)
        case "redacted_thinking":
            return Thinking(signature=loose_json.text(block.data), origin=DIALECT, is_redacted=True)
        case "tool_use":
            arguments = bytes(block.input).decode("utf-8", "replace") if is_said(block.input) else "{}"
            if block.name == ANSWER_TOOL:
                return Text(text=arguments)
            whole = arguments_object(arguments)[0]
            name = loose_json.text(block.name)
            return ToolCall(id=loose_json.text(block.id), name=name, arguments=bytes(whole).decode())
        case _:
            return Opaque(dialect=DIALECT, type=block.type, raw=msgspec.Raw(bytes(raw)))


def read_stop(word: str, *, has_calls: bool) -> StopReason | None:
    """Why a reply ended; None where the provider did not say. A call of the answer's tool is no call."""
    if not word:
        return None
    reason = STOP_REASONS.get(word)
    return "stop" if reason is None or (reason == "tool_calls" and not has_calls) else reason


def write_reply(reply: ChatReply, /, context: ReplyContext, ledger: Ledger) -> bytes:
    """A whole message for the caller."""
    if len(reply.choices) > 1:
        ledger.dropped("choices", f"{len(reply.choices) - 1} further answers: a message is one")
    choice = reply.choices[0] if reply.choices else Choice(parts=(), stop=None)
    if choice.logprobs:
        ledger.dropped("logprobs", "a message has none")
    content: list[Block] = []
    for index, part in enumerate(choice.parts):
        content += write_block(part, f"content[{index}]", reply.dialect, context, ledger)
    is_own = reply.dialect == DIALECT
    has_calls = any(block["type"] == "tool_use" for block in content)
    word = stop_word(choice.stop, has_calls=has_calls)
    if any(isinstance(part, Refusal) for part in choice.parts):
        word = "refusal"
    if is_own and choice.stop_raw:
        word = choice.stop_raw
    elif choice.stop is None:
        ledger.invented("stop_reason", word)
    message: Block = {
        "id": message_id(reply.id, context, is_own=is_own),
        "type": "message",
        "role": "assistant",
        "model": reply.model or context.request.model,
        "content": content,
        "stop_reason": word,
        "stop_sequence": choice.stop_sequence or None,
    }
    if is_own and bytes(choice.stop_details) != b"null":
        message["stop_details"] = choice.stop_details
    if is_own:
        message |= reply.extras
    else:
        for name in reply.extras:
            ledger.dropped(name, "a message has no such field")
    message["usage"] = _usage(reply, context, ledger)
    return unbroken(msgspec.json.encode(message))


def write_block(part: Part, path: str, dialect: str, context: ReplyContext, ledger: Ledger) -> list[Block]:
    """The blocks of one part of a reply for the caller; `dialect` is the provider's."""
    match part:
        case Text():
            block: Block = {"type": "text", "text": part.text}
            if bytes(part.citations) != b"null":
                if dialect == DIALECT:
                    block["citations"] = part.citations
                else:
                    ledger.dropped(f"{path}.annotations", "citations of another protocol")
            return [block] if part.text or dialect == DIALECT else []
        case Refusal():
            ledger.approximated(f"{path}.refusal", "a text, with stop_reason refusal")
            return [{"type": "text", "text": part.text}]
        case Thinking():
            return [thought_block(part, dialect)]
        case ToolCall():
            return _call_blocks(part, path, dialect, context, ledger)
        case Audio() if part.transcript:
            ledger.approximated(path, "the transcript of the audio")
            return [{"type": "text", "text": part.transcript}]
        case Opaque() if part.dialect == DIALECT:
            return [{**fields_of(part.raw), "type": part.type}]
        case Opaque():
            ledger.dropped(path, f"{part.type} exists only in {part.dialect}")
        case _:
            ledger.dropped(path, "an answer holds text, thoughts and tool calls only")
    return []


def thought_block(part: Thinking, dialect: str) -> Block:
    """A thought with its signature marked by its origin, so that the way back recognises it even where it has none."""
    signature = signatures.wrap(part.origin or dialect, part.signature, DIALECT)
    if part.is_redacted and not part.text:
        return {"type": "redacted_thinking", "data": signature}
    return {"type": "thinking", "thinking": part.text, "signature": signature}


def call_signature(origin: str, signature: str) -> Block:
    """A block that carries the signature of the tool call behind it; `blocks_read` finds it there again."""
    return {"type": "redacted_thinking", "data": signatures.wrap(origin + CALL_MARK, signature, DIALECT)}


def message_id(own: str, context: ReplyContext, *, is_own: bool) -> str:
    """The provider's id where it has this protocol's form or speaks it, else one made of the exchange's."""
    return own if _OWN_ID.fullmatch(own) or (own and is_own) else f"msg_{context.id_seed[:_ID_CHARS]}"


def call_id(own: str, context: ReplyContext, number: int) -> str:
    """The provider's id of a tool call, made to fit; one of our own where it gave none."""
    return wire_id(own) if own else f"toolu_{context.id_seed[:_ID_CHARS]}{number:02d}"


def estimated_usage(output: str, context: ReplyContext, ledger: Ledger) -> Usage:
    """Usage that no provider sent, from the lengths of what was said."""
    ledger.invented("usage", "the provider sent none: estimated from the text")
    return Usage(input=context.input_estimate, output=tokens.estimate(output), estimated=True)


def tool_names(context: ReplyContext) -> tuple[str, ...]:
    """The names of the caller's tools."""
    return tuple(tool.name for tool in context.request.tools)


def _choice(reply: Reply, parts: tuple[Part, ...]) -> Choice:
    word = loose_json.text(reply.stop_reason)
    has_calls = any(isinstance(part, ToolCall) for part in parts)
    return Choice(
        parts=parts,
        stop=read_stop(word, has_calls=has_calls),
        stop_sequence=loose_json.text(reply.stop_sequence),
        stop_raw=word,
        stop_details=msgspec.Raw(bytes(reply.stop_details)) if is_said(reply.stop_details) else NULL,
    )


def _call_blocks(
    part: ToolCall, path: str, dialect: str, context: ReplyContext, ledger: Ledger
) -> list[Block]:
    if part.kind == "custom":
        given: object = {"input": part.arguments}
    else:
        given, is_whole = arguments_object(part.arguments)
        if not is_whole:
            ledger.approximated(f"{path}.arguments", "not a JSON object: it stands in INVALID_JSON")
    position = int("".join(filter(str.isdigit, path)) or 0)
    call: Block = {
        "type": "tool_use",
        "id": call_id(part.id, context, position),
        "name": restored(part.name, tool_names(context)),
        "input": given,
    }
    return [call_signature(dialect, part.signature), call] if part.signature else [call]


def _usage(reply: ChatReply, context: ReplyContext, ledger: Ledger) -> dict[str, object]:
    usage = reply.usage
    if usage is None:
        parts = reply.choices[0].parts if reply.choices else ()
        said = [part.text for part in parts if isinstance(part, Text | Thinking | Refusal)]
        said += [part.name + part.arguments for part in parts if isinstance(part, ToolCall)]
        usage = estimated_usage("".join(said), context, ledger)
    return write_usage(usage, is_own=reply.dialect == DIALECT)

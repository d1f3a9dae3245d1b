"""A Gemini provider's whole reply, read into neutral words."""

from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import ChatReply, Choice, Part, Text, ToolCall
from aigw_dev.core.dialects.gemini import candidates, parts, wire
from aigw_dev.core.dialects.gemini.caller_parts import made_id
from aigw_dev.core.dialects.gemini.errors import reply_error
from aigw_dev.core.dialects.gemini.partial_args import PartialCall
from aigw_dev.core.dialects.gemini.usage import read_usage
from aigw_dev.core.dialects.gemini.wire import DIALECT, Fields
from aigw_dev.core.dialects.protocol import ReplyError

_TOP: Final = frozenset(
    {"candidates", "usageMetadata", "modelVersion", "responseId", "createTime", "promptFeedback"}
)
_CANDIDATE: Final = frozenset(
    {
        "content", "finishReason", "finishMessage", "index", "safetyRatings", "citationMetadata", "groundingMetadata",
        "logprobsResult",
    }
)  # fmt: skip


def read_chat_reply(body: bytes, /) -> ChatReply | ReplyError:
    """A whole reply in neutral words; a blocked prompt is one choice without parts that ended in `content_filter`."""
    error = reply_error(body)
    if error is not None:
        return error
    reply = wire.fields(body) if body.lstrip()[:1] == b"{" else {}
    feedback = wire.fields(reply.get("promptFeedback", wire.EMPTY))
    blocked = wire.text(feedback.get("blockReason"))
    said = wire.items(reply.get("candidates"))
    if not said and not blocked:
        return ReplyError(message="the provider's reply holds no candidate", code="upstream_protocol")
    seed = candidates.id_seed(reply, body)
    extras = wire.rest(reply, _TOP, "")
    choices: list[Choice] = []
    for number, raw in enumerate(said):
        candidate = wire.fields(raw)
        extras |= wire.rest(candidate, _CANDIDATE, f"candidates[{number}].")
        choices.append(_choice(candidate, f"{seed}/{number}"))
    if not said:
        choices.append(
            Choice(parts=(), stop="content_filter", stop_raw=blocked, stop_details=reply["promptFeedback"])
        )
    usage = reply.get("usageMetadata")
    return ChatReply(
        dialect=DIALECT,
        id=wire.text(reply.get("responseId")),
        model=wire.text(reply.get("modelVersion")),
        created=candidates.created_of(reply),
        choices=tuple(choices),
        usage=None if usage is None else read_usage(usage),
        extras=extras,
    )


def _choice(candidate: Fields, seed: str) -> Choice:
    read: list[Part] = []
    calls = 0
    for raw in wire.items(wire.fields(candidate.get("content", wire.EMPTY)).get("parts")):
        part = wire.fields(raw)
        if "functionCall" in part:
            read.append(_call(part, f"{seed}/{calls}"))
            calls += 1
        elif "text" in part or set(part) <= {"thought", "thoughtSignature"}:
            _read_text(part, read)
        else:
            read.append(parts.read_media(part, raw))
    _cite(read, candidates.citations_of(candidate))
    word = wire.text(candidate.get("finishReason"))
    return Choice(
        parts=tuple(read),
        stop=candidates.stop_of(word, has_calls=calls > 0),
        stop_raw=word,
        stop_details=candidates.stop_details(candidate),
        logprobs=candidates.logprobs_of(candidate),
    )


def _read_text(part: Fields, read: list[Part]) -> None:
    """Adds a text, which goes on with the text before it, and the signature that the part may carry."""
    thinking = parts.read_text_thinking(part, parts.own_signature(part))
    words = "" if wire.truth(part.get("thought")) is True else wire.text(part.get("text"))
    if words and read and isinstance(before := read[-1], Text):
        read[-1] = Text(text=before.text + words)
    elif words:
        read.append(Text(text=words))
    if thinking is not None and (thinking.text or thinking.signature):
        read.append(thinking)


def _call(part: Fields, seed: str) -> ToolCall:
    call = wire.fields(part["functionCall"])
    arguments = call.get("args", wire.EMPTY)
    whole = wire.json_text(arguments) if wire.is_object(arguments) else "{}"
    if "partialArgs" in call:
        whole = PartialCall(call).arguments()
    return ToolCall(
        id=wire.text(call.get("id")) or made_id(seed),
        name=wire.text(call.get("name")),
        arguments=whole,
        signature=wire.text(part.get("thoughtSignature")),
    )


def _cite(read: list[Part], citations: msgspec.Raw) -> None:
    """Puts the citations on the last text; a reply without a text cites nothing."""
    if wire.is_null(citations):
        return
    for number in range(len(read) - 1, -1, -1):
        part = read[number]
        if isinstance(part, Text):
            read[number] = Text(text=part.text, citations=citations)
            return

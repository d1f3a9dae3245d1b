"""What a provider's whole chat completion says, in neutral words; and the readings that its stream shares.

Providers differ in where they put things (wire-formats, facts 14 to 22); what is found is told apart by the fields
alone. Signatures of an OpenAI-compatible provider belong to `openai-chat`: a detail of OpenRouter's `reasoning_details`
is kept whole as JSON, so that it can be sent back as it came.
"""

import hashlib
import json
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.arguments import missing_end, object_text
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    Choice,
    Image,
    Logprob,
    Media,
    Opaque,
    Part,
    Refusal,
    StopReason,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.openai_chat_media import data_url, google_signature
from aigw_dev.core.dialects.openai_reader import reply_usage
from aigw_dev.core.dialects.protocol import ReplyError

DIALECT: Final = "openai-chat"
BROKEN: Final = "upstream_protocol"
"""The code of a reply that cannot be used."""
_STOPS: Final[dict[str, StopReason]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    # beyond OpenAI's own: Mistral's, Z.ai's, vLLM's and those of servers that pass on what they translate
    "model_length": "context_window",
    "model_context_window_exceeded": "context_window",
    "max_tokens": "length",
    "sensitive": "content_filter",
    "safety": "content_filter",
    "refusal": "refusal",
    "tool_use": "tool_calls",
    "insufficient_system_resource": "length",
    "abort": "length",
}
NAMELESS: Final = "the model called a tool without naming it"
BROKEN_STOPS: Final = frozenset({"error", "network_error"})
"""Reasons that say that the provider broke off (OpenRouter, Z.ai)."""
_THOUGHT_FIELDS: Final = ("reasoning_content", "reasoning", "reasoning_text")
"""Some send the same thought under two names: the first counts."""
_READ_TOP: Final = frozenset(
    {"id", "object", "model", "created", "choices", "usage", "x_groq", "service_tier", "error", "obfuscation"}
)
_DETAILS_TEXT: Final = ("text", "summary")


def read_chat_reply(body: bytes, /) -> ChatReply | ReplyError:
    """A whole reply in neutral words; a `ReplyError` where a body of status 200 is an error or is unreadable."""
    loaded = loose_json.load(body)
    wire = loose_json.mapping(loaded)
    error = wire.get("error")
    if error or loose_json.is_array(loaded):
        return _error(body, loaded)
    rows = [loose_json.mapping(one) for one in loose_json.items(wire.get("choices"))]
    if not rows:
        text = openai_errors.error_text(body) or "nothing"
        return ReplyError(message=f"the provider's reply holds no choices: {text}", code=BROKEN)
    given = loose_json.text(wire.get("id"))
    choices: list[Choice] = []
    for number, row in enumerate(rows):
        choice = read_choice(row)
        if isinstance(choice, ReplyError):
            return choice
        choices.append(_with_ids(choice, f"{given}/{number}"))
    return ChatReply(
        dialect=DIALECT,
        id=given,
        model=loose_json.text(wire.get("model")),
        created=loose_json.count(wire.get("created")) or 0,
        choices=tuple(choices),
        usage=reply_usage(body),
        service_tier=loose_json.text(wire.get("service_tier")),
        extras={key: raw(value) for key, value in wire.items() if key not in _READ_TOP and value},
    )


def read_choice(row: dict[str, object]) -> Choice | ReplyError:
    """One choice of a whole reply."""
    finish = loose_json.text(row.get("finish_reason"))
    if row.get("error") or finish in BROKEN_STOPS:
        found = openai_errors.reply_error(json.dumps({"error": row.get("error") or finish}).encode())
        return found or ReplyError(message="the provider broke the reply off", code=finish)
    message = loose_json.mapping(row.get("message"))
    parts = _thoughts(message) + _content(message)
    is_cut = False
    for wire, is_custom in tool_calls(message):
        call = _tool_call(wire, is_custom=is_custom)
        if isinstance(call, ReplyError):
            return call
        if call is not None:
            parts.append(call[0])
            is_cut = is_cut or call[1]
    has_calls = any(isinstance(part, ToolCall) for part in parts)
    declines = any(isinstance(part, Refusal) for part in parts)
    stop = stop_reason(finish, has_calls=has_calls, declines=declines) if finish else None
    return Choice(
        parts=tuple(parts),
        stop="length" if is_cut else stop or ("tool_calls" if has_calls else None),
        stop_raw=finish,
        logprobs=logprobs(row.get("logprobs")),
    )


def stop_reason(finish: str, *, has_calls: bool, declines: bool) -> StopReason:
    """The neutral reason for a `finish_reason`.

    Whether tools are called is read from the reply, not from the reason: some say `stop` with calls, some the reverse.
    """
    reason = _STOPS.get(finish.lower(), "stop")
    if reason == "stop" and has_calls:
        return "tool_calls"
    if reason == "tool_calls" and not has_calls:
        return "stop"
    return "refusal" if reason == "stop" and declines else reason


def thought(message: dict[str, object]) -> str:
    """The thinking text of a message or a delta, under whichever name it comes."""
    named = next((text for name in _THOUGHT_FIELDS if (text := loose_json.text(message.get(name)))), "")
    if named:
        return named
    details = [loose_json.mapping(one) for one in loose_json.items(message.get("reasoning_details"))]
    return "".join(loose_json.text(one.get(name)) for one in details for name in _DETAILS_TEXT)


def signatures(message: dict[str, object]) -> list[tuple[str, bool]]:
    """The signatures that stand beside a thought, each with whether its words are hidden."""
    found: list[tuple[str, bool]] = []
    for one in loose_json.items(message.get("reasoning_details")):
        detail = loose_json.mapping(one)
        kept = {key: value for key, value in detail.items() if key not in _DETAILS_TEXT}
        if detail.get("data"):
            found.append((dumped(kept), True))
        elif detail.get("signature"):
            found.append((dumped(kept), False))
    for one in loose_json.items(message.get("thinking_blocks")):
        block = loose_json.mapping(one)
        if hidden := loose_json.text(block.get("data")):
            found.append((hidden, True))
        elif signature := loose_json.text(block.get("signature")):
            found.append((signature, False))
    return found


def thinking_text(part: dict[str, object]) -> str:
    """The words of a thinking part of a content list (Mistral: a list of text parts; others: a text)."""
    inner = part.get("thinking")
    if isinstance(inner, str):
        return loose_json.text(inner)
    return "".join(loose_json.text(loose_json.mapping(one).get("text")) for one in loose_json.items(inner))


def tool_calls(message: dict[str, object]) -> list[tuple[dict[str, object], bool]]:
    """The calls of a message or a delta, each with whether its tool is custom; the legacy form only where it is alone."""
    rows = [loose_json.mapping(one) for one in loose_json.items(message.get("tool_calls"))]
    legacy = message.get("function_call")
    if not rows and loose_json.is_object(legacy):
        rows.append({"index": 0, "function": legacy})
    return [(row, _is_custom(row)) for row in rows]


def arguments_text(value: object) -> str:
    """The arguments as text; some send the object itself."""
    is_json = loose_json.is_object(value) or loose_json.is_array(value)
    return dumped(value) if is_json else loose_json.text(value)


def logprobs(value: object) -> tuple[Logprob, ...] | None:
    """The log probabilities of a choice: those of its text, then those of its refusal."""
    wire = loose_json.mapping(value)
    rows = [*loose_json.items(wire.get("content")), *loose_json.items(wire.get("refusal"))]
    found = tuple(one for row in rows if (one := _logprob(loose_json.mapping(row))) is not None)
    return found or None


def raw(value: object) -> msgspec.Raw:
    """A loaded value as JSON again."""
    return msgspec.Raw(dumped(value).encode("utf-8", "replace"))


def dumped(value: object) -> str:
    """A loaded value as JSON text, fit for UTF-8; `null` where it is nested too deeply."""
    try:
        return loose_json.text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    except RecursionError:
        return "null"


def call_id(reply: str, number: int) -> str:
    """An id for a tool call that came without one: the same whenever the same reply is read.

    `reply` names the reply and its choice, `number` counts the calls in it.
    """
    return f"call_{hashlib.sha256(f'{reply}/{number}'.encode()).hexdigest()[:24]}"


def _with_ids(choice: Choice, name: str) -> Choice:
    """The choice with an id for every tool call."""
    calls = [part for part in choice.parts if isinstance(part, ToolCall)]
    if all(call.id for call in calls):
        return choice
    made = iter([call.id or call_id(name, number) for number, call in enumerate(calls)])
    parts = [
        msgspec.structs.replace(part, id=next(made)) if isinstance(part, ToolCall) else part
        for part in choice.parts
    ]
    return msgspec.structs.replace(choice, parts=tuple(parts))


def _is_custom(row: dict[str, object]) -> bool:
    """Snowflake sends an empty `custom` beside every function."""
    return row.get("type") == "custom" or (bool(row.get("custom")) and not row.get("function"))


def _error(body: bytes, loaded: object) -> ReplyError:
    """The error in a body of status 200."""
    head: object = next(iter(loose_json.items(loaded)), None)
    found = openai_errors.reply_error(bytes(raw(head)) if head is not None else body)
    text = openai_errors.error_text(body) or "the provider's reply is not a JSON object"
    return found if found is not None else ReplyError(message=text, code=BROKEN)


def _thoughts(message: dict[str, object]) -> list[Part]:
    """The thinking of a whole message: words first, signed by the first signature that has words."""
    text, signed = thought(message), signatures(message)
    shown = [signature for signature, is_hidden in signed if not is_hidden]
    parts: list[Part] = []
    if text or shown:
        first = shown[0] if shown else ""
        parts.append(Thinking(text=text, signature=first, origin=DIALECT if first else ""))
    parts += [Thinking(signature=one, origin=DIALECT) for one in shown[1:]]
    parts += [Thinking(signature=one, origin=DIALECT, is_redacted=True) for one, hidden in signed if hidden]
    return parts


def _content(message: dict[str, object]) -> list[Part]:
    content = message.get("content")
    parts: list[Part] = []
    if text := loose_json.text(content):
        parts.append(Text(text=text))
    for one in loose_json.items(content):
        _add(parts, content_part(one))
    if refusal := loose_json.text(message.get("refusal")):
        parts.append(Refusal(text=refusal))
    audio = loose_json.mapping(message.get("audio"))
    if audio:
        parts.append(
            Audio(
                source=Media(data=loose_json.text(audio.get("data"))),
                transcript=loose_json.text(audio.get("transcript")),
                id=loose_json.text(audio.get("id")),
            )
        )
    parts += [picture(one) for one in loose_json.items(message.get("images"))]
    if annotations := loose_json.items(message.get("annotations")):
        _cite(parts, raw(annotations))
    return parts


def content_part(one: object) -> Part:
    """A part of a content list that the model wrote."""
    part = loose_json.mapping(one)
    if isinstance(one, str):
        return Text(text=loose_json.text(one))
    kind = loose_json.text(part.get("type"))
    if "thinking" in part:
        return Thinking(text=thinking_text(part))
    if kind == "refusal":
        return Refusal(text=loose_json.text(part.get("refusal")))
    if kind == "image_url":
        return picture(part)
    if isinstance(part.get("text"), str):
        return Text(text=loose_json.text(part.get("text")))
    return Opaque(dialect=DIALECT, type=kind, raw=raw(one))


def picture(one: object) -> Part:
    """A picture that the model made (OpenRouter's `images`)."""
    wire = loose_json.mapping(loose_json.mapping(one).get("image_url"))
    url = loose_json.text(wire.get("url"))
    return Image(source=data_url(url)) if url else Opaque(dialect=DIALECT, type="image", raw=raw(one))


def _add(parts: list[Part], part: Part) -> None:
    """Put a part at the end; what a content list cuts in pieces is one text."""
    last = parts[-1] if parts else None
    if isinstance(part, Text) and isinstance(last, Text):
        parts[-1] = Text(text=last.text + part.text)
    elif isinstance(part, Thinking) and isinstance(last, Thinking):
        parts[-1] = Thinking(text=last.text + part.text)
    elif not isinstance(part, Text | Thinking) or part.text:
        parts.append(part)


def _cite(parts: list[Part], annotations: msgspec.Raw) -> None:
    """Annotations belong to the last text; one is made where there is none."""
    for place in range(len(parts) - 1, -1, -1):
        part = parts[place]
        if isinstance(part, Text):
            parts[place] = Text(text=part.text, citations=annotations)
            return
    parts.append(Text(text="", citations=annotations))


def _tool_call(wire: dict[str, object], *, is_custom: bool) -> tuple[ToolCall, bool] | ReplyError | None:
    """A whole call, and whether its arguments were cut off and completed; None where nothing was ever said of it (Snowflake sends such beside a text)."""
    inner = loose_json.mapping(wire.get("custom" if is_custom else "function"))
    name, given = loose_json.text(inner.get("name")), loose_json.text(wire.get("id"))
    text = arguments_text(inner.get("input" if is_custom else "arguments"))
    if not name and not text:
        return None
    if not name:
        return ReplyError(message=NAMELESS, code=BROKEN)
    whole = text if is_custom else object_text(text)
    ending = missing_end(text) if whole is None else ""
    if ending is None:
        return ReplyError(
            message=f"the model's arguments for the tool {name} are not a JSON object: {text[:200]}",
            code=BROKEN,
        )
    call = ToolCall(
        id=given,
        name=name,
        arguments=text + ending if whole is None else whole,
        kind="custom" if is_custom else "function",
        signature=google_signature(wire),
    )
    return call, whole is None


def _logprob(row: dict[str, object]) -> Logprob | None:
    value = row.get("logprob")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(row.get("token"), str):
        return None
    numbers = row.get("bytes")
    octets = (
        tuple(one for one in loose_json.items(numbers) if isinstance(one, int))
        if loose_json.is_array(numbers)
        else None
    )
    top = [_logprob(loose_json.mapping(one)) for one in loose_json.items(row.get("top_logprobs"))]
    return Logprob(
        token=loose_json.text(row["token"]),
        logprob=float(value),
        bytes=octets,
        top=tuple(one for one in top if one is not None),
    )

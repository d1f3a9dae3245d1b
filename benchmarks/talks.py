"""The same conversations, replies and streams in every dialect: what `translation.py` sends and what providers answer.

One conversation with tools is written by hand as chat completions; the others are what the codecs make of it, so that all
five say the same. Bedrock's replies are written by hand: no caller speaks it.
"""

import functools
import json
from typing import Any, Final

import msgspec

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Finished,
    Started,
)
from aigw_dev.core.chat.vocabulary import ChatReply, ChatRequest, Choice, ReplyContext, Text, ToolCall
from aigw_dev.core.dialects.codec import Outgoing, caller_codec, provider_codec
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.providers.traits import traits_of
from aigw_dev.core.streams import event_stream

CHAT, RESPONSES, ANTHROPIC = "openai-chat", "openai-responses", "anthropic-messages"
GEMINI, BEDROCK = "gemini-generate-content", "bedrock-converse"
CALLERS: Final = (CHAT, RESPONSES, ANTHROPIC, GEMINI)
PROVIDERS: Final = (*CALLERS, BEDROCK)
SHORT: Final = {
    CHAT: "chat",
    RESPONSES: "responses",
    ANTHROPIC: "anthropic",
    GEMINI: "gemini",
    BEDROCK: "bedrock",
}
MODELS: Final = {
    # table of traits, model
    CHAT: ("openai", "gpt-4o"),
    RESPONSES: ("openai", "gpt-4o"),
    ANTHROPIC: ("anthropic", "claude-sonnet-4-5"),
    GEMINI: ("gemini", "gemini-2.5-flash"),
    BEDROCK: ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
}
LARGE_BYTES: Final = 8192
EVENTS: Final = 200
"""Events of a stream that hold text."""
_SEED: Final = "0123456789abcdef0123456789abcdef"
_USAGE: Final = Usage(input=2051, output=203, cached_input=1024)
_SENTENCE: Final = (
    "The release notes say that readers proceed while one writer appends, and that a checkpoint folds. "
)
_ANSWER: Final = (
    "SQLite in WAL mode lets readers proceed while one writer appends to the log; a checkpoint later folds the log into "
    "the main file. Batch your inserts in one transaction to amortise the fsync."
)


def _tool(name: str) -> dict[str, Any]:
    properties = {
        "path": {"type": "string", "description": f"The file that {name} looks at, from the project's root."},
        "limit": {"type": "integer", "description": "At most so many lines.", "minimum": 1, "maximum": 2000},
        "mode": {"type": "string", "enum": ["plain", "numbered", "outline"]},
    }
    schema = {"type": "object", "properties": properties, "required": ["path"]}
    about = f"{name} gives back the part of a file that is asked for."
    return {"type": "function", "function": {"name": name, "description": about, "parameters": schema}}


def _conversation(sentences: int) -> dict[str, Any]:
    """A system prompt, six tools, and three rounds of question, call and result."""
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You are careful and brief. " + _SENTENCE * 3}
    ]
    for number in range(3):
        arguments = json.dumps({"path": f"notes/{number}.md", "limit": 40})
        call = {"name": "read_file", "arguments": arguments}
        identity = f"call_Xq9{number}AbCdEfGhIjKlMnOpQr"
        messages += [
            {"role": "user", "content": f"Question {number}. " + _SENTENCE * sentences},
            {
                "role": "assistant",
                "content": "I shall look at the notes first.",
                "tool_calls": [{"id": identity, "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": identity, "content": _SENTENCE * sentences},
            {"role": "assistant", "content": "They say: " + _SENTENCE},
        ]
    messages.append({"role": "user", "content": "And what follows from all of them?"})
    names = ("read_file", "list_files", "search_text", "show_history", "count_words", "explain_symbol")
    return {
        "model": "asked",
        "messages": messages,
        "tools": [_tool(name) for name in names],
        "tool_choice": "auto",
        "max_completion_tokens": 1024,
        "temperature": 0.7,
    }


@functools.cache
def _chat(*, is_large: bool) -> dict[str, Any]:
    if is_large:
        sizes = ((abs(len(json.dumps(_conversation(count))) - LARGE_BYTES), count) for count in range(1, 40))
        return _conversation(min(sizes)[1])
    question = "What is the capital of France, and how many people live there by the last census? " * 3
    return {
        "model": "asked",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant that answers briefly."},
            {"role": "user", "content": question},
        ],
        "max_completion_tokens": 256,
    }


def body(raw: bytes) -> RequestBody:
    """A request's body, read as the pipeline reads it."""
    found = read_body(raw)
    assert isinstance(found, RequestBody), found
    return found


def neutral(caller: str, raw: bytes, *, is_stream: bool = False) -> ChatRequest:
    """A caller's request in neutral words."""
    found = caller_codec(caller).read_chat(
        body(raw), path_model="asked" if caller == GEMINI else "", is_stream=is_stream
    )
    assert isinstance(found, ChatRequest), found
    return found


def written(provider: str, chat: ChatRequest) -> Outgoing:
    """The request as a provider of a dialect takes it."""
    table, model = MODELS[provider]
    made = provider_codec(provider).write_chat(
        chat, model=model, traits=traits_of(table, model), ledger=Ledger()
    )
    assert isinstance(made, Outgoing), made
    return made


@functools.cache
def request(caller: str, *, is_large: bool, is_stream: bool = False, model: str = "") -> bytes:
    """The conversation as a caller of a dialect sends it."""
    wire = _chat(is_large=is_large) | ({"stream": True} if is_stream else {})
    raw = json.dumps(wire, separators=(",", ":")).encode()
    if caller != CHAT:
        raw = written(caller, neutral(CHAT, raw)).body
    wire = json.loads(raw)
    if caller != GEMINI:
        wire["model"] = model or "asked"
    return json.dumps(wire, separators=(",", ":")).encode()


@functools.cache
def context(caller: str, *, is_stream: bool = False) -> ReplyContext:
    """What the reply to the large request needs."""
    raw = request(caller, is_large=True, is_stream=is_stream)
    chat = neutral(caller, raw, is_stream=is_stream)
    fields = body(raw).fields
    return ReplyContext(
        request=chat, id_seed=_SEED, created=1_700_000_000, input_estimate=2000, fields=fields
    )


@functools.cache
def reply(provider: str) -> bytes:
    """A whole reply with a text and a tool call."""
    arguments = '{"path":"notes/3.md","limit":40}'
    if provider == BEDROCK:
        call = {
            "toolUseId": "tooluse_kZJMlvQmRJ6eAyJE5GIl7Q",
            "name": "read_file",
            "input": json.loads(arguments),
        }
        wire = {
            "output": {"message": {"role": "assistant", "content": [{"text": _ANSWER}, {"toolUse": call}]}},
            "stopReason": "tool_use",
            "usage": {"inputTokens": 2051, "outputTokens": 203, "totalTokens": 2254},
            "metrics": {"latencyMs": 1200},
        }
        return json.dumps(wire, separators=(",", ":")).encode()
    parts = (
        Text(text=_ANSWER),
        ToolCall(id="call_Zz9AbCdEfGhIjKlMnOpQr", name="read_file", arguments=arguments),
    )
    said = ChatReply(
        dialect=provider,
        id="msg_01AbCdEfGhIjKlMnOpQrStUv",
        model=MODELS[provider][1],
        created=1_700_000_000,
        choices=(Choice(parts=parts, stop="tool_calls"),),
        usage=_USAGE,
    )
    return caller_codec(provider).write_reply(said, context(provider), Ledger())


def _events() -> list[ChatEvent]:
    return [
        Started(
            id="msg_01AbCdEfGhIjKlMnOpQrStUv", model="model-1", created=1_700_000_000, usage=Usage(input=2051)
        ),
        BlockStarted(index=0, kind="text"),
        *(Delta(index=0, kind="text", text=f" word {number}") for number in range(EVENTS)),
        BlockStopped(index=0),
        Finished(reason="stop"),
        Counted(usage=_USAGE),
        Ended(),
    ]


@functools.cache
def stream(provider: str) -> tuple[bytes, ...]:
    """A streamed reply, as reads of one event each."""
    if provider != BEDROCK:
        encoder = caller_codec(provider).stream_encoder(context(provider, is_stream=True), Ledger())
        return tuple(piece for event in _events() if (piece := encoder.encode(event)))
    block: dict[str, Any] = {"contentBlockIndex": 0}
    told: list[tuple[str, dict[str, Any]]] = [("messageStart", {"role": "assistant"})]
    told += [
        ("contentBlockDelta", block | {"delta": {"text": f" word {number}"}, "p": "abcdefghijk"})
        for number in range(EVENTS)
    ]
    usage = {"inputTokens": 2051, "outputTokens": 203, "totalTokens": 2254}
    told += [
        ("contentBlockStop", block),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": usage}),
    ]
    return tuple(event_stream.encode(msgspec.json.encode(wire), event=name) for name, wire in told)


def stream_type(provider: str) -> bytes:
    """The content type of a provider's stream."""
    return (
        b"application/vnd.amazon.eventstream" if provider == BEDROCK else b"text/event-stream; charset=utf-8"
    )

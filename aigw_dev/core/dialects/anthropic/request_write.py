"""Writes a neutral request for an Anthropic provider (`ProviderCodec.write_chat`, `CountCodec.write_count`)."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import NULL, ChatRequest
from aigw_dev.core.dialects.anthropic.blocks_write import Block, Writing
from aigw_dev.core.dialects.anthropic.sampling import Thought, write_sampling, write_thought
from aigw_dev.core.dialects.anthropic.tools_write import force_answer, write_choice, write_format, write_tools
from aigw_dev.core.dialects.anthropic.turns import arranged, limit_markers, loops_without_thought
from aigw_dev.core.dialects.anthropic.words import VERSION
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.errors import Refusal
from aigw_dev.core.field_names import spelled
from aigw_dev.core.ledger import Ledger

_NO_LIMIT: Final = 1_000_000
"""Stands in where nothing is written: no budget is cut for it."""
_TIERS: Final = {"auto": "auto", "default": "standard_only", "standard_only": "standard_only"}
_LOST: Final = {
    # neutral field: the value that says nothing, why it cannot cross
    "min_p": (0, "there is no such parameter"),
    "seed": (None, "sampling cannot be seeded"),
    "choices": (1, "one answer is given"),
    "frequency_penalty": (0, "there is no such parameter"),
    "presence_penalty": (0, "there is no such parameter"),
    "logprobs": (False, "there are no log probabilities"),
    "top_logprobs": (0, "there are no log probabilities"),
    "verbosity": ("", "there is no such parameter"),
    "store": (False, "nothing is stored"),
    "cache_key": ("", "the cache has no keys"),
}
_LOST_JSON: Final = {
    "logit_bias": "there is no such parameter",
    "audio": "the model does not speak",
    "metadata": "only the user's id is taken",
}


def write_chat(request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger) -> Outgoing | Refusal:
    """The request for `POST /messages`; this protocol can say every request, with what the ledger names."""
    writing = Writing(request, ledger)
    wire, headers = _write(writing, model, traits)
    return _outgoing("/messages", wire, headers, traits)


def write_count(request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger) -> Outgoing | Refusal:
    """The request for `POST /messages/count_tokens`."""
    # What only shapes the answer is not sent, and so neither invented nor lost.
    asked = msgspec.structs.replace(
        request,
        is_stream=False,
        max_tokens=request.max_tokens or _NO_LIMIT,
        temperature=None,
        top_p=None,
        top_k=None,
        stop=(),
        user="",
        metadata=NULL,
        service_tier="",
    )
    wire, headers = _write(Writing(asked, ledger), model, traits)
    del wire["max_tokens"]
    return _outgoing("/messages/count_tokens", wire, headers, Traits())


def read_count_reply(body: bytes, /) -> int | None:
    """Input tokens that the provider counted."""
    return loose_json.count(loose_json.mapping(loose_json.load(body)).get("input_tokens"))


def write_count_reply(tokens: int, /) -> bytes:
    """The reply of `count_tokens`."""
    return msgspec.json.encode({"input_tokens": tokens})


def _outgoing(path: str, wire: Block, headers: tuple[tuple[str, str], ...], traits: Traits) -> Outgoing:
    wire |= {key: value for key, value in traits.params.items() if key not in {"model", "stream"}}
    renamed = {traits.renames.get(key, key): value for key, value in wire.items()}
    return Outgoing(path=path, body=msgspec.json.encode(renamed), headers=headers)


def _write(writing: Writing, model: str, traits: Traits) -> tuple[Block, tuple[tuple[str, str], ...]]:
    request, ledger = writing.request, writing.ledger
    system, turns = arranged(writing, has_inline_system=traits.has_inline_system)
    ledger.keep(spelled(request.dialect, "messages"))
    tools = write_tools(writing)
    thought = write_thought(writing, traits, can_think=not loops_without_thought(turns))
    choice = write_choice(writing, tools, is_forcible=not thought.is_manual)
    form, answer, sentence = write_format(writing, has_structured_outputs=traits.has_structured_outputs)
    if answer is not None:
        choice = force_answer(choice, tools, is_forcible=not thought.is_manual)
        tools = [*tools, answer]
    if sentence:
        system.append({"type": "text", "text": sentence})
    limit_markers([tools, system, *(turn.blocks for turn in turns)], writing)
    wire: Block = {"model": model, "max_tokens": thought.limit}
    if system:
        wire["system"] = _shortest(system)
    wire["messages"] = [{"role": turn.role, "content": _shortest(turn.blocks)} for turn in turns]
    if tools:
        wire["tools"] = tools
    if choice is not None:
        wire["tool_choice"] = choice
    wire |= _thinking(thought, form) | write_sampling(writing, traits, is_thinking=thought.is_on)
    wire |= _rest(writing, traits)
    if request.is_stream:
        wire["stream"] = True
    headers = _merge_extras(wire, writing)
    _note_losses(writing)
    return wire, headers


def _shortest(blocks: list[Block]) -> str | list[Block]:
    """One plain text is written as a string, like most callers do."""
    only = blocks[0] if len(blocks) == 1 else {}
    text = only.get("text")
    return text if isinstance(text, str) and len(only) == 2 and "type" in only else blocks  # noqa: PLR2004  -- and nothing else


def _thinking(thought: Thought, form: Block | None) -> Block:
    wire: Block = {}
    if thought.thinking is not None:
        wire["thinking"] = thought.thinking
    config: Block = {}
    if thought.effort:
        config["effort"] = thought.effort
    if form is not None:
        config["format"] = form
    if config:
        wire["output_config"] = config
    return wire


def _rest(writing: Writing, traits: Traits) -> Block:
    """Stop texts, the user and the tier."""
    request, ledger = writing.request, writing.ledger
    wire: Block = {}
    stop_field = spelled(request.dialect, "stop")
    stops = [text for text in request.stop if text.strip()]
    if request.stop and "stop" in traits.refuses:
        ledger.dropped(stop_field, "the model refuses it")
    elif stops:
        wire["stop_sequences"] = stops
    if len(stops) < len(request.stop):
        ledger.dropped(stop_field, "a stop text of nothing but whitespace is refused")
    elif "stop_sequences" in wire:
        ledger.keep(stop_field)
    if request.user:
        wire["metadata"] = {"user_id": request.user}
        ledger.keep(spelled(request.dialect, "user"))
    if request.service_tier:
        tier = _TIERS.get(request.service_tier)
        if tier is None:
            ledger.dropped("service_tier", f"there is no tier {request.service_tier}")
        else:
            wire["service_tier"] = tier
            ledger.keep("service_tier")
    return wire


def _merge_extras(wire: Block, writing: Writing) -> tuple[tuple[str, str], ...]:
    """The caller's own further fields, where it speaks this protocol; those of another are dropped.

    A field inside an object (`output_config.x`) goes back into it; one inside a block cannot be found again.
    """
    headers = [("anthropic-version", VERSION)]
    for path, raw in writing.request.extras.items():
        head, _, tail = path.partition(".")
        if not writing.is_own:
            writing.ledger.dropped(path, "only the caller's protocol has it")
        elif path.startswith("tools["):
            continue  # written with the tool
        elif path == "betas":
            names = [loose_json.text(name) for name in loose_json.items(loose_json.load(bytes(raw)))]
            headers.append(("anthropic-beta", ",".join(filter(None, names))))
        elif "[" in path:
            writing.ledger.dropped(path, "this part of a block is not carried")
        elif not tail:
            wire[head] = raw
        else:
            inner = wire.setdefault(head, {})
            if isinstance(inner, dict):
                inner[tail] = raw
    return tuple(headers)


def _note_losses(writing: Writing) -> None:
    """Enters every field that has no place here and says something."""
    request, ledger = writing.request, writing.ledger
    for name, (nothing, why) in _LOST.items():
        value = getattr(request, name)
        if value is not None and value != nothing:
            ledger.dropped(spelled(request.dialect, name), why)
    for name, why in _LOST_JSON.items():
        value = getattr(request, name)
        if value is not NULL and bytes(value) not in {b"null", b"{}"}:
            ledger.dropped(spelled(request.dialect, name), why)
    if set(request.modalities) - {"text"}:
        ledger.dropped("modalities", "the model answers with text")

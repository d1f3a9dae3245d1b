"""Arranges a conversation as Anthropic takes it: system apart, turns that alternate, results right behind their calls.

What the API refuses and what is done about it: a first turn that is not the user's (one is put before it); a tool call
without a result in the very next turn (a result that stands later is moved there, a missing one is made up, as an error);
a result without a call (becomes text); one id for two calls (the later one is renamed); a thought behind a tool call of
its turn (is moved before it); whitespace at the end of the assistant's last text (is cut); more than four cache markers
(the first ones go).
"""

from collections import deque
from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import Message
from aigw_dev.core.dialects.anthropic.blocks_write import Block, Writing, is_plain, part_blocks

MOST_MARKERS: Final = 4
_START: Final = "(The conversation begins with the assistant.)"
_CONTINUE: Final = "Continue."
_NO_RESULT: Final = "No result of this call was recorded."
_THOUGHTS: Final = frozenset({"thinking", "redacted_thinking"})


class Turn(msgspec.Struct):
    """One message of the wire."""

    role: str
    blocks: list[Block]


def arranged(writing: Writing, *, has_inline_system: bool) -> tuple[list[Block], list[Turn]]:
    """The system prompt's blocks and the turns; `has_inline_system`: the model takes system messages amid the turns."""
    system: list[Block] = []
    turns: list[Turn] = []
    is_leading = True
    for index, message in enumerate(writing.request.messages):
        path = f"messages[{index}]"
        blocks = _blocks(message, path, writing)
        if message.name and message.role != "tool":
            writing.ledger.dropped(f"{path}.name", "speakers have no names here")
        is_system = message.role in {"system", "developer"}
        is_leading = is_leading and is_system
        if is_system and (is_leading or not (has_inline_system or writing.is_own)):
            if not is_leading:
                writing.ledger.approximated(path, "moved into the system prompt")
            system += blocks
        elif blocks:
            role = "system" if is_system else "assistant" if message.role == "assistant" else "user"
            turns.append(Turn(role, blocks))
    turns = _paired(_merged(turns), writing)
    for turn in turns:
        if turn.role == "assistant":
            turn.blocks = _thoughts_first(turn.blocks, writing)
        elif turn.role == "user" and len(turn.blocks) > 1:
            turn.blocks.sort(key=lambda block: block["type"] != "tool_result")
    return system, _ends_mended(turns, writing)


def limit_markers(groups: list[list[Block]], writing: Writing) -> None:
    """Takes the first cache markers out where there are more than four; `groups` in the order of the prompt."""
    marked = [block for group in groups for block in group if "cache_control" in block]
    for block in marked[: max(0, len(marked) - MOST_MARKERS)]:
        del block["cache_control"]
        writing.ledger.approximated("cache_control", f"only the last {MOST_MARKERS} markers are taken")


def loops_without_thought(turns: list[Turn]) -> bool:
    """Whether the last turn of the assistant called tools without a signed thought before it.

    With manual thinking on, the API refuses such a history ("Expected `thinking` ... found `tool_use`").
    """
    if not turns or turns[-1].role != "user" or turns[-1].blocks[-1]["type"] != "tool_result":
        return False
    last = next((turn for turn in reversed(turns) if turn.role == "assistant"), None)
    return last is not None and last.blocks[0]["type"] not in _THOUGHTS


def _blocks(message: Message, path: str, writing: Writing) -> list[Block]:
    if len(message.parts) == 1 and is_plain(only := message.parts[0]):
        return [{"type": "text", "text": only.text}]  # the usual message
    return [
        block
        for index, part in enumerate(message.parts)
        for block in part_blocks(part, f"{path}.content[{index}]", writing)
    ]


def _merged(turns: list[Turn]) -> list[Turn]:
    """Turns of one role in a row are one turn; empty ones are none."""
    merged: list[Turn] = []
    for turn in turns:
        if not turn.blocks:
            continue
        if merged and merged[-1].role == turn.role and turn.role != "system":
            merged[-1].blocks += turn.blocks
        else:
            merged.append(Turn(turn.role, list(turn.blocks)))
    return merged


class _Results:
    """Every tool result of a conversation, taken once, by the call it answers."""

    def __init__(self, turns: list[Turn]) -> None:
        self._waiting: dict[object, deque[tuple[int, Block]]] = {}
        self._taken: set[int] = set()
        for index, turn in enumerate(turns):
            for block in turn.blocks:
                if block["type"] == "tool_result":
                    self._waiting.setdefault(block["tool_use_id"], deque()).append((index, block))

    def take(self, call_id: object, after: int) -> tuple[int, Block] | None:
        """The first result of a call that stands behind its turn."""
        waiting = self._waiting.get(call_id)
        while waiting:
            index, block = waiting.popleft()
            if index > after:
                self._taken.add(id(block))
                return index, block
        return None

    def is_taken(self, block: Block) -> bool:
        """Whether some call took this result."""
        return id(block) in self._taken


def _paired(turns: list[Turn], writing: Writing) -> list[Turn]:
    results = _Results(turns)
    used: dict[object, int] = {}
    paired: list[Turn] = []
    for index, turn in enumerate(turns):
        blocks: list[Block] = []
        answers: list[Block] = []
        for block in turn.blocks:
            if block["type"] == "tool_use" and turn.role == "assistant":
                answers.append(_answer(block, index, results, writing))
                _make_unique(block, answers[-1], used, writing)
                blocks.append(block)
            elif block["type"] == "tool_result":
                if not results.is_taken(block):
                    blocks += _orphan(block, writing)
            else:
                blocks.append(block)
        paired.append(Turn(turn.role, blocks))
        paired.append(Turn("user", answers))
    return _merged(paired)


def _answer(call: Block, index: int, results: _Results, writing: Writing) -> Block:
    """The result of a call: its own, or an error where the conversation holds none."""
    found = results.take(call["id"], index)
    if found is not None:
        if found[0] != index + 1:
            writing.ledger.approximated("messages", f"the result of {call['id']} was moved behind its call")
        return found[1]
    writing.ledger.invented("messages", f"a result for {call['id']}, which has none")
    return {"type": "tool_result", "tool_use_id": call["id"], "content": _NO_RESULT, "is_error": True}


def _make_unique(call: Block, answer: Block, used: dict[object, int], writing: Writing) -> None:
    own = call["id"]
    used[own] = used.get(own, 0) + 1
    if used[own] == 1:
        return
    number = used[own]
    while f"{own}_{number}" in used:
        number += 1
    renamed = f"{own}_{number}"
    used[renamed] = 1
    call["id"] = renamed
    answer["tool_use_id"] = renamed
    writing.ledger.approximated("messages", f"the second call {own} is sent as {renamed}")


def _orphan(result: Block, writing: Writing) -> list[Block]:
    """A result that no call asked for, as text: its words are not lost."""
    writing.ledger.approximated(
        "messages", f"the result of {result['tool_use_id']} has no call: sent as text"
    )
    head: Block = {"type": "text", "text": f"Result of tool call {result['tool_use_id']}:"}
    content = result.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": f"{head['text']} {content}"}]
    inner: list[Block] = content if isinstance(content, list) else []  # pyright: ignore[reportUnknownVariableType] # written by _tool_result
    return [head, *inner]


def _thoughts_first(blocks: list[Block], writing: Writing) -> list[Block]:
    if len(blocks) < 2:  # noqa: PLR2004  -- one stands where it stands
        return blocks
    first = next((index for index, block in enumerate(blocks) if block["type"] == "tool_use"), len(blocks))
    late = [block for block in blocks[first:] if block["type"] in _THOUGHTS]
    if not late:
        return blocks
    writing.ledger.approximated("messages", "a thought was moved before the tool call of its turn")
    return [*blocks[:first], *late, *(block for block in blocks[first:] if block["type"] not in _THOUGHTS)]


def _ends_mended(turns: list[Turn], writing: Writing) -> list[Turn]:
    first = next((turn for turn in turns if turn.role != "system"), None)
    if first is None:
        writing.ledger.invented("messages", "a turn of the user: there was none")
        return [*turns, Turn("user", [{"type": "text", "text": _CONTINUE}])]
    if first.role == "assistant":
        writing.ledger.invented("messages", "a turn of the user before the assistant's first")
        turns = [Turn("user", [{"type": "text", "text": _START}]), *turns]
    last = turns[-1]
    if last.role == "assistant":
        tail = last.blocks[-1]
        text = tail.get("text")
        if isinstance(text, str) and text != text.rstrip():
            tail["text"] = text.rstrip()
            writing.ledger.approximated("messages", "whitespace at the end of the last text was cut")
    return turns
